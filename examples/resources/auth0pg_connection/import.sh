# By the connection's id, or by its name.
terraform import auth0pg_connection.legacy con_Rq4sVh2nTbXk7LmA
terraform import auth0pg_connection.legacy legacy-users
