# An API that implements the documented contract, and compares passwords itself.
data "auth0pg_api_store" "users" {
  url            = "https://users.example.com"
  contract       = "web_service"
  password_check = "api"
  audience       = "https://users.example.com/"
  token_url      = "https://acme.eu.auth0.com/oauth/token"
  parts          = ["email_verified", "name", "blocked", "user_metadata"]
}

# PostgREST in front of access functions: logins and nothing else.
data "auth0pg_api_store" "logins" {
  url            = "https://postgrest.example.com"
  contract       = "rpc"
  schema         = "auth0"
  password_check = "script"
  audience       = "https://postgrest.example.com/"
  token_url      = "https://acme.eu.auth0.com/oauth/token"
  parts          = ["email_verified"]
  operations     = ["login", "get_user"]
}

resource "auth0pg_connection" "users" {
  name  = "users"
  store = data.auth0pg_api_store.users.store

  configuration_wo = {
    API_CLIENT_ID     = "PkZcKCXJSZ6oU5nJq1pOYqWcYHg5tTBE"
    API_CLIENT_SECRET = var.client_secret
  }
  configuration_wo_version = 1
}

variable "client_secret" {
  description = "The secret of the client that the scripts are."
  type        = string
  ephemeral   = true
}
