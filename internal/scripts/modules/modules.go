// SPDX-License-Identifier: MPL-2.0

// Package modules knows which npm modules Auth0 has withdrawn from its script runtime. Pure values.
package modules

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/go-version"
)

// withdrawn are the versions of a module that are gone; an empty constraint means all of them.
type withdrawn struct {
	versions []string // constraints, of which one must hold
	when     string
}

// Node 18 came without these, and the last runtime that had them ended on that day.
const withNode18 = "with Node 18; the last runtime that had it ended on 2025-08-15"

var gone = map[string]withdrawn{
	"pg":          {[]string{"< 8"}, withNode18},
	"bcrypt":      {[]string{"<= 4.0.0"}, withNode18},
	"mongodb":     {[]string{"<= 4.1.0"}, withNode18},
	"mysql":       {[]string{"<= 2.15.0"}, withNode18},
	"tedious":     {[]string{"= 0.1.4", "= 1.11.0", "= 6.6.2", "= 8.3.1", "= 9.2.1"}, withNode18},
	"axios":       {[]string{"<= 0.22.0", "= 0.27.2"}, withNode18},
	"request":     {nil, withNode18},
	"easy-pbkdf2": {[]string{"= 0.0.2"}, withNode18},
	"oracledb":    {nil, "in 2023, without a successor"},
	"edge":        {nil, "in 2023, without a successor"},
}

var pinned = regexp.MustCompile(`^((?:@[^/@]+/)?[^./@][^/@]*)(?:@([^/]*))?(?:/.*)?$`)

// Split takes what a script requires apart: the module, and the version that may follow it.
func Split(required string) (name, version string) {
	parts := pinned.FindStringSubmatch(required)
	if parts == nil {
		return required, ""
	}
	return parts[1], parts[2]
}

// Withdrawn says in a clause when Auth0 withdrew what a script requires, "" where it has not. A module
// that is required without a version is withdrawn where all its versions are.
func Withdrawn(required string) string {
	name, wanted := Split(strings.TrimPrefix(required, "node:"))
	found, known := gone[name]
	if !known {
		return ""
	}
	if found.versions == nil {
		return fmt.Sprintf("Auth0 withdrew the module %s %s", name, found.when)
	}
	at, err := version.NewVersion(wanted)
	if err != nil {
		return ""
	}
	for _, text := range found.versions {
		if constraint, err := version.NewConstraint(text); err == nil && constraint.Check(at) {
			return fmt.Sprintf("Auth0 withdrew version %s of the module %s %s", wanted, name, found.when)
		}
	}
	return ""
}
