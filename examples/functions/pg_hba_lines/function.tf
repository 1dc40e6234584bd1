output "pg_hba_lines" {
  value = join("\n", provider::auth0pg::pg_hba_lines(["10.20.0.0/16"], "auth0_scripts", null))
  # hostssl all auth0_scripts 10.20.0.0/16 scram-sha-256
  # host all auth0_scripts all reject
}
