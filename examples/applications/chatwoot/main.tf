# Chatwoot (Rails, Devise). The table belongs to the application's migrations. Devise keeps addresses in lower case, and the plain index on
# email serves the look-up.
terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

data "auth0pg_store" "users" {
  name = "users"

  columns = {
    id             = {}
    email          = {}
    password       = { name = "encrypted_password" }
    email_verified = { name = "confirmed_at" }
    name           = { write = "coalesce(value, '')" }
    nickname       = { name = "display_name" }
    user_metadata  = { name = "custom_attributes" }
    created_at     = {}
    updated_at     = {}
  }

  # What the application's own code fills, for a connection with import_mode = false.
  extra_columns = {
    uid = { on_create = "new.email", on_change = "new.email" }
  }

  email_lookup = "exact"
}

resource "auth0pg_database_role" "scripts" {
  name                = "auth0_chatwoot"
  store               = data.auth0pg_store.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "chatwoot"
  store       = data.auth0pg_store.users.store
  import_mode = true

  configuration_wo         = { POSTGRES_URL = var.database_url }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
