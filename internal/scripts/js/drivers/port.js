// SPDX-License-Identifier: MPL-2.0
//
// The port between the operations, which know Auth0's contract, and the drivers, each of which knows one kind of
// store. A driver is a folder beside this file with a file for each function below, under the function's name; what it
// shares among them are further files. A script gets those that its operation calls. driver.go says which driver stands
// behind a store, and what rendering fills into its files.
//
// A user is an object with the parts of the profile under their names, as many as the store has: id and email are
// text, email_verified, phone_verified and blocked are true or false, user_metadata and app_metadata are JSON as text,
// all else is text or null. Only what login finds has the part password, the stored hash, or, where the store compares
// passwords itself, password_matches; login leaves what was typed in settings.password for that.
// The arguments are checked: addresses and names are text without NUL and of at most 320 characters, an id is text that
// is not empty. A driver compares addresses without regard to case, as the store says.
// Changes answer 'changed'; 'none' where there is no such user; and, where it is listed, 'conflict' for a value that
// another user has. All may throw: what failureOf makes of the error decides what the user is told.
//
// findUsers(identifier)                    an array: the users with this address, or if there is none, with this user
//                                          name. More than one is refused by the operation.
// findUsersByID(id)                        an array, as above
// insertUser(user)                         'changed', 'conflict'. The parts that a sign-up brought, password being the
//                                          hash, or itself where the store makes hashes; all others are the store's
//                                          to fill, and nobody is verified or blocked.
// markVerified(email)                      'changed', 'none'. Keeps the time of the first confirmation.
// setPassword(email, hash)                 'changed', 'none'
// setEmail(email, newEmail, verified)      'changed', 'none', 'conflict'. The addresses may be the same.
// setUsername(username, newUsername)       'changed', 'none', 'conflict'. Finds by name or address. A new name with an
//                                          @ is taken where it is the user's own address; otherwise 'none'.
// removeUser(id)                           'changed', 'none'
// recordLogin(id)                          'changed', 'none'. With automatic migration, that the user was handed over.
// replaceHash(id, oldHash, newHash)        'changed', 'none'. Not where the hash is another by now.
// failureOf(error)                         { kind, cause }: kind is 'ambiguous' (several users where one was meant),
//                                          'needed' (other data refers to the user), 'unfit' (the store does not take
//                                          the values), 'late' or 'unavailable'; cause is for the log and holds no
//                                          data of a user.
