# In the other tenant: the client that the scripts are, with what they need and nothing else.

terraform {
  required_providers {
    auth0 = {
      source = "auth0/auth0"
    }
  }
}

variable "domain" {
  type = string
}

variable "connection" {
  type = string
}

variable "grant_types" {
  type = list(string)
}

variable "scopes" {
  type = list(string)
}

variable "client_secret" {
  type      = string
  sensitive = true
}

data "auth0_connection" "users" {
  name = var.connection
}

resource "auth0_client" "scripts" {
  name        = "Scripts of the other tenant's connection"
  app_type    = "non_interactive"
  grant_types = var.grant_types # the password-realm grant among them, which nothing enables by itself
}

# The provider auth0/auth0 keeps the secret in its state; where its version has client_secret_wo, that keeps it out.
resource "auth0_client_credentials" "scripts" {
  client_id             = auth0_client.scripts.id
  authentication_method = "client_secret_post"
  client_secret         = var.client_secret
}

# Without this no login is taken. It leaves the connection's other clients alone.
resource "auth0_connection_client" "scripts" {
  connection_id = data.auth0_connection.users.id
  client_id     = auth0_client.scripts.id
}

resource "auth0_client_grant" "management" {
  count = length(var.scopes) > 0 ? 1 : 0

  client_id = auth0_client.scripts.id
  audience  = "https://${var.domain}/api/v2/"
  scopes    = var.scopes
}

output "client_id" {
  value      = auth0_client.scripts.client_id
  depends_on = [auth0_client_credentials.scripts, auth0_connection_client.scripts, auth0_client_grant.management]
}
