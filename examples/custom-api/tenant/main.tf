# What the tenant has to know of the API: what it is, and that the scripts are the only client with a grant for it.

terraform {
  required_providers {
    auth0 = {
      source = "auth0/auth0"
    }
  }
}

variable "audience" {
  type = string
}

variable "client_secret" {
  type      = string
  sensitive = true
}

locals {
  scopes = toset([
    "users:login", "users:get_user", "users:create", "users:verify", "users:change_password", "users:change_email",
    "users:delete",
  ])
}

resource "auth0_resource_server" "users" {
  name           = "Users"
  identifier     = var.audience
  signing_alg    = "RS256"
  token_lifetime = 86400

  # Without this, every application gets a token for the API whenever somebody logs in.
  subject_type_authorization {
    user {
      policy = "deny_all"
    }
    client {
      policy = "require_client_grant"
    }
  }
}

resource "auth0_resource_server_scopes" "users" {
  resource_server_identifier = auth0_resource_server.users.identifier

  dynamic "scopes" {
    for_each = local.scopes
    content {
      name = scopes.value
    }
  }
}

resource "auth0_client" "scripts" {
  name        = "Scripts of the users' connection"
  app_type    = "non_interactive"
  grant_types = ["client_credentials"]
}

# The provider auth0/auth0 keeps the secret in its state; where its version has client_secret_wo, that keeps it out.
resource "auth0_client_credentials" "scripts" {
  client_id             = auth0_client.scripts.id
  authentication_method = "client_secret_post"
  client_secret         = var.client_secret
}

resource "auth0_client_grant" "scripts" {
  client_id = auth0_client.scripts.id
  audience  = auth0_resource_server.users.identifier
  scopes    = local.scopes

  depends_on = [auth0_resource_server_scopes.users]
}

output "client_id" {
  value      = auth0_client.scripts.client_id
  depends_on = [auth0_client_grant.scripts, auth0_client_credentials.scripts]
}
