// SPDX-License-Identifier: MPL-2.0

// Package localtenant is an Auth0 tenant on loopback, for tests, the
// demonstration and the program auth0pg-tenant: the part of the Management API and of the Authentication API
// that a custom database connection meets, with the connection's scripts run
// in Node the way the platform runs them.
//
// What it does with connections, clients, their credentials, users, resource servers,
// client grants and tokens follows recorded traffic of real tenants, which TestRecordings
// replays. What the
// platform does behind its API cannot be recorded. The behaviours below are
// therefore taken from documentation or assumed, and nothing should depend on
// them without a look at a real tenant.
//
// Connections, assumed:
//
//   - An update that leaves out authentication_methods, passkey_options or
//     brute_force_protection keeps their values. Recordings cannot tell this
//     from giving them their defaults again: Options.Redefault does the latter.
//   - A key left out of customScripts or configuration in an update is gone, and
//     a null in configuration removes its key.
//   - Ciphertext that is sent back is taken as a new value and encrypted again.
//   - enable_script_context survives an update that leaves it out; setting it to
//     false is refused. The wording of that error, and of the one for
//     password_options beside the settings that it replaced, is ours.
//   - display_name is kept by an update that does not send it.
//   - enabled_clients in an update is refused, as since July 2026, and still
//     shown. Clients that do not exist can be named in a create.
//   - The limits of the published API description apply; the messages are those
//     of the validator that recorded answers are from.
//   - A deletion goes on for Options.DeleteDelay; a real one takes as long as it
//     takes. All 409 answers have the code connection_conflict.
//   - Lists are ordered by id.
//   - Only connections of strategy auth0 can be created.
//
// Clients, resource servers and client grants, assumed:
//
//   - An update replaces refresh_token and adds its defaults again; of the objects in
//     mergedClientKeys it changes what it names.
//   - Lists have the client that stands for all applications, unless is_global says otherwise.
//   - client_secret and signing_keys are for read:client_keys or read:client_credentials.
//   - The bodies of conflicts, and of tokens that an API's policy refuses.
//   - A grant may name scopes that its API does not define.
//   - APIs of Auth0's own, other than the Management API, are like any other.
//
// Imports, from documentation: the limits, the attributes of a row, the codes and the
// algorithms with their encodings. Assumed:
//
//   - The messages, but for that of a user who exists already, which is recorded; which
//     code a twin within a file and a wrong custom_password_hash get.
//   - A file that is no JSON fails its job; errors of a job without any are a 204.
//   - A hash that came by custom_password_hash may be replaced by another import until
//     the first login, which replaces it by the tenant's own; one that came by
//     password_hash, or the lack of any, never.
//   - Values of argon2d, and digests by whirlpool, are taken and never match.
//   - mfa_factors are checked and not kept; send_completion_email is ignored.
//
// Tokens and limits, from documentation: the bodies and codes of 401 answers and
// of refused token requests; the rate limit headers, and that calls refused for
// other reasons count, too. Assumed: whether a client may use a grant type is asked with
// Options.CheckGrantTypes only, and how it is refused then; the
// standard scopes of a user's token belong to no API and are kept.
//
// Scripts, from documentation: the arguments and the order of calls; the class
// and the seven keys of an error; the time and size limits; that files cannot be written;
// the modules that are withdrawn. Assumed: an uncaught
// exception ends the container with everything that runs in it; an exception
// while the function is called does not; a container that exceeded its time is
// replaced and others in flight finish; the callback is watched for a short
// while after its first call, and the first call counts; a require of a version
// that is not installed finds the one that is, with a warning; processes cannot be started.
//
// Users, assumed:
//
//   - The bodies of errors of sign-up and of the password-realm grant beyond
//     wrong credentials, existing users, weak passwords and blocked users. An
//     error of the login script is access_denied with its message,
//     UnauthorizedError is unauthorized with its message; the message of
//     WrongUsernameOrPasswordError goes to the log only.
//   - change_email and change_username get no script context, as in the only
//     sample that is published; Options.ContextForChanges passes it.
//   - change_username(username, newUsername, callback); false as an answer of
//     either is an error.
//   - delete, verify and the change scripts are given the address or id that the
//     tenant remembers from login or get_user.
//   - metadata and app_metadata of a profile are the same thing, kept from the
//     first profile that has them.
//   - In a connection with scripts and no import, an address that was confirmed
//     counts as verified once login or get_user says so.
//   - A confirmed reset marks an address in the tenant's own store as verified.
//   - Searches see a change at once, unless Options.SearchDelay says otherwise; by id and by address users are
//     always found.
//   - An answer about users has the fields asked for and no others.
//   - The names of errors of passwords in the Management API.
//   - A link is good for one use; a weak password does not use it up.
//   - The messages of an empty email in a profile, of a missing identifier and of a phone
//     number that is none.
//
// Left out: brute force protection, password history, the built-in password
// dictionaries, multi-factor authentication, organizations, passkeys, messages to
// phones, refresh tokens, the authorization code flow, and every endpoint not named in
// (*Tenant).routes. What is there as an empty list alone is in emptyLists.
package localtenant
