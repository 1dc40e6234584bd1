# The list that is bundled with this provider: no network is needed.
data "auth0pg_ip_ranges" "eu" {
  region = "EU"
}

# Auth0's live list, of all regions.
data "auth0pg_ip_ranges" "live" {
  live = true
}

output "eu_cidrs" {
  value = data.auth0pg_ip_ranges.eu.cidrs
}

output "addresses_by_region" {
  value = { for region, cidrs in data.auth0pg_ip_ranges.live.regions : region => length(cidrs) }
}
