# ASP.NET Core Identity. LockoutEnd says until when somebody is locked out, and counts while LockoutEnabled is true. Hashes are those of
# Identity v3 and, from an earlier application, bcrypt. The table belongs to the application's migrations, so that nothing is changed.
terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

data "auth0pg_store" "users" {
  name = "AspNetUsers"

  columns = {
    id             = { name = "Id", write = "gen_random_uuid()::text" }
    email          = { name = "Email", expression = "\"NormalizedEmail\"" }
    password       = { name = "PasswordHash" }
    email_verified = { name = "EmailConfirmed" }
    blocked        = { expression = "\"LockoutEnabled\" and coalesce(\"LockoutEnd\" > now(), false)" }
    phone_number   = { name = "PhoneNumber" }
    phone_verified = { name = "PhoneNumberConfirmed" }
  }

  # What the application's own code fills, for a connection with import_mode = false.
  extra_columns = {
    UserName           = { on_create = "new.email", on_change = "new.email" }
    NormalizedUserName = { on_create = "upper(new.email)", on_change = "upper(new.email)" }
    NormalizedEmail    = { on_create = "upper(new.email)", on_change = "upper(new.email)" }
    SecurityStamp      = { on_create = "gen_random_uuid()::text", on_change = "gen_random_uuid()::text" }
    ConcurrencyStamp   = { on_create = "gen_random_uuid()::text", on_change = "gen_random_uuid()::text" }
    TwoFactorEnabled   = { on_create = "false" }
    LockoutEnabled     = { on_create = "true" }
    AccessFailedCount  = { on_create = "0" }
  }

  email_lookup  = "exact_upper"       # NormalizedEmail, which has an index
  legacy_hashes = ["aspnet_identity"] # as the connection's
}

resource "auth0pg_database_role" "scripts" {
  name                = "auth0_aspnet_identity"
  store               = data.auth0pg_store.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "aspnet-identity"
  store       = data.auth0pg_store.users.store
  import_mode = true

  scripts {
    password_hash = "aspnet_identity"
    legacy_hashes = ["aspnet_identity"]
  }

  configuration_wo         = { POSTGRES_URL = var.database_url }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
