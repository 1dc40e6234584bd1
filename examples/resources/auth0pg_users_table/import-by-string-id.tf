import {
  to = auth0pg_users_table.users
  id = "public.users"
}
