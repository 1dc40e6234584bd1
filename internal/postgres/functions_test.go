// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// peopleSpec is one function over a small table. Another statement changes its body, further
// columns its signature.
func peopleSpec(schema, statement string, further ...string) postgres.AccessSpec {
	table := postgres.Object{Kind: postgres.TableObject, Schema: "public", Name: "people"}
	onSchema := postgres.Object{Kind: postgres.SchemaObject, Name: "public"}
	owner := schema + "_owner"
	results := []postgres.FunctionColumn{{Name: "email", Type: "text"}}
	for _, name := range further {
		results = append(results, postgres.FunctionColumn{Name: name, Type: "text"})
	}
	return postgres.AccessSpec{
		Schema: schema, Owner: owner, Comment: "test", Table: table, Names: []string{"find"},
		Objects: []postgres.Object{onSchema, table},
		Grants:  []postgres.Grant{{Privilege: "USAGE", On: onSchema}, {Privilege: "SELECT", Columns: []string{"email", "id"}, On: table}},
		Functions: []postgres.AccessFunction{
			postgres.NewAccessFunction(schema, owner, "find", statement, []postgres.FunctionColumn{{Name: "wanted", Type: "text"}}, results, true, "Finds people.")},
	}
}

const (
	findPeople      = "SELECT email FROM public.people WHERE email = $1"
	findPeopleOther = "SELECT p.email FROM public.people p WHERE p.email = $1 AND p.id > 0"
	findPeopleID    = "SELECT email, id::text FROM public.people WHERE email = $1"
)

// access creates the table, the functions and a role that may call them.
func access(t *testing.T, db *pgtest.DB, server *postgres.Server) (schema, caller string, objects []postgres.Object) {
	t.Helper()
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "CREATE TABLE public.people (id int, email text); INSERT INTO public.people VALUES (1, 'a')", pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	schema, caller = db.RoleName("people"), db.RoleName("caller")
	if err := server.CreateAccess(t.Context(), peopleSpec(schema, findPeople)); err != nil {
		t.Fatal(err)
	}
	grants := []postgres.Grant{{Privilege: "USAGE", On: postgres.Object{Kind: postgres.SchemaObject, Name: schema}},
		{Privilege: "EXECUTE", On: postgres.Object{Kind: postgres.FunctionObject, Schema: schema, Name: "find"}}}
	objects = []postgres.Object{grants[0].On, grants[1].On}
	if err := server.CreateRole(t.Context(), postgres.RoleSpec{Name: caller, ConnectionLimit: -1, Verifier: verifier(t, "caller"), Grants: grants, Objects: objects}); err != nil {
		t.Fatal(err)
	}
	return schema, caller, objects
}

// Arguments and results cannot be changed in place; who could call before still can.
func TestAccessFunctionsKeepTheirGrants(t *testing.T) {
	t.Parallel()
	administrators(t, func(t *testing.T, db *pgtest.DB, server *postgres.Server) {
		schema, caller, objects := access(t, db, server)
		if err := server.AlterAccess(t.Context(), peopleSpec(schema, findPeopleID, "id")); err != nil {
			t.Fatal(err)
		}
		conn := db.ConnTo(db.URLFor(caller, "caller"))
		var id string
		if err := conn.QueryRow(t.Context(), fmt.Sprintf("SELECT id FROM %s.find('a')", schema)).Scan(&id); err != nil || id != "1" {
			t.Errorf("after the change of the signature: %q, %v", id, err)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		var used *postgres.AccessInUseError
		if err := server.DropAccess(t.Context(), peopleSpec(schema, findPeople), 0); !errors.As(err, &used) || used.Roles[0] != caller {
			t.Errorf("dropping functions that a role may call: %v", err)
		}
		if err := server.DropRole(t.Context(), caller, objects, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		if err := server.DropAccess(t.Context(), peopleSpec(schema, findPeople), 0); err != nil {
			t.Fatal(err)
		}
		if _, err := server.Role(t.Context(), schema+"_owner"); !errors.Is(err, postgres.ErrRoleNotFound) {
			t.Errorf("after the deletion: %v", err)
		}
	})
}

// Several providers change a function to and fro, while somebody calls it: no call fails.
func TestAccessFunctionsReplacedAllTheTime(t *testing.T) {
	t.Parallel()
	administrators(t, func(t *testing.T, db *pgtest.DB, server *postgres.Server) {
		schema, caller, objects := access(t, db, server)
		conn := db.ConnTo(db.URLFor(caller, "caller"))
		call := fmt.Sprintf(`SELECT email FROM %s.find(wanted => $1)`, schema)
		stop, calls := make(chan struct{}), make(chan int)
		go func() {
			n := 0
			for ; ; n++ {
				select {
				case <-stop:
					calls <- n
					return
				default:
				}
				var email string
				// As a script does: parsed and run in one go, with nothing kept.
				if err := conn.QueryRow(t.Context(), call, pgx.QueryExecModeExec, "a").Scan(&email); err != nil {
					t.Errorf("call %d: %v", n, err)
				}
			}
		}()
		var group sync.WaitGroup
		for i := range 4 {
			group.Go(func() {
				for round := range 10 {
					statement := []string{findPeople, findPeopleOther}[(i+round)%2]
					if err := server.AlterAccess(t.Context(), peopleSpec(schema, statement)); err != nil {
						t.Errorf("change %d by provider %d: %v", round, i, err)
					}
				}
			})
		}
		group.Wait()
		close(stop)
		if n := <-calls; n < 100 {
			t.Errorf("only %d calls were made meanwhile", n)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := server.DropRole(t.Context(), caller, objects, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		if err := server.DropAccess(t.Context(), peopleSpec(schema, findPeople), 0); err != nil {
			t.Fatal(err)
		}
	})
}

// Whoever changes a policy keeps all readers from the table. Logins wait only a moment for that, be it that a reader
// does not end, or that something else is in the way of the functions.
func TestAccessPolicyLetsLoginsThrough(t *testing.T) {
	t.Parallel()
	administrators(t, func(t *testing.T, db *pgtest.DB, server *postgres.Server) {
		schema, _, _ := access(t, db, server)
		for name, busy := range map[string]string{
			"a reader":   "SELECT FROM public.people",
			"a function": "ALTER FUNCTION " + schema + ".find(text) COST 7",
		} {
			db.Exec("ALTER TABLE public.people ENABLE ROW LEVEL SECURITY")
			blocker, reader := db.Conn(), db.Conn()
			tx, err := blocker.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(t.Context(), busy); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- server.AlterAccess(t.Context(), peopleSpec(schema, findPeopleOther)) }()
			var longest time.Duration
			for end := time.Now().Add(1500 * time.Millisecond); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
				began := time.Now()
				if _, err := reader.Exec(t.Context(), "SELECT FROM public.people"); err != nil {
					t.Fatal(err)
				}
				longest = max(longest, time.Since(began))
			}
			if longest > 1800*time.Millisecond { // below lock_timeout, for which it would wait otherwise
				t.Errorf("while %s is busy, a login waits %v", name, longest)
			}
			if err := tx.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Errorf("while %s is busy: %v", name, err)
			}
			if n := db.QueryInt("SELECT count(*) FROM pg_policy WHERE polrelid = 'public.people'::regclass"); n != 1 {
				t.Errorf("after %s there are %d policies", name, n)
			}
			db.Exec("ALTER TABLE public.people DISABLE ROW LEVEL SECURITY")
			if err := server.AlterAccess(t.Context(), peopleSpec(schema, findPeople)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
