# Django. is_active decides who may log in, and an empty address is nobody's.
terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

resource "auth0pg_users_table" "users" {
  name = "auth_user"

  columns = {
    id          = {}
    email       = {}
    username    = { write = "coalesce(value, new.email)" }
    password    = {}
    given_name  = { name = "first_name", write = "coalesce(value, '')" }
    family_name = { name = "last_name", write = "coalesce(value, '')" }
    name        = { expression = "concat_ws(' ', first_name, last_name)" }
    blocked     = { expression = "is_active is not true" }
    created_at  = { name = "date_joined" }
    last_login  = {}
  }

  # What the application's own code fills, for a connection with import_mode = false.
  extra_columns = {
    is_superuser = { on_create = "false" }
    is_staff     = { on_create = "false" }
    is_active    = { on_create = "true" }
  }

  row_filter    = "email <> ''"
  legacy_hashes = ["django_pbkdf2", "unknown"] # a password that starts with ! is none
}

resource "auth0pg_database_role" "scripts" {
  name                = "auth0_django_auth_user"
  store               = auth0pg_users_table.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "django-auth-user"
  store       = auth0pg_users_table.users.store
  import_mode = true

  scripts {
    password_hash = "django_pbkdf2"
    legacy_hashes = ["django_pbkdf2"]
  }

  configuration_wo         = { POSTGRES_URL = var.database_url }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
