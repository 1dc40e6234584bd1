# Keycloak, one realm. The hash is JSON in the table credential; it is put together to what login reads as pbkdf2. Nothing is changed.
terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

data "auth0pg_store" "users" {
  name = "user_entity"

  columns = {
    id             = {}
    email          = {}
    email_verified = {}
    username       = {}
    given_name     = { name = "first_name" }
    family_name    = { name = "last_name" }
    blocked        = { expression = "enabled is not true" }
    password = {
      expression = <<-SQL
        (select '$' || (c.credential_data::jsonb ->> 'algorithm') || '$i=' || (c.credential_data::jsonb ->> 'hashIterations')
           || '$' || rtrim(c.secret_data::jsonb ->> 'salt', '=') || '$' || rtrim(c.secret_data::jsonb ->> 'value', '=')
         from public.credential c where c.user_id = user_entity.id and c.type = 'password' order by c.priority limit 1)
      SQL
    }
  }

  row_filter    = "realm_id = 'r1' and service_account_client_link is null"
  email_lookup  = "exact"    # Keycloak keeps addresses in lower case
  legacy_hashes = ["pbkdf2"] # as the connection's
}

resource "auth0pg_database_role" "scripts" {
  name                = "auth0_keycloak_user_entity"
  store               = data.auth0pg_store.users.store
  operations          = ["login", "get_user"]
  password_wo         = var.password
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "keycloak-user-entity"
  store       = data.auth0pg_store.users.store
  import_mode = true

  scripts {
    legacy_hashes = ["pbkdf2"]
  }

  configuration_wo         = { POSTGRES_URL = var.database_url }
  configuration_wo_version = 1
  enabled_clients          = [var.client_id]
  depends_on               = [auth0pg_database_role.scripts]
}
