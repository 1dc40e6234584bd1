// SPDX-License-Identifier: MPL-2.0

// Package usersapi is the API in front of the users that cmd/auth0pg-users-api serves: over the access functions of a
// schema, with a role that may do nothing but call them. It speaks two contracts at once: web_service, which
// api/users-api.v1.yaml describes, below /v1, and rpc, PostgREST's convention over the functions' own names, below /rpc.
// It keeps nothing: what it has in memory, tokens' keys and what the catalog says, it can ask for again.
package usersapi
