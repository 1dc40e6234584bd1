-- Devise with the pepper 0123pepper4567.
CREATE TABLE users (
  id bigserial PRIMARY KEY, email varchar NOT NULL DEFAULT '', encrypted_password varchar NOT NULL DEFAULT '', reset_password_token varchar,
  reset_password_sent_at timestamp(6), remember_created_at timestamp(6), created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE UNIQUE INDEX index_users_on_email ON users (email);
CREATE UNIQUE INDEX ON users (reset_password_token);
INSERT INTO users (email, encrypted_password, created_at, updated_at)
VALUES ('alice@example.com', '$2a$10$m5Tz80fIUsdbnB3SrXLBWeaq.cZf4n989RXFQ8rfG/GCFVZoV7aBe', now(), now());
