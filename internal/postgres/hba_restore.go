// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

// RestoreError is a change of rules that failed and could not be taken back either.
type RestoreError struct {
	Cause   error  // of the failure
	Restore error  // why what was there before could not be put back
	ByHand  string // what an administrator has to do
}

func (e *RestoreError) Error() string {
	return fmt.Sprintf("%v; what was there before could not be put back: %v", e.Cause, e.Restore)
}

func (e *RestoreError) Unwrap() []error { return []error{e.Cause, e.Restore} }

// HBAEditedError is a change that failed while somebody else edited pg_hba.conf. The edit was
// kept, and only what is ours was taken back.
type HBAEditedError struct{ Cause error }

func (e *HBAEditedError) Error() string {
	return fmt.Sprintf("%v; somebody else edited pg_hba.conf meanwhile", e.Cause)
}

func (e *HBAEditedError) Unwrap() error { return e.Cause }

// undoHBA puts back what was there before a change that failed, and returns the error of that
// change with what became of it.
func undoHBA(ctx context.Context, conn *pgxpool.Conn, role string, before, after *hbaFiles, cause error) error {
	edited, err := restoreHBA(ctx, conn, role, before, after)
	if err == nil && edited {
		return &HBAEditedError{Cause: cause}
	}
	if err == nil {
		return cause
	}
	byHand := fmt.Sprintf("On the server, see whether %s holds all its rules, and put "+
		"them back from a backup if not.", before.mainPath)
	if !includes(before.main, role) {
		byHand += fmt.Sprintf(" Take out the line %s, and run select pg_reload_conf().", HBAInclude(role))
	}
	return &RestoreError{Cause: cause, Restore: err, ByHand: byHand + " Then apply again."}
}

// restoreHBA writes the files as they were; edited is set when somebody else's edit was kept.
func restoreHBA(
	ctx context.Context,
	conn *pgxpool.Conn,
	role string,
	before, after *hbaFiles,
) (edited bool, err error) {
	if conn.Conn().IsClosed() {
		return false, errors.New("the connection was lost")
	}
	var current hbaFiles
	if err := conn.QueryRow(ctx, readHBASQL, before.mainPath, before.ownPath).Scan(&current.main, &current.own); err != nil {
		return false, err
	}
	main, edited := restoredMain(current.main, role, before, after)
	if !bytes.Equal(current.main, main) {
		if err := writeServerFile(ctx, conn, before.mainPath, main); err != nil {
			return edited, fmt.Errorf("writing pg_hba.conf: %w", err)
		}
	}
	if !bytes.Equal(current.own, before.own) {
		if err := writeServerFile(ctx, conn, before.ownPath, before.own); err != nil {
			return edited, fmt.Errorf("writing %s: %w", before.ownPath, err)
		}
	}
	_, err = conn.Exec(ctx, "select pg_catalog.pg_reload_conf()")
	return edited, err
}

// restoredMain is what pg_hba.conf should be after a change that failed: as it was before, if
// it is now what we wrote or, cut off, the beginning of that. Otherwise somebody has edited it,
// and only the line of ours comes or goes.
func restoredMain(current []byte, role string, before, after *hbaFiles) (main []byte, edited bool) {
	written := !bytes.Equal(before.main, after.main)
	switch {
	case bytes.Equal(current, before.main) || written && bytes.HasPrefix(after.main, current):
		return before.main, false
	case includes(before.main, role) == includes(current, role):
		return current, true
	case includes(current, role):
		return withoutInclude(current, hbaFileName(role)), true
	}
	return withInclude(current, role), true
}
