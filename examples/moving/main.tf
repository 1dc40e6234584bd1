terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}

variable "scripts_url" {
  type      = string
  sensitive = true
  ephemeral = true
}

# auth0_connection.users becomes auth0pg_connection.users; nothing is deleted or created in the tenant.
moved {
  from = auth0_connection.users
  to   = auth0pg_connection.users
}

resource "auth0pg_connection" "users" {
  name         = "legacy-users"
  display_name = "Legacy users"

  # First the scripts as they are. They come from the store later.
  scripts {
    overrides = {
      for operation in ["login", "get_user", "create", "verify", "change_password", "delete", "change_email"] :
      operation => file("${path.module}/scripts/${operation}.js")
    }
  }

  # The value that the tenant has, with version 1: anything else is refused, so that no login is lost by accident.
  configuration_wo         = { POSTGRES_URL = var.scripts_url }
  configuration_wo_version = 1
}
