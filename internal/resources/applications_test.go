// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

// in is who may log in, with what must be in the profile.
const (
	in         = "in"
	verified   = "in, verified"
	unverified = "in, not verified"
	out        = "out"
)

// applications are users tables of real applications, each with what its own login would answer. Everybody's password
// is S3cret-pass, and with another one nobody gets in.
var applications = map[string]map[string]string{
	"aspnet_identity": {"alice@example.com": verified, "ALICE@EXAMPLE.COM": verified, "bob@example.com": out,
		"erin@example.com": verified},
	"calcom_users":     {"alice@example.com": verified, "bob@example.com": out, "carol@example.com": unverified},
	"chatwoot":         {"alice@example.com": verified, "Alice@Example.com": verified, "carol@example.com": unverified},
	"devise_pepper":    {"alice@example.com": in, "ALICE@EXAMPLE.COM": in},
	"directus_users":   {"alice@example.com": in, "bob@example.com": out, "carol@example.com": in},
	"discourse":        {"alice@example.com": in, "Alice@Example.com": in},
	"discourse_view":   {"alice@example.com": in, "Alice@Example.com": in, "bob@example.com": out},
	"django_auth_user": {"alice@example.com": in, "alice": in, "bob@example.com": out, "carol@example.com": out},
	"gobook_bytea":     {"alice@example.com": verified, "Alice@Example.Com": verified, "carol@example.com": unverified},
	// Only the realm r1 counts.
	"keycloak_user_entity": {"alice@example.com": verified, "ALICE@example.com": verified},
	"laravel": {"alice@example.com": verified, "ALICE@example.com": verified,
		"carol@example.com": unverified, "dave@example.com": out},
	"mastodon": {"alice@example.com": verified, "ALICE@example.com": verified, "bob@example.com": out,
		"carol@example.com": unverified, "dave@example.com": out},
	"metabase_core_user": {"alice@example.com": in, "ALICE@example.com": in, "bob@example.com": out},
	"supabase_auth_users": {"alice@example.com": verified, "bob@example.com": out, "carol@example.com": unverified,
		"dave@example.com": out, "erin@example.com": verified},
}

// unmet are applications that lack something by which these logins do not come out as they should, with what that is.
// The test fails where one comes out after all.
var unmet = map[string]string{}

// application is one of them in a database of its own.
type application struct {
	*acctest.DB
	name, role string
	// managed is set where Terraform has the table.
	managed bool
	before  []string
}

// The configurations in examples/applications describe users tables that are there: nothing about them changes, whoever
// the application lets in gets in, and nobody else, on the table and through access functions. A column that is added
// to a table which Terraform has is all that is added.
func TestApplications(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("../../examples/applications/*")
	if err != nil || len(folders) != len(applications) {
		t.Fatalf("%d examples for %d applications: %v", len(folders), len(applications), err)
	}
	w := newApplicationsWorld(t)
	var all []*application
	for name := range pgtest.SomeOf(applications) {
		all = append(all, w.application(t, name))
	}
	for _, through := range []bool{false, true} {
		w.describe(all, through, false)
		w.workspace.MustRun("get")
		w.workspace.MustRun("apply", "-auto-approve")
		if through {
			w.workspace.MustRun("apply", "-auto-approve") // what only the former scripts needed goes one apply later
		}
		output, exit := w.workspace.Run("plan", "-detailed-exitcode")
		if exit != 0 {
			t.Fatalf("the plan after the apply is not empty (exit %d, functions: %t):\n%s", exit, through, output)
		}
		for _, open := range []string{"looks as if it said", "which blocks", "hides nobody", "nobody is a user",
			"has the same address", "does not read unless", "has capitals"} {
			if strings.Contains(strings.Join(strings.Fields(output), " "), open) {
				t.Errorf("an example leaves a question open: %s\n%s", open, output)
			}
		}
		for _, a := range all {
			t.Run(fmt.Sprintf("%s, functions: %t", a.name, through), func(t *testing.T) {
				var added []string
				if a.managed && through {
					added = []string{"migrated_at"}
				}
				a.compare(t, added)
				w.TB = t
				w.logIn(a)
			})
		}
		w.TB = t
	}
}

func newApplicationsWorld(t *testing.T) *world {
	t.Helper()
	acctest.LocalDatabase(t) // skips where the server is not the test's own
	w := &world{TB: t, tenant: acctest.Tenant(t), workspace: acctest.NewWorkspace(t, nil)}
	w.clientID, w.secret = w.tenant.Local.AddClient("web")
	return w
}

