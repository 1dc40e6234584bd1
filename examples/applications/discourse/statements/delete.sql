WITH addresses AS (DELETE FROM user_emails WHERE user_id = :id)
DELETE FROM users WHERE id = :id;
