import {
  to = auth0pg_access_functions.access
  id = "auth0"
}
