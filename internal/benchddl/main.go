// SPDX-License-Identifier: MPL-2.0

// Benchddl measures what changes of a users table cost the logins that go on meanwhile:
// once as the provider makes them and once as the plain statement does. Look-ups arrive at a
// steady rate, whether earlier ones are answered or not, so a stall counts for everybody
// whom it kept waiting.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

// lockTimeout is the provider's default; the goal is a longest stall of little more.
const lockTimeout = 2 * time.Second

// change is one kind of change, as the provider is told about it and as plain SQL.
type change struct {
	name string
	// before prepares the table, the provider's and the plain one alike.
	before []string
	want   table.Desired
	// column is the one that the change is about.
	column table.Declaration
	plain  string
	// held has a transaction with a look-up stay open for that long while the change begins.
	held time.Duration
}

func changes() []change {
	email := table.Declaration{Name: "email", Type: "text", NotNull: true}
	lower := table.Desired{Unique: []table.Unique{{Column: "email", Lookup: table.LowerLookup}}}
	return []change{
		{
			name:   "add a column",
			column: table.Declaration{Name: "nick", Type: "text"},
			plain:  "ALTER TABLE users ADD nick text",
		},
		{name: "the same behind a transaction of 5 s",
			held: 5 * time.Second, column: table.Declaration{Name: "nick", Type: "text"}, plain: "ALTER TABLE users ADD nick text"},
		{
			name:   "add a column, default now()",
			column: table.Declaration{Name: "at", Type: "timestamptz", Default: "now()", NotNull: true},
			plain:  "ALTER TABLE users ADD at timestamptz NOT NULL DEFAULT now()",
		},
		{
			name:   "add a column, default gen_random_uuid()",
			column: table.Declaration{Name: "token", Type: "uuid", Default: "gen_random_uuid()", NotNull: true},
			plain:  "ALTER TABLE users ADD token uuid NOT NULL DEFAULT gen_random_uuid()",
		},
		{
			name:   "set NOT NULL",
			column: table.Declaration{Name: "note", Type: "character varying(100)", NotNull: true},
			plain:  "ALTER TABLE users ALTER note SET NOT NULL",
		},
		{
			name:   "widen varchar(100) to text",
			column: table.Declaration{Name: "note", Type: "text"},
			plain:  "ALTER TABLE users ALTER note TYPE text",
		},
		{
			name:   "narrow varchar(100) to varchar(50)",
			column: table.Declaration{Name: "note", Type: "varchar(50)"},
			plain:  "ALTER TABLE users ALTER note TYPE varchar(50)",
		},
		{name: "unique index on lower(email)", column: email, want: lower, plain: "CREATE UNIQUE INDEX ON users (lower(email))"},
		{
			name: "primary key", before: []string{"ALTER TABLE users DROP CONSTRAINT users_pkey",
				"ALTER TABLE users ALTER id DROP NOT NULL"},
			column: table.Declaration{
				Name:    "id",
				Type:    "uuid",
				Default: "gen_random_uuid()",
				NotNull: true,
			}, want: table.Desired{PrimaryKey: "id"}, plain: "ALTER TABLE users ADD PRIMARY KEY (id)",
		},
		{
			name:   "drop a column",
			column: email,
			want:   table.Desired{Drop: []string{"note"}},
			plain:  "ALTER TABLE users DROP note",
		},
	}
}

func main() {
	rows := flag.Int("rows", 5_000_000, "rows of the table")
	rate := flag.Int("rate", 200, "look-ups a second")
	only := flag.Int("only", 0, "run only the nth change")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rows, *rate, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench-ddl:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rows, rate, only int) (err error) {
	server, err := localpostgres.Start(ctx, localpostgres.Options{Settings: map[string]string{
		"max_connections": "300", "shared_buffers": "512MB", "max_wal_size": "4GB", "log_statement": "none", "autovacuum": "off",
	}})
	if err != nil {
		return err
	}
	defer func() {
		if stopped := server.Stop(context.WithoutCancel(ctx)); err == nil {
			err = stopped
		}
	}()
	fmt.Printf("PostgreSQL %d, %d rows, %d look-ups and %d writes "+
		"a second, lock_timeout %v\n\n", server.Version(), rows, rate, rate/10, lockTimeout)
	if err := fill(ctx, server, rows); err != nil {
		return err
	}
	report := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(report, "change\tour route: longest stall\t99th percentile\ttotal\tplain: longest "+
		"stall\t99th percentile\ttotal\t")
	missed := 0
	for i, c := range changes() {
		if only != 0 && only != i+1 {
			continue
		}
		ours, err := measure(ctx, server, rows, rate, c, c.ours)
		if err != nil {
			return fmt.Errorf("%s, our route: %w", c.name, err)
		}
		plain, err := measure(ctx, server, rows, rate, c, c.asIs)
		if err != nil {
			return fmt.Errorf("%s, plain: %w", c.name, err)
		}
		fmt.Fprintf(report, "%s\t%s\t%s\t\n", c.name, ours, plain)
		if ours.longest > lockTimeout+50*time.Millisecond {
			missed++
		}
	}
	if err := report.Flush(); err != nil {
		return err
	}
	if missed > 0 {
		return fmt.Errorf("%d routes stalled look-ups for longer than lock_timeout and 50 ms", missed)
	}
	return nil
}

// fill makes the database that each measurement starts from as a copy.
func fill(ctx context.Context, server *localpostgres.Server, rows int) error {
	if err := execute(ctx, server.URL("postgres"), "CREATE DATABASE template_users"); err != nil {
		return err
	}
	return execute(
		ctx,
		server.URL("template_users"),
		"CREATE TABLE users (id uuid NOT NULL DEFAULT gen_random_uuid(), email text NOT NULL, password text NOT NULL, note "+
			"varchar(100), last_login timestamptz) WITH (fillfactor = 90)",
		fmt.Sprintf(
			`INSERT INTO users (email, password, note) SELECT 'user' || n || '@example.com', '$2b$10$' || repeat('x', 53), 'note ' || n FROM generate_series(1, %d) n`,
			rows,
		),
		"CREATE UNIQUE INDEX users_email_key ON users (email)",
		"ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY (id)",
		"VACUUM ANALYZE users",
	)
}

func execute(ctx context.Context, url string, statements ...string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing depends on it
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// ours makes the change as the provider does.
func (c change) ours(ctx context.Context, url string) error {
	server, err := postgres.NewServer(postgres.Config{URL: url, LockTimeout: lockTimeout})
	if err != nil {
		return err
	}
	defer server.Close()
	session, err := table.Lock(ctx, server, "public", "users")
	if err != nil {
		return err
	}
	defer session.Close()
	current, err := session.Inspect(ctx)
	if err != nil {
		return err
	}
	version, err := server.Version(ctx)
	if err != nil {
		return err
	}
	want := c.want
	want.Schema, want.Name = "public", "users"
	if want.Columns, err = table.Normalize(ctx, session, []table.Declaration{c.column}, current, ""); err != nil {
		return err
	}
	want.Columns[0].NotNull = c.column.NotNull
	plan := table.NewPlan(current, want, table.Limits{Version: version, RewriteRows: 100_000})
	if len(plan.Refusals) > 0 {
		return errRefused
	}
	return session.Apply(ctx, plan, table.Budgets{Lock: 10 * time.Minute})
}

// asIs runs the plain statement.
func (c change) asIs(ctx context.Context, url string) error { return execute(ctx, url, c.plain) }
