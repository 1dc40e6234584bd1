output "region" {
  value = provider::auth0pg::region("acme.eu.auth0.com") # "EU"
}
