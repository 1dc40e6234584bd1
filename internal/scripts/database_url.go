// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// sslModes are what tlsSettings.js knows; no-verify is a word of the driver's own.
var sslModes = []string{"", "disable", "allow", "prefer", "require", "verify-ca", "verify-full", "no-verify"}

// CheckDatabaseURL tells why every script would refuse this text as the URL of the database, or returns nil. It asks what
// connectionSettings.js asks. The error holds nothing of the text, which is a secret.
func CheckDatabaseURL(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return errors.New("it is no URL, or a part of it is not percent-encoded")
	}
	password, _ := u.User.Password()
	parts := []string{u.Hostname(), u.User.Username(), password, u.Path}
	switch {
	case u.Scheme != "postgres" && u.Scheme != "postgresql":
		return errors.New("it does not begin with postgres:// or postgresql://")
	case u.Hostname() == "":
		return errors.New("it names no host")
	case strings.Contains(u.Host, ","):
		return errors.New("it names more than one host, and the scripts' driver takes one")
	case u.User.Username() == "":
		return errors.New("it names no user")
	case strings.TrimPrefix(u.Path, "/") == "":
		return errors.New("it names no database")
	case slices.ContainsFunc(parts, func(part string) bool { return !utf8.ValidString(part) }):
		return errors.New("a part of it is not UTF-8")
	case !slices.Contains(sslModes, u.Query().Get("sslmode")):
		return errors.New("its sslmode is none of disable, allow, prefer, require, verify-ca and verify-full")
	}
	return nil
}
