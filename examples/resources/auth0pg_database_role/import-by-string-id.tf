# terraform plan -generate-config-out=generated.tf writes the resource. Store, operations and rehash_on_login are told from
# the role's privileges: on access functions, or on one table. What they do not tell stays null, and password_wo always.
import {
  to = auth0pg_database_role.scripts
  id = "auth0_scripts"
}
