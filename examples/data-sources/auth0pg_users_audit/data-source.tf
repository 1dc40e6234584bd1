data "auth0pg_users_audit" "users" {
  store         = auth0pg_users_table.users.store
  legacy_hashes = local.legacy_hashes

  # Also count what an auth0pg_users_import with these settings would do. Without it import_figures is null, and fewer rows are read.
  import = {
    user_id_prefix = "legacy"
    hash_formats   = concat(["bcrypt"], local.legacy_hashes)
  }
}

locals {
  legacy_hashes = ["md5"] # those of the connection's scripts
}

# Every plan and apply says what stands in the way of a migration.
check "users_can_move" {
  assert {
    condition     = data.auth0pg_users_audit.users.emails_duplicate.count == 0
    error_message = "E-mail addresses occur more than once: ${data.auth0pg_users_audit.users.emails_duplicate.query}"
  }
  assert {
    condition     = data.auth0pg_users_audit.users.hashes_unknown.count == 0
    error_message = "Password hashes of no known format: ${data.auth0pg_users_audit.users.hashes_unknown.query}"
  }
  assert {
    condition     = data.auth0pg_users_audit.users.hashes_unreadable.count == 0
    error_message = "Password hashes that login cannot compare with: ${data.auth0pg_users_audit.users.hashes_unreadable.query}"
  }
}

output "hash_formats" {
  value = { for format, found in data.auth0pg_users_audit.users.hashes : format => found.count }
}

output "users_left_to_migrate" {
  value = {
    count         = data.auth0pg_users_audit.users.left.count
    query         = data.auth0pg_users_audit.users.left.query # lists them
    by_format     = data.auth0pg_users_audit.users.left_by_format
    by_last_login = data.auth0pg_users_audit.users.left_by_last_login
    forecast      = data.auth0pg_users_audit.users.forecast
  }
}

output "an_import_would" {
  value = data.auth0pg_users_audit.users.import_figures
}

resource "auth0pg_users_table" "users" {
  name = "users"

  columns = {
    id             = {}
    email          = {}
    email_verified = {}
    password       = { name = "password_hash" }
    last_login     = {} # for left_by_last_login and forecast
    migrated_at    = {} # for left, and all that is about an import
  }
}
