variable "acme_domain" {
  description = "The tenant that goes on."
  type        = string
  default     = "acme.eu.auth0.com"
}

variable "globex_domain" {
  description = "The tenant that is left for good."
  type        = string
  default     = "globex.eu.auth0.com"
}

variable "acme_management" {
  description = "The application that Terraform is in acme."
  type        = object({ client_id = string, client_secret = string })
  sensitive   = true
  ephemeral   = true
}

variable "globex_management" {
  description = "The application that Terraform is in globex."
  type        = object({ client_id = string, client_secret = string })
  sensitive   = true
  ephemeral   = true
}

variable "acme_client_secret" {
  description = "The secret of the client that the scripts are in acme, of 48 characters or more."
  type        = string
  sensitive   = true
}

variable "globex_client_secret" {
  description = "The secret of the client that the scripts are in globex, of 48 characters or more."
  type        = string
  sensitive   = true
}

variable "app_client_id" {
  description = "The application whose users log in."
  type        = string
}

variable "globex_finished" {
  description = "Whether everybody has moved from globex. Change the default, so that no apply forgets it."
  type        = bool
  default     = false
}
