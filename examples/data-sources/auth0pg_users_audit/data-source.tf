data "auth0pg_users_audit" "users" {
  store = auth0pg_users_table.users.store
}

# Every plan and apply says what stands in the way of a migration.
check "users_can_move" {
  assert {
    condition     = data.auth0pg_users_audit.users.emails_duplicate.count == 0
    error_message = "E-mail addresses occur more than once: ${data.auth0pg_users_audit.users.emails_duplicate.query}"
  }
  assert {
    condition     = data.auth0pg_users_audit.users.hashes_unknown.count == 0
    error_message = "Password hashes that login cannot compare: ${data.auth0pg_users_audit.users.hashes_unknown.query}"
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
