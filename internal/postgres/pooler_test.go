// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

func administrator(t *testing.T, db *pgtest.DB) map[string]string {
	t.Helper()
	u, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal("parsing the database's own URL failed")
	}
	password, _ := u.User.Password()
	return map[string]string{u.User.Username(): password}
}

// A pooler that gives away sessions is found out before anything is set or changed, whatever its pool is like and
// whoever else uses it; one that keeps them is used.
func TestPoolerModes(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	for _, c := range []struct {
		mode     string
		size     int
		settings []string
		busy     bool
		refused  bool
	}{
		{mode: "transaction", size: 1, refused: true},
		{mode: "transaction", size: 2, refused: true},
		{mode: "transaction", size: 8, refused: true},
		{mode: "transaction", size: 3, settings: []string{"server_round_robin = 1"}, refused: true},
		{mode: "transaction", size: 4, busy: true, refused: true},
		{mode: "transaction", size: 8, settings: []string{"server_round_robin = 1"}, busy: true, refused: true},
		{mode: "statement", size: 4, refused: true},
		{mode: "session", size: 4},
		{mode: "session", size: 4, settings: []string{"server_round_robin = 1"}},
		{mode: "session", size: 20, busy: true},
		{mode: "session", size: 2},
		{mode: "session", size: 4, settings: []string{"server_reset_query ="}},
		{mode: "transaction", size: 5, settings: []string{"server_round_robin = 1"}, busy: true, refused: true},
	} {
		t.Run(fmt.Sprint(c.mode, c.size, c.settings, c.busy), func(t *testing.T) {
			pooler := db.PgBouncer(t, pgtest.PgBouncerOptions{
				Mode: c.mode, PoolSize: c.size, Settings: c.settings, Users: administrator(t, db),
			})
			address := pooler.In(t, db.URL)
			if c.busy {
				others(t, address)
			}
			server, err := postgres.NewServer(postgres.Config{URL: address, LockTimeout: 7 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			_, err = server.Pool(t.Context())
			var refused *postgres.PoolerError
			switch {
			case c.refused && (!errors.As(err, &refused) || refused.Unproven):
				t.Fatalf("not refused: %v", err)
			case !c.refused && err != nil:
				t.Fatal(err)
			case c.refused && !strings.Contains(err.Error(), "transaction mode"):
				t.Errorf("the error does not name the cause: %v", err)
			}
			if !c.refused {
				session, err := table.Lock(t.Context(), server, "public", "users")
				if err != nil {
					t.Fatal(err)
				}
				session.Close()
				server.Close()
			}
			nothingStays(t, address, c.size)
		})
	}
}

// others keep a pooler busy until the test ends.
func others(t *testing.T, address string) {
	t.Helper()
	conns := []*pgx.Conn{simple(t, address), simple(t, address), simple(t, address)}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	t.Cleanup(func() { // before the connections are closed
		cancel()
		group.Wait()
	})
	for _, conn := range conns {
		group.Go(func() {
			for ctx.Err() == nil {
				if _, err := conn.Exec(ctx, "select pg_sleep(0.002)"); err != nil {
					return
				}
			}
		})
	}
}

func simple(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal("parsing the pooler's URL failed")
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// nothingStays looks at every session of the server that the pooler has: whoever gets it next must find it as it was.
func nothingStays(t *testing.T, address string, size int) {
	t.Helper()
	for range min(size, 4) {
		conn := simple(t, address)
		for setting, want := range map[string]string{"lock_timeout": "0", "search_path": `"$user", public`, "idle_in_transaction_session_timeout": "0"} {
			var value string
			if err := conn.QueryRow(t.Context(), "select pg_catalog.current_setting($1)", setting).Scan(&value); err != nil {
				t.Fatal(err)
			}
			if value != want {
				t.Errorf("%s = %s stays on a session of the pooler", setting, value)
			}
		}
		var locks int
		if err := conn.QueryRow(t.Context(), "select count(*)::int from pg_catalog.pg_locks where locktype = 'advisory'"+
			" and database = (select oid from pg_catalog.pg_database where datname = current_database())").Scan(&locks); err != nil || locks > 0 {
			t.Errorf("%d advisory locks stay (%v)", locks, err)
		}
	}
}

// A pooler that has no second session to give cannot be told, and is not waited for without end.
func TestPoolerOfOneSession(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	pooler := db.PgBouncer(t, pgtest.PgBouncerOptions{Mode: "session", PoolSize: 1, Users: administrator(t, db)})
	server, err := postgres.NewServer(postgres.Config{URL: pooler.In(t, db.URL)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	began := time.Now()
	var refused *postgres.PoolerError
	if _, err := server.Pool(t.Context()); !errors.As(err, &refused) || !refused.Unproven {
		t.Errorf("a pooler with one session: %v", err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %s", took)
	}
}
