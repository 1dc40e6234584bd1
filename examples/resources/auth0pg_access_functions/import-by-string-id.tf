# terraform plan -generate-config-out=generated.tf writes the resource. The table is named by the schema's comment; its
# description is told from the functions. Where they are not those for its columns, table stays null and a warning says so.
import {
  to = auth0pg_access_functions.access
  id = "auth0"
}
