variable "auth0_domain" {
  description = "The tenant's domain, such as acme.eu.auth0.com."
  type        = string
}

variable "auth0_client_id" {
  description = "A machine-to-machine application that may use the Management API."
  type        = string
}

variable "auth0_client_secret" {
  description = "That application's secret."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "app_client_id" {
  description = "The application whose users log in."
  type        = string
}

variable "admin_url" {
  description = "The database as the role that owns the table: postgres://user:password@host:5432/database?sslmode=verify-full."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "database_host" {
  description = "The host under which Auth0 reaches the database."
  type        = string
}

variable "database_port" {
  description = "The port under which Auth0 reaches the database."
  type        = number
  default     = 5432
}

variable "database_name" {
  description = "The database that holds the users."
  type        = string
}

variable "database_sslmode" {
  description = "How the scripts verify the server: verify-full for anything that is not on this machine."
  type        = string
  default     = "verify-full"
}

variable "scripts_password" {
  description = "The password of the scripts' role. It is in no state and no plan."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "deletion_protection" {
  description = "Whether the table and the connection refuse to be destroyed."
  type        = bool
  default     = true
}
