// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// TestHiddenRowsAreThoseThatTheServerHides asks, for policies and views of every kind, the catalog and the server itself, as the role.
func TestHiddenRowsAreThoseThatTheServerHides(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	role, group, keeper, low := db.RoleName("scripts"), db.RoleName("members"), db.RoleName("keeper"), db.RoleName("low")
	named := strings.NewReplacer("{role}", role, "{group}", group, "{keeper}", keeper, "{low}", low)
	db.Exec(named.Replace(`CREATE ROLE {role}; CREATE ROLE {group}; CREATE ROLE {keeper}; CREATE ROLE {low};
		GRANT {group} TO {role}; GRANT CREATE ON SCHEMA public TO {keeper}, {low};
		CREATE TABLE users (id bigint, email text); CREATE TABLE bans (user_id bigint); INSERT INTO users VALUES (1, 'a'); INSERT INTO bans VALUES (1);
		ALTER TABLE users OWNER TO {keeper}; ALTER TABLE users ENABLE ROW LEVEL SECURITY; GRANT SELECT ON users, bans TO {role}, {low};
		CREATE MATERIALIZED VIEW copied AS SELECT * FROM users; GRANT SELECT ON copied TO {role};
		CREATE VIEW kept AS SELECT * FROM users; ALTER VIEW kept OWNER TO {keeper};
		CREATE VIEW lowly AS SELECT * FROM users; ALTER VIEW lowly OWNER TO {low};
		CREATE VIEW over_lowly AS SELECT * FROM lowly; ALTER VIEW over_lowly OWNER TO {keeper}; GRANT SELECT ON lowly TO {keeper};
		GRANT SELECT ON kept, lowly, over_lowly TO {role};`))
	relations := []string{"users", "copied", "kept", "lowly", "over_lowly", "bans"}
	if db.Server.Version() >= 15 {
		db.Exec(named.Replace(`CREATE VIEW asking WITH (security_invoker) AS SELECT * FROM users; CREATE VIEW over_asking AS SELECT * FROM asking;
			GRANT SELECT ON asking TO {role}, {low}; ALTER VIEW over_asking OWNER TO {low}; GRANT SELECT ON over_asking TO {role}`))
		relations = append(relations, "asking", "over_asking")
	}
	for _, policies := range []string{
		"", "CREATE POLICY p ON users USING (true)", "CREATE POLICY p ON users TO {role} USING (true)", "CREATE POLICY p ON users TO {group} USING (true)",
		"CREATE POLICY p ON users TO {low} USING (true)", "CREATE POLICY p ON users AS RESTRICTIVE USING (true)", "CREATE POLICY p ON users FOR INSERT WITH CHECK (true)",
		"CREATE POLICY p ON users FOR SELECT TO {role}, {low} USING (true)", "ALTER TABLE users FORCE ROW LEVEL SECURITY",
		"ALTER TABLE users FORCE ROW LEVEL SECURITY; CREATE POLICY p ON users TO {keeper} USING (true)", "GRANT {keeper} TO {role}",
		"ALTER ROLE {role} BYPASSRLS", "ALTER ROLE {role} SUPERUSER", "ALTER TABLE bans ENABLE ROW LEVEL SECURITY",
	} {
		tx, err := db.Conn().Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), named.Replace(policies)); err != nil {
			t.Fatal(err)
		}
		for _, relation := range relations {
			hidden, err := postgres.ReadHiddenRows(t.Context(), tx, role, []string{"SELECT"}, postgres.Object{Kind: postgres.TableObject, Schema: "public", Name: relation})
			if err != nil {
				t.Fatal(err)
			}
			var sees int
			if _, err := tx.Exec(t.Context(), "SET LOCAL ROLE "+role); err != nil {
				t.Fatal(err)
			}
			if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM "+relation).Scan(&sees); err != nil {
				t.Fatalf("%s: %s: %v", policies, relation, err)
			}
			if _, err := tx.Exec(t.Context(), "RESET ROLE"); err != nil {
				t.Fatal(err)
			}
			if (len(hidden) > 0) != (sees == 0) {
				t.Errorf("%s: the role sees %d rows of %s, hidden is %v", policies, sees, relation, hidden)
			}
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	// Of a role that nobody has named, a policy of any role counts.
	db.Exec(named.Replace("CREATE POLICY p ON users TO {low} USING (true)"))
	users := postgres.Object{Kind: postgres.TableObject, Schema: "public", Name: "users"}
	for name, want := range map[string]int{"": 0, "nobody yet": 1} {
		hidden, err := postgres.ReadHiddenRows(t.Context(), db.Conn(), name, []string{"SELECT", "DELETE"}, users)
		if err != nil || len(hidden) != want {
			t.Errorf("%q: %v %v", name, hidden, err)
		}
	}
}

// TestForeignTablesNeedAUserMapping asks the catalog and, as the role, the server, whose error differs where there is a mapping.
func TestForeignTablesNeedAUserMapping(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	role, keeper := db.RoleName("scripts"), db.RoleName("keeper")
	named := strings.NewReplacer("{role}", role, "{keeper}", keeper)
	db.Exec(named.Replace(`CREATE ROLE {role}; CREATE ROLE {keeper}; CREATE EXTENSION postgres_fdw; CREATE SERVER nowhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
		CREATE FOREIGN TABLE far (id bigint) SERVER nowhere; CREATE VIEW kept AS SELECT id FROM far; ALTER VIEW kept OWNER TO {keeper};
		GRANT SELECT ON far TO {role}, {keeper}; GRANT SELECT ON kept TO {role}`))
	for _, step := range []struct {
		mapping   string
		far, kept bool // hidden
	}{
		{"CREATE USER MAPPING FOR CURRENT_USER SERVER nowhere", true, true},
		{"CREATE USER MAPPING FOR {keeper} SERVER nowhere OPTIONS (user 'a', password 'b')", true, false},
		{"CREATE USER MAPPING FOR {role} SERVER nowhere OPTIONS (user 'a', password 'b')", false, false},
	} {
		db.Exec(named.Replace(step.mapping))
		for relation, want := range map[string]bool{"far": step.far, "kept": step.kept} {
			on := postgres.Object{Kind: postgres.TableObject, Schema: "public", Name: relation}
			hidden, err := postgres.ReadHiddenRows(t.Context(), db.Conn(), role, []string{"SELECT"}, on)
			if err != nil || (len(hidden) == 1) != want || want && (hidden[0].Server != "nowhere" || !strings.Contains(hidden[0].Remedy(), "USER MAPPING FOR")) {
				t.Errorf("%s: of %s is hidden %v, want %t (%v)", step.mapping, relation, hidden, want, err)
			}
			conn := db.Conn()
			if _, err := conn.Exec(t.Context(), "SET ROLE "+role); err != nil {
				t.Fatal(err)
			}
			if _, err = conn.Exec(t.Context(), "SELECT * FROM "+relation); err == nil || strings.Contains(err.Error(), "user mapping not found") != want {
				t.Errorf("%s: %s says %v", step.mapping, relation, err)
			}
		}
	}
}
