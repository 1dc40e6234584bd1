// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// leaving is a table that users leave, a tenant, and the provider for both.
type leaving struct {
	*acctest.Core
	*testing.T
	db     *acctest.DB
	tenant *acctest.TenantHandle
}

const leavingTable = `CREATE TABLE public.users (id bigint PRIMARY KEY, email text, email_verified boolean, password_hash varchar(60), nickname text,
	migrated_at timestamptz); CREATE UNIQUE INDEX ON public.users (lower(email))`

func newLeaving(t *testing.T, users int) *leaving {
	t.Helper()
	l := &leaving{T: t, db: acctest.LocalDatabase(t), tenant: acctest.TenantWith(t, localtenant.Options{})}
	l.db.Exec(leavingTable)
	l.db.Exec(`INSERT INTO public.users (id, email, email_verified, password_hash)
		SELECT n, 'user' || n || '@example.com', true, md5(n::text) FROM generate_series(1, $1::int) n`, users)
	l.as(l.db.URL)
	return l
}

// as gives the provider another user of the database.
func (l *leaving) as(url string) {
	settings := l.tenant.Auth0()
	settings["postgres"] = map[string]any{"url": url}
	l.Core = acctest.NewCore(l.T, provider.Server("test"), settings)
}

// store is that of the table, changed.
func (l *leaving) store(change func(*store.Store)) store.Store {
	s := plainStore()
	s.Columns[store.MigratedAt] = store.Column{Name: "migrated_at", Type: "timestamp with time zone"}
	if change != nil {
		change(&s)
	}
	return s
}

// rendered makes a connection in import mode with the provider's own scripts and returns its id.
func (l *leaving) rendered(name string, o scripts.Options) string {
	l.Helper()
	o.Store, o.ImportMode = l.store(nil), true
	texts, err := scripts.RenderAll(o, nil)
	if err != nil {
		l.Fatal(err)
	}
	return l.connection(name, true, texts)
}

// written makes a connection with scripts of somebody's own and returns its id.
func (l *leaving) written(name string, importMode bool) string {
	l.Helper()
	const script = "function f(a, b, callback) { (callback || b)(null); }"
	return l.connection(name, importMode, map[scripts.Operation]string{scripts.Login: script, scripts.GetUser: script})
}

func (l *leaving) connection(name string, importMode bool, texts map[scripts.Operation]string) string {
	l.Helper()
	status, made := l.tenant.API("POST", "/connections", map[string]any{"name": name, "strategy": "auth0", "options": map[string]any{
		"import_mode": importMode, "enabledDatabaseCustomization": true, "customScripts": texts,
	}})
	if status != http.StatusCreated {
		l.Fatal(status, made)
	}
	return made["id"].(string)
}

