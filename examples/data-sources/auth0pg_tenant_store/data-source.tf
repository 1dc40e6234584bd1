# Users of the connection "members" of another tenant, who are to move here with their first login.
data "auth0pg_tenant_store" "members" {
  domain          = "acme.eu.auth0.com"
  connection_name = "members"
  operations      = ["login", "get_user"]
}

# A tenant that keeps its users: what stands in the ID token is enough, so that a login is one request.
data "auth0pg_tenant_store" "partners" {
  domain          = "partner.eu.auth0.com"
  connection_name = "partners"
  parts           = ["email_verified", "name", "picture"]
}

resource "auth0pg_connection" "members" {
  name        = "members"
  store       = data.auth0pg_tenant_store.members.store
  import_mode = true

  configuration_wo = {
    TENANT_CLIENT_ID     = "PkZcKCXJSZ6oU5nJq1pOYqWcYHg5tTBE"
    TENANT_CLIENT_SECRET = var.client_secret
  }
  configuration_wo_version = 1
}

variable "client_secret" {
  description = "The secret of the client in the other tenant."
  type        = string
  ephemeral   = true
}

# What that client must be allowed, in the other tenant.
output "allow" {
  value = {
    grant_types = data.auth0pg_tenant_store.members.grant_types
    scopes      = data.auth0pg_tenant_store.members.scopes
  }
}
