# By the table's schema and name.
terraform import auth0pg_users_table.users public.users
