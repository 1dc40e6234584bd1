// SPDX-License-Identifier: MPL-2.0

// Package postgres reads and changes what the provider manages on a PostgreSQL
// server: roles and their grants, access functions, and what lets only some addresses in. The users
// table is in the package table below it.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
)

// maxConnections bounds what one provider process holds on the server.
const maxConnections = 8

// Config says how the provider reaches the server. URL and the single settings may be
// combined; a single setting wins over the same part of the URL. What neither names is
// taken from the PG* variables, as libpq does.
type Config struct {
	URL         string
	Host        string
	Port        int
	Database    string
	Username    string
	Password    string
	SSLMode     string
	SSLRootCert string // path of a PEM file
	SSLCert     string // path of a PEM file
	SSLKey      string // path of a PEM file

	ConnectTimeout   time.Duration // zero: 10 seconds
	LockTimeout      time.Duration // zero: none
	StatementTimeout time.Duration // zero: none
	ApplicationName  string
}

// ConfigError is a setting that cannot be used. Its text never repeats the setting's value,
// which may hold a password.
type ConfigError struct {
	// Attribute is the provider attribute at fault, below "postgres".
	Attribute string
	Reason    string
}

func (e *ConfigError) Error() string { return fmt.Sprintf("postgres.%s: %s", e.Attribute, e.Reason) }

// ConnectError is a server that could not be reached or refused the connection.
type ConnectError struct {
	// Address is "host:port/database as user", without the password.
	Address string
	err     error
}

func (e *ConnectError) Error() string {
	return fmt.Sprintf("could not connect to %s: %v", e.Address, e.err)
}

func (e *ConnectError) Unwrap() error { return e.err }

// Server is one PostgreSQL server, contacted at the first use.
type Server struct {
	config *pgx.ConnConfig
	conf   Config

	mu       sync.Mutex
	pool     *pgxpool.Pool
	version  int
	database string // as the server says, once it was asked
}

// NewServer checks the configuration. It does no network I/O; it reads the files that
// the TLS settings name.
func NewServer(c Config) (*Server, error) {
	config, err := c.parse()
	if err != nil {
		return nil, err
	}
	if c.ConnectTimeout > 0 {
		config.ConnectTimeout = c.ConnectTimeout
	} else if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	if c.ApplicationName != "" {
		config.RuntimeParams["application_name"] = c.ApplicationName
	}
	if config.Database == "" {
		config.Database = config.User // as the server has it
	}
	config.RuntimeParams["client_encoding"] = "UTF8" // one that poolers know
	pinEverySession(config, c)
	// Statements prepared by name would outlive the shape of a table that is being changed.
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	config.Tracer = tracer{}
	return &Server{config: config, conf: c}, nil
}

// pinEverySession lets no connection of these settings be used before its session is pinned. It must not hold the server,
// see [Server.Pool].
func pinEverySession(config *pgx.ConnConfig, c Config) {
	plain := config.Copy()
	pin := newPinner(c, config.ConnectTimeout)
	dial := func(ctx context.Context) (*pgconn.PgConn, error) { return pgconn.ConnectConfig(ctx, &plain.Config) }
	config.AfterConnect = func(ctx context.Context, conn *pgconn.PgConn) error { return pin.prepare(ctx, conn, dial) }
}

// parse lets pgx read the settings together with the PG* variables. It never sees a URL: its parser, and its errors, do
// not keep a password together that holds reserved characters.
func (c Config) parse() (*pgx.ConnConfig, error) {
	settings, err := c.settings()
	if err != nil {
		return nil, err
	}
	config, err := parseKeywords(settings)
	if err != nil {
		// The parser's own text repeats the settings, so only a file's error is passed on.
		var file *fs.PathError
		if errors.As(err, &file) {
			return nil, c.fileError(file)
		}
		attribute := "host"
		if c.URL != "" {
			attribute = "url"
		}
		return nil, &ConfigError{Attribute: attribute,
			Reason: "the connection settings cannot be used. Check port, sslmode, the further parameters and the PG* variables."}
	}
	if err := checkNames(config); err != nil {
		return nil, err
	}
	return config, nil
}

