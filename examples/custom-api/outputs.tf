# What auth0pg-users-api is started with. Beside it the API needs AUTH0PG_API_DATABASE_URL, with the role and its password.
output "api_environment" {
  description = "The settings of the API, as environment variables. None of them is a secret."
  value = {
    AUTH0PG_API_SCHEMA         = auth0pg_access_functions.users.schema
    AUTH0PG_API_PASSWORD_CHECK = data.auth0pg_api_store.users.password_check
    AUTH0PG_API_ISSUER         = trimsuffix(data.auth0pg_api_store.users.token_url, "oauth/token")
    AUTH0PG_API_AUDIENCE       = data.auth0pg_api_store.users.audience
    AUTH0PG_API_CLIENTS        = module.tenant.client_id
  }
}

output "api_role" {
  description = "The role in the database that the API logs in as."
  value       = auth0pg_database_role.api.name
}

output "token_request" {
  description = "What the scripts ask for a token with, beside the client's secret; to try the API by hand."
  value = {
    url       = data.auth0pg_api_store.users.token_url
    client_id = module.tenant.client_id
    audience  = data.auth0pg_api_store.users.audience
    scopes    = data.auth0pg_api_store.users.scopes
  }
}
