variable "password" {
  description = "The password of the scripts' role."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "database_url" {
  description = "The URL with which the scripts log in, as Auth0 reaches the server: with that role and its password."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "client_id" {
  description = "The application whose users log in."
  type        = string
}

variable "pepper" {
  description = "What the application appends to each password: config.pepper of Devise."
  type        = string
  sensitive   = true
  ephemeral   = true
}
