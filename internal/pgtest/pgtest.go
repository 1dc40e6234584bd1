// SPDX-License-Identifier: MPL-2.0

// Package pgtest gives a test a fresh PostgreSQL database. It depends on no other part of the provider, so any package
// may use it in its tests.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
)

// RealVariable, set to 1, makes the tests use the real tenant and server that the AUTH0_* and PG* variables name.
const RealVariable = "AUTH0PG_ACC_REAL"

// ManagedVariable, set to 1, gives tests on the local server an administrator like that of a managed service: no
// superuser, but a role that owns the database and may create roles.
const ManagedVariable = "AUTH0PG_ACC_MANAGED"

// Real reports whether the tests run against a real tenant and server.
func Real() bool { return os.Getenv(RealVariable) == "1" }

// Main is for TestMain: it runs the tests of a package and then stops the shared server.
func Main(m *testing.M) {
	os.Exit(Tests{m}.Run())
}

// Tests are a package's tests with the server that they share: for a TestMain that has something to do after them.
type Tests struct{ *testing.M }

// Run runs the tests and stops the server.
func (t Tests) Run() int {
	defer StopShared()
	Isolate()
	return t.M.Run()
}

// Isolate takes away the variables that would point a provider or a client under test to servers of the user, unless
// the tests are meant for those.
func Isolate() {
	if Real() {
		return
	}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "PG") || strings.HasPrefix(name, "AUTH0_") || name == "AUTH0PG_BASE_URL" ||
			name == "AUTH0PG_POSTGRES_URL" {
			_ = os.Unsetenv(name) // fails on malformed names only
		}
	}
}

// shared is the one local server of a test binary.
var shared struct {
	sync.Mutex
	server *localpostgres.Server
	err    error // why it does not start: asked once
}

// Shared returns the local server of this test binary and starts it at first use. A test that changes the server itself
// (settings, pg_hba.conf, restarts) starts one of its own with localpostgres.Start instead.
func Shared(t testing.TB) *localpostgres.Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		// The time includes a download at the first run.
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		shared.server, shared.err = localpostgres.Start(ctx, localpostgres.Options{InMemory: true})
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// StopShared stops the local server, if one was started. When a test binary dies before, the server goes with it.
func StopShared() {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := shared.server.Stop(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the shared PostgreSQL server:", err)
	}
	shared.server = nil
}

// DB is a fresh database, dropped when its test ends.
type DB struct {
	// URL connects as the administrator, password included.
	URL string
	// Name is the database.
	Name string
	// Server runs the database; nil when it is a real one, which no test may restart or reconfigure.
	Server *localpostgres.Server

	t        testing.TB
	mu       sync.Mutex
	conn     *pgx.Conn
	roles    []string
	encoding string
}

// Database creates a fresh database on the shared local server or, against a real server, on the one that the PG*
// variables name.
func Database(t testing.TB) *DB {
	t.Helper()
	if Real() {
		return realDatabase(t)
	}
	db := On(t, Shared(t))
	if os.Getenv(ManagedVariable) == "1" {
		return db.lowered()
	}
	return db
}

// LocalDatabase is Database for tests that need the local server itself: its files, its log, or a superuser.
func LocalDatabase(t testing.TB) *DB {
	t.Helper()
	if Real() {
		t.Skipf("needs the files or the log of a local server, and %s=1 names a real one", RealVariable)
	}
	return On(t, Shared(t))
}

// On creates a fresh database on a server that the test has started.
func On(t testing.TB, server *localpostgres.Server) *DB {
	t.Helper()
	name := "db_" + suffix()
	db := &DB{URL: server.URL(name), Name: name, Server: server, t: t}
	db.create(server.URL("postgres"))
	return db
}

// Encoded is On for a database in another encoding, such as LATIN1 or SQL_ASCII.
func Encoded(t testing.TB, server *localpostgres.Server, encoding string) *DB {
	t.Helper()
	name := "db_" + suffix()
	db := &DB{URL: server.URL(name), Name: name, Server: server, t: t, encoding: encoding}
	db.create(server.URL("postgres"))
	return db
}

