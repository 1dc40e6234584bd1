// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"net/netip"
	"regexp"
	"strings"
)

// Allowlist says from where one role, or every role, may reach the server.
type Allowlist struct {
	// Database is "" for every database.
	Database string
	// Role is "" for every role.
	Role     string
	Networks []netip.Prefix
}

// HBALines returns the list as lines of pg_hba.conf: TLS and SCRAM from each network. The
// first line that matches decides, so a list for one role ends by rejecting that role from
// everywhere else, in every database and with or without TLS. A list for all roles has no
// such end: it would lock out the administrator.
func (a Allowlist) HBALines() []string {
	lines := make([]string, 0, len(a.Networks)+1)
	for _, network := range a.Networks {
		lines = append(
			lines,
			strings.Join([]string{"hostssl", hbaName(a.Database), hbaName(a.Role), network.String(), "scram-sha-256"}, " "),
		)
	}
	if a.Role != "" {
		lines = append(lines, strings.Join([]string{"host", "all", hbaName(a.Role), "all", "reject"}, " "))
	}
	return lines
}

// HBANameProblem says why a database or role of this name cannot be written in
// pg_hba.conf, "" when it can.
func HBANameProblem(name string) string {
	switch {
	case name == "":
		return "it is empty"
	case strings.ContainsAny(name, "\x00\r\n"):
		return "it holds a line break, which pg_hba.conf cannot quote"
	case strings.HasPrefix(name, "/"):
		return "it begins with a slash, after which PostgreSQL 16 and later read a regular expression, quoted or not"
	case len(name) > 63:
		return "it is longer than 63 bytes"
	}
	return ""
}

// plainHBAName needs no quotes in pg_hba.conf.
var plainHBAName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// hbaName writes a name so that it stands for itself: quotes take away the meaning of
// keywords ("all", "replication"), of "+" and "@" in front, and of commas, spaces and "#".
func hbaName(name string) string {
	switch strings.ToLower(name) {
	case "":
		return "all"
	case "all", "sameuser", "samerole", "samegroup", "replication":
	default:
		if plainHBAName.MatchString(name) {
			return name
		}
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
