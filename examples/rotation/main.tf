terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

variable "blue_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "green_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

resource "auth0pg_users_table" "users" {
  name = "users"
  columns = {
    id             = {}
    email          = {}
    email_verified = {}
    password       = {}
  }
}

locals {
  operations = ["login", "get_user", "create", "verify", "change_password", "delete", "change_email"]
}

# The role that the connection uses until now. Remove it, and its variable, once the
# connection has moved; the removal waits for its open sessions to end.
resource "auth0pg_database_role" "blue" {
  name                = "auth0_scripts_blue"
  store               = auth0pg_users_table.users.store
  operations          = local.operations
  password_wo         = var.blue_password
  password_wo_version = 1
  drain_timeout       = "2m"
}

# The role that takes over, with the new password.
resource "auth0pg_database_role" "green" {
  name                = "auth0_scripts_green"
  store               = auth0pg_users_table.users.store
  operations          = local.operations
  password_wo         = var.green_password
  password_wo_version = 1
  drain_timeout       = "2m"
}

resource "auth0pg_connection" "users" {
  name  = "users"
  store = auth0pg_users_table.users.store

  configuration_wo = {
    POSTGRES_URL = provider::auth0pg::postgres_url({
      host     = "db.example.com"
      database = "app"
      username = auth0pg_database_role.green.name
      password = var.green_password
      sslmode  = "verify-full"
    })
  }
  configuration_wo_version = 2
}
