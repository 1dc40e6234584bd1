variable "password" {
  type      = string
  sensitive = true
}

# postgresql://auth0_scripts:p%40ss%2Fword@db.example.com:5432/app?sslmode=verify-full
output "url" {
  sensitive = true
  value = provider::auth0pg::postgres_url({
    host     = "db.example.com"
    port     = 5432
    database = "app"
    username = "auth0_scripts"
    password = var.password
    sslmode  = "verify-full"
  })
}
