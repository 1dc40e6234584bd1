# Mastodon (Rails, Devise). Who is disabled, or not approved yet, may not log in.
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
    password       = { name = "encrypted_password" }
    email_verified = { name = "confirmed_at" }
    blocked        = { expression = "disabled or not approved" }
    created_at     = {}
    updated_at     = {}
  }

  email_lookup = "exact" # Devise keeps addresses in lower case
}

# Two tables are written through statements of our own, with import_mode = false and all operations in role and connection.
resource "auth0pg_access_functions" "users" {
  schema = "auth0_mastodon"
  table  = auth0pg_users_table.users.store

  statements = {
    create = file("${path.module}/statements/create.sql")
    delete = file("${path.module}/statements/delete.sql")
  }
}

resource "auth0pg_database_role" "scripts" {
  name                = "auth0_mastodon"
  store               = auth0pg_access_functions.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "mastodon"
  store       = auth0pg_access_functions.users.store
  import_mode = true

  configuration_wo         = { POSTGRES_URL = var.database_url }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
