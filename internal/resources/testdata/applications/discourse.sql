-- Discourse: the address in a second table, a salt in a column of its own.
CREATE TABLE users (
  id serial PRIMARY KEY, username varchar(60) NOT NULL, created_at timestamp NOT NULL, updated_at timestamp NOT NULL, name varchar(255),
  last_posted_at timestamp, password_hash varchar(64), salt varchar(32), active boolean NOT NULL DEFAULT false, username_lower varchar(60) NOT NULL,
  last_seen_at timestamp, admin boolean NOT NULL DEFAULT false, trust_level int NOT NULL, approved boolean NOT NULL DEFAULT false,
  suspended_at timestamp, suspended_till timestamp, ip_address inet, locale varchar(10), staged boolean NOT NULL DEFAULT false, password_algorithm varchar(64));
CREATE UNIQUE INDEX index_users_on_username ON users (username);
CREATE UNIQUE INDEX index_users_on_username_lower ON users (username_lower);
CREATE TABLE user_emails (
  id serial PRIMARY KEY, user_id int NOT NULL, email varchar(513) NOT NULL, "primary" boolean NOT NULL DEFAULT false, created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL, normalized_email varchar);
CREATE UNIQUE INDEX index_user_emails_on_email ON user_emails (lower(email));
CREATE UNIQUE INDEX ON user_emails (user_id, "primary") WHERE "primary";
INSERT INTO users (username, username_lower, created_at, updated_at, password_hash, salt, active, trust_level)
VALUES ('Alice', 'alice', now(), now(), '58ad260f22e1231d2efcf464d0bf6b522d57cf2910da10f130f958f65175afc0', '63318880fbeaeaf932b3e5839882d493', true, 1);
INSERT INTO user_emails (user_id, email, "primary", created_at, updated_at) VALUES (1, 'alice@example.com', true, now(), now());
