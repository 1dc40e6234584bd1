// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Error is a call that did not succeed.
type Error struct {
	// Operation is what was attempted, as in "read connection con_1".
	Operation string
	// Status is the HTTP status, 0 when no usable answer came.
	Status int
	// Code is the API's errorCode, "" when the answer had none.
	Code string
	// Message is the server's own wording, or a description of the answer that came instead.
	Message string
	// ResetAt is when a rate limit ends; zero when it is not known.
	ResetAt time.Time

	needs []string // the scopes of the call
	sent  bool     // the request may have reached the tenant
	err   error    // what went wrong below HTTP
}

func (e *Error) Error() string {
	var cause string
	switch {
	case e.Status == 0 && e.err != nil:
		cause = e.err.Error()
	case e.Code != "":
		cause = fmt.Sprintf("the tenant answered %d %s (%s): %s", e.Status, http.StatusText(e.Status), e.Code, e.Message)
	default:
		cause = fmt.Sprintf("the tenant answered %d %s: %s", e.Status, http.StatusText(e.Status), e.Message)
	}
	return fmt.Sprintf("could not %s: %s", e.Operation, cause)
}

func (e *Error) Unwrap() error { return e.err }

// NotFound reports that the object does not exist.
func (e *Error) NotFound() bool { return e.Status == http.StatusNotFound }

// Conflict reports that another object stands in the way.
func (e *Error) Conflict() bool { return e.Status == http.StatusConflict }

// RateLimited reports that the tenant's rate limit was still exhausted after waiting.
func (e *Error) RateLimited() bool { return e.Status == http.StatusTooManyRequests }

// Unauthorized reports that the tenant does not accept the token.
func (e *Error) Unauthorized() bool { return e.Status == http.StatusUnauthorized }

// NoAnswer reports that nothing usable came back: the connection was refused or cut, or timed out.
func (e *Error) NoAnswer() bool { return e.Status == 0 }

// Uncertain reports that the tenant may have done what was asked although the call failed.
func (e *Error) Uncertain() bool {
	return e.Status == 0 && e.sent || e.Status >= 500 || e.Status >= 200 && e.Status < 300
}

// MissingScopes names the scopes of which the token has none, nil when that is not the cause.
func (e *Error) MissingScopes() []string {
	if e.Status != http.StatusForbidden || e.Code != "insufficient_scope" {
		return nil
	}
	// "Insufficient scope, expected any of: read:connections,create:connections"
	if _, list, ok := strings.Cut(e.Message, ":"); ok {
		scopes := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
		scopes = slices.DeleteFunc(scopes, func(s string) bool { return !strings.Contains(s, ":") })
		if len(scopes) > 0 {
			return scopes
		}
	}
	return e.needs
}

// IsNotFound reports whether err says that the object does not exist.
func IsNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.NotFound()
}

// OptionsUnreadableError is an answer without options: the token may read connections but not
// their options. Taking it for "no options" would overwrite all of them.
type OptionsUnreadableError struct {
	// Name of the connection.
	Name string
}

// OptionsScope is the scope without which answers leave the options out.
const OptionsScope = "read:connections_options"

func (e *OptionsUnreadableError) Error() string {
	return fmt.Sprintf("the tenant returned connection %q without its "+
		"options: the token lacks the scope %s", e.Name, OptionsScope)
}

// NameTakenError is a connection that cannot be created because its name is in use.
type NameTakenError struct {
	Name string
	// ID of the connection that has the name.
	ID string
}

func (e *NameTakenError) Error() string {
	return fmt.Sprintf("a connection named %q exists already (%s)", e.Name, e.ID)
}

// fromAnswer makes the error of an answer that is not a success or not JSON.
func fromAnswer(operation string, scopes []string, a *answer) *Error {
	e := &Error{Operation: operation, Status: a.status, needs: scopes, sent: true, ResetAt: resetTime(a.header)}
	var body struct {
		Message   string `json:"message"`
		ErrorCode string `json:"errorCode"`
		Error     string `json:"error"`
	}
	switch {
	case json.Unmarshal(a.body, &body) == nil && a.status >= 300:
		e.Code, e.Message = body.ErrorCode, body.Message
		if e.Message == "" {
			e.Message = body.Error
		}
	case len(a.body) == 0:
		e.Message = "(empty answer)"
	case json.Valid(a.body):
		e.Message = "JSON of another shape than the Management API's. Something else may have answered: check the domain."
	default:
		e.Message = describeForeign(a)
	}
	return e
}

// describeForeign says what came instead of JSON, without quoting a whole page.
func describeForeign(a *answer) string {
	kind := a.header.Get("Content-Type")
	if kind == "" {
		kind = "no content type"
	}
	if location := a.header.Get("Location"); location != "" {
		return fmt.Sprintf("a redirect to %q instead of JSON (%s). Check the domain.", location, kind)
	}
	return fmt.Sprintf("%d bytes that are not JSON (%s). Something other than the Management API answered: check the "+
		"domain, and proxies on the way.", len(a.body), kind)
}
