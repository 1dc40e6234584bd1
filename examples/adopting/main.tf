terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

# Takes the table into the state as it is. Remove the block after the apply.
import {
  to = auth0pg_users_table.users
  id = "public.users"
}

# Which column holds which part. What is not named here is never touched.
resource "auth0pg_users_table" "users" {
  name = "users"

  columns = {
    id             = { name = "user_id", type = "bigint", default = "generated always as identity" }
    email          = { type = "varchar(320)" }
    email_verified = { name = "is_verified", nullable = true }
    password       = { name = "password_hash", type = "varchar(255)" }
    nickname       = { name = "display_name" }
    created_at     = {}
  }

  # An adopted table keeps the index that it has, or none. This asks for one on lower(email), built while logins go on.
  email_lookup = "lower_index"
}

# What stands in the way of logins, counted.
data "auth0pg_users_audit" "users" {
  store = auth0pg_users_table.users.store
}

output "duplicates" {
  value = data.auth0pg_users_audit.users.emails_duplicate
}

output "hash_formats" {
  value = { for format, found in data.auth0pg_users_audit.users.hashes : format => found.count }
}
