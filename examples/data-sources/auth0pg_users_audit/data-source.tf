data "auth0pg_users_audit" "users" {
  store = auth0pg_users_table.users.store
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
    condition     = length(setsubtract(keys(data.auth0pg_users_audit.users.hashes), concat(["bcrypt_2a", "bcrypt_2b", "bcrypt_2y"], local.legacy_hashes))) == 0
    error_message = "Password hashes that login does not accept: ${join(", ", keys(data.auth0pg_users_audit.users.hashes))}"
  }
}

output "hash_formats" {
  value = { for format, found in data.auth0pg_users_audit.users.hashes : format => found.count }
}

output "users_left_to_migrate" {
  value = data.auth0pg_users_audit.users.left.count
}

resource "auth0pg_users_table" "users" {
  name = "users"

  columns = {
    id             = {}
    email          = {}
    email_verified = {}
    password       = { name = "password_hash" }
    migrated_at    = {}
  }
}
