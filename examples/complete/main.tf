# A whole custom database: the users table, a least-privilege role for the scripts, the
# Auth0 connection with working action scripts, and the addresses to let in.

terraform {
  required_version = ">= 1.11"
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

provider "auth0pg" {
  auth0 {
    domain        = var.auth0_domain
    client_id     = var.auth0_client_id
    client_secret = var.auth0_client_secret
  }
  postgres {
    url = var.admin_url
  }
}

resource "auth0pg_users_table" "users" {
  schema = "public"
  name   = "users"

  columns = {
    id                  = {}
    email               = {}
    email_verified      = {}
    password            = { name = "password_hash" }
    nickname            = {}
    user_metadata       = {}
    created_at          = {}
    updated_at          = {}
    last_password_reset = {}
  }
  extra_columns = {
    tenant_id = { type = "uuid", nullable = true }
  }

  deletion_protection = var.deletion_protection
}

resource "auth0pg_database_role" "scripts" {
  name       = "auth0_scripts"
  store      = auth0pg_users_table.users.store
  operations = ["login", "get_user", "create", "verify", "change_password", "delete", "change_email"]

  password_wo         = var.scripts_password
  password_wo_version = 1

  connection_limit  = 50
  statement_timeout = "5s"
}

resource "auth0pg_connection" "users" {
  name         = "legacy-users"
  display_name = "Legacy users"
  store        = auth0pg_users_table.users.store

  scripts {
    user_id_prefix   = "legacy"
    bcrypt_rounds    = 10
    database_url_key = "POSTGRES_URL"
  }
  configuration_wo = {
    POSTGRES_URL = provider::auth0pg::postgres_url({
      host     = var.database_host
      port     = var.database_port
      database = var.database_name
      username = auth0pg_database_role.scripts.name
      password = var.scripts_password
      sslmode  = var.database_sslmode
    })
  }
  configuration_wo_version = 1

  enabled_clients     = [var.app_client_id]
  deletion_protection = var.deletion_protection
}

resource "auth0pg_allowlist" "database" {
  role = auth0pg_database_role.scripts.name
}
