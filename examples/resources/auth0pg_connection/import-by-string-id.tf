import {
  to = auth0pg_connection.legacy
  id = "legacy-users"
}
