// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// An ordinary role test's password: it has what badly quoted literals stumble over.
const rolePassword = `p\a'ss"$w:o/rd%41@`

// administrators runs a test as a superuser and as what managed services give instead: a
// role that may create roles and owns the database.
func administrators(t *testing.T, test func(t *testing.T, db *pgtest.DB, server *postgres.Server)) {
	t.Run("superuser", func(t *testing.T) {
		db := pgtest.LocalDatabase(t)
		test(t, db, roleServer(t, db.URL))
	})
	t.Run("createrole", func(t *testing.T) {
		db := pgtest.LocalDatabase(t)
		_, url := db.MainUser("Main User")
		test(t, db, roleServer(t, url))
	})
}

func roleServer(t *testing.T, url string) *postgres.Server {
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

// usersTable creates a table as the administrator under test and returns grants on it.
func usersTable(t *testing.T, server *postgres.Server, db *pgtest.DB) (wanted []postgres.Grant, objects []postgres.Object) {
	t.Helper()
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `CREATE TABLE public."Us""ers" (id int, "E-mail" text, secret text)`); err != nil {
		t.Fatal(err)
	}
	database := postgres.Object{Kind: postgres.DatabaseObject, Name: db.Name}
	schema := postgres.Object{Kind: postgres.SchemaObject, Name: "public"}
	table := postgres.Object{Kind: postgres.TableObject, Schema: "public", Name: `Us"ers`}
	return postgres.MergeGrants([]postgres.Grant{
		{Privilege: "CONNECT", On: database},
		{Privilege: "USAGE", On: schema},
		{Privilege: "SELECT", Columns: []string{"id", "E-mail"}, On: table},
		{Privilege: "UPDATE", Columns: []string{"E-mail"}, On: table},
		{Privilege: "DELETE", On: table},
	}), []postgres.Object{database, schema, table}
}

func verifier(t *testing.T, password string) *postgres.Verifier {
	t.Helper()
	v, err := postgres.NewVerifier(password, postgres.DefaultIterations)
	if err != nil {
		t.Fatal(err)
	}
	return &v
}

func lines(grants []postgres.Grant) []string {
	var all []string
	for _, g := range grants {
		all = append(all, g.String())
	}
	return all
}

