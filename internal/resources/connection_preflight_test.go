// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// preflightTest is a table, a role that has what the scripts need, and a tenant.
type preflightTest struct {
	connectionTest
	db   *acctest.DB
	s    store.Store
	role string
}

func newPreflightTest(t *testing.T, ddl string, s store.Store) *preflightTest {
	t.Helper()
	p := &preflightTest{*newConnectionTest(t), acctest.LocalDatabase(t), s, ""}
	p.db.Exec(ddl)
	p.role = p.db.RoleName("scripts")
	p.db.Exec("CREATE ROLE " + p.role)
	p.grant()
	return p
}

func (p *preflightTest) table() string {
	return pgx.Identifier{p.s.Table().Schema, p.s.Table().Name}.Sanitize()
}

// grant gives the role what the operations need.
func (p *preflightTest) grant() {
	p.Helper()
	var operations []scripts.Operation
	for _, op := range scripts.Rendered(false, p.s) {
		if len(scripts.MissingParts(p.s, op)) == 0 {
			operations = append(operations, op)
		}
	}
	privileges, err := scripts.Privileges(p.s, operations, scripts.RehashOnLogin)
	if err != nil {
		p.Fatal(err)
	}
	p.db.Exec("GRANT USAGE ON SCHEMA " + pgx.Identifier{p.s.Table().Schema}.Sanitize() + " TO " + p.role)
	p.db.Exec("GRANT USAGE ON ALL SEQUENCES IN SCHEMA " + pgx.Identifier{p.s.Table().Schema}.Sanitize() + " TO " + p.role)
	for _, privilege := range privileges {
		columns := ""
		if privilege.Columns != nil {
			quoted := make([]string, len(privilege.Columns))
			for i, column := range privilege.Columns {
				quoted[i] = pgx.Identifier{column}.Sanitize()
			}
			columns = " (" + strings.Join(quoted, ", ") + ")"
		}
		p.db.Exec("GRANT " + privilege.Type + columns + " ON " + p.table() + " TO " + p.role)
	}
}

// connection is one over the table, with the role's URL.
func (p *preflightTest) connection(lines ...string) string {
	p.Helper()
	return acctest.ProviderConfig(p.db, p.tenant) + p.resource(storeHCL(p.s), p.db.URLFor(p.role, "Sup3rS3cret"), lines...)
}

func (p *preflightTest) resource(storeValue, url string, lines ...string) string {
	return fmt.Sprintf(`
resource "auth0pg_connection" "test" {
  name  = "legacy-users"
  store = %s
  configuration_wo = { POSTGRES_URL = %s }
  configuration_wo_version = 1
  %s
  %s
}
`, storeValue, acctest.Quote(url), unprotected, strings.Join(lines, "\n  "))
}

// watch counts, where no rollback reaches, each row that the role touches, and refuses any other role.
func (p *preflightTest) watch() {
	p.db.Exec(`CREATE SCHEMA watch; GRANT USAGE ON SCHEMA watch TO PUBLIC;
		CREATE SEQUENCE watch.inserted; CREATE SEQUENCE watch.updated; CREATE SEQUENCE watch.deleted; GRANT USAGE ON ALL SEQUENCES IN SCHEMA watch TO PUBLIC;
		CREATE FUNCTION watch.note() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN
				IF current_user <> '` + p.role + `' THEN RAISE 'this is %', current_user; END IF;
				PERFORM nextval('watch.' || TG_ARGV[0]);
				RETURN NULL;
			END $$`)
	for _, event := range []string{"insert", "update", "delete"} {
		noted := strings.TrimSuffix(event, "e") + "ed"
		p.db.Exec("CREATE TRIGGER noted_" + event + " AFTER " + event + " ON " + p.table() + " FOR EACH ROW EXECUTE FUNCTION watch.note('" + noted + "')")
	}
}

// touched is how many rows were inserted, updated and deleted, whatever became of it.
func (p *preflightTest) touched() string {
	return p.db.QueryString(`SELECT concat_ws(' ', (SELECT last_value - 1 + is_called::int FROM watch.inserted), (SELECT last_value - 1 + is_called::int FROM watch.updated), (SELECT last_value - 1 + is_called::int FROM watch.deleted))`)
}

