# Metabase. The hash is bcrypt of a salt, which has a column of its own, and the password.
terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

resource "auth0pg_users_table" "users" {
  name = "core_user"

  columns = {
    id            = {}
    email         = {}
    password      = {}
    password_salt = { write = "''" } # new hashes have their salt in themselves
    given_name    = { name = "first_name" }
    family_name   = { name = "last_name" }
    blocked       = { expression = "is_active is not true" }
    created_at    = { name = "date_joined" }
  }

  email_lookup = "exact" # Metabase keeps addresses in lower case

  legacy_hashes = ["bcrypt_salted"]
}

resource "auth0pg_database_role" "scripts" {
  name                = "auth0_metabase_core_user"
  store               = auth0pg_users_table.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "metabase-core-user"
  store       = auth0pg_users_table.users.store
  import_mode = true

  scripts {
    legacy_hashes = ["bcrypt_salted"]
  }

  configuration_wo         = { POSTGRES_URL = var.database_url }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
