# Lets Auth0 reach an Azure Database for PostgreSQL flexible server through its firewall.

terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 3.0.0"
    }
  }
}

provider "azurerm" {
  features {}
}

variable "region" {
  description = "The Auth0 tenant's region."
  type        = string
  default     = "us"
}

variable "server_id" {
  description = "The flexible server's id."
  type        = string
}

resource "auth0pg_allowlist" "database" {
  region = var.region
}

locals {
  ipv4_cidrs = [for cidr in auth0pg_allowlist.database.cidrs : cidr if !strcontains(cidr, ":")]
}

resource "azurerm_postgresql_flexible_server_firewall_rule" "auth0" {
  for_each = toset(local.ipv4_cidrs)

  name             = "auth0-${replace(replace(each.value, ".", "-"), "/", "-")}"
  server_id        = var.server_id
  start_ip_address = cidrhost(each.value, 0)
  end_ip_address   = cidrhost(each.value, -1)
}
