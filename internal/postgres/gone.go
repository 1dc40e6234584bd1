// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// DatabaseGone reports whether an error says that the server answers and does not have the database.
func DatabaseGone(err error) bool {
	var connect *ConnectError
	var server *pgconn.PgError
	return errors.As(err, &connect) && errors.As(err, &server) && server.Code == "3D000"
}

// Unreachable reports whether an error says that no server answers: its name is not known, or nobody listens there, or
// nothing comes back. One that answers and refuses is there.
func Unreachable(err error) bool {
	var connect *ConnectError
	var server *pgconn.PgError
	if !errors.As(err, &connect) || errors.As(err, &server) || errors.Is(err, context.Canceled) {
		return false
	}
	var dial *net.OpError
	var lookup *net.DNSError
	return errors.As(err, &dial) && dial.Op == "dial" || errors.As(err, &lookup) ||
		errors.Is(err, context.DeadlineExceeded)
}

// maintenanceDatabases are on every server, unless somebody has dropped them.
var maintenanceDatabases = []string{"postgres", "template1"}

// Elsewhere connects to another database of a server whose own database is gone: roles and files belong to the server.
// The caller closes it. Its error is a [ConnectError] of the last attempt.
func (s *Server) Elsewhere(ctx context.Context) (*Server, error) {
	var last error
	for _, database := range maintenanceDatabases {
		other := &Server{config: s.config.Copy(), conf: s.conf}
		other.config.Database = database
		pinEverySession(other.config, other.conf)
		if _, last = other.Pool(ctx); last == nil {
			return other, nil
		}
		if Unreachable(last) || ctx.Err() != nil {
			break
		}
	}
	return nil, last
}

const ownerUseSQL = `
select coalesce(pg_catalog.shobj_description(r.oid, 'pg_authid'), ''),
       exists (select from pg_catalog.pg_shdepend d
                where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and d.refobjid = r.oid and d.dbid <> 0)
  from pg_catalog.pg_roles r where r.rolname = $1`

// DropOwnerElsewhere drops the owner of access functions whose database is gone, unless another database uses it. Of a
// role that was not made for this purpose it returns an [AccessExistsError].
func (s *Server) DropOwnerElsewhere(ctx context.Context, owner string) error {
	return s.catalogTx(ctx, func(tx pgx.Tx) error {
		var comment string
		var used bool
		err := tx.QueryRow(ctx, ownerUseSQL, owner).Scan(&comment, &used)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return nil // dropped before
		case err != nil:
			return err
		case comment != ownerComment:
			return &AccessExistsError{Kind: "role", Name: owner, Reason: "and was not made to own access functions"}
		case used:
			return nil
		}
		if err := lockOwner(ctx, tx, owner); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, ownerUseSQL, owner).Scan(&comment, &used); err != nil || used {
			return err
		}
		_, err = tx.Exec(ctx, "DROP ROLE "+pgx.Identifier{owner}.Sanitize())
		return err
	})
}

// OpenClientCheckStatement is the SQL that lets everybody call a schema's functions again who may execute them.
func OpenClientCheckStatement(schema string) string {
	return newClientCheck(schema, "", clientCheckBody).create()
}
