// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"fmt"
	"net/http"
)

// apiError is an error answer of the Management API.
type apiError struct {
	status     int
	message    string
	code       string
	attributes string // attributes.error, given with status 401
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.code, e.message) }

func (e *apiError) body() *object {
	o := newObject("statusCode", e.status, "error", http.StatusText(e.status), "message", e.message)
	if e.code != "" {
		o.set("errorCode", e.code)
	}
	if e.attributes != "" {
		o.set("attributes", newObject("error", e.attributes))
	}
	return o
}

func badBody(message string) *apiError {
	return &apiError{status: http.StatusBadRequest, message: message, code: "invalid_body"}
}

func invalidPayload(message string) *apiError {
	return badBody("Payload validation error: " + message)
}

var (
	errNoConnection = &apiError{status: http.StatusNotFound, message: "The connection does not exist",
		code: "inexistent_connection"}
	errNoClient = &apiError{status: http.StatusNotFound, message: "The client does not exist", code: "inexistent_client"}
	errNoUser   = &apiError{status: http.StatusNotFound, message: "The user does not exist.", code: "inexistent_user"}
)

// writeJSON writes a Management API answer.
func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := encodeJSON(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(body)
}

// oauthError is an error answer of the Authentication API's token endpoint.
type oauthError struct {
	status             int
	error, description string
}

func (e *oauthError) Error() string { return e.error + ": " + e.description }

func writeOAuthError(w http.ResponseWriter, e *oauthError) {
	writeJSON(w, e.status, newObject("error", e.error, "error_description", e.description))
}
