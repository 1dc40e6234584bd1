// SPDX-License-Identifier: MPL-2.0

package usersapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// database calls the access functions.
type database struct {
	pool   *pgxpool.Pool
	schema string
	// shared means that a pooler gives sessions away, so that nothing may be prepared in them.
	shared atomic.Bool

	mu        sync.Mutex
	functions map[string]function
	read      time.Time
	reason    error // why there are no functions
	reading   bool  // somebody finds out whether they have changed
}

// catalogAge is how long what the catalog said is believed.
const catalogAge = 30 * time.Second

// openDatabase contacts nothing yet.
func openDatabase(c Config) (*database, error) {
	config, err := pgxpool.ParseConfig(c.DatabaseURL)
	if err != nil {
		return nil, errors.New("the database URL is no postgresql:// URL") // the error would quote it
	}
	d := &database{schema: c.Schema}
	config.MaxConns = int32(min(c.PoolMax, 1000)) //nolint:gosec // bounded
	config.MaxConnIdleTime = 5 * time.Minute
	config.MaxConnLifetime = time.Hour
	config.MaxConnLifetimeJitter = 5 * time.Minute
	config.ConnConfig.ConnectTimeout = queryTime
	config.ConnConfig.RuntimeParams["application_name"] = "auth0pg_users_api"
	config.AfterConnect = d.afterConnect
	d.pool, err = pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, errors.New("the database URL cannot be used")
	}
	return d, nil
}

// afterConnect finds out whether the session is the connection's own: a pooler announces a process that does not answer.
func (d *database) afterConnect(ctx context.Context, conn *pgx.Conn) error {
	var pid uint32
	err := conn.QueryRow(ctx, "SELECT pg_catalog.pg_backend_pid()", pgx.QueryExecModeExec).Scan(&pid)
	if err == nil && pid != conn.PgConn().PID() {
		d.shared.Store(true)
	}
	return err
}

// mode is how statements are sent.
func (d *database) mode() pgx.QueryExecMode {
	if d.shared.Load() {
		return pgx.QueryExecModeExec
	}
	return pgx.QueryExecModeCacheStatement
}

// catalog returns the functions. Those that are known are read anew behind whoever asks, unless they seem to have changed.
func (d *database) catalog(ctx context.Context, again bool) (map[string]function, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	age := time.Since(d.read)
	switch {
	case d.functions != nil && age >= catalogAge && !d.reading:
		d.reading = true
		go d.refresh(context.WithoutCancel(ctx))
	case d.functions != nil && !(again && age > time.Second):
	case age < time.Second: // who asks next waits for as long
	default:
		d.update(d.readCatalog(ctx))
	}
	if d.functions == nil {
		return nil, d.reason
	}
	return d.functions, nil
}

func (d *database) refresh(ctx context.Context) {
	functions, err := d.readCatalog(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.update(functions, err)
	d.reading = false
}

// update keeps what is known where the server does not answer: whoever calls a function is told so.
func (d *database) update(functions map[string]function, err error) {
	d.read = time.Now()
	if err == nil || d.functions == nil || !isUnavailable(err) {
		d.functions, d.reason = functions, err
	}
}

func (d *database) readCatalog(ctx context.Context) (functions map[string]function, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), queryTime)
	defer cancel()
	err = pgx.BeginTxFunc(ctx, d.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL search_path = pg_catalog, pg_temp"); err != nil {
			return err
		}
		functions, err = readCatalog(ctx, tx, d.schema)
		return err
	})
	return functions, err
}

// row is what a function returns of one user, by the columns' names: text, true or false, or nil.
type row map[string]any

// values are arguments by their names; nil is null.
type values map[string]*string

// call runs a function. What changes a user returns a row for each that was changed.
func (d *database) call(ctx context.Context, name string, given values) ([]row, error) {
	for again := false; ; again = true {
		functions, err := d.catalog(ctx, again)
		if err != nil {
			return nil, unavailable(err)
		}
		f, ok := functions[name]
		if !ok {
			if !again {
				continue // it may be new
			}
			return nil, errNotOffered
		}
		rows, err := d.run(ctx, f, given)
		lost := err != nil && isLost(err)
		switch {
		case err == nil || again || ctx.Err() != nil:
		case isReplaced(err) || lost && f.results != nil:
			continue
		}
		if lost && f.results == nil {
			return nil, late("the connection was lost: " + describe(err)) // it may have happened
		}
		return rows, err
	}
}

// isLost is of a connection that ended after a statement was sent, so that nobody knows what became of it.
func isLost(err error) bool {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		// A pooler says 08P01 of a server that it lost, perhaps under the statement.
		return server.Code == "57P01" || server.Code == "57P02" || strings.HasPrefix(server.Code, "08")
	}
	var connect *pgconn.ConnectError
	return !errors.As(err, &connect) && !pgconn.SafeToRetry(err) && !pgconn.Timeout(err)
}

// isReplaced is of what the server refuses before it runs anything, since the function is another one by now.
func isReplaced(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && slices.Contains([]string{"42883", "42725", "42703", "0A000"}, server.Code)
}

func (d *database) run(ctx context.Context, f function, given values) ([]row, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	arguments := []any{d.mode()}
	for _, a := range f.arguments {
		arguments = append(arguments, given[a.Name])
	}
	rows, err := d.pool.Query(ctx, f.sql, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []row
	for rows.Next() {
		columns, err := rows.Values()
		if err != nil {
			return nil, fmt.Errorf("a value that cannot be read: %w", err)
		}
		one := row{}
		for i, name := range f.results {
			one[name] = columns[i]
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// offers tells whether the function is there, as far as is known.
func (d *database) offers(ctx context.Context, name string) bool {
	functions, err := d.catalog(ctx, false)
	_, ok := functions[name]
	return err == nil && ok
}

// operations lists those that can be served.
func (d *database) operations(ctx context.Context) (all []scripts.Operation) {
	for _, op := range scripts.Operations() {
		if d.offers(ctx, string(op)) {
			all = append(all, op)
		}
	}
	return all
}
