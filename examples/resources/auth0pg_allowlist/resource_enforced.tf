# Enforced by the server: the role can log in from these addresses alone.
resource "auth0pg_allowlist" "enforced" {
  region      = "EU"
  role        = "auth0_scripts"
  enforcement = "login_trigger" # or "pg_hba"; "functions" works on every server
}