// What cannot become an import is refused at plan, at the attribute that is at fault, and nothing is made or sent.
func TestUsersImportIsRefusedAtPlan(t *testing.T) {
	t.Parallel()
	l := newLeaving(t, 3)
	rendered, written := l.rendered("rendered", scripts.Options{UserIDPrefix: "old"}), l.written("written", true)
	changed := func(change func(*store.Store)) map[string]any {
		return map[string]any{"store": l.store(change).Marshal()}
	}
	for name, c := range map[string]struct {
		config              map[string]any
		summary, path, says string
	}{
		"no import mode": {map[string]any{"connection_id": l.written("off", false), "user_id_prefix": ""},
			"Connection Not In Import Mode", "connection_id", `The connection "off"`},
		"no connection": {map[string]any{"connection_id": "con_0123456789abcdef"}, "Users Not Imported", "", "Check connection_id."},
		"another prefix": {map[string]any{"user_id_prefix": "new"},
			"Id Prefix Not Known", "user_id_prefix", `have the user_id_prefix "old", and here it is "new"`},
		"no prefix beside scripts of somebody's own": {map[string]any{"connection_id": written},
			"Id Prefix Not Known", "user_id_prefix", `The login of the connection "written" does not tell`},
		"no prefix, finished": {map[string]any{"connection_id": l.rendered("finished", scripts.Options{ImportFinished: true})},
			"Id Prefix Not Known", "user_id_prefix", "or the import is finished"},
		"bad SQL":              {map[string]any{"where": "id >"}, "Condition Not Usable", "where", "SQLSTATE 42601"},
		"several statements":   {map[string]any{"where": "true); DROP TABLE users; SELECT (true"}, "Condition Not Usable", "where", ""},
		"no such column":       {map[string]any{"where": "nobody"}, "Condition Not Usable", "where", "SQLSTATE 42703"},
		"no condition":         {map[string]any{"where": "id"}, "Condition Not Usable", "where", "it is of the type bigint"},
		"functions in between": {changed(func(s *store.Store) { *s = s.Through("auth0") }), "Store Is Not A Table", "store", "the functions in front of it"},
		"read-only view": {changed(func(s *store.Store) { s.Refuses = []string{"UPDATE"} }),
			"Users Cannot Be Marked", "store", "takes no UPDATE"},
		"no migrated_at": {changed(func(s *store.Store) { delete(s.Columns, store.MigratedAt) }), "Store Lacks A Part", "store",
			`ALTER TABLE "public"."users" ADD COLUMN migrated_at timestamp with time zone`},
		"migrated_at that is computed": {changed(func(s *store.Store) {
			s.Columns[store.MigratedAt] = store.Column{Expression: &store.Expression{SQL: "now()", Type: "timestamp with time zone"}}
		}), "Store Lacks A Part", "store", "or has no column for"},
		"no password": {changed(func(s *store.Store) { delete(s.Columns, store.Password) }), "Store Lacks A Part", "store", "the part password"},
		"another thing of the ledger's name": {map[string]any{"ledger": map[string]any{"name": "users"}}, "Ledger Not Usable", "ledger",
			"has not the columns of a ledger"},
	} {
		config := map[string]any{"connection_id": rendered, "store": l.store(nil).Marshal(), "hash_formats": []string{"md5"}}
		maps.Copy(config, c.config)
		l.tenant.Local.ResetRequests()
		_, diags := l.Plan(l.New("auth0pg_users_import"), config)
		if len(diags) != 1 || diags[0].Summary != c.summary || !strings.Contains(diags[0].Detail, c.says) {
			t.Errorf("%s: %v, want %s: %s", name, diags, c.summary, c.says)
			continue
		}
		if at := diags[0].Attribute.String(); c.path == "" && diags[0].Attribute != nil || c.path != "" && at != `AttributeName("`+c.path+`")` {
			t.Errorf("%s: it is told of %s, want %q", name, at, c.path)
		}
		if strings.Contains(diags[0].Detail, "ADD COLUMN") && strings.Contains(c.says, "password") {
			t.Errorf("%s: the statement adds another column: %s", name, diags[0].Detail)
		}
	}
	// What the condition names is in a table that the same run changes.
	table, _ := l.Import("auth0pg_users_table", "public.users")
	_, diags := l.Plan(table, map[string]any{"name": "users", "columns": map[string]any{
		"id": map[string]any{"type": "bigint"}, "email": map[string]any{}, "email_verified": map[string]any{}, "nickname": map[string]any{},
		"password": map[string]any{"name": "password_hash", "type": "varchar(60)"}, "migrated_at": map[string]any{},
	}, "extra_columns": map[string]any{"region": map[string]any{"type": "text"}}})
	_, further := l.Plan(l.New("auth0pg_users_import"), map[string]any{
		"connection_id": rendered, "store": l.store(nil).Marshal(), "where": "region = 'eu'"})
	if diags.Failed() || len(further) != 1 || further[0].Summary != "Users Not Counted" {
		t.Errorf("the table gets the column: %v\n%v", diags, further)
	}
	if made := l.db.QueryInt("SELECT count(*) FROM pg_class WHERE relname LIKE 'auth0pg%'"); made > 0 {
		t.Error("a plan has made the ledger")
	}
}
