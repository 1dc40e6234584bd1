# Cal.com. The hash is in a table of its own, "emailVerified" is a time, and the column verified means something else.
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
    password       = { expression = "(select p.hash from public.\"UserPassword\" p where p.\"userId\" = users.id)" }
    email_verified = { name = "emailVerified" }
    blocked        = { name = "locked" }
    username       = {}
    name           = {}
    picture        = { name = "avatarUrl" }
  }

  # The address is looked up in lower case; Cal.com keeps it so.
  email_lookup = "exact"
}

# Two tables are written through statements of our own, with import_mode = false and all operations in role and connection.
resource "auth0pg_access_functions" "users" {
  schema = "auth0_calcom_users"
  table  = auth0pg_users_table.users.store

  statements = {
    create          = file("${path.module}/statements/create.sql")
    change_password = file("${path.module}/statements/change_password.sql")
  }
}

resource "auth0pg_database_role" "scripts" {
  name                = "auth0_calcom_users"
  store               = auth0pg_access_functions.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "calcom-users"
  store       = auth0pg_access_functions.users.store
  import_mode = true

  configuration_wo         = { POSTGRES_URL = var.database_url }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
