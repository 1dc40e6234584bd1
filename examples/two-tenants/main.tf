# Users of two other tenants log in to the applications of this one. Those of acme stay there: both tenants go on with one set of passwords.
# Those of globex move here, each with the first login, until that tenant can be given up.

# What the scripts ask, and what they need for it there. Nothing is read at a plan.
data "auth0pg_tenant_store" "acme" {
  domain          = var.acme_domain
  connection_name = "members"
  # What stands in the ID token: a login is one request, and none of the Management API.
  parts = ["email_verified", "name", "picture"]
}

data "auth0pg_tenant_store" "globex" {
  domain          = var.globex_domain
  connection_name = "Username-Password-Authentication"
  operations      = ["login", "get_user"] # all parts, since users move with them
}

# The client that the scripts are, in each of the tenants.
module "acme" {
  source    = "./there"
  providers = { auth0 = auth0.acme }

  domain        = var.acme_domain
  connection    = "members"
  grant_types   = data.auth0pg_tenant_store.acme.grant_types
  scopes        = data.auth0pg_tenant_store.acme.scopes
  client_secret = var.acme_client_secret
}

module "globex" {
  source    = "./there"
  providers = { auth0 = auth0.globex }
  count     = var.globex_finished ? 0 : 1

  domain        = var.globex_domain
  connection    = "Username-Password-Authentication"
  grant_types   = data.auth0pg_tenant_store.globex.grant_types
  scopes        = data.auth0pg_tenant_store.globex.scopes
  client_secret = var.globex_client_secret
}

# Merged: sign-ups, new passwords and new addresses go to acme, too.
resource "auth0pg_connection" "acme" {
  name  = "acme"
  store = data.auth0pg_tenant_store.acme.store

  configuration_wo = {
    TENANT_CLIENT_ID     = module.acme.client_id
    TENANT_CLIENT_SECRET = var.acme_client_secret
  }
  configuration_wo_version = 1

  enabled_clients = [var.app_client_id]
}

# Left: who logs in is here from then on, and globex is not asked again for that user.
resource "auth0pg_connection" "globex" {
  name        = "globex"
  store       = data.auth0pg_tenant_store.globex.store
  import_mode = true # stays on, also when all have moved

  scripts {
    import_finished = var.globex_finished
  }

  # In the end the client there goes, and its secret is taken out of this tenant.
  configuration_wo = {
    TENANT_CLIENT_ID     = var.globex_finished ? "gone" : one(module.globex[*].client_id)
    TENANT_CLIENT_SECRET = var.globex_finished ? "gone" : var.globex_client_secret
  }
  configuration_wo_version = var.globex_finished ? 2 : 1

  enabled_clients = [var.app_client_id]
}

# The least that each operation needs there, to look up which one a missing scope belongs to.
output "needs" {
  value = {
    acme   = data.auth0pg_tenant_store.acme.needs
    globex = data.auth0pg_tenant_store.globex.needs
  }
}
