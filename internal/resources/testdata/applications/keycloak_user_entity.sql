-- Keycloak: the same person in two realms, the hash as JSON in a second table.
CREATE TABLE user_entity (
  id varchar(36) PRIMARY KEY, email varchar(255), email_constraint varchar(255), email_verified boolean NOT NULL DEFAULT false,
  enabled boolean NOT NULL DEFAULT false, federation_link varchar(255), first_name varchar(255), last_name varchar(255), realm_id varchar(255),
  username varchar(255), created_timestamp bigint, service_account_client_link varchar(255), not_before int NOT NULL DEFAULT 0,
  CONSTRAINT uk_email UNIQUE (realm_id, email_constraint), CONSTRAINT uk_username UNIQUE (realm_id, username));
CREATE INDEX idx_user_email ON user_entity (email);
CREATE TABLE credential (
  id varchar(36) PRIMARY KEY, salt bytea, type varchar(255), user_id varchar(36) REFERENCES user_entity (id), created_date bigint,
  user_label varchar(255), secret_data text, credential_data text, priority int);
INSERT INTO user_entity (id, email, email_constraint, email_verified, enabled, realm_id, username)
SELECT repeat(r, 8) || '-0000', 'alice@example.com', 'alice@example.com', true, true, 'r' || r, 'alice' FROM (VALUES ('1'), ('2')) v (r);
INSERT INTO credential (id, type, user_id, secret_data, credential_data) VALUES ('c1', 'password', '11111111-0000',
  '{"value":"sCy8G1UgWgTlgvWxE3VWrIVHMtDZhXeAupb+hPFS+whsxuK8lKEa8bBSUbVWImEAu/fJL0/0EGkjKfEd16B6/w==","salt":"wKylw1apH9camS+THfN4Fg=="}',
  '{"hashIterations":210000,"algorithm":"pbkdf2-sha512"}');
