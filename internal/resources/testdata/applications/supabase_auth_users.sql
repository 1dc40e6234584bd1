-- Supabase: bans that end, soft deletion, users of single sign-on, row-level security without a policy.
CREATE SCHEMA auth;
CREATE TABLE auth.users (
  instance_id uuid, id uuid PRIMARY KEY, aud varchar(255), role varchar(255), email varchar(255), encrypted_password varchar(255),
  email_confirmed_at timestamptz, confirmation_token varchar(255), last_sign_in_at timestamptz, raw_app_meta_data jsonb, raw_user_meta_data jsonb,
  is_super_admin boolean, created_at timestamptz, updated_at timestamptz, phone text UNIQUE, phone_confirmed_at timestamptz,
  confirmed_at timestamptz GENERATED ALWAYS AS (least(email_confirmed_at, phone_confirmed_at)) STORED, banned_until timestamptz,
  is_sso_user boolean NOT NULL DEFAULT false, deleted_at timestamptz, is_anonymous boolean NOT NULL DEFAULT false);
CREATE INDEX users_instance_id_idx ON auth.users (instance_id);
CREATE INDEX users_instance_id_email_idx ON auth.users (instance_id, lower(email));
CREATE UNIQUE INDEX confirmation_token_idx ON auth.users (confirmation_token) WHERE confirmation_token !~ '^[0-9 ]*$';
CREATE UNIQUE INDEX users_email_partial_key ON auth.users (email) WHERE is_sso_user = false;
ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
INSERT INTO auth.users (id, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, banned_until, deleted_at, is_sso_user)
SELECT gen_random_uuid(), n || '@example.com', CASE WHEN NOT s THEN '$2a$10$wv3R/YIZwR4nsjXfxnCwLeN1SjXvsXqN8Z3lA6QkqSpCVRJSaPA8m' END, CASE WHEN n <> 'carol' THEN now() END,
  '{"provider": "email"}', jsonb_build_object('full_name', initcap(n)), b, d, s
FROM (VALUES ('alice', NULL::timestamptz, NULL::timestamptz, false), ('bob', now() + interval '100 years', NULL, false), ('carol', NULL, NULL, false),
  ('dave', NULL, now(), false), ('erin', now() - interval '1 day', NULL, false), ('alice', NULL, NULL, true)) v (n, b, d, s);
