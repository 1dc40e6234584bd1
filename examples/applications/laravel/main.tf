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
    name           = { write = "coalesce(value, '')" }
    created_at     = {}
    updated_at     = {}
  }

  row_filter = "deleted_at is null"

  # Laravel's SoftDeletes. The unique constraint covers deleted rows, so that their addresses are given free.
  on_delete = {
    deleted_at = "now()"
    email      = "'deleted-' || users.id || '@invalid'"
  }
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

  scripts {
    bcrypt_prefix = "2y"
  }

  configuration_wo         = { POSTGRES_URL = var.database_url }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
