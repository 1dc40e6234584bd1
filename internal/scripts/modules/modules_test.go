// SPDX-License-Identifier: MPL-2.0

package modules

import (
	"strings"
	"testing"
)

func TestWithdrawn(t *testing.T) {
	for required, want := range map[string]string{
		"mongodb@3.1.4":   "withdrew version 3.1.4 of the module mongodb with Node 18",
		"tedious@1.11.0":  "2025-08-15",
		"pg@7.17.1":       "version 7.17.1",
		"request":         "the module request",
		"request@2.56.0":  "the module request",
		"oracledb":        "in 2023",
		"axios@0.22.0":    "0.22.0",
		"pg@8.7.1":        "",
		"pg":              "",
		"mongodb":         "",
		"tedious@18.0.0":  "",
		"axios@1.2.2":     "",
		"crypto":          "",
		"@azure/x@1.0.0":  "",
		"pg@latest":       "",
		"node:crypto":     "",
		"pg@7.1/lib/x.js": "version 7.1",
	} {
		if got := Withdrawn(required); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", required, got, want)
		}
	}
}

func TestSplit(t *testing.T) {
	for required, want := range map[string][2]string{
		"pg": {"pg", ""}, "pg@8.7.1": {"pg", "8.7.1"}, "pg@8.7.1/lib/x": {"pg", "8.7.1"}, "@a/b@1": {"@a/b", "1"}, "./own": {"./own", ""},
	} {
		if name, version := Split(required); name != want[0] || version != want[1] {
			t.Errorf("%s: got %s, %s", required, name, version)
		}
	}
}