// application makes its database.
func (w *world) application(t *testing.T, name string) *application {
	t.Helper()
	a := &application{DB: acctest.LocalDatabase(t), name: name}
	a.role = a.RoleName("auth0_" + name)
	sql, err := os.ReadFile("testdata/applications/" + name + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	a.Exec(string(sql))
	_, err = os.Stat("../../examples/applications/" + name + "/import.tf")
	a.managed, a.before = err == nil, a.shape()
	return a
}

// describe writes a configuration of all applications: the examples as modules, each with a provider of its own.
// Through functions, and with the time of migration, they are as the documentation says how to change them.
func (w *world) describe(all []*application, through, writing bool) {
	w.Helper()
	root := required
	for _, a := range all {
		alias := "alias = " + acctest.Quote(a.name)
		root += strings.Replace(acctest.ProviderConfig(a.DB, w.tenant), "provider \"auth0pg\" {",
			"provider \"auth0pg\" {\n  "+alias, 1)
		secret := ""
		if a.name == "devise_pepper" {
			secret = "pepper = \"0123pepper4567\""
		}
		root += fmt.Sprintf("module %q {\n  source = \"./%[1]s\"\n  providers = { auth0pg = auth0pg.%[1]s }\n  password = "+
			"\"password\"\n  database_url = %q\n  client_id = %q\n  %s\n}\n",
			a.name, a.URLFor(a.role, "password"), w.clientID, secret)
		folder := "../../examples/applications/" + a.name + "/"
		statements, err := filepath.Glob(folder + "statements/*.sql")
		if err != nil {
			w.Fatal(err)
		}
		for _, file := range statements {
			content, err := os.ReadFile(file)
			if err != nil {
				w.Fatal(err)
			}
			w.workspace.Write(a.name+"/statements/"+filepath.Base(file), string(content))
		}
		for _, file := range []string{"main.tf", "variables.tf", "import.tf"} {
			content, err := os.ReadFile(folder + file)
			if err != nil && file == "import.tf" {
				continue
			}
			if err != nil {
				w.Fatal(err)
			}
			text := strings.ReplaceAll(string(content), "\"auth0_"+a.name+"\"", acctest.Quote(a.role))
			switch {
			case file == "import.tf":
				root += strings.Replace(text, "to = ", "to = module."+a.name+".", 1)
				continue
			case file == "main.tf" && through:
				text = a.changed(w, text)
			case file == "main.tf" && writing && writers[a.name] != "":
				text = a.written(w, text)
			}
			w.workspace.Write(a.name+"/"+file, text)
		}
	}
	w.workspace.Write("main.tf", root)
}

// changed puts access functions in front, and marks who has moved.
func (a *application) changed(w *world, text string) string {
	w.Helper()
	replaced := func(text, old, now string) string {
		if !strings.Contains(text, old) {
			w.Fatalf("%s: the example has no %s", a.name, old)
		}
		return strings.ReplaceAll(text, old, now)
	}
	if a.managed {
		text = replaced(text, "  columns = {\n", "  columns = {\n    migrated_at = { add = true }\n")
	}
	if strings.Contains(text, "auth0pg_access_functions") {
		return text
	}
	store := "data.auth0pg_store.users.store"
	if a.managed {
		store = "auth0pg_users_table.users.store"
	}
	text = replaced(text, "= "+store+"\n", "= auth0pg_access_functions.users.store\n")
	return text + fmt.Sprintf("resource \"auth0pg_access_functions\" \"users\" {\n  schema = %q\n  table = %s\n  "+
		"operations = [\"login\", \"get_user\"]\n}\n", a.role, store)
}

// written takes the users over for good: Auth0 keeps none, and the scripts write.
func (a *application) written(w *world, text string) string {
	w.Helper()
	operations := `["login", "get_user", "create", "verify", "change_password", "delete", "change_email"]`
	if !strings.Contains(text, "email_verified") { // the application knows nothing of it
		operations = strings.ReplaceAll(operations, `"verify", `, "")
	}
	if a.name == "discourse" { // of which no salt can be written, see there
		operations = strings.ReplaceAll(operations, `"create", "change_password", `, "")
	}
	if !strings.Contains(text, "import_mode = true") {
		w.Fatalf("%s: the example has no import_mode", a.name)
	}
	text = regexp.MustCompile(`operations( +)= \["login", "get_user"\]`).ReplaceAllString(text, "operations = "+operations)
	return strings.ReplaceAll(text, "import_mode = true", "import_mode = false\n  operations = "+operations)
}

// shape is all of the schemas that pg_dump would write, but for privileges and what the access functions are.
func (a *application) shape() []string {
	return strings.Split(a.QueryString(`
WITH own AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('public', 'auth'))
SELECT string_agg(line, E'\n' ORDER BY line) FROM (
  SELECT format('relation %s.%s %s %s %s', n.nspname, c.relname, c.relkind, c.reloptions,
	obj_description(c.oid)) AS line
  FROM pg_class c JOIN own n ON n.oid = c.relnamespace
  UNION ALL SELECT format('column %s.%s %s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
	a.attnotnull, a.attidentity, a.attgenerated,
    pg_get_expr(d.adbin, d.adrelid))
  FROM pg_class c JOIN own n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relkind IN ('r', 'v')
  UNION ALL SELECT 'index ' || pg_get_indexdef(i.indexrelid) ||
	i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN own n ON n.oid = c.relnamespace
  UNION ALL SELECT format('constraint %s %s %s', k.conrelid::regclass, k.conname,
	pg_get_constraintdef(k.oid)) FROM pg_constraint k JOIN own n ON n.oid = k.connamespace
  UNION ALL SELECT 'trigger ' ||
	pg_get_triggerdef(g.oid) FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN own n ON n.oid = c.relnamespace WHERE NOT g.tgisinternal
  UNION ALL SELECT 'function ' || p.oid::regprocedure FROM pg_proc p JOIN own n ON n.oid = p.pronamespace
) all_lines`), "\n")
}

// compare fails unless the columns named are all that was added.
func (a *application) compare(t *testing.T, added []string) {
	t.Helper()
	after := a.shape()
	for _, line := range a.before {
		if !slices.Contains(after, line) {
			t.Errorf("changed or gone: %s", line)
		}
	}
	for _, line := range after {
		isAdded := slices.ContainsFunc(added, func(name string) bool {
			return strings.Contains(line,
				"."+name+" timestamp with time zone f")
		})
		if !slices.Contains(a.before, line) && !isAdded {
			t.Errorf("added: %s", line)
		}
	}
}

// logIn tries everybody.
func (w *world) logIn(a *application) {
	w.Helper()
	reason, lacks := unmet[a.name]
	wrong := 0
	expect := func(user, password, want string) {
		w.Helper()
		got := w.answer(strings.ReplaceAll(a.name, "_", "-"), user, password)
		if same := got == want || want == in && strings.HasPrefix(got, in); !same && lacks {
			wrong++
		} else if !same {
			w.Errorf("%s with %s: %s, want %s", user, password, got, want)
		}
	}
	for user, want := range applications[a.name] {
		expect(user, "S3cret-pass", want)
	}
	expect("alice@example.com", "wrong", out)
	expect("ghost@example.com", "S3cret-pass", out)
	if lacks && wrong == 0 {
		w.Errorf("every login comes out as it should: it lacks %s no longer", reason)
	}
}

// answer is what a login comes to. Whoever moved by it is taken out of the tenant again, so that the next login asks
// the scripts.
func (w *world) answer(realm, user, password string) string {
	w.Helper()
	content, err := json.Marshal(map[string]any{
		"grant_type": "http://auth0.com/oauth/grant-type/password-realm", "realm": realm, "scope": "openid",
		"client_id": w.clientID, "client_secret": w.secret, "username": user, "password": password,
	})
	if err != nil {
		w.Fatal(err)
	}
	response, err := http.Post(w.tenant.URL+"/oauth/token", "application/json",
		bytes.NewReader(content)) //nolint:noctx // the tenant is in this process
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // only its status matters
	status, users := w.tenant.API("GET", "/users", nil)
	moved, _ := users["items"].([]any)
	if status != http.StatusOK || len(moved) > 1 || (len(moved) == 1) != (response.StatusCode == http.StatusOK) {
		return fmt.Sprintf("status %d, with %d users in the tenant", response.StatusCode, len(moved))
	}
	if response.StatusCode >= http.StatusInternalServerError {
		return fmt.Sprintf("status %d", response.StatusCode)
	}
	if len(moved) == 0 {
		return out
	}
	profile, _ := moved[0].(map[string]any)
	id, _ := profile["user_id"].(string)
	if status, _ := w.tenant.API("DELETE", "/users/"+url.PathEscape(id), nil); status != http.StatusNoContent {
		w.Fatalf("%s is not deleted: status %d", id, status)
	}
	if profile["email_verified"] == true {
		return verified
	}
	return unverified
}