// Every statement meets a row, as the scripts' role, on tables of every kind; nothing is left.
func TestPreflightTriesEveryStatement(t *testing.T) {
	t.Parallel()
	updates := map[string]int{ // rehash, verify, change_password and change_email, and what the parts bring
		"every part": 6, "serial id, quoted names": 4, "citext on the path": 5, "citext off the path": 4,
	}
	for name, variety := range accessStores() {
		t.Run(name, func(t *testing.T) {
			if !variety.store.Has(store.EmailVerified) {
				variety.store.Columns[store.EmailVerified] = store.Column{Name: "verified at", Type: "timestamp with time zone"}
				variety.ddl += "; ALTER TABLE public.users ADD \"verified at\" timestamptz"
			}
			p := newPreflightTest(t, variety.ddl, variety.store)
			if strings.Contains(variety.ddl, `"Ext"`) {
				p.db.Exec(`GRANT USAGE ON SCHEMA "Ext" TO ` + p.role)
			}
			p.watch()
			p.steps(resource.TestStep{
				Config: p.connection("scripts { rehash_on_login = true }"),
				Check: p.check(func() error {
					if err := expect("the connection", p.stored() != nil, true); err != nil {
						return err
					}
					if err := expect("the number of rows", p.db.QueryInt("SELECT count(*) FROM "+p.table()), 0); err != nil {
						return err
					}
					inserts := 1
					if variety.store.Writes(store.Username) {
						inserts = 2 // one of them without a username
					}
					return expect("what was touched", p.touched(), fmt.Sprintf("%d %d 1", inserts, updates[name]))
				}),
			})
		})
	}
}

// Through functions, with the addresses that may call them limited, and with the role in the same apply.
func TestPreflightThroughFunctionsAndNewRole(t *testing.T) {
	t.Parallel()
	p := newPreflightTest(t, accessStores()["every part"].ddl, everyPart())
	schema, role := accessSchema(p.db), p.db.RoleName("fresh")
	config := accessConfig(t, p.db, p.s, schema, role, `"login", "get_user", "create", "verify", "change_password", "delete", "change_email", "change_username"`)
	config = strings.Replace(config, acctest.ProviderConfig(p.db, nil), acctest.ProviderConfig(p.db, p.tenant), 1)
	url := strings.Replace(acctest.Quote(p.db.URLFor("ROLE", "first")), "ROLE", "${auth0pg_database_role.scripts.name}", 1)
	connection := strings.Replace(p.resource("auth0pg_access_functions.access.store", "URL"), `"URL"`, url, 1)
	p.db.Exec("CREATE SEQUENCE tried; GRANT USAGE ON SEQUENCE tried TO PUBLIC; ALTER TABLE public.users ALTER tenant_secret SET DEFAULT nextval('tried')::text")
	p.run(
		resource.TestStep{
			Config: config + connection,
			Check: p.check(func() error {
				return expect("the number of sign-ups", p.db.QueryInt("SELECT last_value FROM tried WHERE is_called"), 2) // a sign-up with a username, and one without
			}),
		},
		// A message names the table by its own schema, which is not that of the functions.
		resource.TestStep{
			PreConfig:   func() { p.db.Exec("ALTER TABLE public.users ADD must integer NOT NULL") },
			Config:      acctest.ProviderConfig(p.db, p.tenant) + p.functionsOnly(schema, role, "scripts { bcrypt_rounds = 11 }"),
			ExpectError: regexp.MustCompile(`Column Would Not Be Filled[\s\S]*cannot\s+add\s+users\s+to\s+the\s+users\s+table\s+"public"."users"`),
		},
		resource.TestStep{
			PreConfig: func() {
				p.db.Exec("ALTER TABLE public.users DROP must; REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA " + schema + " FROM " + role)
			},
			Config:      acctest.ProviderConfig(p.db, p.tenant) + p.functionsOnly(schema, role, "scripts { bcrypt_rounds = 11 }"),
			ExpectError: regexp.MustCompile(`Scripts Lack A Privilege[\s\S]*GRANT\s+EXECUTE ON FUNCTION`),
		},
		resource.TestStep{Config: acctest.ProviderConfig(p.db, p.tenant) + p.functionsOnly(schema, role, "scripts { bcrypt_rounds = 11 }\n preflight = false")},
	)
}

