-- Directus: argon2id beside bcrypt, and a status.
CREATE TABLE directus_users (
  id uuid PRIMARY KEY, first_name varchar(50), last_name varchar(50), email varchar(128) UNIQUE, password varchar(255), location varchar(255),
  title varchar(50), description text, tags json, avatar uuid, language varchar(255), tfa_secret varchar(255),
  status varchar(16) NOT NULL DEFAULT 'active', role uuid, token varchar(255) UNIQUE, last_access timestamptz, last_page varchar(255),
  provider varchar(128) NOT NULL DEFAULT 'default', external_identifier varchar(255) UNIQUE, auth_data json, email_notifications boolean DEFAULT true);
INSERT INTO directus_users (id, email, password, status)
SELECT gen_random_uuid(), n || '@example.com', h, s FROM (VALUES
  ('alice', '$argon2id$v=19$m=19456,t=2,p=1$YMMUve297VUSDKQPvHBFQg$tPd6XlZZ3XrrRcsk7Y6CciFtWD1vHYxb5vF1Ejmkxw4', 'active'),
  ('bob', '$2a$10$wv3R/YIZwR4nsjXfxnCwLeN1SjXvsXqN8Z3lA6QkqSpCVRJSaPA8m', 'suspended'), ('carol', '$2a$10$wv3R/YIZwR4nsjXfxnCwLeN1SjXvsXqN8Z3lA6QkqSpCVRJSaPA8m', 'active')) v (n, h, s);
