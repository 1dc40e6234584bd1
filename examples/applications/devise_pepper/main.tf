# Devise with a pepper: the application appends it to the password before bcrypt.
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
    id         = {}
    email      = {}
    password   = { name = "encrypted_password" }
    created_at = {}
    updated_at = {}
  }

  email_lookup = "exact" # Devise keeps addresses in lower case

  legacy_hashes = ["bcrypt_pepper"]
}

resource "auth0pg_database_role" "scripts" {
  name                = "auth0_devise_pepper"
  store               = auth0pg_users_table.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "devise-pepper"
  store       = auth0pg_users_table.users.store
  import_mode = true

  scripts {
    password_hash = "bcrypt_pepper"
    legacy_hashes = ["bcrypt_pepper"]
    pepper_key    = "DEVISE_PEPPER"
  }

  configuration_wo         = { POSTGRES_URL = var.database_url, DEVISE_PEPPER = var.pepper }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
