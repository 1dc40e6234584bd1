# Discourse with many users: a view puts the primary address beside each user, so that the index on lower(email) of user_emails serves the
# look-up. The owner of the database has made it:
#
#   CREATE VIEW auth0_users AS
#   SELECT u.id, u.username, u.name, e.email, u.active IS NOT TRUE OR coalesce(u.suspended_till > (now() at time zone 'utc'), false) AS blocked,
#     '$pbkdf2-sha256$i=64000,l=32$' || rtrim(translate(encode(convert_to(u.salt, 'UTF8'), 'base64'), chr(10), ''), '=')
#       || '$' || rtrim(translate(encode(decode(u.password_hash, 'hex'), 'base64'), chr(10), ''), '=') AS password
#   FROM users u JOIN user_emails e ON e.user_id = u.id AND e."primary";
terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

data "auth0pg_store" "users" {
  name = "auth0_users"

  columns = {
    id       = {}
    email    = {}
    username = {}
    name     = {}
    password = {}
    blocked  = {}
  }

  legacy_hashes = ["pbkdf2"] # as the connection's
}

resource "auth0pg_database_role" "scripts" {
  name                = "auth0_discourse_view"
  store               = data.auth0pg_store.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "discourse-view"
  store       = data.auth0pg_store.users.store
  import_mode = true

  scripts {
    legacy_hashes = ["pbkdf2"]
  }

  configuration_wo         = { POSTGRES_URL = var.database_url }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