// settings are those of the URL and, before them, the single ones, by libpq's names.
func (c Config) settings() (map[string]string, error) {
	settings := map[string]string{}
	if c.URL != "" {
		var err error
		if settings, err = urlSettings(c.URL); err != nil {
			return nil, urlError(err)
		}
	}
	for name, value := range map[string]string{
		"host": c.Host, "port": portText(c.Port), "dbname": c.Database, "user": c.Username, "password": c.Password,
		"sslmode": c.SSLMode, "sslrootcert": c.SSLRootCert, "sslcert": c.SSLCert, "sslkey": c.SSLKey,
	} {
		if value != "" {
			settings[name] = value
		}
	}
	return settings, nil
}

func portText(port int) string {
	if port == 0 {
		return ""
	}
	return strconv.Itoa(port)
}

// Address names the server without its password: "host:port/database as user".
func (s *Server) Address() string {
	at := net.JoinHostPort(s.config.Host, strconv.Itoa(int(s.config.Port)))
	return fmt.Sprintf("%s/%s as %s", at, s.config.Database, s.config.User)
}

// Database is the name of the database that the provider connects to: the server's, which a pooler may know by another.
func (s *Server) Database() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.database == "" {
		return s.config.Database
	}
	return s.database
}

// connectError leaves out what the driver says about itself where the cause is ours.
func (s *Server) connectError(err error) error {
	var pooler *PoolerError
	if errors.As(err, &pooler) {
		err = pooler
	}
	return &ConnectError{Address: s.Address(), err: err}
}

// LockTimeout is how long one statement may wait for a lock; zero is unlimited.
func (s *Server) LockTimeout() time.Duration { return s.conf.LockTimeout }

// ConnConfig returns a copy of the connection settings, for connections outside the pool.
func (s *Server) ConnConfig() *pgx.ConnConfig { return s.config.Copy() }

// Pool connects at the first call and returns the same pool afterwards. Its error is a
// [ConnectError].
func (s *Server) Pool(ctx context.Context) (*pgxpool.Pool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pool != nil {
		return s.pool, nil
	}
	config, err := newPoolConfig()
	if err != nil {
		return nil, &ConfigError{Attribute: "host", Reason: "the PG* variables cannot be parsed."}
	}
	config.ConnConfig = s.config.Copy()
	config.MaxConns = maxConnections
	config.MinConns = 0
	config.MaxConnIdleTime = 5 * time.Second
	config.HealthCheckPeriod = 2 * time.Second
	config.BeforeClose = func(conn *pgx.Conn) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		LeaveClean(ctx, conn.PgConn())
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, s.connectError(err)
	}
	// A pool connects lazily; one round trip tells a wrong password from a later failure.
	if err := pool.QueryRow(ctx, "select current_setting('server_version_num')::int, "+
		"current_database()").Scan(&s.version, &s.database); err != nil {
		pool.Close()
		return nil, s.connectError(err)
	}
	s.pool = pool
	// Terraform says nothing when it is done with a configured provider. Where the process stays, as under a debugger,
	// the pool goes with the server that nobody holds any more.
	runtime.AddCleanup(s, func(pool *pgxpool.Pool) { go pool.Close() }, pool)
	return pool, nil
}

// Milliseconds writes a duration as Postgres' timeout settings take it; zero switches the timeout off.
func Milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// connect opens a connection outside the pool. When ctx ends, the server is asked to end the statement that runs in it,
// which would otherwise go on for nobody.
func (s *Server) Connect(ctx context.Context) (*pgx.Conn, error) {
	config := s.ConnConfig()
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: 5 * time.Second}
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, s.connectError(err)
	}
	return conn, nil
}

// CloseSoon ends a connection also when the caller's context has ended.
func CloseSoon(conn *pgx.Conn) { closeRaw(conn.PgConn()) }

// Acquire takes one connection, for work that needs a session of its own. The caller releases it,
// and takes no second one before: enough callers who did would wait for each other for ever.
func (s *Server) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, s.connectError(err)
	}
	return conn, nil
}

// Version is the server's server_version_num, for example 170010.
func (s *Server) Version(ctx context.Context) (int, error) {
	if _, err := s.Pool(ctx); err != nil {
		return 0, err
	}
	return s.version, nil
}

// Close ends the connections; a later call connects anew.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pool != nil {
		s.pool.Close()
		s.pool = nil
	}
}

// Querier is what a pool, a connection and a transaction have in common.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Beginner starts a transaction: a connection or a pool.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}
