-- ASP.NET Core Identity: LockoutEnd says until when somebody is locked out.
CREATE TABLE "AspNetUsers" (
  "Id" text CONSTRAINT "PK_AspNetUsers" PRIMARY KEY, "UserName" varchar(256), "NormalizedUserName" varchar(256), "Email" varchar(256),
  "NormalizedEmail" varchar(256), "EmailConfirmed" boolean NOT NULL, "PasswordHash" text, "SecurityStamp" text, "ConcurrencyStamp" text,
  "PhoneNumber" text, "PhoneNumberConfirmed" boolean NOT NULL, "TwoFactorEnabled" boolean NOT NULL, "LockoutEnd" timestamptz,
  "LockoutEnabled" boolean NOT NULL, "AccessFailedCount" int NOT NULL);
CREATE INDEX "EmailIndex" ON "AspNetUsers" ("NormalizedEmail");
CREATE UNIQUE INDEX "UserNameIndex" ON "AspNetUsers" ("NormalizedUserName");
INSERT INTO "AspNetUsers" ("Id", "UserName", "NormalizedUserName", "Email", "NormalizedEmail", "PasswordHash", "LockoutEnd",
  "EmailConfirmed", "PhoneNumberConfirmed", "TwoFactorEnabled", "LockoutEnabled", "AccessFailedCount")
SELECT 'id-' || n, n || '@example.com', upper(n || '@example.com'), n || '@example.com', upper(n || '@example.com'), h, l, true, false, false, true, 0
FROM (VALUES
  ('alice', 'AQAAAAIAAYagAAAAED6nsv864z0hurtbAwMUANXgiFHt7SzxxVQRnly6gLgLKHSXtwWfaE1HYHYxNDS/7A==', NULL::timestamptz),
  ('bob', '$2a$10$wv3R/YIZwR4nsjXfxnCwLeN1SjXvsXqN8Z3lA6QkqSpCVRJSaPA8m', now() + interval '100 years'), ('erin', '$2a$10$wv3R/YIZwR4nsjXfxnCwLeN1SjXvsXqN8Z3lA6QkqSpCVRJSaPA8m', now() - interval '1 day')) v (n, h, l);
