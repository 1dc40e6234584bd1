# Supabase. The table belongs to Supabase: nothing about it is changed. A ban ends at banned_until, a deleted user keeps the row, and users
# of single sign-on are none of a database.
terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

data "auth0pg_store" "users" {
  schema = "auth"
  name   = "users"

  columns = {
    id             = { write = "gen_random_uuid()" }
    email          = {}
    password       = { name = "encrypted_password" }
    email_verified = { name = "email_confirmed_at" }
    blocked        = { expression = "coalesce(banned_until > now(), false)" }
    user_metadata  = { name = "raw_user_meta_data" }
    app_metadata   = { name = "raw_app_meta_data" }
    created_at     = {}
    updated_at     = {}
  }

  # What the application's own code fills, for a connection with import_mode = false.
  extra_columns = {
    aud  = { on_create = "'authenticated'" }
    role = { on_create = "'authenticated'" }
  }

  row_filter   = "deleted_at is null and not is_sso_user"
  email_lookup = "exact" # the addresses are in lower case
}

# Row-level security is on: the functions' owner has a policy of its own, which the scripts' role does not need then.
resource "auth0pg_access_functions" "users" {
  schema     = "auth0_supabase_auth_users"
  table      = data.auth0pg_store.users.store
  operations = ["login", "get_user"]
}

resource "auth0pg_database_role" "scripts" {
  name                = "auth0_supabase_auth_users"
  store               = auth0pg_access_functions.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "supabase-auth-users"
  store       = auth0pg_access_functions.users.store
  import_mode = true

  configuration_wo         = { POSTGRES_URL = var.database_url }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
