// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// expectBefore checks what the refreshed state holds under a planned change.
func expectBefore(address string, at tfjsonpath.Path, want knownvalue.Check) plancheck.PlanCheck {
	return beforeCheck{address, at, want}
}

type beforeCheck struct {
	address string
	at      tfjsonpath.Path
	want    knownvalue.Check
}

func (c beforeCheck) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		if change.Address != c.address {
			continue
		}
		if !change.Change.Actions.Update() {
			resp.Error = fmt.Errorf("the plan is to %v %s", change.Change.Actions, c.address)
			return
		}
		value, err := tfjsonpath.Traverse(change.Change.Before, c.at)
		if err == nil {
			err = c.want.CheckValue(value)
		}
		if err != nil {
			resp.Error = fmt.Errorf("before the change, %s: %w", c.at, err)
		}
		return
	}
	resp.Error = fmt.Errorf("%s is not in the plan", c.address)
}

// legacyTables are tables as they are found in the field, each with a configuration that describes it.
var legacyTables = map[string]struct {
	id, sql, config string
}{
	"tutorial": {"public.users", `
		CREATE EXTENSION "uuid-ossp";
		CREATE TABLE users (id uuid DEFAULT uuid_generate_v4(), nickname varchar(255), email varchar, password varchar(255) NOT NULL, "email_Verified" boolean DEFAULT false)`,
		`name = "users"
		columns = {
		  id = {}, nickname = { type = "varchar(255)" }, email = { type = "varchar" }, password = { type = "varchar(255)" }
		  email_verified = { name = "email_Verified", default = "false", nullable = true }
		}`},
	"undescribed": {"users", `
		CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE, password text, created_at timestamp DEFAULT now(), blocked int, tenant text CHECK (tenant <> ''), "OddName" text);
		CREATE INDEX ON users (tenant) WHERE tenant IS NOT NULL`,
		`name = "users"
		columns = { id = {}, email = {}, password = {}, created_at = {}, blocked = {} }`},
	"bigint identity": {"public.users", `
		CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, password char(60) NOT NULL);
		CREATE UNIQUE INDEX ON users (lower(email))`,
		`name = "users"
		columns = { id = { type = "bigint", default = "generated always as identity" }, email = {}, password = { type = "char(60)" } }
		email_lookup = "lower_index"`},
	"citext and text id": {"auth.User Accounts", `
		CREATE EXTENSION citext;
		CREATE SCHEMA auth;
		CREATE TABLE auth."User Accounts" ("Id" text PRIMARY KEY, "E-Mail" citext NOT NULL UNIQUE, "Hash" text NOT NULL, "UpdatedAt" timestamptz, gone int);
		ALTER TABLE auth."User Accounts" DROP COLUMN gone`,
		`schema = "auth"
		name = "User Accounts"
		columns = { id = { name = "Id", type = "text" }, email = { name = "E-Mail", type = "citext" }, password = { name = "Hash" }, updated_at = { name = "UpdatedAt" } }
		email_lookup = "citext"`},
	"generated and extra": {`"sch.ema"."t""able"`, `
		CREATE SCHEMA "sch.ema";
		CREATE TABLE "sch.ema"."t""able" (user_id uuid PRIMARY KEY, email varchar(320), email_lower text GENERATED ALWAYS AS (lower(email)) STORED, pwd text, tenant_id uuid NOT NULL, note text);
		CREATE UNIQUE INDEX ON "sch.ema"."t""able" (email_lower)`,
		`schema = "sch.ema"
		name = "t\"able"
		columns = { id = { name = "user_id" }, password = { name = "pwd" }, email = { type = "varchar(320)" } }
		extra_columns = { tenant_id = { type = "uuid", nullable = false }, email_lower = { type = "text", default = "generated always as (lower((email)::text)) stored" } }`},
	"partitioned": {"users", `
		CREATE TABLE users (id bigint, email text, password text, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
		CREATE TABLE users_eu PARTITION OF users FOR VALUES IN ('eu')`,
		`name = "users"
		columns = { id = { type = "bigint" }, email = {}, password = {} }`},
	"inherited": {"users", `
		CREATE TABLE base (id bigint PRIMARY KEY, created_at timestamptz DEFAULT now());
		CREATE TABLE users (id bigint PRIMARY KEY, email text, password text) INHERITS (base)`,
		`name = "users"
		columns = { id = {}, email = {}, password = {}, created_at = {}, blocked = {} }`},
	"guessed names, guarded rows": {"legacy.accounts", `
		CREATE SCHEMA legacy;
		CREATE TABLE legacy.accounts (account_no bigserial, login_mail varchar(200) NOT NULL, mail_opt_in boolean, pw_hash char(60) NOT NULL, firstname text, "lastName" text, mood text[] DEFAULT '{}', PRIMARY KEY (account_no));
		CREATE UNIQUE INDEX accounts_mail ON legacy.accounts (lower(login_mail));
		CREATE FUNCTION legacy.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
		CREATE TRIGGER touch BEFORE UPDATE ON legacy.accounts FOR EACH ROW EXECUTE FUNCTION legacy.touch();
		ALTER TABLE legacy.accounts ENABLE ROW LEVEL SECURITY;
		CREATE POLICY everybody ON legacy.accounts USING (true);
		ALTER TABLE legacy.accounts ADD CONSTRAINT not_empty CHECK (login_mail <> '') NOT VALID;
		COMMENT ON COLUMN legacy.accounts.login_mail IS 'theirs'`,
		`schema = "legacy"
		name = "accounts"
		columns = {
		  id = { name = "account_no", type = "bigint" }, email = { name = "login_mail", type = "varchar(200)" }, password = { name = "pw_hash", type = "char(60)" }
		  given_name = { name = "firstname" }, family_name = { name = "lastName" }
		}
		extra_columns = { mood = { type = "text[]", default = "'{}'" } }
		email_lookup = "lower_index"`},
	"uuid-ossp and jsonb": {"public.app_users", `
		CREATE EXTENSION "uuid-ossp";
		CREATE TABLE app_users (uid uuid PRIMARY KEY DEFAULT uuid_generate_v4(), "EmailAddress" text NOT NULL UNIQUE, password_digest text, is_verified boolean NOT NULL DEFAULT false, user_metadata jsonb DEFAULT '{}', created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamp DEFAULT CURRENT_TIMESTAMP, username varchar(50) UNIQUE)`,
		`name = "app_users"
		columns = {
		  id = { name = "uid" }, email = { name = "EmailAddress" }, password = { name = "password_digest", nullable = true }, email_verified = { name = "is_verified" }
		  user_metadata = { type = "jsonb", default = "'{}'::jsonb" }, created_at = {}, updated_at = { type = "timestamp" }, username = {}
		}
		email_lookup = "exact"`},
	"foreign owner": {"users", `
		CREATE TABLE users (id uuid PRIMARY KEY, email text, password text, name varchar(100));
		CREATE UNIQUE INDEX ON users (lower(email)) WHERE name IS NOT NULL;
		ALTER TABLE users OWNER TO pg_monitor`,
		`name = "users"
		columns = { id = {}, email = {}, password = {}, name = {} }`},
}

