// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLState is the code of what the server said; "" for an error of another origin.
func SQLState(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code
	}
	return ""
}

// LockMissed reports whether a statement failed only for want of a lock.
func LockMissed(err error) bool {
	switch SQLState(err) {
	case "55P03", "40P01": // lock_not_available, deadlock_detected
		return true
	}
	return false
}

// RowsAgainst reports whether a row contradicts what was to be proven.
func RowsAgainst(err error) bool {
	switch SQLState(err) {
	case "23502", "23514": // not_null_violation, check_violation
		return true
	}
	return false
}

// QuotesValue reports whether the server's message under this SQLSTATE repeats a value, which may be somebody's address:
// class 22, data exception, and P0, in which functions put the words.
func QuotesValue(sqlState string) bool {
	return strings.HasPrefix(sqlState, "22") || strings.HasPrefix(sqlState, "P0")
}

// lostRace reports whether a change of the catalog failed only because another session made one at the same time.
func lostRace(err error) bool {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return errors.Is(err, errOwnerRace)
	}
	switch server.Code {
	case "23505": // unique_violation: both created it at the same moment
		return server.SchemaName == "pg_catalog" && !nameTaken(err)
	case "XX000",
		"40001",
		"40P01",
		"55P03": // internal_error of the catalogs, serialization_failure, deadlock_detected, lock_not_available
		return true
	}
	return false
}
