# Laravel. Addresses are stored as they were typed, and deleted users keep their rows.
terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

resource "auth0pg_users_table" "users" {
  name = "users"

  columns = {
    id             = {}
    email          = {}
    password       = {}
    email_verified = { name = "email_verified_at" }
    name           = {}
    created_at     = {}
    updated_at     = {}
  }

  row_filter = "deleted_at is null"
}

resource "auth0pg_database_role" "scripts" {
  name                = "auth0_laravel"
  store               = auth0pg_users_table.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "laravel"
  store       = auth0pg_users_table.users.store
  import_mode = true

  configuration_wo         = { POSTGRES_URL = var.database_url }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
