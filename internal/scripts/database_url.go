// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"errors"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgurl"
)

// sslModes are what tlsSettings.js knows; no-verify is a word of the driver's own.
var sslModes = []string{"", "disable", "allow", "prefer", "require", "verify-ca", "verify-full", "no-verify"}

// CheckDatabaseURL tells why every script would refuse this text as the URL of the database, or why it could mean two
// things; otherwise it returns nil. It asks what connectionSettings.js asks. The error holds nothing of the text, which
// is a secret.
func CheckDatabaseURL(text string) error {
	u, err := pgurl.Parse(text)
	if err != nil {
		return err
	}
	switch {
	case len(u.Hosts) == 0 || u.Hosts[0].Name == "":
		return errors.New("it names no host")
	case len(u.Hosts) > 1:
		return errors.New("it names more than one host, and the scripts' driver takes one")
	case strings.Contains(u.Hosts[0].Name, "%") && !pgurl.IsSocket(u.Hosts[0].Name):
		return errors.New("its host has a zone, which the scripts' driver does not take")
	case u.User == "":
		return errors.New("it names no user")
	case u.Database == "":
		return errors.New("it names no database")
	case !slices.Contains(sslModes, u.Parameters["sslmode"]):
		return errors.New("its sslmode is none of disable, allow, prefer, require, verify-ca and verify-full")
	}
	return nil
}
