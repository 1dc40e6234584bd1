# Lets Auth0 reach Aiven for PostgreSQL through its IP filter.

terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
    aiven = {
      source  = "aiven/aiven"
      version = ">= 4.0.0"
    }
  }
}

variable "region" {
  description = "The Auth0 tenant's region."
  type        = string
  default     = "us"
}

variable "project" {
  description = "The Aiven project."
  type        = string
}

resource "auth0pg_allowlist" "database" {
  region = var.region
}

locals {
  ipv4_cidrs = [for cidr in auth0pg_allowlist.database.cidrs : cidr if !strcontains(cidr, ":")]
}

resource "aiven_pg" "main" {
  project      = var.project
  plan         = "startup-4"
  service_name = "main"

  pg_user_config {
    dynamic "ip_filter_object" {
      for_each = toset(local.ipv4_cidrs)
      content {
        network     = ip_filter_object.value
        description = "Auth0"
      }
    }
  }
}
