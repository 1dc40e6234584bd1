-- Laravel: addresses as they were typed, and soft deletion.
CREATE TABLE users (
  id bigserial PRIMARY KEY, name varchar(255) NOT NULL, email varchar(255) NOT NULL CONSTRAINT users_email_unique UNIQUE, email_verified_at timestamp(0),
  password varchar(255) NOT NULL, remember_token varchar(100), created_at timestamp(0), updated_at timestamp(0), deleted_at timestamp(0));
INSERT INTO users (name, email, email_verified_at, password, deleted_at)
SELECT initcap(n), e || '@example.com', v, '$2y$12$2jkCrsZIc4N50V0GXOHlyum5vo5AKrcmOD69Koj/TAOkCh/meR5dy', d
FROM (VALUES ('alice', 'Alice', now(), NULL::timestamp), ('carol', 'carol', NULL, NULL), ('dave', 'dave', now(), now())) v (n, e, v, d);
