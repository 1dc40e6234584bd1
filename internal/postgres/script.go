// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Script sends statements without arguments to the server in one message, which runs them until one fails: between them
// the session waits for nobody on this side, and keeps no lock for longer than they take. done is how many were run.
func Script(ctx context.Context, conn *pgx.Conn, statements ...string) (done int, err error) {
	end := pgx.TraceQueryEndData{}
	ctx = tracer{}.TraceQueryStart(ctx, conn, pgx.TraceQueryStartData{SQL: strings.Join(statements, "; ")})
	results := conn.PgConn().Exec(ctx, strings.Join(statements, ";\n"))
	for results.NextResult() {
		if end.CommandTag, err = results.ResultReader().Close(); err == nil {
			done++
		}
	}
	end.Err = results.Close()
	tracer{}.TraceQueryEnd(ctx, conn, end)
	return done, end.Err
}
