output "connection_id" {
  description = "The connection's ID in Auth0."
  value       = auth0pg_connection.users.id
}
