// SPDX-License-Identifier: MPL-2.0

package localpostgres_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
)

func start(t *testing.T, o localpostgres.Options) *localpostgres.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	server, err := localpostgres.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return server
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func TestEveryMajorStarts(t *testing.T) {
	majors := localpostgres.Majors()
	for i, major := range majors {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			if i != 0 && i != len(majors)-1 && os.Getenv("AUTH0PG_PG_ALL") == "" {
				t.Skip("the oldest and the newest version stand for the others; AUTH0PG_PG_ALL=1 starts all")
			}
			server := start(t, localpostgres.Options{Version: major})
			conn := connect(t, server.URL("postgres"))

			var number int
			if err := conn.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int").Scan(&number); err != nil {
				t.Fatal(err)
			}
			if number/10000 != major || server.Version() != major {
				t.Errorf("asked for %d, the server says %d and Version %d", major, number, server.Version())
			}
			for _, extension := range []string{"citext", "pgcrypto"} {
				if _, err := conn.Exec(t.Context(), "CREATE EXTENSION "+extension); err != nil {
					t.Error(err)
				}
			}
			var lower string
			if err := conn.QueryRow(t.Context(), "SELECT lower('ÄÖÜ@EXAMPLE.COM')").Scan(&lower); err != nil {
				t.Fatal(err)
			}
			if lower != "äöü@example.com" {
				t.Errorf("the locale folds only ASCII: lower gives %q", lower)
			}
		})
	}
}
