output "connection_id" {
  description = "The connection's ID in Auth0."
  value       = auth0pg_connection.users.id
}

output "cidrs" {
  description = "The addresses that Auth0 calls from, for a firewall or a security group."
  value       = auth0pg_allowlist.database.cidrs
}
