terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

variable "scripts_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "database" {
  description = "The database as Auth0 reaches it."
  type        = object({ host = string, port = optional(number, 5432), name = string, sslmode = optional(string, "verify-full") })
}

variable "app_client_id" {
  type = string
}

variable "move_rest" {
  description = "Whether those who have not logged in are imported; a number that is raised imports who is left then."
  type        = number
  default     = 0
}

variable "finished" {
  description = "Whether everybody has moved."
  type        = bool
  default     = false
}

locals {
  legacy_hashes = ["md5", "django_pbkdf2"] # what the audit found beside bcrypt
}

# The table exists; it gets one column more, which says who has moved.
import {
  to = auth0pg_users_table.users
  id = "public.users"
}

resource "auth0pg_users_table" "users" {
  name = "users"

  columns = {
    id          = { type = "bigint", default = "generated always as identity" }
    email       = {}
    password    = {}
    last_login  = {}             # by which the audit tells who will move by logging in; leave it out where the table does not know
    migrated_at = { add = true } # an imported table gets no column without that
  }
}

# The role can look users up and mark them, and nothing else.
resource "auth0pg_database_role" "scripts" {
  name                = "auth0_migration"
  store               = auth0pg_users_table.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.scripts_password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "users"
  import_mode = true # users move at their first login
  store       = auth0pg_users_table.users.store

  scripts {
    user_id_prefix  = "legacy"
    legacy_hashes   = local.legacy_hashes
    import_finished = var.finished
  }

  configuration_wo = {
    POSTGRES_URL = provider::auth0pg::postgres_url({
      host     = var.database.host
      port     = var.database.port
      database = var.database.name
      username = auth0pg_database_role.scripts.name
      password = var.scripts_password
      sslmode  = var.database.sslmode
    })
  }
  configuration_wo_version = 1

  enabled_clients = [var.app_client_id]
}

# Who has not logged in comes with the hash.
resource "auth0pg_users_import" "rest" {
  count         = var.move_rest > 0 ? 1 : 0
  connection_id = auth0pg_connection.users.id
  store         = auth0pg_users_table.users.store

  user_id_prefix = "legacy"
  hash_formats   = concat(["bcrypt"], local.legacy_hashes)
  max_failed     = 10
  version        = var.move_rest
}

data "auth0pg_users_audit" "users" {
  store         = auth0pg_users_table.users.store
  legacy_hashes = local.legacy_hashes

  # What the import above would do by now. Each plan reads everybody who is left for it, for five minutes at most: for a large table put it
  # in when you want to know, and take it out again.
  import = {
    user_id_prefix = "legacy"
    hash_formats   = concat(["bcrypt"], local.legacy_hashes)
  }
}

output "moved" {
  value = data.auth0pg_users_audit.users.migrated.count
}

output "left" {
  value = data.auth0pg_users_audit.users.left
}

# How many of them will move by logging in, in a sentence, and the months of their last logins.
output "forecast" {
  value = data.auth0pg_users_audit.users.forecast
}

output "left_by_last_login" {
  value = data.auth0pg_users_audit.users.left_by_last_login
}

output "left_by_format" {
  value = data.auth0pg_users_audit.users.left_by_format
}

# How many would be imported, in how many jobs and minutes, and how many cannot be, by the reason.
output "import_figures" {
  value = data.auth0pg_users_audit.users.import_figures
}

output "hash_formats" {
  value = { for format, found in data.auth0pg_users_audit.users.hashes : format => found.count }
}
