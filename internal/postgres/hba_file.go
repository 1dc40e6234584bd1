// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A role's allowlist in pg_hba.conf is one file of ours beside it, and one line at its top
// that includes that file. Nothing else in pg_hba.conf is touched, and taking the line away
// restores it byte for byte. The line is "include_if_exists": a lost file of ours must not
// keep the server from starting.

// HBAFile is what the server's files say about one role.
type HBAFile struct {
	// Lines are the content of the role's own file, without our comment; nil when there is none.
	Lines []string
	// Place says how pg_hba.conf includes it.
	Place HBAPlace
	// Pending is set while the server has not loaded the files as they are.
	Pending bool
}

// HBAPlace is where pg_hba.conf includes a file of ours.
type HBAPlace int

const (
	// NotIncluded means that the file has no effect.
	NotIncluded HBAPlace = iota
	// IncludedLate means that rules of others come first and may decide about the role.
	IncludedLate
	// IncludedFirst is as it should be.
	IncludedFirst
)

// HBAError is a pg_hba.conf that the server would not load.
type HBAError struct {
	File    string
	Line    int
	Message string
	// Ours is set when the error came with our change, which was then taken back.
	Ours bool
}

func (e *HBAError) Error() string {
	return fmt.Sprintf("%s, line %d: %s", e.File, e.Line, e.Message)
}

// ErrForeignHBA is a pg_hba.conf that another program writes anew at will.
var ErrForeignHBA = errors.New("pg_hba.conf is written by Patroni, which would undo the change at its next restart")

// ErrEmptyHBA is a pg_hba.conf without a rule. The server goes on with those that it loaded
// before, and would not load the file with our change either.
var ErrEmptyHBA = errors.New("pg_hba.conf holds no rule but those of allowlists: it was emptied or cut off, " +
	"as happens when a disk is full")

const hbaComment = "# Managed by Terraform (auth0pg_allowlist): changes are undone at the next apply.\n"

// hbaBudget bounds the part of a change that must not stop half-way.
const hbaBudget = time.Minute

// HBAInclude is the line that includes the role's file, as it stands in pg_hba.conf.
func HBAInclude(role string) string {
	return fmt.Sprintf("include_if_exists \"%s\" # auth0pg_allowlist, managed by Terraform", hbaFileName(role))
}

// plainFileName is a role's name that may stand in a file name.
var plainFileName = regexp.MustCompile(`^[a-z0-9_]+$`)

func hbaFileName(role string) string {
	if plainFileName.MatchString(role) {
		return "auth0pg_" + role + ".conf"
	}
	sum := sha256.Sum256([]byte(role))
	return "auth0pg-" + hex.EncodeToString(sum[:8]) + ".conf"
}

// hbaText is the content of the role's file.
func hbaText(lines []string) []byte {
	return []byte(hbaComment + strings.Join(lines, "\n") + "\n")
}

// withInclude puts the line that includes the role's file at the top of pg_hba.conf.
func withInclude(main []byte, role string) []byte {
	return append([]byte(HBAInclude(role)+"\n"), withoutInclude(main, hbaFileName(role))...)
}

// includes reports whether pg_hba.conf includes the role's file.
func includes(main []byte, role string) bool {
	return len(withoutInclude(main, hbaFileName(role))) < len(main)
}

// withoutInclude takes the line that includes the file out of pg_hba.conf, however it was
// edited since.
func withoutInclude(main []byte, file string) []byte {
	line := regexp.MustCompile(
		`(?m)^[ \t]*include(_if_exists)?[ \t]+"?` + regexp.QuoteMeta(file) + `"?[ \t]*(#[^\n]*)?\r?(\n|\z)`,
	)
	return line.ReplaceAll(main, nil)
}

// hbaFiles is the content of pg_hba.conf and of the role's file.
type hbaFiles struct {
	mainPath, ownPath string
	main, own         []byte // own is nil when the file does not exist
}

const readHBASQL = `
select pg_catalog.pg_read_binary_file($1), pg_catalog.pg_read_binary_file($2, 0, 1048576, true)`

