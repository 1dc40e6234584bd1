# By the schema's name. The table comes from the configuration.
terraform import auth0pg_access_functions.access auth0
