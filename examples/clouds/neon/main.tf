# Lets Auth0 reach a Neon project through its IP allowlist. Not every plan of Neon has it.

terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
    neon = {
      source = "kislerdm/neon"
    }
  }
}

variable "region" {
  description = "The Auth0 tenant's region."
  type        = string
  default     = "us"
}

resource "auth0pg_allowlist" "database" {
  region = var.region
}

resource "neon_project" "main" {
  name        = "main"
  allowed_ips = auth0pg_allowlist.database.ipv4_cidrs
}