// functionsOnly is a connection over functions that are no resources any more.
func (p *preflightTest) functionsOnly(schema, role, line string) string {
	functions := p.s.Through(schema)
	removed := ""
	for _, address := range []string{"auth0pg_access_functions.access", "auth0pg_database_role.scripts"} {
		removed += "removed {\n  from = " + address + "\n  lifecycle {\n    destroy = false\n  }\n}\n"
	}
	return removed + p.resource(storeHCL(functions), p.db.URLFor(role, "first"), line)
}

const plainTable = `CREATE TABLE public.users (id bigserial PRIMARY KEY, email text NOT NULL, email_verified boolean NOT NULL DEFAULT false, password_hash varchar(60) NOT NULL, nickname text)`

func plainStore() store.Store {
	return store.Store{Reach: store.Table{Schema: "public", Name: "users"}, EmailLookup: store.LowerIndex, Columns: map[store.Part]store.Column{
		store.ID: {Name: "id", Type: "bigint"}, store.Email: {Name: "email", Type: "text"}, store.EmailVerified: {Name: "email_verified", Type: "boolean"},
		store.Password: {Name: "password_hash", Type: "character varying(60)"}, store.Nickname: {Name: "nickname", Type: "text"},
	}}
}

// wrapped is a pattern for a message, whose lines may break between any two words.
func wrapped(pattern string) *regexp.Regexp {
	return regexp.MustCompile(strings.ReplaceAll(pattern, " ", `\s+`))
}

// trigger is SQL for a trigger of the users table.
func trigger(when, body string) string {
	return "CREATE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + body + " END $$; CREATE " + when + " EXECUTE FUNCTION public.meddle()"
}

