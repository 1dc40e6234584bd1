-- Cal.com: the hash is in a table of its own.
CREATE TYPE "UserPermissionRole" AS ENUM ('USER', 'ADMIN');
CREATE TYPE "IdentityProvider" AS ENUM ('CAL', 'GOOGLE', 'SAML');
CREATE TABLE users (
  id serial PRIMARY KEY, username text, name text, email text NOT NULL, "emailVerified" timestamp(3), bio text, "avatarUrl" text,
  "timeZone" text NOT NULL DEFAULT 'Europe/London', created timestamp(3) NOT NULL DEFAULT current_timestamp,
  "identityProvider" "IdentityProvider" NOT NULL DEFAULT 'CAL', metadata jsonb, verified boolean DEFAULT false,
  role "UserPermissionRole" NOT NULL DEFAULT 'USER', locked boolean NOT NULL DEFAULT false, "organizationId" int, "movedToProfileId" int);
CREATE UNIQUE INDEX users_email_key ON users (email);
CREATE UNIQUE INDEX users_email_username_key ON users (email, username);
CREATE UNIQUE INDEX "users_username_organizationId_key" ON users (username, "organizationId");
CREATE TABLE "UserPassword" (hash text NOT NULL, "userId" int NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE);
INSERT INTO users (email, username, name, "emailVerified", verified, locked)
SELECT n || '@example.com', n, initcap(n), e, v, l
FROM (VALUES ('alice', now(), false, false), ('bob', now(), false, true), ('carol', NULL, true, false)) v (n, e, v, l);
INSERT INTO "UserPassword" SELECT '$2b$12$mw5GFcw1FgeRlY4SNf/9juX/YFwjPtiXhmaupUtUkR516cUMQViAW', id FROM users;