func realDatabase(t testing.TB) *DB {
	t.Helper()
	if os.Getenv("PGHOST") == "" {
		t.Fatalf("%s=1 needs the server's PG* variables: PGHOST, PGUSER, PGPASSWORD, and PGDATABASE for "+
			"the database to connect to first", RealVariable)
	}
	config, err := pgx.ParseConfig("")
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{}
	for parameter, variable := range map[string]string{"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"} {
		if value := os.Getenv(variable); value != "" {
			query.Set(parameter, value)
		}
	}
	address := func(database string) string {
		return (&url.URL{
			Scheme:   "postgres",
			User:     url.UserPassword(config.User, config.Password),
			Host:     net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))),
			Path:     "/" + database,
			RawQuery: query.Encode(),
		}).String()
	}
	name := "tfacc_" + suffix()
	db := &DB{URL: address(name), Name: name, t: t}
	db.create(address(config.Database))
	return db
}

// create makes the database and arranges for its end.
func (d *DB) create(adminURL string) {
	d.t.Helper()
	admin, err := pgx.Connect(context.Background(), adminURL)
	if err != nil {
		d.t.Fatal(err)
	}
	quoted := pgx.Identifier{d.Name}.Sanitize()
	statement := "CREATE DATABASE " + quoted
	if d.Server != nil && d.Server.Version() >= 15 {
		statement += " STRATEGY file_copy" // a quarter of the work, but for the checkpoints that a busy server would feel
	}
	if d.encoding != "" {
		statement += " TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' ENCODING '" + d.encoding + "'"
		if d.Server.Version() >= 15 {
			statement += " LOCALE_PROVIDER libc"
		}
	}
	if _, err := admin.Exec(context.Background(), statement); err != nil {
		d.t.Fatal(errors.Join(err, admin.Close(context.Background())))
	}
	if err := admin.Close(context.Background()); err != nil {
		d.t.Fatal(err)
	}

	d.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if d.conn != nil {
			_ = d.conn.Close(ctx)
		}
		admin, err := pgx.Connect(ctx, adminURL)
		if err != nil {
			// The test has stopped its own server: there is nothing to drop.
			d.t.Logf("not dropping %s: %v", d.Name, err)
			return
		}
		defer admin.Close(ctx) //nolint:errcheck // the end of the test
		if _, err := admin.Exec(ctx, "DROP DATABASE IF EXISTS "+quoted+" WITH (FORCE)"); err != nil {
			d.t.Errorf("dropping %s: %v", d.Name, err)
		}
		// Roles belong to the server, not to the database; what they owned and were granted is gone with it.
		for _, role := range slices.Backward(d.roles) { // who made a role goes after it
			if _, err := admin.Exec(ctx, "DROP ROLE IF EXISTS "+pgx.Identifier{role}.Sanitize()); err != nil {
				d.t.Errorf("dropping the role %s: %v", role, err)
			}
		}
	})
}

// MainUser hands the database over to a role like the main user of a managed service: no superuser, but it owns the
// database and may create roles. It returns the role's name and its URL.
func (d *DB) MainUser(prefix string) (name, address string) {
	d.t.Helper()
	const password = "main"
	name = d.RoleName(prefix)
	role := pgx.Identifier{name}.Sanitize()
	d.Exec("CREATE ROLE " + role + " LOGIN CREATEDB CREATEROLE PASSWORD '" + password + "'")
	d.Exec("ALTER DATABASE " + pgx.Identifier{d.Name}.Sanitize() + " OWNER TO " + role)
	d.Exec("ALTER SCHEMA public OWNER TO " + role)
	return name, d.URLFor(name, password)
}

// lowered makes the main user of a managed service the database's administrator for good.
func (d *DB) lowered() *DB {
	d.t.Helper()
	_, address := d.MainUser("main_user")
	d.Administrator(address)
	return d
}

// Administrator makes the role of the URL the one that the helpers connect as from now on.
func (d *DB) Administrator(address string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		_ = d.conn.Close(context.Background()) // that of the former one
	}
	d.URL, d.conn = address, nil
}

// RoleName returns a name for a role that no other test uses, and drops the role, if it exists, after the database.
func (d *DB) RoleName(prefix string) string {
	name := prefix + "_" + suffix()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.roles = append(d.roles, name)
	return name
}