// What would fail at the first sign-up or login fails here, before the tenant hears of it.
func TestPreflightFindsWhatFails(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ ddl, want string }{
		"column that no part fills": {
			// The trigger might fill it, as far as the catalog tells.
			"ALTER TABLE users ADD tenant int NOT NULL; " + trigger("TRIGGER t BEFORE INSERT ON users FOR EACH ROW", "RETURN NEW;"),
			`Column Would Not Be Filled[\s\S]*script create[\s\S]*"tenant"[\s\S]*23502[\s\S]*default`,
		},
		"trigger that raises": {
			trigger("TRIGGER t AFTER UPDATE OF email ON users FOR EACH ROW", "RAISE 'addresses are for ever';"),
			`Trigger Refuses Users[\s\S]*script change_email[\s\S]*addresses are for ever[\s\S]*meddle\(\)`,
		},
		"deferred trigger that raises": {
			trigger("CONSTRAINT TRIGGER t AFTER DELETE ON users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW", "RAISE 'nobody leaves' USING ERRCODE = '23514';"),
			`Constraint Refuses Users[\s\S]*script delete[\s\S]*nobody leaves`,
		},
		"trigger that drops the row": {
			trigger("TRIGGER t BEFORE INSERT ON users FOR EACH ROW", "RETURN NULL;"),
			`Script Would Fail[\s\S]*script get_user[\s\S]*found 0 rows`,
		},
		"trigger that verifies whoever signs up": {
			trigger("TRIGGER t BEFORE INSERT ON users FOR EACH ROW", "NEW.email_verified := true; RETURN NEW;"),
			`Script Would Fail[\s\S]*script create[\s\S]*whose address is verified[\s\S]*the opposite`,
		},
		"trigger that drops the change": {
			trigger("TRIGGER t BEFORE UPDATE OF email_verified ON users FOR EACH ROW", "RETURN NULL;"),
			`Script Would Fail[\s\S]*scripts verify and change_email[\s\S]*changed 0 rows`,
		},
		"trigger that takes the id away": {
			trigger("TRIGGER t BEFORE INSERT ON users FOR EACH ROW", "NEW.id := NULL; RETURN NEW;") + "; ALTER TABLE users DROP CONSTRAINT users_pkey; ALTER TABLE users ALTER id DROP NOT NULL",
			`Column Would Not Be Filled[\s\S]*"id"`,
		},
		"missing grant": {
			"REVOKE UPDATE (email_verified) ON users FROM {role}",
			`Scripts Lack A Privilege[\s\S]*scripts verify and change_email[\s\S]*42501[\s\S]*GRANT UPDATE \("email_verified"\) ON "public"."users" TO "scripts_`,
		},
		"missing usage of the schema": {
			"REVOKE USAGE ON SCHEMA public FROM PUBLIC, {role}",
			`Scripts Lack A Privilege[\s\S]*GRANT USAGE ON SCHEMA "public" TO "scripts_`,
		},
		"what a trigger may not": {
			"CREATE TABLE trail (id int); " + trigger("TRIGGER t AFTER DELETE ON users FOR EACH ROW", "INSERT INTO trail VALUES (1); RETURN NULL;"),
			`Scripts Lack A Privilege[\s\S]*script delete[\s\S]*permission denied for table trail[\s\S]*meddle`,
		},
		"column too short": {
			"ALTER TABLE users ALTER password_hash TYPE varchar(40)",
			`Column Type Does Not Fit[\s\S]*scripts create and change_password[\s\S]*character varying\(40\)[\s\S]*"password_hash"`,
		},
		"column of another type": {
			"ALTER TABLE users ALTER email_verified DROP DEFAULT, ALTER email_verified TYPE int USING 0",
			`Column Type Does Not Fit[\s\S]*create[\s\S]*column "email_verified" is of type integer`,
		},
		"column that is not there": {
			"ALTER TABLE users RENAME nickname TO nick",
			`Column Not Found[\s\S]*create[\s\S]*"nickname"[\s\S]*42703`,
		},
		"constraint": {
			"ALTER TABLE users ADD CONSTRAINT ours CHECK (email LIKE '%@example.com')",
			`Constraint Refuses Users[\s\S]*script create[\s\S]*"ours"`,
		},
		"default that is not unique": {
			"ALTER TABLE users ADD code int DEFAULT 1 UNIQUE; INSERT INTO users (email, password_hash) VALUES ('a@example.com', 'x')",
			`Constraint Refuses Users[\s\S]*script create[\s\S]*users_code_key[\s\S]*23505`,
		},
		"policy": {
			"ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY ins ON users FOR INSERT WITH CHECK (true)",
			`Rows Are Hidden[\s\S]*\(SELECT, UPDATE and DELETE\)[\s\S]*auth0pg_access_functions[\s\S]*CREATE POLICY`,
		},
		"no policy": {
			"ALTER TABLE users ENABLE ROW LEVEL SECURITY",
			`Rows Are Hidden[\s\S]*\(SELECT, INSERT, UPDATE and DELETE\)`,
		},
		"policy that is restrictive, and one of another role's": {
			"ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY r ON users AS RESTRICTIVE USING (true); CREATE POLICY o ON users TO pg_monitor USING (true)",
			`Rows Are Hidden[\s\S]*\(SELECT, INSERT, UPDATE and DELETE\)`,
		},
		"trigger that takes its time": {
			trigger("TRIGGER t AFTER DELETE ON users FOR EACH ROW", "PERFORM pg_sleep(20); RETURN NULL;"),
			`Statement Is Too Slow[\s\S]*script delete[\s\S]*57014`,
		},
		"publication of certain rows": {
			"SET client_min_messages = error; CREATE PUBLICATION part FOR TABLE users WHERE (nickname <> 'x')",
			`Publication Refuses Changes[\s\S]*42P10[\s\S]*Column used in the publication[\s\S]*REPLICA IDENTITY`,
		},
		"publication of a table without a key": {
			"SET client_min_messages = error; ALTER TABLE users DROP CONSTRAINT users_pkey; CREATE PUBLICATION part FOR TABLE users",
			`Publication Refuses Changes[\s\S]*replica identity[\s\S]*55000[\s\S]*REPLICA IDENTITY`,
		},
		"search_path of the role": {
			"CREATE SCHEMA aside; CREATE TABLE aside.trail (id int); GRANT ALL ON aside.trail TO {role}; GRANT USAGE ON SCHEMA aside TO {role}; ALTER ROLE {role} SET search_path = aside; " +
				trigger("TRIGGER t AFTER DELETE ON users FOR EACH ROW", "INSERT INTO trail VALUES (1); RAISE 'the trail is there';"),
			`Trigger Refuses Users[\s\S]*the trail is there`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPreflightTest(t, plainTable, plainStore())
			if name == "publication of certain rows" && p.db.Server.Version() < 15 {
				t.Skip("before PostgreSQL 15 a publication has all rows")
			}
			p.db.Exec(strings.ReplaceAll(c.ddl, "{role}", p.role))
			rows := p.db.QueryInt("SELECT count(*) FROM users")
			p.steps(resource.TestStep{Config: p.connection(), ExpectError: wrapped(c.want)})
			if p.stored() != nil || len(p.sent("POST")) > 0 {
				t.Error("the tenant has heard of it")
			}
			if got := p.db.QueryInt("SELECT count(*) FROM users"); got != rows {
				t.Errorf("the table has %d rows", got)
			}
			if name == "missing grant" { // the way out
				p.steps(resource.TestStep{Config: p.connection("preflight = false")})
			}
		})
	}
}

