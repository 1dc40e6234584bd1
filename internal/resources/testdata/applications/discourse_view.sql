-- Discourse with a view over both tables.
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
CREATE VIEW auth0_users AS
SELECT u.id, u.username, u.name, e.email, u.active IS NOT TRUE OR coalesce(u.suspended_till > (now() at time zone 'utc'), false) AS blocked,
  '$pbkdf2-sha256$i=64000,l=32$' || rtrim(translate(encode(convert_to(u.salt, 'UTF8'), 'base64'), chr(10), ''), '=')
    || '$' || rtrim(translate(encode(decode(u.password_hash, 'hex'), 'base64'), chr(10), ''), '=') AS password
FROM users u JOIN user_emails e ON e.user_id = u.id AND e."primary";
INSERT INTO users (username, username_lower, created_at, updated_at, password_hash, salt, active, trust_level, suspended_till)
SELECT 'Bob', 'bob', now(), now(), password_hash, salt, true, 1, now() + interval '1 year' FROM users;
INSERT INTO user_emails (user_id, email, "primary", created_at, updated_at) VALUES (2, 'bob@example.com', true, now(), now());
