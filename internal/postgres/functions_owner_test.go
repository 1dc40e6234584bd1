// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// neighbours runs a test on two databases of one server, which one administrator looks after.
func neighbours(t *testing.T, test func(t *testing.T, db *pgtest.DB, servers [2]*postgres.Server)) {
	administrators(t, func(t *testing.T, db *pgtest.DB, server *postgres.Server) {
		second := pgtest.LocalDatabase(t)
		address := second.URL
		var admin string
		pool, err := server.Pool(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := pool.QueryRow(t.Context(), "select current_user").Scan(&admin); err != nil {
			t.Fatal(err)
		}
		if admin != db.Server.User() {
			quoted := pgx.Identifier{admin}.Sanitize()
			second.Exec("ALTER DATABASE " + second.Name + " OWNER TO " + quoted)
			second.Exec("ALTER SCHEMA public OWNER TO " + quoted)
			address = second.URLFor(admin, "main")
		}
		servers := [2]*postgres.Server{server, roleServer(t, address)}
		for _, s := range servers {
			pool, err := s.Pool(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := pool.Exec(t.Context(), "CREATE TABLE public.people (id int, email text); INSERT INTO public.people VALUES (1, 'a')", pgx.QueryExecModeSimpleProtocol); err != nil {
				t.Fatal(err)
			}
		}
		test(t, db, servers)
	})
}

// both does something in both databases at once.
func both(t *testing.T, servers [2]*postgres.Server, do func(s *postgres.Server) error) {
	t.Helper()
	var group sync.WaitGroup
	for i, s := range servers {
		group.Go(func() {
			if err := do(s); err != nil {
				t.Errorf("database %d: %v", i, err)
			}
		})
	}
	group.Wait()
}

// Roles belong to the server: two databases with the same schema have one owner, who goes with the last of them.
func TestAccessFunctionsShareTheirOwner(t *testing.T) {
	t.Parallel()
	neighbours(t, func(t *testing.T, db *pgtest.DB, servers [2]*postgres.Server) {
		schema := strings.TrimSuffix(db.RoleName("people")+"_owner", "_owner")
		owner := schema + "_owner"
		exists := func() bool { return db.QueryBool("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", owner) }
		spec := peopleSpec(schema, findPeople)
		for _, s := range servers {
			if err := s.CreateAccess(t.Context(), spec); err != nil {
				t.Fatal(err)
			}
		}
		if err := servers[0].DropAccess(t.Context(), spec, 0); err != nil {
			t.Fatal(err)
		}
		if !exists() {
			t.Fatal("the owner went with the first database that uses it")
		}
		access, err := servers[1].Access(t.Context(), schema, []string{"find", postgres.ClientCheck})
		if err != nil || access.Owner != owner || access.Definitions()["find"] != spec.Wanted(access)["find"] {
			t.Errorf("in the other database: %+v, %v", access, err)
		}
		role, err := servers[1].Role(t.Context(), owner)
		if err != nil {
			t.Fatal(err)
		}
		held, err := servers[1].RoleGrants(t.Context(), role, spec.Objects, nil)
		if err != nil || len(held) != len(spec.Grants) {
			t.Errorf("in the other database the owner holds %v, want %v: %v", held, spec.Grants, err)
		}
		if err := servers[1].DropAccess(t.Context(), spec, 0); err != nil {
			t.Fatal(err)
		}
		if exists() {
			t.Error("the owner stays behind the last database that used it")
		}
	})
}

// Two providers that make, change and drop functions with one owner at the same time do not get in each other's way.
func TestAccessFunctionsShareTheirOwnerAtOnce(t *testing.T) {
	neighbours(t, func(t *testing.T, db *pgtest.DB, servers [2]*postgres.Server) {
		schema := db.RoleName("people")
		for range 10 {
			both(t, servers, func(s *postgres.Server) error { return s.CreateAccess(t.Context(), peopleSpec(schema, findPeople)) })
			both(t, servers, func(s *postgres.Server) error {
				return s.AlterAccess(t.Context(), peopleSpec(schema, findPeopleOther))
			})
			both(t, servers, func(s *postgres.Server) error { return s.DropAccess(t.Context(), peopleSpec(schema, findPeople), 0) })
			if db.QueryBool("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", schema+"_owner") {
				t.Fatal("the owner stays behind")
			}
		}
	})
}

// The last database to let go of the owner drops it also when both do so in the same moment: neither sees what the
// other has not committed yet, so one of them has to wait.
func TestAccessFunctionsSharedOwnerIsNotForgotten(t *testing.T) {
	t.Parallel()
	neighbours(t, func(t *testing.T, db *pgtest.DB, servers [2]*postgres.Server) {
		schema := db.RoleName("people")
		owner, spec := schema+"_owner", peopleSpec(schema, findPeople)
		both(t, servers, func(s *postgres.Server) error { return s.CreateAccess(t.Context(), spec) })
		conn := db.Conn()
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// As another provider would in the first database: it finds the second one's functions and leaves the owner.
		for _, statement := range []string{
			"COMMENT ON ROLE " + owner + " IS 'Owns access functions, managed by Terraform (auth0pg_access_functions).'",
			"DROP SCHEMA " + schema + " CASCADE", "DROP OWNED BY " + owner,
		} {
			if _, err := tx.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		dropped := make(chan error, 1)
		go func() { dropped <- servers[1].DropAccess(t.Context(), spec, 0) }()
		waits := func() bool {
			return db.QueryBool("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = $1)", servers[1].Database())
		}
		for range 100 {
			if waits() || len(dropped) > 0 {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-dropped; err != nil {
			t.Fatal(err)
		}
		if db.QueryBool("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", owner) {
			t.Error("both have left the owner to the other")
		}
	})
}

// What is not certain to be an owner of access functions is not shared.
func TestAccessFunctionsOwnerNotShared(t *testing.T) {
	t.Parallel()
	neighbours(t, func(t *testing.T, db *pgtest.DB, servers [2]*postgres.Server) {
		schema, member := db.RoleName("people"), db.RoleName("member")
		owner := schema + "_owner"
		spec := peopleSpec(schema, findPeople)
		if err := servers[0].CreateAccess(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		db.Exec("CREATE ROLE " + member)
		refused := func(server *postgres.Server, spec postgres.AccessSpec, reason string) {
			t.Helper()
			for what, err := range map[string]error{"the check": server.CheckOwner(t.Context(), spec.Owner), "the creation": server.CreateAccess(t.Context(), spec)} {
				var exists *postgres.AccessExistsError
				if !errors.As(err, &exists) || exists.Kind != "role" || !strings.Contains(exists.Reason, reason) {
					t.Errorf("%s says %v, want a role that exists %q", what, err, reason)
				}
			}
		}
		second := peopleSpec(schema+"_2", findPeople)
		second.Owner = owner
		refused(servers[0], second, "in this database")
		for _, c := range []struct{ change, back, reason string }{
			{"GRANT " + owner + " TO " + member, "REVOKE " + owner + " FROM " + member, member},
			{"ALTER ROLE " + owner + " CREATEDB", "ALTER ROLE " + owner + " NOCREATEDB", "CREATEDB"},
			{"COMMENT ON ROLE " + owner + " IS 'mine'", "COMMENT ON ROLE " + owner + " IS 'Owns access functions, managed by Terraform (auth0pg_access_functions).'", "not made to own"},
		} {
			db.Exec(c.change)
			refused(servers[1], spec, c.reason)
			db.Exec(c.back)
		}
		if err := servers[1].CheckOwner(t.Context(), owner); err != nil {
			t.Errorf("put back as it was: %v", err)
		}
		if err := servers[0].DropAccess(context.WithoutCancel(t.Context()), spec, 0); err != nil {
			t.Fatal(err)
		}
	})
}

// Somebody who drops the schema leaves the owner, with rights on the table and a policy. The next creation takes it
// over with what it needs and nothing else; without one, it goes with the drop.
func TestAccessFunctionsLeftOwner(t *testing.T) {
	t.Parallel()
	administrators(t, func(t *testing.T, db *pgtest.DB, server *postgres.Server) {
		schema := db.RoleName("people")
		owner, spec := schema+"_owner", peopleSpec(schema, findPeople)
		asAdmin := func(statements string) {
			t.Helper()
			pool, err := server.Pool(t.Context())
			if err == nil {
				_, err = pool.Exec(t.Context(), statements, pgx.QueryExecModeSimpleProtocol)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		asAdmin("CREATE TABLE public.people (id int, email text); ALTER TABLE public.people ENABLE ROW LEVEL SECURITY;" +
			"CREATE TABLE public.former (id serial, email text)")
		leave := func() {
			t.Helper()
			if err := server.CreateAccess(t.Context(), spec); err != nil {
				t.Fatal(err)
			}
			asAdmin(fmt.Sprintf("GRANT SELECT ON public.former TO %[1]s; GRANT USAGE ON public.former_id_seq TO %[1]s;"+
				"CREATE POLICY former ON public.former TO %[1]s USING (true)", owner))
			db.Exec("DROP SCHEMA " + schema + " CASCADE")
		}
		left := func() int {
			return db.QueryInt("SELECT count(*) FROM pg_shdepend WHERE refobjid = (SELECT oid FROM pg_roles WHERE rolname = $1) AND dbid <> 0", owner)
		}
		leave()
		if err := server.CheckOwner(t.Context(), owner); err != nil {
			t.Errorf("the check: %v", err)
		}
		if err := server.CreateAccess(t.Context(), spec); err != nil {
			t.Fatalf("created again: %v", err)
		}
		again := left()
		if err := server.DropAccess(t.Context(), spec, 0); err != nil {
			t.Fatal(err)
		}
		if err := server.CreateAccess(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		if fresh := left(); again != fresh {
			t.Errorf("the owner that was taken over has %d dependencies, a new one %d", again, fresh)
		}
		if err := server.DropAccess(t.Context(), spec, 0); err != nil {
			t.Fatal(err)
		}
		leave()
		if err := server.DropAccess(t.Context(), spec, 0); err != nil {
			t.Fatal(err)
		}
		if db.QueryBool("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", owner) {
			t.Error("the owner stays behind")
		}
		db.Exec("DROP TABLE public.people, public.former")
	})
}