// Where users are only imported the scripts find nothing and no statement fails.
func TestPreflightOfHiddenRows(t *testing.T) {
	t.Parallel()
	p := newPreflightTest(t, plainTable, plainStore())
	p.db.Exec("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
	p.steps(
		resource.TestStep{Config: p.connection("import_mode = true"), ExpectError: wrapped(`Rows Are Hidden[\s\S]*\(SELECT\)[\s\S]*Every login would end`)},
		resource.TestStep{
			PreConfig: func() { p.db.Exec("CREATE POLICY auth0 ON users TO " + p.role + " USING (true) WITH CHECK (true)") },
			Config:    p.connection("import_mode = true"),
		},
	)
}

// What the catalog tells is refused by the plan; what it cannot tell is not.
func TestPreflightAtPlan(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ ddl, lines, want string }{
		"NOT NULL without default":     {"ALTER TABLE users ADD tenant int NOT NULL", "", `Column Would Not Be Filled[\s\S]*"tenant"`},
		"NOT NULL domain":              {"CREATE DOMAIN d AS int NOT NULL; ALTER TABLE users ADD tenant d", "", `Column Would Not Be Filled[\s\S]*"tenant"`},
		"id without default":           {"ALTER TABLE users ALTER id DROP DEFAULT, DROP CONSTRAINT users_pkey, ALTER id DROP NOT NULL", "", `Column Would Not Be Filled[\s\S]*"id"[\s\S]*gen_random_uuid`},
		"part that a sign-up lacks":    {"ALTER TABLE users ALTER nickname SET DEFAULT '', ALTER nickname SET NOT NULL", "", `Column Would Not Be Filled[\s\S]*"nickname"[\s\S]*nullable`},
		"default":                      {"ALTER TABLE users ADD tenant int NOT NULL DEFAULT 1", "", ""},
		"identity":                     {"ALTER TABLE users ADD tenant int GENERATED ALWAYS AS IDENTITY", "", ""},
		"generated":                    {"ALTER TABLE users ADD tenant int NOT NULL GENERATED ALWAYS AS (length(email)) STORED", "", ""},
		"domain with default":          {"CREATE DOMAIN d AS int DEFAULT 1; ALTER TABLE users ADD tenant d NOT NULL", "", ""},
		"trigger that fills":           {"ALTER TABLE users ADD tenant int NOT NULL; " + trigger("TRIGGER t BEFORE INSERT ON users FOR EACH ROW", "NEW.tenant := 1; RETURN NEW;"), "", ""},
		"sign-up is off":               {"ALTER TABLE users ADD tenant int NOT NULL", "disable_signup = true", ""},
		"sign-up is on":                {"ALTER TABLE users ADD tenant int NOT NULL", "disable_signup = false", `Column Would Not Be Filled[\s\S]*disable_signup = true`},
		"not asked for":                {"ALTER TABLE users ADD tenant int NOT NULL", "preflight = false", ""},
		"no sign-ups":                  {"ALTER TABLE users ADD tenant int NOT NULL", "import_mode = true", ""},
		"sign-ups by an own script":    {"ALTER TABLE users ADD tenant int NOT NULL", `scripts { overrides = { create = "function create(user, callback) { callback(null); }" } }`, ""},
		"row-level security":           {"ALTER TABLE users ENABLE ROW LEVEL SECURITY", "import_mode = true", `Rows Are Hidden[\s\S]*auth0pg_access_functions[\s\S]*CREATE POLICY[\s\S]*FOR SELECT TO "scripts_`},
		"row-level security, no role":  {"ALTER TABLE users ENABLE ROW LEVEL SECURITY; DROP OWNED BY {role}; DROP ROLE {role}", "", `Rows Are Hidden[\s\S]*create the role "scripts_\w+" first`},
		"row-level security, a policy": {"ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON users TO {role} USING (true)", "", ""},
		"scripts that ask for nothing": {"DROP TABLE users", "import_mode = true\n scripts { import_finished = true }", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPreflightTest(t, plainTable, plainStore())
			p.db.Exec(strings.ReplaceAll(c.ddl, "{role}", p.role))
			if c.want == "" {
				p.steps(resource.TestStep{Config: p.connection(c.lines)})
				return
			}
			p.steps(resource.TestStep{Config: p.connection(c.lines), PlanOnly: true, ExpectError: wrapped(c.want)})
		})
	}
}

