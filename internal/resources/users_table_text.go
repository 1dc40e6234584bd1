// SPDX-License-Identifier: MPL-2.0

package resources

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// capitalized begins a sentence.
func capitalized(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// serverWords is a cause in the server's words, or in ours where it never got there.
func serverWords(err error) string {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return sentence(err.Error())
	}
	text := fmt.Sprintf("%s (SQLSTATE %s).", strings.TrimRight(server.Message, ". \n"), server.Code)
	if server.Hint != "" {
		text += " " + server.Hint
	}
	return text
}
