# A whole custom database in one block. The provider has no block of its own here: its settings come from the
# environment (AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, AUTH0PG_POSTGRES_URL).

terraform {
  required_version = ">= 1.11"
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

module "users" {
  source = "../modules/custom-database"

  name             = "shop-users"
  database         = var.database
  scripts_password = var.scripts_password
  enabled_clients  = [var.app_client_id]
}

variable "database" {
  description = "The database as Auth0 reaches it."
  type        = object({ host = string, port = optional(number, 5432), name = string, sslmode = optional(string, "verify-full") })
}

variable "scripts_password" {
  description = "The password of the scripts' role. It is in no state and no plan."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "app_client_id" {
  description = "The application whose users log in."
  type        = string
}

output "cidrs" {
  description = "The addresses that Auth0 calls from, for a firewall or a security group."
  value       = module.users.cidrs
}

output "privileges" {
  description = "Everything that the scripts' role may do."
  value       = module.users.privileges
}
