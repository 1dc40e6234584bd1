resource "auth0pg_users_table" "users" {
  name = "users"
  columns = {
    id             = {}
    email          = {}
    email_verified = {}
    password       = {}
    nickname       = {}
  }
}

resource "auth0pg_access_functions" "access" {
  schema = "auth0"
  table  = auth0pg_users_table.users.store
}

# With the functions' store the role has no right on the table itself; hand the same store
# to the connection. Back to the table it is auth0pg_users_table.users.store in both.
resource "auth0pg_database_role" "scripts" {
  name       = "auth0_scripts"
  store      = auth0pg_access_functions.access.store
  operations = ["login", "get_user", "create", "verify", "change_password", "delete", "change_email"]
}
