// SPDX-License-Identifier: MPL-2.0

package usersapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// problem is what the API answers in place of a result. Its message holds nothing of a user.
type problem struct {
	status  int
	code    string
	message string
	// cause is for the log and says more; it holds nothing of a user either.
	cause string
	// server is the database's error, for the contract that passes it on.
	server *pgconn.PgError
	// pgrst is what PostgREST calls it; "" for an error of the database.
	pgrst string
}

func (p *problem) Error() string { return p.code + ": " + p.message }

func badRequest(format string, values ...any) *problem {
	return &problem{
		status:  http.StatusBadRequest,
		code:    "bad_request",
		message: fmt.Sprintf(format, values...),
		pgrst:   "PGRST102",
	}
}

func unauthorized(cause string) *problem {
	return &problem{
		status:  http.StatusUnauthorized,
		code:    "unauthorized",
		message: "the credentials are not accepted",
		cause:   cause,
		pgrst:   "PGRST301",
	}
}

func forbidden(message string) *problem {
	return &problem{status: http.StatusForbidden, code: "forbidden", message: message, pgrst: "42501"}
}

func unfit(message string) *problem {
	return &problem{status: http.StatusUnprocessableEntity, code: "unfit", message: message, pgrst: "22000"}
}

// unavailable is of what will be there again.
func unavailable(err error) *problem {
	return &problem{
		status:  http.StatusServiceUnavailable,
		code:    "unavailable",
		message: "the users cannot be reached at the moment",
		cause:   describe(err),
		pgrst:   "PGRST000",
	}
}

// refused is of what the database does not do, however often it is asked.
func refused() *problem {
	return &problem{status: http.StatusInternalServerError, code: "internal", message: "the database does not do this"}
}

func late(cause string) *problem {
	return &problem{
		status:  http.StatusGatewayTimeout,
		code:    "late",
		message: "there was no answer in time",
		cause:   cause,
		pgrst:   "57014",
	}
}

func notOffered(what string) *problem {
	return &problem{
		status:  http.StatusNotFound,
		code:    "not_offered",
		message: what + " is not offered",
		pgrst:   "PGRST202",
	}
}

// toProblem says in the contract's words what went wrong.
func toProblem(err error) *problem {
	var known *problem
	var server *pgconn.PgError
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, errNotOffered):
		return notOffered("the operation")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return late(describe(err))
	case !errors.As(err, &server):
		return unavailable(err)
	}
	p := serverProblem(server)
	p.cause, p.server = describe(err), server
	return p
}

// serverProblem tells cardinality_violation, the violations of constraints, data_exception and query_canceled apart.
func serverProblem(e *pgconn.PgError) *problem {
	conflict := func(code, message string) *problem {
		return &problem{status: http.StatusConflict, code: code, message: message}
	}
	switch {
	case e.Code == "21000":
		return conflict("ambiguous", "several users have this address, name or id")
	case e.Code == "23503":
		return conflict("needed", "the user is still needed by other data")
	case strings.HasPrefix(e.Code, "22"), strings.HasPrefix(e.Code, "23"):
		return unfit("the store does not take these values")
	case e.Code == "57014":
		return late("")
	case !isTemporary(e) && !isReplaced(e):
		return refused()
	}
	return unavailable(e)
}

// isTemporary tells what may be over when it is tried again, as a database that starts or a lock, from what a trigger or a missing
// right refuses: that is not to be repeated while somebody waits.
func isTemporary(e *pgconn.PgError) bool {
	return regexp.MustCompile(`^(08|25006|28|3D|40|53|55|57)`).MatchString(e.Code)
}

// isUnavailable tells an error of the connection, or a server that refuses for now, from one about what was asked.
func isUnavailable(err error) bool {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		var connect *pgconn.ConnectError
		return errors.As(err, &connect) || pgconn.Timeout(err) || errors.Is(err, context.DeadlineExceeded)
	}
	return regexp.MustCompile(`^(08|53|57P)`).MatchString(server.Code)
}

// safeClasses are the SQLSTATEs whose messages are about the server and no row.
var safeClasses = regexp.MustCompile(`^(08|28|3D|42|53|55|57)`)

// describe is what the log may say of an error. Messages of the server about data or from triggers may quote a user's
// values, so those are told by their code and names.
func describe(err error) string {
	var server *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &server):
		parts := []string{"SQLSTATE " + server.Code}
		if safeClasses.MatchString(server.Code) && server.Routine != "exec_stmt_raise" { // a trigger's words may quote anybody
			parts = append(parts, server.Message)
		}
		for _, named := range [][2]string{
			{"schema", server.SchemaName}, {"table", server.TableName}, {"column", server.ColumnName},
			{"type", server.DataTypeName}, {"constraint", server.ConstraintName},
		} {
			if named[1] != "" {
				parts = append(parts, named[0]+" "+named[1])
			}
		}
		return strings.Join(parts, ", ")
	case errors.As(err, &connect):
		return "connecting to the database failed: " + errors.Unwrap(connect).Error()
	}
	return err.Error()
}

// keyColumns are the columns in what a server says, in any language, of a unique violation: "(lower(email))=(…)". They
// stand before any value; a name between quotes may have anything in it.
var (
	keyDetail  = regexp.MustCompile(`\(((?:"[^"]*"|[^"])*?)\)=\(`)
	columnName = regexp.MustCompile(`"(?:[^"]|"")*"|[^\s"(),:]+`)
)

// isConflict tells whether a unique violation means that another user has the address or the name. The role that the
// functions run as may not see the columns; then it does.
func isConflict(err error, columns []string) bool {
	var server *pgconn.PgError
	if !isUnique(err) || !errors.As(err, &server) {
		return false
	}
	match := keyDetail.FindStringSubmatch(server.Detail)
	if match == nil || len(columns) == 0 {
		return true
	}
	return slices.ContainsFunc(columnName.FindAllString(match[1], -1), func(name string) bool {
		return slices.ContainsFunc(columns, func(column string) bool {
			return name == column || name == `"`+strings.ReplaceAll(column, `"`, `""`)+`"`
		})
	})
}

// isUnique tells a unique violation.
func isUnique(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == "23505"
}

// maskedDetail is the server's detail without the values in it; "" for any but that of a unique violation.
func maskedDetail(e *pgconn.PgError) string {
	match := keyDetail.FindStringSubmatch(e.Detail)
	if e.Code != "23505" || match == nil {
		return ""
	}
	return "Key (" + match[1] + ")=(...) already exists."
}
