-- The hash is in a table of its own.
WITH new_user AS (
  INSERT INTO users (email, username, name, "avatarUrl")
  VALUES (lower(:email), :username, :name, :picture)
  RETURNING id
)
INSERT INTO "UserPassword" (hash, "userId")
SELECT :password, id FROM new_user;
