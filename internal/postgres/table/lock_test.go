// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

// TestLockIsTheOwnersAlone lets a role with every privilege on the table hold all that it can, and wants a run to get its
// turn at once all the same.
func TestLockIsTheOwnersAlone(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	server := serverAt(t, db.URL)
	scripts := db.RoleName("scripts")
	db.Exec("CREATE TABLE public.users (id bigint PRIMARY KEY, email text); CREATE ROLE " + scripts + " LOGIN PASSWORD 'known'; GRANT ALL ON public.users TO " + scripts)
	db.Exec("COMMENT ON TYPE public.users IS 'somebody''s'")
	thief := db.ConnTo(db.URLFor(scripts, "known"))
	if _, err := thief.Exec(t.Context(), "BEGIN; LOCK TABLE public.users IN ACCESS EXCLUSIVE MODE; CREATE TEMP TABLE copies (one public.users)"); err != nil {
		t.Fatal(err)
	}
	if _, err := thief.Exec(t.Context(), "DO $$ BEGIN COMMENT ON TYPE public.users IS NULL; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	session, err := table.Lock(ctx, server, "public", "users")
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()

	short, end := context.WithTimeout(t.Context(), time.Second)
	defer end()
	_, err = table.Lock(short, server, "public", "users")
	var held *postgres.HeldUpError
	if !errors.As(err, &held) || !strings.Contains(held.Who(), fmt.Sprintf("of the role %q (idle in transaction", db.QueryString("SELECT current_user"))) {
		t.Errorf("a second run: %v", err)
	}

	plan := table.Plan{Steps: []table.Step{{SQL: "ALTER TABLE public.users ADD name text", What: "add", Route: table.Catalog, Lock: table.LockExclusive}}}
	err = session.Apply(t.Context(), plan, table.Budgets{Lock: time.Second})
	if !errors.As(err, &held) || !slices.ContainsFunc(held.Holders, func(h postgres.Holder) bool { return h.PID == int(thief.PgConn().PID()) && h.Role == scripts }) {
		t.Errorf("a change of the locked table: %v", err)
	}
	if got := db.QueryString("SELECT obj_description('public.users'::regtype, 'pg_type')"); got != "somebody's" {
		t.Errorf("the comment has become %q", got)
	}
}

// TestLostLockStops ends the session that has the lock between two steps.
func TestLostLockStops(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	db.Exec("CREATE TABLE public.users (id bigint PRIMARY KEY)")
	session, err := table.Lock(t.Context(), serverAt(t, db.URL), "public", "users")
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	db.Exec("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE classid = 'pg_type'::regclass AND objid = 'public.users'::regtype")
	plan := table.Plan{Steps: []table.Step{{SQL: "ALTER TABLE public.users ADD name text", What: "add", Route: table.Catalog, Lock: table.LockExclusive}}}
	if err := session.Apply(t.Context(), plan, table.Budgets{Lock: time.Second}); err == nil || db.QueryBool("SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.users'::regclass AND attname = 'name')") {
		t.Errorf("the change is made without the lock: %v", err)
	}
}
