// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// PasswordState says whether a password is a role's.
type PasswordState int

// The states of a password.
const (
	// PasswordUnproven means that it could not be found out.
	PasswordUnproven PasswordState = iota
	PasswordRight
	PasswordWrong
)

// loginTimeout bounds one attempt to log in.
const loginTimeout = 10 * time.Second

// CheckRolePassword tells whether this is the role's password: by the stored verifier where
// it is readable, else by logging in with it.
func (s *Server) CheckRolePassword(ctx context.Context, role *Role, password string) PasswordState {
	if role.Password.Readable {
		if role.Password.Verifier != nil && role.Password.Verifier.Matches(password) {
			return PasswordRight
		}
		return PasswordWrong
	}
	if role.ValidUntil != nil && role.ValidUntil.Before(time.Now().Add(loginTimeout)) {
		return PasswordUnproven // an expired password is refused like a wrong one
	}
	state := s.tryLogin(ctx, role.Name, password)
	if state == PasswordRight && s.tryLogin(ctx, role.Name, rand.Text()) != PasswordWrong {
		return PasswordUnproven // the server lets the role in without a password
	}
	return state
}

func (s *Server) tryLogin(ctx context.Context, user, password string) PasswordState {
	ctx, cancel := context.WithTimeout(ctx, loginTimeout)
	defer cancel()
	config := s.ConnConfig()
	config.User, config.Password = user, password
	config.AfterConnect = nil // nothing is asked in this session, and the role's own settings may keep it from answering
	conn, err := pgx.ConnectConfig(ctx, config)
	if err == nil {
		_ = conn.Close(ctx) // nothing was done in it
		return PasswordRight
	}
	var server *pgconn.PgError
	if errors.As(err, &server) && server.Code == "28P01" {
		return PasswordWrong
	}
	return PasswordUnproven
}
