// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// grip is something that a role may hold for as long as its session is open.
type grip struct{ name, sql string }

// grips are what the scripts' role with every privilege on a table can keep others waiting with.
func grips(role string) []grip {
	quoted := postgres.Ident(role)
	var advisory []string
	for _, key := range []string{
		"(c.oid::bigint << 32) | o.oid::bigint from (select 'pg_database'::regclass::oid as oid) c, pg_database o",
		"(c.oid::bigint << 32) | o.oid::bigint from (select 'pg_namespace'::regclass::oid as oid) c, pg_namespace o",
		"(c.oid::bigint << 32) | o.oid::bigint from (select 'pg_class'::regclass::oid as oid) c, pg_class o where o.relkind in ('r', 'S')",
	} {
		advisory = append(advisory, "select count(pg_advisory_xact_lock(k)) from (select "+key+") as a (k)")
	}
	return []grip{
		{"its own password", "ALTER ROLE " + quoted + " PASSWORD 'the thief''s'"},
		{"its own settings", "ALTER ROLE " + quoted + " SET work_mem = '1MB'"},
		{"a setting in this database", "DO $$ BEGIN EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I SET work_mem = %L', current_database(), '1MB'); END $$"},
		{"what it was granted", "DROP OWNED BY " + quoted},
		{"the table", "LOCK TABLE app.users IN ACCESS EXCLUSIVE MODE"},
		{"advisory locks", strings.Join(advisory, "; ")},
		{"comments", "DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS NULL', current_database()); EXCEPTION WHEN OTHERS THEN NULL; END $$; " +
			"DO $$ BEGIN COMMENT ON TYPE app.users IS NULL; EXCEPTION WHEN OTHERS THEN NULL; END $$"},
	}
}

// hold has a session of the role with the grip open until ctx ends, and another one whenever that is ended.
func hold(ctx context.Context, db *pgtest.DB, address string, g grip, held chan<- struct{}) {
	for ctx.Err() == nil {
		conn, err := pgx.Connect(ctx, address)
		if err != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		_, err = conn.Exec(ctx, "BEGIN; SET LOCAL statement_timeout = 0; "+g.sql)
		for err == nil {
			select {
			case held <- struct{}{}:
			default:
			}
			_, err = conn.Exec(ctx, "select pg_sleep(0.05)")
		}
		_ = conn.Close(context.Background())
	}
}

