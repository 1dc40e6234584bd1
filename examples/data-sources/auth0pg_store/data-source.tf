# A table of an application's own migrations. Nothing about it is changed.
data "auth0pg_store" "users" {
  name = "customers"

  columns = {
    id             = {}
    email          = {}
    email_verified = { name = "confirmed_at" }
    password       = { name = "encrypted_password" }
    name           = { expression = "concat_ws(' ', first_name, last_name)" }
    blocked        = { expression = "is_active is not true or coalesce(banned_until > now(), false)" }
  }

  # Rows that are no users.
  row_filter = "deleted_at is null"
}

# For the role, the access functions and the connection.
resource "auth0pg_database_role" "scripts" {
  name       = "auth0_customers"
  store      = data.auth0pg_store.users.store
  operations = ["login", "get_user"]
}

output "problems" {
  value = [for problem in data.auth0pg_store.users.problems : "${problem.what} (${problem.settle})"]
}

output "for_the_next_migration" {
  value = data.auth0pg_store.users.suggested_ddl
}