// legacyDatabase is the database for one of the legacyTables.
func legacyDatabase(t *testing.T, name string) *acctest.DB {
	t.Helper()
	if name == "foreign owner" {
		return acctest.LocalDatabase(t) // only a superuser can give a table to somebody else
	}
	return acctest.Database(t)
}

func TestUsersTableAdoption(t *testing.T) {
	t.Parallel()
	for name, legacy := range pgtest.SomeOf(legacyTables) {
		t.Run(name, func(t *testing.T) {
			db := legacyDatabase(t, name)
			for _, sql := range strings.Split(legacy.sql, ";\n") {
				db.Exec(sql)
			}
			block := acctest.ProviderConfig(db, nil) + "resource \"auth0pg_users_table\" \"users\" {\n" + legacy.config + "\n}\n"
			imported := block + fmt.Sprintf("import {\n  to = auth0pg_users_table.users\n  id = %q\n}\n", legacy.id)
			testTable(t,
				resource.TestStep{
					Config: imported,
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(tableAddress, plancheck.ResourceActionNoop),
					}},
				},
				resource.TestStep{
					ResourceName: tableAddress, ImportState: true, ImportStateId: legacy.id, Config: block,
					ImportStateKind: resource.ImportBlockWithID,
				},
				resource.TestStep{
					Config: strings.Replace(block, legacy.config, legacy.config+"\n"+dropAtEnd, 1),
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
						plancheck.ExpectKnownValue(tableAddress, tfjsonpath.New("ddl"), knownvalue.Null()),
					}},
				},
			)
		})
	}
}

