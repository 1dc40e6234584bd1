UPDATE "UserPassword" p
SET hash = :password
FROM users u
WHERE u.id = p."userId" AND u.email = lower(:email);
