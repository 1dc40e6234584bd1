resource "auth0pg_allowlist" "database" {
  # Without a region it is that of the provider's tenant.
  region           = "EU"
  additional_cidrs = ["10.20.0.0/16"]
  role             = "auth0_scripts"
}

# For pg_hba.conf, before any wider line.
output "pg_hba_lines" {
  value = join("\n", provider::auth0pg::pg_hba_lines(auth0pg_allowlist.database.cidrs, "auth0_scripts", null))
}

# For a firewall or a security group.
output "cidrs" {
  value = auth0pg_allowlist.database.cidrs
}
