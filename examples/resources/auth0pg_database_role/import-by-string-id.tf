import {
  to = auth0pg_database_role.scripts
  id = "auth0_scripts"
}
