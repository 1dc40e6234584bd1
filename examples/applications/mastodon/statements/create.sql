-- A user belongs to an account. Rails keeps times in UTC.
WITH new_account AS (
  INSERT INTO accounts (username) VALUES (split_part(:email, '@', 1))
  RETURNING id
)
INSERT INTO users (email, encrypted_password, account_id, created_at, updated_at)
SELECT lower(:email), :password, id, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc' FROM new_account;