func TestUsersTableAdoptedIsLeftAlone(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	db.Exec(`CREATE TABLE users (id uuid PRIMARY KEY, email text, password text, name varchar(100), note text)`)
	const columns = "columns = { id = {}, email = {}, password = {} }"
	config := tableConfig(db, dropAtEnd, columns)
	testTable(t,
		resource.TestStep{Config: config + "import {\n  to = auth0pg_users_table.users\n  id = \"users\"\n}\n"},
		// What is not described may change as it likes.
		resource.TestStep{
			PreConfig: func() {
				db.Exec(`ALTER TABLE users ALTER name TYPE text, ALTER note SET NOT NULL, ADD other int`)
				db.Exec(`CREATE INDEX ON users (note)`)
			},
			Config:           config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		},
		// The index is built once it is asked for.
		resource.TestStep{
			Config: tableConfig(db, dropAtEnd, `email_lookup = "lower_index"`, columns),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue(tableAddress, tfjsonpath.New("ddl"), knownvalue.ListExact([]knownvalue.Check{
					knownvalue.StringExact(`CREATE UNIQUE INDEX CONCURRENTLY "users_email_lower_key" ON "public"."users" (pg_catalog.lower("email"))`),
				})),
			}},
		},
		resource.TestStep{
			Config: tableConfig(db, dropAtEnd, `email_lookup = "lower_index"`, strings.Replace(columns, "id = {}", `id = {}, name = { type = "varchar(200)" }`, 1)),
			Check:  resource.TestCheckResourceAttr(tableAddress, "columns.name.type", "varchar(200)"),
		},
	)
}

func TestUsersTableImportIdentifiers(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	for _, id := range []string{"a.b.c", "", ".users", `"open`, `users"`, strings.Repeat("x", 64)} {
		testTable(t, resource.TestStep{
			Config:       tableConfig(db),
			ResourceName: tableAddress, ImportState: true, ImportStateIdFunc: func(*terraform.State) (string, error) { return id, nil },
			ExpectError: regexp.MustCompile(`(?s)(Unexpected Import Identifier.*public.users|import identifier)`),
		})
	}
	testTable(t, resource.TestStep{
		Config:       tableConfig(db),
		ResourceName: tableAddress, ImportState: true, ImportStateId: "public.nowhere",
		ExpectError: regexp.MustCompile(`(?s)Cannot import non-existent remote object`),
	})
}

// TestUsersTableChangedAfterPlan makes the world change between plan and apply.
func TestUsersTableChangedAfterPlan(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	testTable(t,
		resource.TestStep{Config: tableConfig(db, dropAtEnd)},
		resource.TestStep{
			Config: tableConfig(db, dropAtEnd, acctest.Columns(`created_at = {}`)),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				sideEffect(func() { db.Exec("ALTER TABLE users DROP COLUMN nickname") }),
			}},
			ExpectError: regexp.MustCompile(`(?s)Table Changed Since Plan.*ADD COLUMN "nickname"`),
		},
		resource.TestStep{
			Config: tableConfig(db, dropAtEnd),
			Check: func(*terraform.State) error {
				if db.QueryBool("SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'created_at')") {
					return fmt.Errorf("a statement ran")
				}
				return nil
			},
		},
	)
}

type sideEffect func()

func (f sideEffect) CheckPlan(context.Context, plancheck.CheckPlanRequest, *plancheck.CheckPlanResponse) {
	f()
}

