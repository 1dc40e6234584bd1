terraform {
  required_version = ">= 1.11" # OpenTofu has what is needed since 1.11, too
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

# Every setting can come from the environment instead: AUTH0_DOMAIN, AUTH0_CLIENT_ID,
# AUTH0_CLIENT_SECRET, AUTH0PG_POSTGRES_URL or the PG* variables.
provider "auth0pg" {
  auth0 {
    domain        = "acme.eu.auth0.com"
    client_id     = var.auth0_client_id
    client_secret = var.auth0_client_secret
  }
  postgres {
    host     = "db.example.com"
    database = "app"
    username = "app_owner"
    password = var.postgres_password
    sslmode  = "verify-full"
  }
}

variable "auth0_client_id" {
  type = string
}

variable "auth0_client_secret" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "postgres_password" {
  type      = string
  sensitive = true
  ephemeral = true
}
