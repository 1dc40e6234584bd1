# Lets Auth0 reach a database on AWS (RDS, Aurora, or a server of your own on EC2) through its security group.

terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
    aws = {
      source  = "hashicorp/aws"
      version = ">= 4.36.0" # the first with a resource for a single rule
    }
  }
}

variable "region" {
  description = "The Auth0 tenant's region."
  type        = string
  default     = "us"
}

variable "security_group_id" {
  description = "The security group of the database."
  type        = string
}

resource "auth0pg_allowlist" "database" {
  region = var.region
}

locals {
  ipv4_cidrs = [for cidr in auth0pg_allowlist.database.cidrs : cidr if !strcontains(cidr, ":")]
}

# The rule below counts as max_entries rules towards the security group's limit, which is 60 by default.
resource "aws_ec2_managed_prefix_list" "auth0" {
  name           = "auth0"
  address_family = "IPv4"
  max_entries    = length(local.ipv4_cidrs) + 5

  dynamic "entry" {
    for_each = toset(local.ipv4_cidrs)
    content {
      cidr        = entry.value
      description = "Auth0"
    }
  }
}

resource "aws_vpc_security_group_ingress_rule" "auth0" {
  security_group_id = var.security_group_id
  prefix_list_id    = aws_ec2_managed_prefix_list.auth0.id
  ip_protocol       = "tcp"
  from_port         = 5432
  to_port           = 5432
}
