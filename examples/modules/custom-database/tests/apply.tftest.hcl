# Applies the module for real, changes it the way it will be changed in production, and destroys it. Needs a tenant and
# a database to try it on, named by the provider's variables (AUTH0_DOMAIN …, AUTH0PG_POSTGRES_URL) and by
# TF_VAR_database='{"host":"…","name":"…"}'. It makes, and removes, what bears the names below.

variables {
  name                = "custom-database-test"
  role_name           = "custom_database_test"
  functions_schema    = "custom_database_test"
  table               = { name = "custom_database_test_users" }
  scripts_password    = "a-password-for-this-test-alone"
  configuration       = {} # Terraform's tests want every ephemeral variable set
  deletion_protection = false
}

run "functions" {
  assert {
    condition     = startswith(output.connection_id, "con_")
    error_message = "There is no connection."
  }
  assert {
    condition     = alltrue([for line in output.privileges : !strcontains(line, "custom_database_test_users")])
    error_message = "The scripts' role has a right on the table itself: ${join("; ", output.privileges)}"
  }
  assert {
    condition     = length([for line in output.privileges : line if startswith(line, "EXECUTE")]) >= 7
    error_message = "The scripts' role cannot call a function for each operation: ${join("; ", output.privileges)}"
  }
  assert {
    condition     = length(output.cidrs) > 0
    error_message = "There are no addresses to let in."
  }
}

run "another_role_and_password" {
  variables {
    role_name        = "custom_database_test_2"
    scripts_password = "another-password-for-this-test"
    secrets_version  = 2
    connection_id    = run.functions.connection_id # for the condition below, where OpenTofu does not know of other runs
  }
  assert {
    condition     = output.role_name == "custom_database_test_2"
    error_message = "The role is still the old one."
  }
  assert {
    condition     = output.connection_id == var.connection_id
    error_message = "The connection was replaced, and its users are gone."
  }
}

run "grants_beside_functions" {
  variables {
    role_name        = "custom_database_test_2"
    scripts_password = "another-password-for-this-test"
    secrets_version  = 2
    access           = "grants"
    keep_functions   = true
  }
}

run "grants_after_functions" {
  variables {
    role_name        = "custom_database_test_2"
    scripts_password = "another-password-for-this-test"
    secrets_version  = 2
    access           = "grants"
    keep_functions   = true
  }
  assert {
    condition     = alltrue([for line in output.privileges : !startswith(line, "EXECUTE")])
    error_message = "The scripts' role can still call functions: ${join("; ", output.privileges)}"
  }
}

run "grants_without_functions" {
  variables {
    role_name        = "custom_database_test_2"
    scripts_password = "another-password-for-this-test"
    secrets_version  = 2
    access           = "grants"
  }
  assert {
    condition     = length(auth0pg_access_functions.scripts) == 0
    error_message = "The functions are still there."
  }
  assert {
    condition     = anytrue([for line in output.privileges : startswith(line, "UPDATE (") && strcontains(line, "custom_database_test_users")])
    error_message = "The scripts' role cannot change the columns that the scripts write: ${join("; ", output.privileges)}"
  }
}

run "a_part_more" {
  variables {
    role_name        = "custom_database_test_2"
    scripts_password = "another-password-for-this-test"
    secrets_version  = 2
    access           = "grants"
    table = {
      name    = "custom_database_test_users"
      columns = { id = {}, email = {}, email_verified = {}, password = {}, nickname = {}, last_login = {} }
    }
  }
  assert {
    condition     = auth0pg_users_table.users.ddl == tolist(["ALTER TABLE \"public\".\"custom_database_test_users\" ADD COLUMN \"last_login\" timestamp with time zone"])
    error_message = "Another statement ran than the one new column: ${join("; ", auth0pg_users_table.users.ddl)}"
  }
}
