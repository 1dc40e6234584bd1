// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// serverWords is a cause in the server's words, or in ours where it never got there.
func serverWords(err error) string {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return kit.Sentence(err.Error())
	}
	text := fmt.Sprintf("%s (SQLSTATE %s).", strings.TrimRight(server.Message, ". \n"), server.Code)
	if server.Hint != "" {
		text += " " + server.Hint
	}
	return text
}
