// SPDX-License-Identifier: MPL-2.0

package localpostgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// The signals of a postmaster's shutdown modes.
const (
	fastShutdown      = syscall.SIGINT
	immediateShutdown = syscall.SIGQUIT
)

// baseSettings make a server that is quick and tells everything. Data need not survive the machine, but it must survive
// Kill: so fsync is off, and synchronous_commit is not.
var baseSettings = map[string]string{
	"fsync":                   "off",
	"full_page_writes":        "off",
	"wal_level":               "minimal",
	"max_wal_senders":         "0",
	"shared_buffers":          "32MB",
	"max_connections":         "200",
	"password_encryption":     "scram-sha-256",
	"log_destination":         "stderr",
	"logging_collector":       "off",
	"log_statement":           "all",
	"log_connections":         "on",
	"log_disconnections":      "on",
	"log_line_prefix":         "%m [%p] %q%u@%d %a: ",
	"lc_messages":             "C",
	"timezone":                "UTC",
	"log_timezone":            "UTC",
	"unix_socket_permissions": "0700",
}

// loopbackHBA asks for a password everywhere. The whole of 127.0.0.0/8 may come in, so that tests can play several
// clients.
const loopbackHBA = `# TYPE  DATABASE  USER  ADDRESS       METHOD
local   all       all                 scram-sha-256
host    all       all   127.0.0.0/8   scram-sha-256
host    all       all   ::1/128       scram-sha-256
`

// initialise runs initdb.
func (s *Server) initialise(ctx context.Context) error {
	passwordFile := filepath.Join(s.base, "password")
	if err := os.WriteFile(passwordFile, []byte(s.password+"\n"), 0o600); err != nil {
		return err
	}
	defer os.Remove(passwordFile) //nolint:errcheck // goes with the folder at the latest
	if err := s.account.own(passwordFile); err != nil {
		return err
	}

	args := []string{"--pgdata", s.DataDir(), "--username", superuser, "--pwfile", passwordFile,
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync"}
	initdb := s.account.command(ctx, s.base, s.installation.program("initdb"), append(args, s.localeArguments()...)...)
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, bytes.TrimSpace(out))
	}
	return nil
}

// localeArguments choose a locale that knows upper and lower case in all of Unicode, as real servers do: the built-in
// one where there is one, else the system's.
func (s *Server) localeArguments() []string {
	switch {
	case s.installation.major >= 17:
		return []string{"--no-locale", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"}
	case runtime.GOOS == "darwin":
		return []string{"--locale", "en_US.UTF-8"}
	default:
		return []string{"--locale", "C.UTF-8"}
	}
}

// configure writes what differs from initdb's files.
func (s *Server) configure(o Options) error {
	settings := make(map[string]string, len(baseSettings)+len(o.Settings)+8)
	for name, value := range baseSettings {
		settings[name] = value
	}
	settings["listen_addresses"] = strings.Join(s.addresses, ",")
	settings["unix_socket_directories"] = s.base
	if s.tls != nil {
		settings["ssl"] = "on"
		settings["ssl_cert_file"] = s.tls.certFile
		settings["ssl_key_file"] = s.tls.keyFile
		settings["ssl_ca_file"] = s.tls.caFile
	}
	for name, value := range o.Settings {
		settings[name] = value
	}

	names := make([]string, 0, len(settings))
	for name := range settings {
		names = append(names, name)
	}
	slices.Sort(names)
	var text strings.Builder
	for _, name := range names {
		quoted := strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(settings[name])
		fmt.Fprintf(&text, "%s = '%s'\n", name, quoted)
	}
	conf, err := os.OpenFile(filepath.Join(s.DataDir(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = conf.WriteString(text.String())
	if err := errors.Join(err, conf.Close()); err != nil {
		return err
	}

	hba := o.HBA
	if hba == "" {
		hba = loopbackHBA
	}
	return os.WriteFile(filepath.Join(s.DataDir(), "pg_hba.conf"), []byte(hba), 0o600)
}

// process is a started postmaster.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when it is gone
	err    error         // how it went, readable once exited is closed
}

// launch starts the postmaster and waits until it answers on every address.
func (s *Server) launch(ctx context.Context) error {
	log, err := os.OpenFile(s.LogFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the server has its own descriptor
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	// Not bound to ctx: the server outlives its start.
	cmd := s.account.command(context.Background(), s.base, s.installation.program("postgres"),
		"-D", s.DataDir(), "-p", strconv.Itoa(s.port))
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	s.process = &process{cmd: cmd, exited: make(chan struct{})}
	go func(p *process) {
		p.err = p.cmd.Wait()
		close(p.exited)
	}(s.process)

	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.awaitReady(ctx); err != nil {
		err = fmt.Errorf("%w\n%s", err, s.logSince(from))
		return errors.Join(err, s.halt(context.Background(), immediateShutdown))
	}
	return nil
}

// awaitReady waits until the superuser can log in on every address. The password is this server's alone, so another
// server on the same port is not mistaken for it.
func (s *Server) awaitReady(ctx context.Context) error {
	for _, address := range s.addresses {
		config, err := pgx.ParseConfig(s.URL("postgres"))
		if err != nil {
			return err
		}
		config.Host = address
		if config.TLSConfig != nil {
			config.TLSConfig.ServerName = address
		}
		config.ConnectTimeout = 2 * time.Second
		for {
			conn, err := pgx.ConnectConfig(ctx, config)
			if err == nil {
				if err := conn.Close(ctx); err != nil {
					return err
				}
				break
			}
			select {
			case <-s.process.exited:
				return fmt.Errorf("the server ended at once (%w)", s.process.err)
			case <-ctx.Done():
				return fmt.Errorf("waiting for the server at %s: %w",
					net.JoinHostPort(address, strconv.Itoa(s.port)), errors.Join(ctx.Err(), err))
			case <-time.After(25 * time.Millisecond):
			}
		}
	}
	return nil
}

// halt ends the postmaster, if it runs, and waits until it is gone. A fast shutdown that takes too long becomes an
// immediate one, and that a kill.
func (s *Server) halt(ctx context.Context, first syscall.Signal) error {
	p := s.process
	if p == nil {
		return nil
	}
	s.process = nil
	for _, signal := range []syscall.Signal{first, immediateShutdown, syscall.SIGKILL} {
		if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stopping the server: %w", err)
		}
		select {
		case <-p.exited:
			return nil
		case <-ctx.Done():
			ctx = context.Background() // hurry through the harder signals
		case <-time.After(stopTimeout):
		}
	}
	<-p.exited
	return nil
}

// logSince returns the end of what the server has logged since an offset.
func (s *Server) logSince(offset int64) string {
	const most = 4000
	content, err := os.ReadFile(s.LogFile())
	if err != nil {
		return fmt.Sprintf("(no log: %v)", err)
	}
	content = content[min(offset, int64(len(content))):]
	if len(content) > most {
		content = content[len(content)-most:]
	}
	return "The server's log ends with:\n" + string(bytes.TrimSpace(content))
}
