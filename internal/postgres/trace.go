// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

type traceKey int

const (
	traceStart traceKey = iota
	traceQuiet
)

// Quiet marks statements whose text must not be logged, such as one with a password verifier.
func Quiet(ctx context.Context) context.Context { return context.WithValue(ctx, traceQuiet, true) }

// tracer writes each statement with its duration to the provider's log. Arguments are
// never written: they may be personal data.
type tracer struct{}

type started struct {
	sql string
	at  time.Time
}

func (tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	sql := data.SQL
	if ctx.Value(traceQuiet) != nil {
		sql = "(not shown)"
	}
	return context.WithValue(ctx, traceStart, started{sql, time.Now()})
}

func (tracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	s, ok := ctx.Value(traceStart).(started)
	if !ok {
		return
	}
	fields := map[string]any{
		"sql":         s.sql,
		"duration_ms": time.Since(s.at).Milliseconds(),
		"rows":        data.CommandTag.RowsAffected(),
	}
	var pgErr *pgconn.PgError
	if errors.As(data.Err, &pgErr) {
		fields["sqlstate"] = pgErr.Code
	}
	tflog.Debug(ctx, "SQL statement", fields)
}
