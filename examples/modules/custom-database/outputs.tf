output "connection_id" {
  description = "The connection's id in Auth0."
  value       = auth0pg_connection.users.id
}

output "connection_name" {
  description = "The connection's name, as applications pass it."
  value       = auth0pg_connection.users.name
}

output "store" {
  description = "The description of the user store, for further objects of the provider."
  value       = local.store
}

output "role_name" {
  description = "The role that the scripts log in as."
  value       = auth0pg_database_role.scripts.name
}

output "privileges" {
  description = "Everything that this role may do, as it stands in GRANT."
  value       = auth0pg_database_role.scripts.privileges
}

output "cidrs" {
  description = "The networks to let in, for a firewall or a security group."
  value       = auth0pg_allowlist.database.cidrs
}

output "pg_hba_lines" {
  description = "The same as lines of pg_hba.conf."
  value       = provider::auth0pg::pg_hba_lines(auth0pg_allowlist.database.cidrs, auth0pg_database_role.scripts.name, null)
}
