# Follows Auth0's live list: an address that is added or removed shows in the next plan.
resource "auth0pg_allowlist" "live" {
  region = "EU"
  live   = true
}