// A table that loses its rows in a crash, or has them in other tables too, is adopted with a word about that.
func TestUsersTableOddTraits(t *testing.T) {
	t.Parallel()
	const columns = "(id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text NOT NULL, password text NOT NULL)"
	for name, c := range map[string]struct{ ddl, want string }{
		"unlogged": {"CREATE UNLOGGED TABLE users " + columns, `is UNLOGGED.*SET LOGGED`},
		"parent":   {"CREATE TABLE users " + columns + "; CREATE TABLE guests () INHERITS (users)", `has children that inherit from it: public.guests.*NO INHERIT "public"."users"`},
		"child":    {"CREATE TABLE people " + columns + "; CREATE TABLE users (PRIMARY KEY (id)) INHERITS (people)", `inherits from public.people.*NO INHERIT`},
		"plain":    {"CREATE TABLE users " + columns, ""},
		"parted":   {"CREATE TABLE users " + columns + " PARTITION BY HASH (id); CREATE TABLE p PARTITION OF users FOR VALUES WITH (MODULUS 1, REMAINDER 0)", ""},
	} {
		t.Run(name, func(t *testing.T) {
			db := acctest.LocalDatabase(t)
			db.Exec(c.ddl)
			w := acctest.NewWorkspace(t, map[string]string{"main.tf": workspaceConfig(db, "columns = { id = {}, email = {}, password = {} }") + "import {\n  to = auth0pg_users_table.users\n  id = \"users\"\n}\n"})
			output := strings.Join(strings.Fields(strings.ReplaceAll(w.MustRun("plan"), "│", " ")), " ")
			odd := strings.Contains(output, "UNLOGGED") || strings.Contains(output, "inherit")
			if odd != (c.want != "") || !regexp.MustCompile(c.want).MatchString(output) {
				t.Errorf("want %q in\n%s", c.want, output)
			}
		})
	}
}

// An imported table gets no column by itself: not for a part that is named, nor for one whose column went away.
func TestUsersTableImportedAddsNothing(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	db.Exec(`CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL, password_hash text NOT NULL, is_blocked boolean, created_at timestamptz, nick text)`)
	block := "import {\n  to = auth0pg_users_table.users\n  id = \"users\"\n}\n"
	config := func(parts string) string {
		return tableConfig(db, dropAtEnd, "drop_removed_columns = true", "columns = { id = {}, email = {}, "+parts+" }")
	}
	const named = `password = { name = "password_hash" }`
	columns := func() string {
		return strings.Join(db.QueryStrings("SELECT attname::text FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"), " ")
	}
	has := func(want string) resource.TestCheckFunc {
		return func(*terraform.State) error {
			if got := columns(); got != want {
				return fmt.Errorf("the columns are %s, want %s", got, want)
			}
			return nil
		}
	}
	const before = "id email password_hash is_blocked created_at nick"
	refused := func(parts, want string) resource.TestStep {
		return resource.TestStep{Config: config(parts) + block, PlanOnly: true, ExpectError: regexp.MustCompile(want)}
	}
	testTable(t,
		refused(`password = {}`, `(?s)Part Has No Column.*"password".*"password_hash".*add = true`),
		refused(`password = { name = "pasword_hash" }`, `(?s)Part Has No Column.*"pasword_hash".*"password_hash"`),
		refused(named+`, blocked = {}`, `(?s)Part Has No Column.*no column "blocked".*"is_blocked".*leave\s+the\s+part\s+out`),
		refused(named+`, nickname = { name = "nickname", renamed_from = "nik" }`, `(?s)Part Has No Column.*"nick"`),
		refused(named+`, last_login = {}`, `(?s)Part Has No Column.*No\s+column\s+of\s+a\s+similar\s+name`),
		// The found created_at is not named, and so it is forgotten. It was never ours to drop.
		resource.TestStep{
			Config: config(named+`, nickname = { name = "nickname", renamed_from = "nick" }, last_login = { add = true }`) + block,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue(tableAddress, tfjsonpath.New("ddl"), knownvalue.ListExact([]knownvalue.Check{
					knownvalue.StringExact(`ALTER TABLE "public"."users" RENAME COLUMN "nick" TO "nickname"`),
					knownvalue.StringExact(`ALTER TABLE "public"."users" ADD COLUMN "last_login" timestamp with time zone`),
				})),
			}},
			Check: resource.ComposeAggregateTestCheckFunc(
				has("id email password_hash is_blocked created_at nickname last_login"),
				expectStore(tableAddress, func(s store.Store) bool { return len(s.Columns) == 5 && !s.Has(store.CreatedAt) }),
			),
		},
		// Once the column is there, add is without effect, whether it stays or goes.
		resource.TestStep{Config: config(named + `, nickname = {}, last_login = { add = true }`), PlanOnly: true, ExpectNonEmptyPlan: true},
		resource.TestStep{Config: config(named + `, nickname = {}, last_login = {}`), Check: resource.TestCheckResourceAttr(tableAddress, "ddl.#", "0")},
		// A column that goes away is no reason to add another.
		resource.TestStep{
			PreConfig: func() { db.Exec("ALTER TABLE users DROP last_login") }, Config: config(named + `, nickname = {}, last_login = {}`), PlanOnly: true,
			ExpectError: regexp.MustCompile(`(?s)Part Has No Column.*"last_login"`),
		},
		resource.TestStep{Config: config(named + `, nickname = {}, blocked = { name = "is_blocked" }`), Check: has(strings.Replace(before, "nick", "nickname", 1))},
	)
}

