-- The address is in a table of its own, which may have several for one user.
WITH changed AS (
  UPDATE users SET updated_at = now() AT TIME ZONE 'utc'
  WHERE id = (SELECT user_id FROM user_emails WHERE lower(email) = lower(:email) AND "primary")
  RETURNING id
)
UPDATE user_emails e
SET email = lower(:new_email), normalized_email = lower(:new_email), updated_at = now() AT TIME ZONE 'utc'
FROM changed
WHERE e.user_id = changed.id AND e."primary";
