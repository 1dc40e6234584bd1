// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestHBALines(t *testing.T) {
	t.Parallel()
	networks := []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("2001:db8::/64")}
	for name, test := range map[string]struct {
		rule Allowlist
		want []string
	}{
		"everyone": {Allowlist{Networks: networks}, []string{
			"hostssl all all 192.0.2.1/32 scram-sha-256",
			"hostssl all all 2001:db8::/64 scram-sha-256",
		}},
		"role": {Allowlist{Role: "auth0_scripts", Networks: networks}, []string{
			"hostssl all auth0_scripts 192.0.2.1/32 scram-sha-256",
			"hostssl all auth0_scripts 2001:db8::/64 scram-sha-256",
			"host all auth0_scripts all reject",
		}},
		"role and database": {Allowlist{Role: "auth0_scripts", Database: "app", Networks: networks[:1]}, []string{
			"hostssl app auth0_scripts 192.0.2.1/32 scram-sha-256",
			"host all auth0_scripts all reject",
		}},
		"names with a meaning": {Allowlist{Role: "all", Database: "Replication", Networks: networks[:1]}, []string{
			`hostssl "Replication" "all" 192.0.2.1/32 scram-sha-256`,
			`host all "all" all reject`,
		}},
		"names that need quotes": {Allowlist{Role: `+we"ird, #1`, Database: "@my app", Networks: networks[:1]}, []string{
			`hostssl "@my app" "+we""ird, #1" 192.0.2.1/32 scram-sha-256`,
			`host all "+we""ird, #1" all reject`,
		}},
		"capitals": {Allowlist{Role: "Auth0", Networks: networks[:1]}, []string{
			"hostssl all Auth0 192.0.2.1/32 scram-sha-256",
			"host all Auth0 all reject",
		}},
	} {
		if got := test.rule.HBALines(); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %s\nwant %s", name, strings.Join(got, "\n     "), strings.Join(test.want, "\n     "))
		}
	}
}

func TestHBANameProblem(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "all", `we"ird`, "a/b", strings.Repeat("x", 63), "é"} {
		if problem := HBANameProblem(name); problem != "" {
			t.Errorf("%q: %s", name, problem)
		}
	}
	for name, want := range map[string]string{"": "empty", "a\nb": "line break", "a\rb": "line break", "a\x00": "line break", "/a": "regular expression", strings.Repeat("x", 64): "63 bytes"} {
		if problem := HBANameProblem(name); !strings.Contains(problem, want) {
			t.Errorf("%q: %q, want %q", name, problem, want)
		}
	}
}
