# The password is write-only: it is turned into a SCRAM verifier before it leaves the provider.
variable "scripts_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

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

resource "auth0pg_database_role" "scripts" {
  name       = "auth0_scripts"
  store      = auth0pg_users_table.users.store
  operations = ["login", "get_user", "create", "verify", "change_password", "delete", "change_email"]

  password_wo         = var.scripts_password
  password_wo_version = 1

  connection_limit                    = 50
  statement_timeout                   = "5s"
  lock_timeout                        = "2s"
  idle_in_transaction_session_timeout = "10s"

  # The deletion waits this long for the scripts' open sessions to end.
  drain_timeout = "2m"
}