func readHBA(ctx context.Context, db Querier, role string) (*hbaFiles, error) {
	var f hbaFiles
	if err := db.QueryRow(ctx, "select pg_catalog.current_setting('hba_file')").Scan(&f.mainPath); err != nil {
		return nil, err
	}
	// The server looks for an included file beside the one that includes it.
	f.ownPath = f.mainPath[:strings.LastIndexAny(f.mainPath, `/\`)+1] + hbaFileName(role)
	if err := db.QueryRow(ctx, readHBASQL, f.mainPath, f.ownPath).Scan(&f.main, &f.own); err != nil {
		return nil, err
	}
	return &f, nil
}

// HBAFile reads what the server's files say about the role.
func (s *Server) HBAFile(ctx context.Context, role string) (*HBAFile, error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return nil, err
	}
	return inspectHBA(ctx, pool, role)
}

func inspectHBA(ctx context.Context, db Querier, role string) (*HBAFile, error) {
	files, err := readHBA(ctx, db, role)
	if err != nil {
		return nil, err
	}
	state := &HBAFile{}
	if text := strings.TrimSuffix(strings.TrimPrefix(string(files.own), hbaComment), "\n"); text != "" {
		state.Lines = strings.Split(text, "\n")
	}
	if includes(files.main, role) {
		state.Place = IncludedLate
		if first, err := ownRulesFirst(ctx, db, files.ownPath); err != nil {
			return nil, err
		} else if first {
			state.Place = IncludedFirst
		}
	}
	state.Pending, err = hbaPending(ctx, db, files)
	return state, err
}

const ownRulesFirstSQL = `
select coalesce(min(rule_number) filter (where file_name = $1) < min(rule_number) filter (where file_name !~ '[/\\]auth0pg[_-][^/\\]*\.conf$'), true)
  from pg_catalog.pg_hba_file_rules`

// ownRulesFirst reports whether no rule but those of files of ours comes before the role's.
func ownRulesFirst(ctx context.Context, db Querier, ownPath string) (first bool, err error) {
	err = db.QueryRow(ctx, ownRulesFirstSQL, ownPath).Scan(&first)
	return first, err
}

const hbaPendingSQL = `
select pg_catalog.pg_conf_load_time() < (pg_catalog.pg_stat_file($1)).modification
    or pg_catalog.pg_conf_load_time() < coalesce((pg_catalog.pg_stat_file($2, true)).modification, '-infinity')`

// hbaPending compares the times of the files, in whole seconds, with that of the last load.
func hbaPending(ctx context.Context, db Querier, files *hbaFiles) (pending bool, err error) {
	err = db.QueryRow(ctx, hbaPendingSQL, files.mainPath, files.ownPath).Scan(&pending)
	return pending, err
}

// ApplyHBA makes pg_hba.conf enforce the list for its role and returns once the server
// follows it. The files are checked by the server before it loads them, and put back when
// it finds an error in them or lets the provider in no more. Its errors are [HBAError],
// [ErrForeignHBA], [ErrEmptyHBA], [ErrHBABusy], [ErrLockedOut] and the server's own, within an
// [HBAEditedError] or a [RestoreError] where putting back met with that.
func (s *Server) ApplyHBA(ctx context.Context, list Allowlist) error {
	return s.changeHBA(ctx, list.Role, func(before *hbaFiles) (main, own []byte) {
		return withInclude(before.main, list.Role), hbaText(list.HBALines())
	})
}

// RemoveHBA takes the role's list out of pg_hba.conf. SQL cannot delete a file: ours stays
// behind, empty.
func (s *Server) RemoveHBA(ctx context.Context, role string) error {
	return s.changeHBA(ctx, role, func(before *hbaFiles) (main, own []byte) {
		if len(before.own) == 0 {
			own = before.own
		} else {
			own = []byte{}
		}
		return withoutInclude(before.main, hbaFileName(role)), own
	})
}

// changeHBA replaces the files by what change makes of them.
func (s *Server) changeHBA(ctx context.Context, role string, change func(*hbaFiles) (main, own []byte)) error {
	select {
	case hbaTurn <- struct{}{}:
		defer func() { <-hbaTurn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	conn, err := s.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	unlock, err := s.lockHBA(ctx)
	if err != nil {
		return err
	}
	defer unlock()

	before, err := readHBA(ctx, conn, role)
	if err != nil {
		return err
	}
	if bytes.Contains(before.main, []byte("overwritten by Patroni")) {
		return ErrForeignHBA
	}
	// A file that has an error already is not loaded, and neither would our change be.
	if err := checkHBA(ctx, conn, before.ownPath, "", 0); err != nil {
		return err
	}
	after := *before
	after.main, after.own = change(before)

	// From here on an interrupted apply finishes or goes back, but does not stop half-way.
	unstoppable := context.WithoutCancel(ctx)
	forward, cancel := context.WithTimeout(unstoppable, hbaBudget)
	defer cancel()
	if err := s.replaceHBA(forward, conn, role, before, &after); err != nil {
		back, cancel := context.WithTimeout(unstoppable, hbaBudget)
		defer cancel()
		return undoHBA(back, conn, role, before, &after, err)
	}
	return nil
}

// replaceHBA writes the files, has the server check and load them, and logs in anew.
func (s *Server) replaceHBA(ctx context.Context, conn *pgxpool.Conn, role string, before, after *hbaFiles) error {
	// Our own file is first, so that pg_hba.conf never includes a file that is not there.
	// It is also the proof that the disk has room: writing a file begins by emptying it.
	same := bytes.Equal(before.main, after.main) && bytes.Equal(before.own, after.own)
	removing := len(after.own) == 0
	if !removing && !bytes.Equal(before.own, after.own) {
		if err := writeServerFile(ctx, conn, after.ownPath, after.own); err != nil {
			return err
		}
	}
	if !bytes.Equal(before.main, after.main) {
		if err := writeServerFile(ctx, conn, after.mainPath, after.main); err != nil {
			return err
		}
	}
	rules := 0
	if !removing {
		rules = bytes.Count(after.own, []byte("\n")) - 1
	}
	if err := checkHBA(ctx, conn, after.ownPath, role, rules); err != nil {
		return err
	}
	pending, err := hbaPending(ctx, conn, after)
	if err != nil {
		return err
	}
	if !same || pending {
		if err := s.reload(ctx, conn); err != nil {
			return err
		}
	}
	if removing && !bytes.Equal(before.own, after.own) {
		return writeServerFile(ctx, conn, after.ownPath, after.own)
	}
	return nil
}

const hbaRulesSQL = `
select file_name, coalesce(line_number, 0), coalesce(user_name, '{}'), coalesce(error, '')
  from pg_catalog.pg_hba_file_rules order by rule_number nulls first, line_number`

// anyHBAFileName is the path of a file of ours, for whatever role.
var anyHBAFileName = regexp.MustCompile(`[/\\]auth0pg[_-][^/\\]*\.conf$`)

// checkHBA has the server parse the files as they are on disk. Somewhere there must be rules
// that are not ours: by one of them the provider came in. With a role, our file must hold as
// many rules as we wrote, and each must be for that role alone: such a file cannot lock out
// anybody else.
func checkHBA(ctx context.Context, db Querier, ownPath, role string, rules int) error {
	rows, err := db.Query(ctx, hbaRulesSQL)
	if err != nil {
		return err
	}
	found, others := 0, 0
	var file, problem string
	var line int
	var users []string
	_, err = pgx.ForEachRow(rows, []any{&file, &line, &users, &problem}, func() error {
		own := role != "" && file == ownPath
		if problem != "" {
			return &HBAError{File: file, Line: line, Message: problem, Ours: own}
		}
		if !anyHBAFileName.MatchString(file) {
			others++
		}
		if own {
			found++
			if !slices.Equal(users, []string{role}) {
				return &HBAError{File: file, Line: line, Message: fmt.Sprintf("the rule is for %q", users), Ours: true}
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case others == 0:
		return ErrEmptyHBA
	case role != "" && found != rules:
		return &HBAError{File: ownPath, Message: fmt.Sprintf("the server sees %d rules, %d were written",
			found, rules), Ours: true}
	}
	return nil
}

// writeServerFile writes a file on the server, by way of a large object that is never
// committed. Whatever pg_hba.conf holds (it may hold the password of an LDAP service) is
// kept out of the server's log.
func writeServerFile(ctx context.Context, conn *pgxpool.Conn, path string, content []byte) error {
	if content == nil {
		content = []byte{}
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadWrite})
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // nothing in the database is to be kept
	if _, err := tx.Exec(ctx, `select pg_catalog.set_config(name, value, true) from (values
		('log_statement', 'none'), ('log_min_duration_statement', '-1'), ('log_min_duration_sample', '-1'), ('log_min_error_statement', 'panic'),
		('log_duration', 'off'), ('log_transaction_sample_rate', '0'), ('log_parameter_max_length', '0'), ('log_parameter_max_length_on_error', '0')) quiet (name, value)`); err != nil {
		return err
	}
	var object uint32
	if err := tx.QueryRow(ctx, "select pg_catalog.lo_from_bytea(0, $1)", content).Scan(&object); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "select pg_catalog.lo_export($1, $2)", object, path)
	return err
}
