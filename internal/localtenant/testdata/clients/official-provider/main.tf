# What TestOfficialProvider applies with the provider auth0/auth0.
terraform {
  required_providers {
    auth0 = { source = "auth0/auth0" }
  }
}
provider "auth0" {}
resource "auth0_connection" "users" {
  name     = "users"
  strategy = "auth0"
  options {
    enabled_database_customization = true
    custom_scripts                 = { get_user = "function getByEmail(email, callback) { callback(null); }" }
    configuration                  = { foo = "bar" }
    password_policy                = "good"
  }
}
resource "auth0_client" "app" {
  name            = var.name
  description     = "x"
  app_type        = "non_interactive"
  callbacks       = ["https://a.example.com"]
  client_metadata = { a = "1" }
  jwt_configuration { alg = "RS256" }
}
variable "name" { default = "app" }
resource "auth0_client_credentials" "app" {
  client_id             = auth0_client.app.id
  authentication_method = "client_secret_post"
}
resource "auth0_resource_server" "api" {
  name           = "api ${var.name}"
  identifier     = "https://api.example.com"
  token_lifetime = 3600
  subject_type_authorization {
    user { policy = "deny_all" }
    client { policy = "require_client_grant" }
  }
}
resource "auth0_resource_server_scopes" "api" {
  resource_server_identifier = auth0_resource_server.api.identifier
  scopes {
    name        = "read:users"
    description = "read"
  }
}
resource "auth0_client_grant" "app" {
  client_id  = auth0_client.app.id
  audience   = auth0_resource_server.api.identifier
  scopes     = ["read:users"]
  depends_on = [auth0_resource_server_scopes.api]
}
resource "auth0_connection_clients" "users" {
  connection_id   = auth0_connection.users.id
  enabled_clients = [auth0_client.app.id]
}
resource "auth0_user" "ada" {
  connection_name = auth0_connection.own.name
  user_id         = "ada"
  email           = "ada@example.com"
  password        = "correct horse 1 Battery"
  user_metadata   = jsonencode({ a = 1 })
}
resource "auth0_connection" "own" {
  name     = "own"
  strategy = "auth0"
}
data "auth0_client" "app" {
  client_id = auth0_client.app.id
}
