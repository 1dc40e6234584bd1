-- A Go application: the hash is bytea, the address citext.
CREATE EXTENSION citext;
CREATE TABLE users (
  id bigserial PRIMARY KEY, created_at timestamptz(0) NOT NULL DEFAULT now(), name text NOT NULL, email citext UNIQUE NOT NULL,
  password_hash bytea NOT NULL, activated boolean NOT NULL, version integer NOT NULL DEFAULT 1);
INSERT INTO users (name, email, password_hash, activated)
SELECT initcap(n), n || '@example.com', '$2a$10$wv3R/YIZwR4nsjXfxnCwLeN1SjXvsXqN8Z3lA6QkqSpCVRJSaPA8m'::bytea, n = 'alice' FROM (VALUES ('alice'), ('carol')) v (n);
