// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"slices"
	"testing"
)

func TestParseTimeout(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "5000": 5000, "5000ms": 5000, "5s": 5000, " 5 s ": 5000, "1.5s": 1500, "2min": 120_000, "1h": 3_600_000, "1d": 86_400_000,
		"5000000us": 5000, "2147483647": 2147483647, "0.1min": 6000,
	} {
		if got, err := ParseTimeout(text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "s", "5x", "5S", "-1", "-5s", "5 s s", "1e3", "0.5ms", "100us", "2147483648", "25d", "99999999999999999999d", "5s; drop"} {
		if got, err := ParseTimeout(text); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}

func TestIdentifierLists(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		``:                      {},
		`""`:                    {},
		`public`:                {"public"},
		`Public,  "Public"`:     {"public", "Public"},
		`"$user", public`:       {"$user", "public"},
		`"a""b", "c, d" , "e "`: {`a"b`, "c, d", "e "},
	} {
		if got, ok := ParseIdentifierList(text); !ok || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", text, got, ok)
		}
		if got, ok := ParseIdentifierList(JoinIdentifierList(want)); !ok || !slices.Equal(got, want) {
			t.Errorf("%q does not survive its own notation: %q, %v", want, got, ok)
		}
	}
	for _, text := range []string{`"open`, `a b`, `a,`, `,a`, `"a"b`} {
		if got, ok := ParseIdentifierList(text); ok {
			t.Errorf("%s was read as %q", text, got)
		}
	}
}
