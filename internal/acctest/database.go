// SPDX-License-Identifier: MPL-2.0

// Package acctest is what acceptance tests share: a fresh database, a tenant, the provider under test and, where a test
// needs the real command line, a workspace.
package acctest

import (
	"os"
	"runtime/debug"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

// DB is a fresh database; see pgtest.
type DB = pgtest.DB

// Main is for TestMain: it runs the tests of a package and then stops the shared servers.
func Main(m *testing.M) {
	// Terraform is started thousands of times, each time for a moment: without the collection of garbage it takes a
	// quarter less, and on one thread a tenth. The variables act on programs that the tests start. This one lives on, and
	// only collects less often.
	debug.SetGCPercent(400)
	for variable, value := range map[string]string{"GOGC": "off", "GOMEMLIMIT": "1GiB", "GOMAXPROCS": "1"} {
		if os.Getenv(variable) == "" {
			_ = os.Setenv(variable, value) // fails on malformed names only
		}
	}
	pgtest.Main(m)
}

// Real reports whether the tests run against the real tenant and server that the AUTH0_* and PG* variables name.
func Real() bool { return pgtest.Real() }

// Database creates a fresh database, dropped when the test ends.
func Database(t testing.TB) *DB {
	t.Helper()
	return pgtest.Database(t)
}

// LocalDatabase is Database for tests that need a local server: its files, its log, or a superuser.
func LocalDatabase(t testing.TB) *DB {
	t.Helper()
	return pgtest.LocalDatabase(t)
}