// A table without a primary key gets one, and the next plan has nothing to do. What the key contradicts is refused before.
func TestUsersTableImportedWithoutKey(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	db.Exec(`CREATE TABLE users (id uuid DEFAULT gen_random_uuid(), email text NOT NULL, password text NOT NULL, address text)`)
	block := "import {\n  to = auth0pg_users_table.users\n  id = \"users\"\n}\n"
	config := func(id string) string {
		return tableConfig(db, dropAtEnd, "primary_key = true", "columns = { id = {"+id+"}, email = {}, password = {} }",
			`extra_columns = { folded = { type = "text", default = "generated always as (lower(address)) stored" } }`)
	}
	testTable(t,
		resource.TestStep{Config: config(" nullable = true ") + block, PlanOnly: true, ExpectError: regexp.MustCompile(`(?s)primary key, which\s+is\s+never\s+null.*nullable = false`)},
		resource.TestStep{Config: config("") + block, Check: func(*terraform.State) error {
			if !db.QueryBool("SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'users'::regclass AND contype = 'p')") {
				return errors.New("there is no primary key")
			}
			return nil
		}},
		resource.TestStep{Config: config(""), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
	)
}

// One configuration is one table in every database: what an import has written makes the same parts where there is nothing.
func TestUsersTableGeneratedElsewhere(t *testing.T) {
	t.Parallel()
	db, empty := acctest.Database(t), acctest.Database(t)
	db.Exec(`CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), mail varchar(200) NOT NULL, password_hash text NOT NULL, blocked boolean NOT NULL DEFAULT false, note text)`)
	db.Exec(`CREATE UNIQUE INDEX ON users (lower(mail))`)
	provider := func(db *acctest.DB) string { return strings.Split(workspaceConfig(db), "resource \"")[0] }
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": provider(db) + "import {\n  to = auth0pg_users_table.users\n  id = \"users\"\n}\n"})
	w.MustRun("plan", "-generate-config-out=generated.tf")
	w.MustRun("apply", "-auto-approve")
	if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
		t.Errorf("the plan is not empty\n%s\n%s", output, w.Read("generated.tf"))
	}
	made := acctest.NewWorkspace(t, map[string]string{"main.tf": provider(empty), "generated.tf": w.Read("generated.tf")})
	made.MustRun("apply", "-auto-approve")
	columns := func(db *acctest.DB) string {
		return strings.Join(db.QueryStrings(`SELECT attname || ' ' || format_type(atttypid, atttypmod) || attnotnull::text FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0 ORDER BY 1`), "\n")
	}
	if there, here := columns(db), columns(empty); there != here {
		t.Errorf("the configuration of\n%s\nmakes\n%s\n%s", there, here, w.Read("generated.tf"))
	}
}
