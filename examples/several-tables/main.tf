# An application that keeps users in one table and their passwords in another, as Cal.com does. Auth0 keeps nobody: whoever signs up, or
# sets a new password, is written to both tables. Both are made by the application's own migrations, and Terraform changes neither:
#
#   CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE, name text NOT NULL,
#     email_verified_at timestamptz, locked boolean NOT NULL DEFAULT false);
#   CREATE TABLE passwords (user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE, hash text NOT NULL);

terraform {
  required_version = ">= 1.11"
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

variable "database" {
  description = "The database as Auth0 reaches it."
  type        = object({ host = string, port = optional(number, 5432), name = string, sslmode = optional(string, "verify-full") })
}

variable "scripts_password" {
  description = "The password of the scripts' role. It is in no state and no plan."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "app_client_id" {
  description = "The application whose users log in."
  type        = string
}

# How users are read. The hash is in another table, so the part password has an expression and no column.
data "auth0pg_store" "users" {
  name = "users"

  columns = {
    id             = {}
    email          = {}
    name           = {}
    email_verified = { name = "email_verified_at" }
    blocked        = { name = "locked" }
    password       = { expression = "(select p.hash from public.passwords p where p.user_id = users.id)" }
  }

  # The application keeps addresses in lower case, and so do the statements below.
  email_lookup = "exact"
}

# How users are written. The operations that write the password get statements of our own; for all others the functions are made as usual.
# A deleted user takes the row in passwords along, by its foreign key.
resource "auth0pg_access_functions" "users" {
  schema = "auth0"
  table  = data.auth0pg_store.users.store

  statements = {
    create = <<-SQL
      WITH new_user AS (
        INSERT INTO users (email, name) VALUES (lower(:email), coalesce(:name, '')) RETURNING id
      )
      INSERT INTO passwords (user_id, hash) SELECT id, :password FROM new_user
    SQL

    change_password = <<-SQL
      UPDATE passwords p SET hash = :password
      FROM users u WHERE u.id = p.user_id AND u.email = lower(:email)
    SQL
  }
}

# The scripts' role may call the functions, and has no right on either table.
resource "auth0pg_database_role" "scripts" {
  name       = "auth0_scripts"
  store      = auth0pg_access_functions.users.store
  operations = ["login", "get_user", "create", "verify", "change_password", "change_email", "delete"]

  password_wo         = var.scripts_password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "users"
  import_mode = false # the users stay in the two tables
  store       = auth0pg_access_functions.users.store
  operations  = auth0pg_database_role.scripts.operations

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

# What the plan shows of it: each function as the server has it, and what its owner may do to the tables.
output "functions" {
  value = auth0pg_access_functions.users.definitions
}

output "owner_may" {
  value = auth0pg_access_functions.users.owner_privileges
}
