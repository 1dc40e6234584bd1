variable "name" {
  description = "The connection's name in Auth0. It cannot be changed later."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-[a-zA-Z0-9]|[a-zA-Z0-9])*$", var.name)) && length(var.name) <= 128
    error_message = "The name must consist of letters and digits, with single hyphens between them, at most 128 characters."
  }
}

variable "display_name" {
  description = "The name that users see."
  type        = string
  default     = null
}

variable "database" {
  description = "The database as Auth0 reaches it. ca is the certificate authority in PEM, for servers whose certificate no public authority has signed. A change needs a higher secrets_version."
  type = object({
    host    = string
    port    = optional(number, 5432)
    name    = string
    sslmode = optional(string, "verify-full")
    ca      = optional(string)
  })

  validation {
    condition     = contains(["disable", "require", "verify-ca", "verify-full"], var.database.sslmode)
    error_message = "sslmode must be verify-full, verify-ca, require or, for a server on this machine, disable."
  }
  validation {
    condition     = var.database.sslmode != "disable" || contains(["localhost", "127.0.0.1", "::1"], var.database.host)
    error_message = "sslmode = \"disable\" is for a server on this machine only: passwords would cross the network in clear."
  }
}

variable "scripts_password" {
  description = "The password of the scripts' role: long and random, nobody types it. It is in no state and no plan."
  type        = string
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = length(var.scripts_password) >= 16
    error_message = "The password of the scripts' role must have at least 16 characters."
  }
}

variable "configuration" {
  description = "Further values that scripts of your own read as configuration.<key>. They are in no state and no plan. A change needs a higher secrets_version."
  type        = map(string)
  default     = {}
  sensitive   = true
  ephemeral   = true
}

variable "secrets_version" {
  description = "Raise it whenever scripts_password, role_name, database or configuration changes: Terraform cannot see what it does not keep."
  type        = number
  default     = 1

  validation {
    condition     = var.secrets_version >= 1 && floor(var.secrets_version) == var.secrets_version
    error_message = "secrets_version counts from 1."
  }
}

variable "access" {
  description = "How the scripts reach the table: \"functions\" (one function for each operation; the role has no right on the table) or \"grants\" (the role reads and writes the columns that the scripts use)."
  type        = string
  default     = "functions"

  validation {
    condition     = contains(["functions", "grants"], var.access)
    error_message = "access must be \"functions\" or \"grants\"."
  }
}

variable "keep_functions" {
  description = "Whether the functions stay although access is \"grants\": on the way back from functions, until no script calls them any more."
  type        = bool
  default     = false
}

variable "table" {
  description = "The users table. columns names its parts, id, email and password among them; what a part leaves out is as its name suggests. See auth0pg_users_table."
  type = object({
    schema = optional(string, "public")
    name   = optional(string, "users")
    columns = optional(map(object({
      name         = optional(string)
      type         = optional(string)
      nullable     = optional(bool)
      default      = optional(string)
      renamed_from = optional(string)
      add          = optional(bool)
      expression   = optional(string)
      write        = optional(string)
    })), { id = {}, email = {}, email_verified = {}, password = {}, nickname = {} })
    extra_columns = optional(map(object({
      type      = optional(string)
      nullable  = optional(bool)
      default   = optional(string)
      on_create = optional(string)
      on_change = optional(string)
    })), {})
    on_delete    = optional(map(string))
    row_filter   = optional(string)
    not_blocking = optional(set(string))
    email_lookup = optional(string)
  })
  default = {}

  validation {
    condition = length(setsubtract(keys(var.table.columns), [
      "id", "email", "email_verified", "password", "password_salt", "totp", "nickname", "username", "name", "given_name", "family_name", "picture",
      "phone_number", "phone_verified", "blocked", "user_metadata", "app_metadata", "created_at", "updated_at", "last_login",
      "last_password_reset", "migrated_at",
    ])) == 0
    error_message = "columns has a key that is no part of a user. A column that the scripts do not know belongs into extra_columns."
  }
  validation {
    condition     = length(setsubtract(["id", "email", "password"], keys(var.table.columns))) == 0
    error_message = "columns must name id, email and password."
  }
  validation {
    condition     = var.table.email_lookup == null || contains(["lower_index", "citext", "exact"], coalesce(var.table.email_lookup, "lower_index"))
    error_message = "email_lookup must be \"lower_index\", \"citext\" or \"exact\"."
  }
}

variable "functions_schema" {
  description = "The schema that is made for the access functions."
  type        = string
  default     = "auth0"
}

variable "functions_owner" {
  description = "The role that is made to own the functions; it cannot log in. Null: the schema's name followed by _owner. Databases on one server that have this module share it."
  type        = string
  default     = null
}

variable "role_name" {
  description = "The scripts' role. A new name makes a second role, moves the connection to it and then drops the old one: so the password is changed without a failed login."
  type        = string
  default     = "auth0_scripts"
}

variable "connection_limit" {
  description = "How many sessions the scripts may have at a time, in all containers of the platform together."
  type        = number
  default     = 50

  validation {
    condition     = var.connection_limit >= 1
    error_message = "connection_limit must be at least 1."
  }
}

variable "drain_timeout" {
  description = "How long the deletion of the role waits for the scripts' open sessions to end."
  type        = string
  default     = "2m"
}

variable "scripts" {
  description = "How the scripts behave. See scripts of auth0pg_connection."
  type = object({
    user_id_prefix  = optional(string)
    bcrypt_rounds   = optional(number, 10)
    pool_max        = optional(number, 5)
    legacy_hashes   = optional(set(string))
    rehash_on_login = optional(bool, false)
    import_finished = optional(bool, false)
    overrides       = optional(map(string))
  })
  default = {}
}

variable "import_mode" {
  description = "Whether users move to Auth0's own store at their first login (automatic migration)."
  type        = bool
  default     = false

  validation {
    condition     = var.import_mode || !var.scripts.import_finished
    error_message = "scripts.import_finished needs import_mode: without it Auth0 asks the scripts alone, and they would know nobody."
  }
}

variable "enabled_clients" {
  description = "The applications whose users log in here; null leaves them unmanaged."
  type        = set(string)
  default     = null
}

variable "disable_signup" {
  description = "Whether nobody can sign up; null leaves it as it is."
  type        = bool
  default     = null
}

variable "requires_username" {
  description = "Whether users have a username besides their e-mail address; null leaves it as it is."
  type        = bool
  default     = null

  validation {
    condition     = !coalesce(var.requires_username, false) || contains(keys(var.table.columns), "username")
    error_message = "requires_username needs the part username in table.columns."
  }
}

variable "options" {
  description = "Further options of the connection as JSON, with Auth0's own keys."
  type        = string
  default     = null
}

variable "allowlist" {
  description = "Who may reach the database. Without a region it is that of the provider's tenant. enforcement is \"none\" (use the outputs), \"functions\", \"pg_hba\" or \"login_trigger\"."
  type = object({
    region           = optional(string)
    additional_cidrs = optional(set(string))
    live             = optional(bool, false)
    enforcement      = optional(string, "none")
  })
  default = {}

  validation {
    condition     = var.allowlist.enforcement != "functions" || var.access == "functions"
    error_message = "enforcement = \"functions\" needs access = \"functions\"."
  }
}

variable "deletion_protection" {
  description = "Whether the table and the connection refuse to be destroyed."
  type        = bool
  default     = true
}

variable "destroy_users" {
  description = "Whether a destroy may take users with it: the rows of the table, and their profiles in Auth0. It counts once it has been applied, and only without deletion_protection."
  type        = bool
  default     = false
}
