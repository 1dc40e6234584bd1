# The scripts for another tool: here for auth0_connection of the official provider, or as files.
data "auth0pg_scripts" "users" {
  store          = auth0pg_users_table.users.store
  user_id_prefix = "legacy"
}

output "login_script" {
  value = data.auth0pg_scripts.users.scripts["login"]
}

# Only the scripts of an automatic migration, with hashes that another program wrote.
data "auth0pg_scripts" "migration" {
  store         = auth0pg_users_table.users.store
  import_mode   = true
  legacy_hashes = ["django_pbkdf2", "ssha"]
}

resource "auth0pg_users_table" "users" {
  name = "users"

  columns = {
    id             = {}
    email          = {}
    email_verified = {}
    password       = { name = "password_hash" }
  }
}
