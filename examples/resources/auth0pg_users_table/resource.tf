# The plan shows, in ddl, every statement that the apply will run.
resource "auth0pg_users_table" "users" {
  schema = "public"
  name   = "users"

  # A part without settings gets the column that its name suggests.
  columns = {
    id             = {}
    email          = {}
    email_verified = {}
    password       = { name = "password_hash" }
    nickname       = {}
    user_metadata  = {}
    created_at     = {}
    updated_at     = {}
  }

  # Columns that the scripts do not know.
  extra_columns = {
    tenant_id = { type = "uuid", nullable = true }
  }
}
