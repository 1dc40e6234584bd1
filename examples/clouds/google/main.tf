# Lets Auth0 reach a Cloud SQL instance through its authorized networks.

terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
    google = {
      source  = "hashicorp/google"
      version = ">= 5.11.0" # the first with ssl_mode
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

resource "google_sql_database_instance" "main" {
  database_version = "POSTGRES_17"

  settings {
    edition = "ENTERPRISE" # ENTERPRISE_PLUS, the default of newer versions, has no such tier
    tier    = "db-custom-2-8192"

    ip_configuration {
      ssl_mode = "ENCRYPTED_ONLY"

      dynamic "authorized_networks" {
        for_each = toset(local.ipv4_cidrs)
        content {
          name  = "auth0"
          value = authorized_networks.value
        }
      }
    }
  }
}
