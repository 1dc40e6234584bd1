-- Chatwoot: Rails with Devise.
CREATE TABLE users (
  id serial PRIMARY KEY, provider varchar NOT NULL DEFAULT 'email', uid varchar NOT NULL DEFAULT '', encrypted_password varchar NOT NULL DEFAULT '',
  sign_in_count int NOT NULL DEFAULT 0, current_sign_in_at timestamp, confirmation_token varchar, confirmed_at timestamp, unconfirmed_email varchar,
  name varchar NOT NULL, display_name varchar, email varchar, tokens json, created_at timestamp NOT NULL, updated_at timestamp NOT NULL,
  pubsub_token varchar, availability int DEFAULT 0, ui_settings jsonb DEFAULT '{}', custom_attributes jsonb DEFAULT '{}', type varchar);
CREATE INDEX index_users_on_email ON users (email);
CREATE UNIQUE INDEX index_users_on_pubsub_token ON users (pubsub_token);
CREATE UNIQUE INDEX index_users_on_uid_and_provider ON users (uid, provider);
INSERT INTO users (uid, email, name, created_at, updated_at, encrypted_password, confirmed_at, custom_attributes)
SELECT n || '@example.com', n || '@example.com', initcap(n), now(), now(), '$2a$10$wv3R/YIZwR4nsjXfxnCwLeN1SjXvsXqN8Z3lA6QkqSpCVRJSaPA8m', c, a::jsonb
FROM (VALUES ('alice', now(), '{"plan": "x"}'), ('carol', NULL, '{}')) v (n, c, a);