// rotationSite is a table, and the scripts' role with table-level rights on it.
func rotationSite(t *testing.T, db *pgtest.DB, server *postgres.Server) postgres.RoleSpec {
	t.Helper()
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "CREATE SCHEMA app; CREATE TABLE app.users (id bigint PRIMARY KEY, email text)"); err != nil {
		t.Fatal(err)
	}
	users := postgres.Object{Kind: postgres.TableObject, Schema: "app", Name: "users"}
	schema := postgres.Object{Kind: postgres.SchemaObject, Name: "app"}
	spec := postgres.RoleSpec{
		Name: db.RoleName("scripts"), ConnectionLimit: -1, Verifier: verifier(t, rolePassword), Objects: []postgres.Object{users, schema},
		Grants: []postgres.Grant{{Privilege: "USAGE", On: schema}, {Privilege: "SELECT", On: users}, {Privilege: "DELETE", On: users}},
	}
	if err := server.CreateRole(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

// TestThiefCannotKeepThePassword rotates the password, and grants, while three sessions of the role for each thing that it can
// lock hold that, and come back as soon as they are ended.
func TestThiefCannotKeepThePassword(t *testing.T) {
	administrators(t, func(t *testing.T, db *pgtest.DB, server *postgres.Server) {
		spec := rotationSite(t, db, server)
		for _, g := range grips(spec.Name) {
			t.Run(g.name, func(t *testing.T) {
				ctx, let := context.WithCancel(t.Context())
				held, done := make(chan struct{}, 3), make(chan struct{})
				address := db.URLFor(spec.Name, rolePassword)
				for range 3 {
					go func() { hold(ctx, db, address, g, held); done <- struct{}{} }()
				}
				defer func() {
					let()
					for range 3 {
						<-done
					}
					next := spec
					next.Verifier = verifier(t, rolePassword)
					if err := server.AlterRole(t.Context(), next); err != nil {
						t.Error(err)
					}
				}()
				<-held
				next := spec
				next.Verifier = verifier(t, "rotated-"+rolePassword)
				next.Grants = append(next.Grants, postgres.Grant{Privilege: "INSERT", On: spec.Objects[0]})
				next.ConnectionLimit = 40
				began := time.Now()
				rotated := make(chan time.Duration, 1)
				go func() {
					defer close(rotated)
					for time.Since(began) < 30*time.Second {
						if conn, err := pgx.Connect(t.Context(), db.URLFor(spec.Name, "rotated-"+rolePassword)); err == nil {
							rotated <- time.Since(began)
							_ = conn.Close(t.Context())
							return
						}
						time.Sleep(50 * time.Millisecond)
					}
				}()
				if err := server.AlterRole(t.Context(), next); err != nil {
					t.Error(err)
				}
				took, ok := <-rotated
				if !ok || took > 10*time.Second {
					t.Errorf("the new password is good after %s", took)
				}
				t.Logf("rotated after %s, all changed after %s", took, time.Since(began))
				if conn, err := pgx.Connect(t.Context(), address); err == nil {
					t.Error("the old password is good")
					_ = conn.Close(t.Context())
				}
			})
		}
	})
}

// TestWhoHoldsTheRoleUp names the session that keeps a change waiting, in the log while it waits and in the error. One of another
// role is not ended.
func TestWhoHoldsTheRoleUp(t *testing.T) {
	db := pgtest.LocalDatabase(t)
	server := roleServer(t, db.URL)
	spec := rotationSite(t, db, server)
	other := db.Conn()
	if _, err := other.Exec(t.Context(), "BEGIN; ALTER ROLE "+postgres.Ident(spec.Name)+" CONNECTION LIMIT 9"); err != nil {
		t.Fatal(err)
	}
	log := &pgtest.Output{}
	said := func(words ...string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(log.String(), word) })
	}
	ctx, cancel := context.WithTimeout(tflogtest.RootLogger(t.Context(), log), 10*time.Second)
	defer cancel()
	ended := make(chan error)
	go func() { ended <- server.AlterRole(ctx, spec) }()
	pid := int(other.PgConn().PID())
	for began := time.Now(); !said("held_up_by", fmt.Sprintf("process %d ", pid), "idle in transaction"); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 5*time.Second {
			t.Errorf("the log does not say at once who is waited for: %s", log.String())
			break
		}
	}
	select {
	case err := <-ended:
		t.Fatalf("it has not waited: %v", err)
	default:
		cancel()
	}
	err := <-ended
	var held *postgres.HeldUpError
	if !errors.As(err, &held) || len(held.Holders) != 1 || held.Holders[0].PID != pid || held.MayNotEnd != "" ||
		!strings.Contains(err.Error(), "idle in transaction") {
		t.Errorf("held up by another role: %v", err)
	}
	if _, err := other.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Errorf("the other role's session was ended: %v", err)
	}
}

