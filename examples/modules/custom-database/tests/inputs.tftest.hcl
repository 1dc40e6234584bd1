# What the module refuses. Needs neither a tenant nor a server: every run ends at plan.

mock_provider "auth0pg" {
  # OpenTofu makes values up at plan, where Terraform has none yet. These have to fit.
  mock_resource "auth0pg_users_table" {
    defaults = {
      store = "{\"columns\":{\"email\":{\"name\":\"email\",\"type\":\"text\"},\"id\":{\"name\":\"id\",\"type\":\"uuid\"},\"password\":{\"name\":\"password\",\"type\":\"text\"},\"username\":{\"name\":\"username\",\"type\":\"text\"}},\"email_lookup\":\"lower_index\",\"table\":{\"name\":\"users\",\"schema\":\"public\"}}"
    }
  }
  mock_resource "auth0pg_access_functions" {
    defaults = {
      store = "{\"columns\":{\"email\":{\"name\":\"email\",\"type\":\"text\"},\"id\":{\"name\":\"id\",\"type\":\"uuid\"},\"password\":{\"name\":\"password\",\"type\":\"text\"},\"username\":{\"name\":\"username\",\"type\":\"text\"}},\"email_lookup\":\"lower_index\",\"functions\":{\"schema\":\"auth0_api\",\"table\":{\"name\":\"users\",\"schema\":\"public\"}}}"
    }
  }
}

variables {
  name             = "users"
  database         = { host = "db.example.com", name = "app" }
  scripts_password = "correct-horse-battery-staple"
}

run "defaults" {
  command = plan

  assert {
    condition     = length(auth0pg_access_functions.scripts) == 1
    error_message = "By default the scripts call functions."
  }
  assert {
    condition     = auth0pg_users_table.users.deletion_protection && auth0pg_connection.users.deletion_protection
    error_message = "By default table and connection are protected."
  }
  assert {
    condition     = length(auth0pg_database_role.scripts.operations) == 7
    error_message = "By default the role serves all seven operations."
  }
}

run "import_mode_needs_two_operations" {
  command = plan
  variables {
    import_mode = true
  }
  assert {
    condition     = auth0pg_database_role.scripts.operations == toset(["login", "get_user"])
    error_message = "With import_mode the role may read users and no more."
  }
}

run "usernames_need_an_operation_more" {
  command = plan
  variables {
    table             = { columns = { id = {}, email = {}, password = {}, username = {} } }
    requires_username = true
  }
  assert {
    condition     = contains(auth0pg_database_role.scripts.operations, "change_username")
    error_message = "With usernames the role may change them."
  }
}

run "grants_make_no_functions" {
  command = plan
  variables {
    access = "grants"
  }
  assert {
    condition     = length(auth0pg_access_functions.scripts) == 0
    error_message = "With grants there are no functions."
  }
}

run "name_in_another_form" {
  command = plan
  variables {
    name = "my users"
  }
  expect_failures = [var.name]
}

run "short_password" {
  command = plan
  variables {
    scripts_password = "hunter2"
  }
  expect_failures = [var.scripts_password]
}

run "clear_text_over_the_network" {
  command = plan
  variables {
    database = { host = "db.example.com", name = "app", sslmode = "disable" }
  }
  expect_failures = [var.database]
}

run "unknown_part" {
  command = plan
  variables {
    table = { columns = { id = {}, email = {}, password = {}, shoe_size = {} } }
  }
  expect_failures = [var.table]
}

run "no_password" {
  command = plan
  variables {
    table = { columns = { id = {}, email = {} } }
  }
  expect_failures = [var.table]
}

run "unknown_access" {
  command = plan
  variables {
    access = "superuser"
  }
  expect_failures = [var.access]
}

run "enforcement_without_functions" {
  command = plan
  variables {
    access    = "grants"
    allowlist = { enforcement = "functions" }
  }
  expect_failures = [var.allowlist]
}

run "usernames_without_their_column" {
  command = plan
  variables {
    requires_username = true
  }
  expect_failures = [var.requires_username]
}

run "finished_without_import" {
  command = plan
  variables {
    scripts = { import_finished = true }
  }
  expect_failures = [var.import_mode]
}
