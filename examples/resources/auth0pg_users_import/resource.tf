resource "auth0pg_users_table" "users" {
  name = "users"
  columns = {
    id             = {}
    email          = {}
    email_verified = {}
    password       = {}
    migrated_at    = {}
  }
}

resource "auth0pg_connection" "users" {
  name        = "users"
  import_mode = true
  store       = auth0pg_users_table.users.store

  scripts {
    user_id_prefix = "legacy"
  }
}

resource "auth0pg_users_import" "users" {
  connection_id = auth0pg_connection.users.id
  store         = auth0pg_users_table.users.store

  hash_formats = ["bcrypt", "django_pbkdf2"]
  max_failed   = 5
  version      = 1 # a higher one imports who is left then

  timeouts = { create = "6h" }
}