func TestRoleLifecycle(t *testing.T) {
	t.Parallel()
	administrators(t, func(t *testing.T, db *pgtest.DB, server *postgres.Server) {
		ctx := t.Context()
		grants, objects := usersTable(t, server, db)
		name := db.RoleName(`Scripts"'\role`)
		timeout, path := "5s", postgres.JoinIdentifierList([]string{"$user", `odd", name`})
		until := time.Date(2099, 1, 2, 3, 4, 5, 0, time.UTC)
		spec := postgres.RoleSpec{
			Name: name, ConnectionLimit: 3, ValidUntil: &until, Verifier: verifier(t, rolePassword),
			Settings: map[string]string{"statement_timeout": timeout, postgres.SearchPath: path}, Grants: grants, Objects: objects,
		}
		if err := server.CreateRole(ctx, spec); err != nil {
			t.Fatal(err)
		}
		if err := server.CreateRole(ctx, spec); !errors.Is(err, postgres.ErrRoleExists) {
			t.Errorf("a second creation: %v", err)
		}

		role, err := server.Role(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if role.Attributes != postgres.ScriptsRole || role.ConnectionLimit != 3 || !role.ValidUntil.Equal(until) {
			t.Errorf("read back as %+v", role)
		}
		if names, ok := postgres.ParseIdentifierList(role.Settings[postgres.SearchPath]); !ok || !slices.Equal(names, []string{"$user", `odd", name`}) {
			t.Errorf("search_path %q", role.Settings[postgres.SearchPath])
		}
		held, err := server.RoleGrants(ctx, role, objects, grants)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(lines(held), lines(grants)) {
			t.Errorf("granted\n%q, want\n%q", lines(held), lines(grants))
		}
		if role.Password.Readable && (role.Password.Verifier == nil || role.Password.Verifier.Fingerprint() != spec.Verifier.Fingerprint()) {
			t.Error("the stored verifier is not the one that was sent")
		}

		conn := db.ConnTo(db.URLFor(name, rolePassword))
		var got string
		if err := conn.QueryRow(ctx, "SHOW statement_timeout").Scan(&got); err != nil || got != "5s" {
			t.Errorf("statement_timeout of a session is %s, %v", got, err)
		}
		for statement, allowed := range map[string]bool{
			`SELECT id, "E-mail" FROM public."Us""ers"`:             true,
			`UPDATE public."Us""ers" SET "E-mail" = 'x'`:            true,
			`DELETE FROM public."Us""ers" WHERE id = 1`:             true,
			`SELECT secret FROM public."Us""ers"`:                   false,
			`UPDATE public."Us""ers" SET id = 1`:                    false,
			`INSERT INTO public."Us""ers" (id) VALUES (1)`:          false,
			`CREATE ROLE intruder`:                                  false,
			`GRANT SELECT (id) ON public."Us""ers" TO CURRENT_USER`: true, // only a warning: see below
		} {
			_, err := conn.Exec(ctx, statement)
			if denied := sqlState(err) == "42501"; err != nil && !denied || denied == allowed {
				t.Errorf("%s: %v", statement, err)
			}
		}

		var open *postgres.SessionsError
		if err := server.DropRole(ctx, name, objects, 0); !errors.As(err, &open) || open.Open != 1 {
			t.Errorf("dropping a role in use: %v", err)
		}
		if err := server.DropRole(ctx, name, objects, 600*time.Millisecond); !errors.As(err, &open) {
			t.Errorf("draining a role in use: %v", err)
		}
		if role, err := server.Role(ctx, name); err != nil || !role.Attributes.Login {
			t.Errorf("after a refused deletion the role is %+v, %v", role, err)
		}
		if err := conn.Close(ctx); err != nil {
			t.Fatal(err)
		}
		// What began before the drain may still log in, and has the time to end.
		dropped := make(chan error, 1)
		go func() { dropped <- server.DropRole(ctx, name, objects, 6*time.Second) }()
		time.Sleep(500 * time.Millisecond)
		late := db.ConnTo(db.URLFor(name, rolePassword))
		if err := late.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if err := <-dropped; err != nil {
			t.Fatal(err)
		}
		if _, err := server.Role(ctx, name); !errors.Is(err, postgres.ErrRoleNotFound) {
			t.Errorf("after the deletion: %v", err)
		}
	})
}

func TestAlterRoleMendsWhatWasChanged(t *testing.T) {
	t.Parallel()
	administrators(t, func(t *testing.T, db *pgtest.DB, server *postgres.Server) {
		ctx := t.Context()
		grants, objects := usersTable(t, server, db)
		name, other := db.RoleName("scripts"), db.RoleName("other")
		spec := postgres.RoleSpec{Name: name, ConnectionLimit: -1, Grants: grants, Objects: objects}
		if err := server.CreateRole(ctx, spec); err != nil {
			t.Fatal(err)
		}
		db.Exec("CREATE ROLE " + other)
		db.Exec(`GRANT SELECT ON public."Us""ers" TO ` + other + ` WITH GRANT OPTION`)
		for _, statement := range []string{
			`GRANT SELECT, TRUNCATE ON public."Us""ers" TO ` + name, // removing it takes the columns along
			`REVOKE DELETE ON public."Us""ers" FROM ` + name,
			`GRANT UPDATE ("E-mail") ON public."Us""ers" TO ` + name + ` WITH GRANT OPTION`,
			`GRANT CREATE ON SCHEMA public TO ` + name,
			`GRANT TEMPORARY ON DATABASE ` + db.Name + ` TO ` + name,
			`SET ROLE ` + other + `; GRANT SELECT (secret) ON public."Us""ers" TO ` + name + `; RESET ROLE`,
			`ALTER ROLE ` + name + ` CREATEDB NOLOGIN CONNECTION LIMIT 1`,
			`ALTER ROLE ` + name + ` IN DATABASE ` + db.Name + ` SET lock_timeout = 1`,
			`ALTER ROLE ` + name + ` IN DATABASE ` + db.Name + ` SET work_mem = '1MB'`,
		} {
			db.Exec(statement)
		}
		spec.Tolerated = []string{"Work_Mem"}
		err := server.AlterRole(ctx, spec)
		if strings.HasSuffix(t.Name(), "createrole") {
			// Only the one who granted, or a superuser, can take the last grant back.
			var refused *pgconn.PgError
			if !errors.As(err, &refused) || refused.Code != "42501" {
				t.Fatalf("a grant of another role: %v", err)
			}
			db.Exec(`SET ROLE ` + other + `; REVOKE SELECT (secret) ON public."Us""ers" FROM ` + name + `; RESET ROLE`)
			err = server.AlterRole(ctx, spec)
		}
		if err != nil {
			t.Fatal(err)
		}
		role, err := server.Role(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if role.Attributes != postgres.ScriptsRole || role.ConnectionLimit != -1 {
			t.Errorf("mended to %+v", role)
		}
		if _, set := role.Settings["lock_timeout"]; set || role.Settings["work_mem"] != "1MB" {
			t.Errorf("settings %v", role.Settings)
		}
		held, err := server.RoleGrants(ctx, role, objects, grants)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(lines(held), lines(grants)) {
			t.Errorf("mended to\n%q, want\n%q", lines(held), lines(grants))
		}
		if !db.QueryBool(`SELECT has_table_privilege($1, 'public."Us""ers"', 'SELECT WITH GRANT OPTION')`, other) {
			t.Error("the grant of another role was touched")
		}
	})
}

// What a role is a member of, it could be. The provider takes back what it may, knows
// beforehand whether it may, and otherwise has the statement for somebody else.
func TestMembershipsAreTakenBack(t *testing.T) {
	t.Parallel()
	administrators(t, func(t *testing.T, db *pgtest.DB, server *postgres.Server) {
		group, name, friend := db.RoleName(`App "owner`), db.RoleName("scripts"), db.RoleName("friend")
		quoted := pgx.Identifier{group}.Sanitize()
		pool, err := server.Pool(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{"CREATE ROLE " + quoted, "CREATE ROLE " + friend} {
			if _, err := pool.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		spec := postgres.RoleSpec{Name: name, ConnectionLimit: -1}
		if err := server.CreateRole(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		member := func() bool {
			return db.QueryBool("SELECT EXISTS (SELECT FROM pg_auth_members WHERE member = $1::regrole)", name)
		}
		if _, err := pool.Exec(t.Context(), "GRANT "+quoted+" TO "+name); err != nil {
			t.Fatal(err)
		}
		if err := server.AlterRole(t.Context(), spec); err != nil || member() {
			t.Errorf("granted by the provider's role: %v, still a member: %t", err, member())
		}

		db.Exec("GRANT " + quoted + " TO " + name + " WITH ADMIN OPTION")
		db.Exec("SET ROLE " + name)
		db.Exec("GRANT " + quoted + " TO " + friend)
		db.Exec("RESET ROLE")
		role, err := server.Role(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		held, err := server.Memberships(t.Context(), role)
		if err != nil || len(held) != 1 || held[0].Grant().String() != "MEMBER OF "+quoted+" WITH ADMIN OPTION" {
			t.Fatalf("read as %v, %v", held, err)
		}
		err = server.AlterRole(t.Context(), spec)
		var refused *postgres.MembershipsError
		if !held[0].Revocable {
			if !errors.As(err, &refused) || !member() {
				t.Fatalf("granted by somebody else: %v", err)
			}
			keep := spec
			keep.Grants = []postgres.Grant{held[0].Grant()}
			if err := server.AlterRole(t.Context(), keep); err != nil {
				t.Errorf("with a membership that stays: %v", err)
			}
			db.Exec(refused.Left[0].Revoke())
			err = server.AlterRole(t.Context(), spec)
		}
		if err != nil || member() {
			t.Errorf("granted by a superuser: %v, still a member: %t", err, member())
		}
		since16 := db.Server.Version() >= 16
		if want := since16 && strings.HasSuffix(t.Name(), "createrole"); want != (refused != nil) {
			t.Errorf("refused: %v", refused)
		}
		if since16 && db.QueryBool("SELECT EXISTS (SELECT FROM pg_auth_members WHERE member = $1::regrole)", friend) {
			t.Error("what the role passed on is still there")
		}
	})
}

// The check sees the role inside the transaction, and its refusal leaves everything alone.
func TestAlterRoleCheck(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	server := roleServer(t, db.URL)
	grants, objects := usersTable(t, server, db)
	spec := postgres.RoleSpec{Name: db.RoleName("scripts"), ConnectionLimit: -1, Grants: grants, Objects: objects}
	if err := server.CreateRole(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	refusal := errors.New("no")
	spec.ConnectionLimit = 1
	spec.Check = func(role postgres.Role, held []postgres.Grant) error {
		if role.ConnectionLimit != -1 || !slices.Equal(lines(held), lines(grants)) {
			t.Errorf("the check sees %+v and %q", role, lines(held))
		}
		return refusal
	}
	if err := server.AlterRole(t.Context(), spec); !errors.Is(err, refusal) {
		t.Errorf("refused by the check: %v", err)
	}
	if role, err := server.Role(t.Context(), spec.Name); err != nil || role.ConnectionLimit != -1 {
		t.Errorf("changed to %+v, %v", role, err)
	}
}

func TestOwnRoleIsLeftAlone(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	server := roleServer(t, db.URL)
	err := server.AlterRole(t.Context(), postgres.RoleSpec{Name: db.Server.User(), ConnectionLimit: -1})
	if !errors.Is(err, postgres.ErrOwnRole) {
		t.Errorf("altering the provider's own role: %v", err)
	}
	if err := server.DropRole(t.Context(), db.Server.User(), nil, time.Second); !errors.Is(err, postgres.ErrOwnRole) {
		t.Errorf("dropping the provider's own role: %v", err)
	}
}

// A role that does not own the database cannot grant CONNECT; where everybody may connect
// that is good enough, and where not it is an error and not a silent success.
func TestGrantsThatOthersMustMake(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	admin := db.RoleName("tenant")
	db.Exec("CREATE ROLE " + admin + " LOGIN CREATEROLE PASSWORD 'tenant'")
	db.Exec("CREATE SCHEMA app AUTHORIZATION " + admin)
	server := roleServer(t, db.URLFor(admin, "tenant"))
	database := postgres.Object{Kind: postgres.DatabaseObject, Name: db.Name}
	schema := postgres.Object{Kind: postgres.SchemaObject, Name: "app"}
	spec := postgres.RoleSpec{
		Name: db.RoleName("scripts"), ConnectionLimit: -1, Objects: []postgres.Object{database, schema},
		Grants: []postgres.Grant{{Privilege: "CONNECT", On: database}, {Privilege: "USAGE", On: schema}},
	}
	if err := server.CreateRole(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if err := server.AlterRole(t.Context(), spec); err != nil {
		t.Errorf("a second time: %v", err)
	}
	db.Exec("REVOKE CONNECT ON DATABASE " + db.Name + " FROM PUBLIC")
	db.Exec("GRANT CONNECT ON DATABASE " + db.Name + " TO " + admin)
	var refused *postgres.GrantsError
	if err := server.AlterRole(t.Context(), spec); !errors.As(err, &refused) || len(refused.Missing) != 1 || refused.Missing[0].Privilege != "CONNECT" {
		t.Errorf("CONNECT that cannot be granted: %v", err)
	}
}

// Without a lock per object and retries this fails with "tuple concurrently updated".
func TestManyRolesOnOneTable(t *testing.T) {
	db := pgtest.LocalDatabase(t)
	first := roleServer(t, db.URL)
	grants, objects := usersTable(t, first, db)
	roles := 40
	if testing.Short() {
		roles = 15
	}
	names := make([]string, roles)
	for i := range names {
		names[i] = db.RoleName("many")
	}
	// Several processes at once, and somebody who knows nothing of the locks.
	servers := []*postgres.Server{first, roleServer(t, db.URL), roleServer(t, db.URL)}
	stop, byHand := make(chan struct{}), make(chan struct{})
	meddler := db.Conn()
	go func() {
		defer close(byHand)
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = meddler.Exec(t.Context(), `GRANT SELECT ON public."Us""ers" TO CURRENT_USER; REVOKE SELECT ON public."Us""ers" FROM CURRENT_USER`)
			}
		}
	}()
	each := func(what string, do func(server *postgres.Server, name string) error) {
		var group sync.WaitGroup
		for i, name := range names {
			group.Go(func() {
				if err := do(servers[i%len(servers)], name); err != nil {
					t.Errorf("%s %s: %v", what, name, err)
				}
			})
		}
		group.Wait()
	}
	each("create", func(server *postgres.Server, name string) error {
		return server.CreateRole(t.Context(), postgres.RoleSpec{Name: name, ConnectionLimit: -1, Grants: grants, Objects: objects})
	})
	each("alter", func(server *postgres.Server, name string) error {
		return server.AlterRole(t.Context(), postgres.RoleSpec{Name: name, ConnectionLimit: -1, Grants: grants[:3], Objects: objects})
	})
	each("drop", func(server *postgres.Server, name string) error {
		return server.DropRole(t.Context(), name, objects, time.Second)
	})
	close(stop)
	<-byHand
}

func TestDropRoleWithDependents(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	server := roleServer(t, db.URL)
	name := db.RoleName("scripts")
	if err := server.CreateRole(t.Context(), postgres.RoleSpec{Name: name, ConnectionLimit: -1}); err != nil {
		t.Fatal(err)
	}
	db.Exec("CREATE TABLE public.dependent (n int); ALTER TABLE public.dependent OWNER TO " + name)
	err := server.DropRole(t.Context(), name, nil, 0)
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "2BP01" || !strings.Contains(refused.Detail, "dependent") {
		t.Errorf("dropping the owner of a table: %v", err)
	}
	if role, err := server.Role(t.Context(), name); err != nil || !role.Attributes.Login {
		t.Errorf("after the refusal the role is %+v, %v", role, err)
	}
}

// The server logs every statement here; neither password nor verifier goes to our own log.
func TestPasswordStaysOutOfServerLog(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	server := roleServer(t, db.URL)
	name, password := db.RoleName("scripts"), "Unmistakable-Secret-1"
	spec := postgres.RoleSpec{Name: name, ConnectionLimit: -1, Verifier: verifier(t, password)}
	if err := server.CreateRole(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if err := server.AlterRole(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(db.Server.LogFile())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(log), fmt.Sprintf(`CREATE ROLE "%s"`, name)) {
		t.Fatal("the log does not hold the statements: the search would prove nothing")
	}
	if strings.Contains(string(log), password) {
		t.Error("the password is in the server's log")
	}
}

// The server keeps the texts of statements for whoever may read statistics, utility statements with all that stands in them. Neither
// password nor verifier is in one.
func TestPasswordStaysOutOfStatistics(t *testing.T) {
	local, err := localpostgres.Start(t.Context(), localpostgres.Options{InMemory: true, Settings: map[string]string{
		"shared_preload_libraries": "pg_stat_statements",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Stop(context.Background()) }) // before the databases go
	db := pgtest.On(t, local)
	db.Exec("CREATE EXTENSION pg_stat_statements")
	server := roleServer(t, db.URL)
	spec := postgres.RoleSpec{Name: db.RoleName("scripts"), ConnectionLimit: -1, Verifier: verifier(t, "Unmistakable-Secret-1")}
	if err := server.CreateRole(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	spec.Verifier = verifier(t, "Unmistakable-Secret-2")
	if err := server.AlterRole(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if kept := db.QueryStrings("SELECT query FROM pg_stat_statements WHERE query ~ $1", `CREATE ROLE "?`+spec.Name); len(kept) == 0 {
		t.Fatal("the statements are not kept: the search would prove nothing")
	}
	if kept := db.QueryStrings("SELECT query FROM pg_stat_statements WHERE query ~ 'SCRAM-SHA-256[$]\\d|Unmistakable'"); len(kept) > 0 {
		t.Errorf("the password, or its verifier, is in %q", kept)
	}
	if conn, err := pgx.Connect(t.Context(), db.URLFor(spec.Name, "Unmistakable-Secret-2")); err != nil {
		t.Error(err)
	} else {
		_ = conn.Close(t.Context())
	}
}

func sqlState(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code
	}
	return ""
}
