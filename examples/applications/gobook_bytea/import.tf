# Takes the table into the state as it is. Remove the block after the apply.
import {
  to = auth0pg_users_table.users
  id = "public.users"
}