// Who signs up brings a username where the connection asks for one, and what is tried is a sign-up that brings no more.
func TestPreflightOfUsernames(t *testing.T) {
	t.Parallel()
	const refused = `Column Would Not Be Filled[\s\S]*"username"[\s\S]*requires_username`
	names := func(signup string) string {
		return `attributes = { email = { identifier = { active = true } }, username = { signup = { status = "` + signup + `" } } }`
	}
	s := plainStore()
	s.Columns[store.Username] = store.Column{Name: "username", Type: "text"}
	for name, c := range map[string]struct{ nullable, lines, want string }{
		"nobody has to have one": {"NOT NULL", "", refused},
		"everybody has one":      {"NOT NULL", "requires_username = true", ""},
		"some have one":          {"NOT NULL", names("optional"), refused},
		"required at sign-up":    {"NOT NULL", names("required"), ""},
		"none is null":           {"", "", ""},
		"nobody signs up":        {"NOT NULL", "disable_signup = true", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPreflightTest(t, strings.Replace(plainTable, "nickname text", "nickname text, username text "+c.nullable, 1)+
				"; CREATE UNIQUE INDEX ON users (lower(username))", s)
			if c.want == "" {
				p.steps(resource.TestStep{Config: p.connection(c.lines)})
				return
			}
			steps := []resource.TestStep{{Config: p.connection(c.lines), PlanOnly: true, ExpectError: wrapped(c.want)}}
			if c.lines != "" { // of a connection that is there, the tenant knows otherwise
				on := p.connection(c.lines, "disable_signup = false")
				steps = append(steps,
					// What was not asked for is looked at as soon as it is.
					resource.TestStep{Config: p.connection(c.lines, "disable_signup = true")},
					resource.TestStep{Config: on, PlanOnly: true, ExpectError: wrapped(c.want)},
					// A trigger might fill the column: only trying tells.
					resource.TestStep{
						PreConfig: func() { p.db.Exec(trigger("TRIGGER t BEFORE INSERT ON users FOR EACH ROW", "RETURN NEW;")) },
						Config:    on, ExpectError: wrapped(c.want),
					})
			}
			p.steps(steps...)
		})
	}
}

// A table that the same run mends is judged after that.
func TestPreflightAfterTheTableIsMended(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	p := &preflightTest{*newConnectionTest(t), db, plainStore(), db.RoleName("scripts")}
	p.db.Exec("CREATE ROLE " + p.role)
	table := acctest.ProviderConfig(p.db, p.tenant) + `
resource "auth0pg_users_table" "users" {
  name    = "users"
  columns = { id = {}, email = {}, email_verified = {}, password = { name = "password_hash" }, nickname = {} }
  extra_columns = { tenant = { type = "integer", nullable = true } }
  deletion_protection = false
}
`
	connection := p.resource("auth0pg_users_table.users.store", p.db.URLFor(p.role, "x"))
	p.run(
		resource.TestStep{Config: table, Check: p.check(func() error { p.grant(); return nil })},
		resource.TestStep{
			PreConfig: func() { p.db.Exec("ALTER TABLE users ALTER tenant SET NOT NULL") },
			Config:    table + connection,
			Check:     p.check(func() error { return expect("the connection", p.stored() != nil, true) }),
		},
	)
}

