# Discourse. The address is in user_emails, the hash is a PBKDF2 of 64000 rounds in hexadecimal whose salt is in a column of its own: both
# are put together to what login reads as pbkdf2. No index can serve a look-up through another table; for many users make a view with a
# join, and name that.
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
    id       = {}
    email    = { expression = "(select e.email from public.user_emails e where e.user_id = users.id and e.\"primary\")" }
    username = {}
    name     = {}
    password = {
      expression = <<-SQL
        '$pbkdf2-sha256$i=64000,l=32$' || rtrim(translate(encode(convert_to(salt, 'UTF8'), 'base64'), chr(10), ''), '=')
          || '$' || rtrim(translate(encode(decode(password_hash, 'hex'), 'base64'), chr(10), ''), '=')
      SQL
    }
    blocked = { expression = "active is not true or coalesce(suspended_till > (now() at time zone 'utc'), false)" }
  }

  # Says since when a suspension is in force that suspended_till ends, and whether staff has looked at a new user.
  not_blocking  = ["suspended_at", "approved"]
  legacy_hashes = ["pbkdf2"] # as the connection's
}

# Two tables are written through statements of our own, with import_mode = false and these operations in role and connection. Sign-up
# and passwords stay with Discourse, whose salts are text.
resource "auth0pg_access_functions" "users" {
  schema = "auth0_discourse"
  table  = data.auth0pg_store.users.store

  statements = {
    change_email = file("${path.module}/statements/change_email.sql")
    delete       = file("${path.module}/statements/delete.sql")
  }
}

resource "auth0pg_database_role" "scripts" {
  name                = "auth0_discourse"
  store               = auth0pg_access_functions.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "discourse"
  store       = auth0pg_access_functions.users.store
  import_mode = true

  scripts {
    legacy_hashes = ["pbkdf2"]
  }

  configuration_wo         = { POSTGRES_URL = var.database_url }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
