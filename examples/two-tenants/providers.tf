terraform {
  required_version = ">= 1.11"
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
    auth0 = {
      source = "auth0/auth0"
    }
  }
}

# The tenant in which all users log in from now on, by AUTH0_DOMAIN, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET. No database is needed.
provider "auth0pg" {}

# The two other tenants, each with a machine-to-machine application of its own for Terraform.
provider "auth0" {
  alias         = "acme"
  domain        = var.acme_domain
  client_id     = var.acme_management.client_id
  client_secret = var.acme_management.client_secret
}

provider "auth0" {
  alias         = "globex"
  domain        = var.globex_domain
  client_id     = var.globex_management.client_id
  client_secret = var.globex_management.client_secret
}
