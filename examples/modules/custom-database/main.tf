# One block for a whole custom database: the users table, the functions in front of it (or
# grants on it), the scripts' role, the connection with its scripts, and the allowlist.

terraform {
  required_version = ">= 1.11"
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

locals {
  through_functions = var.access == "functions"
  store             = local.through_functions ? one(auth0pg_access_functions.scripts[*].store) : auth0pg_users_table.users.store

  # What the connection gets scripts for, the role may do; and nothing else.
  operations = var.import_mode ? ["login", "get_user"] : concat(
    ["login", "get_user", "create", "verify", "change_password", "delete", "change_email"],
    contains(keys(var.table.columns), "username") ? ["change_username"] : [],
  )
}

resource "auth0pg_users_table" "users" {
  schema               = var.table.schema
  name                 = var.table.name
  columns              = var.table.columns
  extra_columns        = var.table.extra_columns
  on_delete            = var.table.on_delete
  row_filter           = var.table.row_filter
  not_blocking         = var.table.not_blocking
  legacy_hashes        = var.scripts.legacy_hashes
  email_lookup         = var.table.email_lookup
  deletion_protection  = var.deletion_protection
  drop_table_with_rows = var.destroy_users
}

resource "auth0pg_access_functions" "scripts" {
  count = local.through_functions || var.keep_functions ? 1 : 0

  schema          = var.functions_schema
  owner           = var.functions_owner
  table           = auth0pg_users_table.users.store
  operations      = local.operations
  rehash_on_login = var.scripts.rehash_on_login

  lifecycle {
    create_before_destroy = true # functions go only when no script calls them any more
  }
}

resource "auth0pg_database_role" "scripts" {
  name            = var.role_name
  store           = local.store
  operations      = local.operations
  rehash_on_login = var.scripts.rehash_on_login

  password_wo         = var.scripts_password
  password_wo_version = var.secrets_version

  connection_limit                    = var.connection_limit
  statement_timeout                   = "5s"
  lock_timeout                        = "2s"
  idle_in_transaction_session_timeout = "10s"
  drain_timeout                       = var.drain_timeout

  lifecycle {
    create_before_destroy = true # a new name: the old role stays until the scripts use the new one
  }
}

resource "auth0pg_connection" "users" {
  name         = var.name
  display_name = var.display_name
  import_mode  = var.import_mode
  store        = local.store

  scripts {
    user_id_prefix  = var.scripts.user_id_prefix
    bcrypt_rounds   = var.scripts.bcrypt_rounds
    pool_max        = var.scripts.pool_max
    legacy_hashes   = var.scripts.legacy_hashes
    rehash_on_login = var.scripts.rehash_on_login
    import_finished = var.scripts.import_finished
    overrides       = var.scripts.overrides
  }

  configuration_wo = merge(
    {
      POSTGRES_URL = provider::auth0pg::postgres_url({
        host     = var.database.host
        port     = var.database.port
        database = var.database.name
        username = auth0pg_database_role.scripts.name
        password = var.scripts_password
        sslmode  = var.database.sslmode
      })
    },
    var.database.ca == null ? {} : { POSTGRES_CA = var.database.ca },
    var.configuration,
  )
  configuration_wo_version = var.secrets_version

  enabled_clients     = var.enabled_clients
  disable_signup      = var.disable_signup
  requires_username   = var.requires_username
  options             = var.options
  deletion_protection = var.deletion_protection
  delete_with_users   = var.destroy_users
}

resource "auth0pg_allowlist" "database" {
  region           = var.allowlist.region
  additional_cidrs = var.allowlist.additional_cidrs
  live             = var.allowlist.live
  enforcement      = var.allowlist.enforcement
  role             = auth0pg_database_role.scripts.name
  store            = var.allowlist.enforcement == "functions" ? local.store : null
}
