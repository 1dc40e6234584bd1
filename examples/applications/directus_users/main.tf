# Directus. Only the status active may log in; newer hashes are argon2id, older ones bcrypt.
terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

resource "auth0pg_users_table" "users" {
  name = "directus_users"

  columns = {
    id          = { write = "gen_random_uuid()" }
    email       = {}
    password    = {}
    given_name  = { name = "first_name" }
    family_name = { name = "last_name" }
    last_login  = { name = "last_access" }
    blocked     = { expression = "status is distinct from 'active'" }
  }

  legacy_hashes = ["argon2"]
}

resource "auth0pg_database_role" "scripts" {
  name                = "auth0_directus_users"
  store               = auth0pg_users_table.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "directus-users"
  store       = auth0pg_users_table.users.store
  import_mode = true

  scripts {
    password_hash = "argon2"
    legacy_hashes = ["argon2"]
  }

  configuration_wo         = { POSTGRES_URL = var.database_url }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
