// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// TestMain also looks for goroutines that the tests have left.
func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Tests{M: m}) }

func serverFor(t *testing.T, db *pgtest.DB, managed bool) *postgres.Server {
	t.Helper()
	address := db.URL
	if managed {
		_, address = db.MainUser("main_user")
	}
	server, err := postgres.NewServer(postgres.Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

// serverAt is one that waits for locks as long as the provider does.
func serverAt(t *testing.T, url string) *postgres.Server {
	t.Helper()
	server, err := postgres.NewServer(postgres.Config{URL: url, LockTimeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	if _, err := server.Pool(t.Context()); err != nil {
		t.Fatal(err)
	}
	return server
}
