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

locals {
  ipv4_cidrs = [for cidr in auth0pg_allowlist.database.cidrs : cidr if !strcontains(cidr, ":")]
}

resource "neon_project" "main" {
  name        = "main"
  allowed_ips = local.ipv4_cidrs
}
