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

# Both read AUTH0_DOMAIN, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET.
provider "auth0" {}

provider "auth0pg" {}