// TestWhoMayNotEndTheRole has an owner of the table change what the role was granted, while the role keeps that to itself: whoever
// does not administer the role may not end its session. The error says so, and with the grant that it names the change goes through.
func TestWhoMayNotEndTheRole(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	spec := rotationSite(t, db, roleServer(t, db.URL))
	keeper, options := db.RoleName("keeper"), "LOGIN PASSWORD 'keeper'"
	if db.Server.Version() >= 16 { // before, who may create roles administers all
		options += " CREATEROLE"
	}
	db.Exec("CREATE ROLE " + keeper + " " + options)
	db.Exec("ALTER SCHEMA app OWNER TO " + keeper + "; ALTER TABLE app.users OWNER TO " + keeper)
	server := roleServer(t, db.URLFor(keeper, "keeper"))
	next := spec
	next.Verifier = nil
	next.Grants = append(slices.Clone(spec.Grants), postgres.Grant{Privilege: "INSERT", On: spec.Objects[0]})
	thief := db.ConnTo(db.URLFor(spec.Name, rolePassword))
	if _, err := thief.Exec(t.Context(), "BEGIN; DROP OWNED BY "+postgres.Ident(spec.Name)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	err := server.AlterRole(ctx, next)
	var held *postgres.HeldUpError
	if !errors.As(err, &held) || held.MayNotEnd != spec.Name || held.Holders[0].PID != int(thief.PgConn().PID()) {
		t.Fatalf("held up by a role that may not be ended: %v", err)
	}
	db.Exec("GRANT pg_signal_backend TO " + keeper)
	if err := server.AlterRole(t.Context(), next); err != nil {
		t.Errorf("with the grant: %v", err)
	}
	if _, err := thief.Exec(t.Context(), "SELECT 1"); err == nil {
		t.Error("the role's session was not ended")
	}
}

// TestPreparedTransactionsCannotKeepThePassword has what the role locks stay behind without a session, also from another
// database, in which alone it can be ended.
func TestPreparedTransactionsCannotKeepThePassword(t *testing.T) {
	local, err := localpostgres.Start(t.Context(), localpostgres.Options{InMemory: true, Settings: map[string]string{"max_prepared_transactions": "5"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Stop(context.Background()) }) // before the databases go
	for _, managed := range []bool{false, true} {
		db, aside := pgtest.On(t, local), pgtest.On(t, local)
		address := db.URL
		if managed {
			_, address = db.MainUser("main")
		}
		server := roleServer(t, address)
		spec := rotationSite(t, db, server)
		for database, sql := range map[*pgtest.DB]string{
			aside: "ALTER ROLE " + postgres.Ident(spec.Name) + " PASSWORD 'the thief''s'", db: "LOCK TABLE app.users IN ACCESS EXCLUSIVE MODE",
		} {
			conn := database.ConnTo(database.URLFor(spec.Name, rolePassword))
			if _, err := conn.Exec(t.Context(), "BEGIN; "+sql+"; PREPARE TRANSACTION 'it''s "+database.Name+"'"); err != nil {
				t.Fatal(err)
			}
		}
		next := spec
		next.Verifier = verifier(t, "rotated-"+rolePassword)
		next.Grants = append(next.Grants, postgres.Grant{Privilege: "INSERT", On: spec.Objects[0]})
		began := time.Now()
		if err := server.AlterRole(t.Context(), next); err != nil || time.Since(began) > 10*time.Second {
			t.Errorf("managed %t: after %s: %v", managed, time.Since(began), err)
		}
		if _, err := pgx.Connect(t.Context(), db.URLFor(spec.Name, "rotated-"+rolePassword)); err != nil {
			t.Error(err)
		}
		if kept := db.QueryStrings("SELECT m.roleid::regrole::text FROM pg_auth_members m WHERE m.member = (SELECT oid FROM pg_roles WHERE rolname = (SELECT rolname FROM pg_roles WHERE rolname LIKE 'main%' LIMIT 1)) AND m.roleid = $1::regrole AND NOT m.admin_option", postgres.Ident(spec.Name)); len(kept) > 0 {
			t.Errorf("the provider has stayed a member of %v", kept)
		}
		// What is no change of the role's is not the provider's to end: the error names it, and where it can be ended.
		if left := db.QueryInt("SELECT count(*) FROM pg_prepared_xacts WHERE database = $1", db.Name); db.Server.Version() < 18 && left != 1 {
			t.Errorf("%d transactions are left", left)
		}
		for _, gid := range db.QueryStrings("SELECT gid FROM pg_prepared_xacts WHERE database = $1", db.Name) {
			db.Exec("ROLLBACK PREPARED " + postgres.QuoteLiteral(gid))
		}
	}
	db := pgtest.On(t, local)
	server := roleServer(t, db.URL)
	spec := rotationSite(t, db, server)
	if _, err := db.Conn().Exec(t.Context(), "BEGIN; ALTER ROLE "+postgres.Ident(spec.Name)+" CONNECTION LIMIT 9; PREPARE TRANSACTION 'somebody''s'"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	err = server.AlterRole(ctx, spec)
	var held *postgres.HeldUpError
	if !errors.As(err, &held) || len(held.Holders) != 1 || held.Holders[0].GID != "somebody's" || held.Holders[0].Database != db.Name || held.Holders[0].Role != "postgres" {
		t.Errorf("held up by another role's: %v", err)
	}
	db.Exec("ROLLBACK PREPARED 'somebody''s'")
}

// TestLargeObjectsCanBeForbidden is what the security model says of the one kind of object that every role may create.
func TestLargeObjectsCanBeForbidden(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	server := roleServer(t, db.URL)
	spec := rotationSite(t, db, server)
	conn := db.ConnTo(db.URLFor(spec.Name, rolePassword))
	ways := []string{"select lo_creat(-1)", "select lo_create(0)", "select lo_from_bytea(0, 'x')", "select lo_import('/etc/hostname')", "select lo_import('/etc/hostname', 4711)"}
	made := 0
	for _, way := range ways {
		if _, err := conn.Exec(t.Context(), way); err == nil {
			made++
		}
	}
	if made != 3 {
		t.Errorf("%d ways lead to a large object", made)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := server.DropRole(t.Context(), spec.Name, spec.Objects, 5*time.Second); sqlState(err) != "2BP01" || !strings.Contains(errorDetail(err), "large object") {
		t.Errorf("dropping the role: %v", err)
	}
	db.Exec("REVOKE EXECUTE ON FUNCTION lo_from_bytea(oid, bytea), lo_creat(integer), lo_create(oid) FROM PUBLIC")
	conn = db.ConnTo(db.URLFor(spec.Name, rolePassword))
	for _, way := range ways {
		if _, err := conn.Exec(t.Context(), way); sqlState(err) != "42501" {
			t.Errorf("%s: %v", way, err)
		}
	}
}

func errorDetail(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Detail
	}
	return ""
}
