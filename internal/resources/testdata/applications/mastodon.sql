-- Mastodon: disabled and not yet approved users stay out.
CREATE TABLE accounts (id bigserial PRIMARY KEY, username varchar NOT NULL DEFAULT '');
CREATE TABLE users (
  id bigserial PRIMARY KEY, email varchar NOT NULL DEFAULT '', created_at timestamp NOT NULL, updated_at timestamp NOT NULL,
  encrypted_password varchar NOT NULL DEFAULT '', reset_password_token varchar, sign_in_count int NOT NULL DEFAULT 0, current_sign_in_at timestamp,
  confirmation_token varchar, confirmed_at timestamp, unconfirmed_email varchar, locale varchar, otp_required_for_login boolean NOT NULL DEFAULT false,
  otp_backup_codes varchar[], account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, disabled boolean NOT NULL DEFAULT false,
  invite_id bigint, chosen_languages varchar[], approved boolean NOT NULL DEFAULT true, sign_up_ip inet, role_id bigint, settings text);
CREATE INDEX index_users_on_account_id ON users (account_id);
CREATE UNIQUE INDEX index_users_on_confirmation_token ON users (confirmation_token);
CREATE UNIQUE INDEX index_users_on_email ON users (email);
CREATE UNIQUE INDEX index_users_on_reset_password_token ON users (reset_password_token text_pattern_ops) WHERE reset_password_token IS NOT NULL;
CREATE INDEX index_users_on_unconfirmed_email ON users (unconfirmed_email) WHERE unconfirmed_email IS NOT NULL;
INSERT INTO accounts (username) VALUES ('alice'), ('bob'), ('carol'), ('dave');
INSERT INTO users (email, created_at, updated_at, encrypted_password, confirmed_at, account_id, disabled, approved)
SELECT username || '@example.com', now(), now(), '$2a$10$wv3R/YIZwR4nsjXfxnCwLeN1SjXvsXqN8Z3lA6QkqSpCVRJSaPA8m', CASE WHEN username <> 'carol' THEN now() END, id, username = 'bob', username <> 'dave' FROM accounts;
