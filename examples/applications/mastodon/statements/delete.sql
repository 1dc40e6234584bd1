-- The user goes with the account.
DELETE FROM accounts a
USING users u
WHERE u.id = :id AND a.id = u.account_id;