// Exec runs statements as the administrator.
func (d *DB) Exec(sql string, args ...any) {
	d.t.Helper()
	d.use(func(conn *pgx.Conn) error {
		_, err := conn.Exec(context.Background(), sql, args...)
		return err
	})
}

// QueryString runs a query as the administrator and returns the one value, as text; "" for NULL.
func (d *DB) QueryString(sql string, args ...any) string {
	d.t.Helper()
	var value *string
	d.use(func(conn *pgx.Conn) error {
		// The simple protocol gives every type as text.
		args := append([]any{pgx.QueryExecModeSimpleProtocol}, args...)
		rows, err := conn.Query(context.Background(), sql, args...)
		if err != nil {
			return err
		}
		value, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (*string, error) {
			raw := row.RawValues()
			if len(raw) != 1 {
				return nil, fmt.Errorf("the query gives %d columns", len(raw))
			}
			if raw[0] == nil {
				return nil, nil
			}
			text := string(raw[0])
			return &text, nil
		})
		return err
	})
	if value == nil {
		return ""
	}
	return *value
}

// QueryInt runs a query as the administrator and returns the one integer.
func (d *DB) QueryInt(sql string, args ...any) int {
	d.t.Helper()
	return queryOne[int](d, sql, args)
}

// QueryBool runs a query as the administrator and returns the one boolean.
func (d *DB) QueryBool(sql string, args ...any) bool {
	d.t.Helper()
	return queryOne[bool](d, sql, args)
}

// QueryStrings runs a query of one text column as the administrator and returns all rows.
func (d *DB) QueryStrings(sql string, args ...any) []string {
	d.t.Helper()
	var values []string
	d.use(func(conn *pgx.Conn) error {
		rows, err := conn.Query(context.Background(), sql, args...)
		if err != nil {
			return err
		}
		values, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return values
}

func queryOne[T any](d *DB, sql string, args []any) T {
	d.t.Helper()
	var value T
	d.use(func(conn *pgx.Conn) error {
		return conn.QueryRow(context.Background(), sql, args...).Scan(&value)
	})
	return value
}

// Conn opens a further connection as the administrator, which stays open until the test ends.
func (d *DB) Conn() *pgx.Conn {
	d.t.Helper()
	return d.ConnTo(d.URL)
}

// ConnTo opens a connection to any URL, which stays open until the test ends.
func (d *DB) ConnTo(address string) *pgx.Conn {
	d.t.Helper()
	conn, err := pgx.Connect(context.Background(), address)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// URLFor is the URL of this database for another role.
func (d *DB) URLFor(user, password string) string {
	d.t.Helper()
	address, err := url.Parse(d.URL)
	if err != nil {
		d.t.Fatal("parsing the database's own URL failed") // its error would print the password
	}
	address.User = url.UserPassword(user, password)
	return address.String()
}

// use runs work on the connection that the helpers share, which is opened again when it was lost.
func (d *DB) use(work func(*pgx.Conn) error) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn == nil || d.conn.Ping(context.Background()) != nil {
		config, err := pgx.ParseConfig(d.URL)
		if err != nil {
			d.t.Fatal("parsing the database's own URL failed") // its error would print the password
		}
		// Whatever a test sets on the role or the database, its own statements mean the same.
		for setting, value := range map[string]string{"client_encoding": "UTF8", "standard_conforming_strings": "on", "DateStyle": "ISO"} {
			config.RuntimeParams[setting] = value
		}
		conn, err := pgx.ConnectConfig(context.Background(), config)
		if err != nil {
			d.t.Fatal(err)
		}
		d.conn = conn
	}
	if err := work(d.conn); err != nil {
		d.t.Fatal(err)
	}
}

// suffix makes a name unlike all others, in lower case.
func suffix() string { return strings.ToLower(rand.Text()[:12]) }

// HasIPv6 reports whether this machine has ::1, which containers often lack.
var HasIPv6 = sync.OnceValue(func() bool {
	listener, err := net.Listen("tcp", "[::1]:0")
	return err == nil && listener.Close() == nil
})
