# Users in PostgreSQL behind an API: the database opens to nobody but the API, and no hash leaves the network. The API is
# auth0pg-users-api, or one of your own that keeps the contract. The guide "An API in front of the users" has the steps in their order.

variable "url" {
  description = "Where Auth0 reaches the API."
  type        = string
  default     = "https://users.example.com"
}

variable "app_client_id" {
  description = "The application whose users log in."
  type        = string
}

variable "client_secret" {
  description = "The secret of the client that the scripts are, of 48 characters or more. The provider auth0/auth0 keeps it in the state."
  type        = string
  sensitive   = true
}

variable "api_password" {
  description = "The password of the role that the API has in the database. It is in no state and no plan."
  type        = string
  sensitive   = true
  ephemeral   = true
}

# In the tenant: the API, the client and its grant.
module "tenant" {
  source        = "./tenant"
  audience      = "${var.url}/"
  client_secret = var.client_secret
}

# In the database: the functions that the API calls, and a role that may do nothing else.
resource "auth0pg_users_table" "users" {
  name = "users"

  columns = {
    id             = {}
    email          = {}
    email_verified = {}
    password       = { name = "password_hash" }
    name           = {}
    blocked        = {}
  }
}

resource "auth0pg_access_functions" "users" {
  schema = "auth0"
  table  = auth0pg_users_table.users.store
}

resource "auth0pg_database_role" "api" {
  name       = "users_api"
  store      = auth0pg_access_functions.users.store
  operations = ["login", "get_user", "create", "verify", "change_password", "change_email", "delete"]

  password_wo         = var.api_password
  password_wo_version = 1
}

# For Auth0: scripts that ask the API.
data "auth0pg_api_store" "users" {
  url            = var.url
  contract       = "web_service"
  password_check = "api"
  audience       = "${var.url}/"
  parts          = ["email_verified", "name", "blocked"]

  depends_on = [module.tenant]
}

resource "auth0pg_connection" "users" {
  name  = "users"
  store = data.auth0pg_api_store.users.store

  configuration_wo = {
    API_CLIENT_ID     = module.tenant.client_id
    API_CLIENT_SECRET = var.client_secret
  }
  configuration_wo_version = 1

  enabled_clients = [var.app_client_id]
}
