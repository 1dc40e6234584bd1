# Write-only: the password is sent to Auth0 and kept in no state and no plan.
variable "scripts_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "app_client_id" {
  type = string
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

resource "auth0pg_connection" "legacy" {
  name         = "legacy-users"
  display_name = "Legacy users"
  store        = auth0pg_users_table.users.store

  scripts {
    user_id_prefix = "legacy" # auth0|legacy|<id>: ids of several databases never collide
    bcrypt_rounds  = 10
  }

  configuration_wo = {
    POSTGRES_URL = provider::auth0pg::postgres_url({
      host     = "db.example.com"
      database = "app"
      username = "auth0_scripts"
      password = var.scripts_password
      sslmode  = "verify-full"
    })
  }
  configuration_wo_version = 1 # raise it when a value changes

  enabled_clients = [var.app_client_id]
}
