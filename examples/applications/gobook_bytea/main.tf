# A Go application that keeps the bcrypt hash as bytea and the address as citext.
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
    password       = { name = "password_hash" }
    email_verified = { name = "activated" }
    name           = { write = "coalesce(value, '')" }
    created_at     = {}
  }

  # What the application's own code fills, for a connection with import_mode = false.
  extra_columns = {
    version = { on_change = "users.version + 1" }
  }
}

resource "auth0pg_database_role" "scripts" {
  name                = "auth0_gobook_bytea"
  store               = auth0pg_users_table.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "gobook-bytea"
  store       = auth0pg_users_table.users.store
  import_mode = true

  configuration_wo         = { POSTGRES_URL = var.database_url }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