// Scripts are tried when they change, and not with other changes; those in use stay when the new ones fail.
func TestPreflightOfUpdates(t *testing.T) {
	t.Parallel()
	p := newPreflightTest(t, plainTable, plainStore())
	p.watch()
	tried := func(want int) resource.TestCheckFunc {
		return p.check(func() error { return expect("the number of preflights", strings.Fields(p.touched())[0], want) })
	}
	p.steps(
		resource.TestStep{Config: p.connection(), Check: tried(1)},
		resource.TestStep{Config: p.connection(`display_name = "Users"`, `disable_self_service_change_password = true`), Check: tried(1)},
		resource.TestStep{Config: p.connection(`display_name = "Users"`, `disable_self_service_change_password = true`), ConfigPlanChecks: noChange},
		resource.TestStep{
			PreConfig: func() {
				p.db.Exec("ALTER TABLE users ALTER email_verified DROP NOT NULL; REVOKE DELETE ON users FROM " + p.role)
			},
			Config:      p.connection(`scripts { bcrypt_rounds = 11 }`),
			ExpectError: regexp.MustCompile(`Scripts Lack A Privilege[\s\S]*script delete[\s\S]*GRANT\s+DELETE ON "public"."users"`),
		},
		resource.TestStep{
			PreConfig: func() {
				if login := member(p.options(), "customScripts", "login"); !strings.Contains(fmt.Sprint(login), `"bcryptRounds": 10`) {
					t.Error("the script in use has changed")
				}
				p.db.Exec("GRANT DELETE ON users TO " + p.role)
			},
			Config:           p.connection(`scripts { bcrypt_rounds = 11 }`),
			ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check:            tried(3),
		},
		// A script that was changed elsewhere is put back after a preflight.
		resource.TestStep{
			PreConfig: p.change(func(options map[string]any) {
				options["customScripts"].(map[string]any)["login"] = "function login() {}"
			}),
			Config: p.connection(`scripts { bcrypt_rounds = 11 }`),
			Check:  tried(4),
		},
	)
}

// What stands behind the role's name for a pooler or a proxy is no part of it, unless a role has the whole name.
func TestPreflightWithDecoratedUserNames(t *testing.T) {
	t.Parallel()
	for _, decoration := range []string{".project-ref", "@server"} {
		t.Run(decoration, func(t *testing.T) {
			t.Parallel()
			p := newPreflightTest(t, plainTable, plainStore())
			p.watch() // refuses any other role
			decorated := p.role + decoration
			connection := func(user string, rounds int) string {
				return acctest.ProviderConfig(p.db, p.tenant) + p.resource(storeHCL(p.s), p.db.URLFor(user, "Sup3rS3cret"),
					fmt.Sprintf("scripts { bcrypt_rounds = %d }", rounds))
			}
			p.steps(
				resource.TestStep{Config: connection(decorated, 10), Check: func(*terraform.State) error {
					return expect("a preflight as the role", p.touched() == "0 0 0", false)
				}},
				// A role of the whole name lacks all privileges.
				resource.TestStep{
					PreConfig:   func() { p.db.Exec("CREATE ROLE " + pgx.Identifier{decorated}.Sanitize()) },
					Config:      connection(decorated, 11),
					ExpectError: wrapped(`tried as "` + decorated + `"`),
				},
			)
			p.db.Exec("DROP ROLE " + pgx.Identifier{decorated}.Sanitize())
		})
	}
}

// A lock that goes away is waited for.
func TestPreflightWaitsForLocks(t *testing.T) {
	t.Parallel()
	p := newPreflightTest(t, plainTable, plainStore())
	conn := p.db.Conn()
	p.steps(resource.TestStep{
		PreConfig: func() {
			// A build of an index, which lets the catalog be read and nobody write.
			if _, err := conn.Exec(context.Background(), "BEGIN; LOCK TABLE users IN SHARE MODE"); err != nil {
				t.Fatal(err)
			}
			go func() {
				for range 300 { // until somebody has waited in vain
					var timedOut bool
					_ = conn.QueryRow(context.Background(), "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'users'::regclass)").Scan(&timedOut)
					if timedOut {
						time.Sleep(3 * time.Second)
						break
					}
					time.Sleep(50 * time.Millisecond)
				}
				_, _ = conn.Exec(context.Background(), "ROLLBACK")
			}()
		},
		Config: p.connection(),
		Check:  func(*terraform.State) error { return expect("the connection", p.stored() != nil, true) },
	})
}
