# By the role's name. Store, operations and password come from the configuration.
terraform import auth0pg_database_role.scripts auth0_scripts
