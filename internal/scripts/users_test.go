// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// users are those of a store as its administrator has them. Values are what a profile has, true, false, text or an object,
// whatever they are stored as; a password is the stored hash, and without one it is "correct horse". What a store cannot have
// panics with [cannot].
type users interface {
	// add adds a user and returns the id.
	add(values map[store.Part]any) string
	set(id string, values map[store.Part]any)
	// stored is what is stored of a user, as text; what has no value is not there.
	stored(id string) map[store.Part]string
	// hash is what is stored of a user's password.
	hash(id string) string
	// unfit are values of which the store does not take one.
	unfit() map[string]any
	ids() []string
	// all is a text of everything that is stored, but for what a store notes by itself when it is asked.
	all() string
	empty()
	// share lets several users have one address or one id, until the store is emptied.
	share()
	// refuse makes the store fail at each change of a user, until the returned function is called.
	refuse() (restore func())
}

// cannot says what a store cannot have, in the words of whoever refuses it.
type cannot string

// databaseUsers are the rows of a table, whatever the scripts reach them through.
type databaseUsers struct {
	*bench
	indexes []string // that empty makes again
}

func (u *databaseUsers) add(values map[store.Part]any) string {
	u.t.Helper()
	all := map[store.Part]any{store.Password: adaHash}
	maps.Copy(all, values)
	var columns, places []string
	var args []any
	for part, value := range all {
		args = append(args, u.encode(part, value))
		columns, places = append(columns, u.column(part)), append(places, u.place(part, len(args)))
	}
	return u.db.QueryString("INSERT INTO "+u.table()+" ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(places, ", ")+
		") RETURNING "+u.column(store.ID)+"::text", args...)
}

func (u *databaseUsers) set(id string, values map[store.Part]any) {
	u.t.Helper()
	for part, value := range values {
		u.db.Exec("UPDATE "+u.table()+" SET "+u.column(part)+" = "+u.place(part, 2)+" WHERE "+u.column(store.ID)+"::text = $1",
			id, u.encode(part, value))
	}
}

// place is the n-th parameter, as a value of the part's column.
func (u *databaseUsers) place(part store.Part, n int) string {
	return fmt.Sprintf("CAST(CAST($%d AS text) AS %s)", n, u.store.Columns[part].Type)
}

// encode is a value as text of the column's type, nil for NULL.
func (u *databaseUsers) encode(part store.Part, value any) any {
	u.t.Helper()
	kind := u.store.Columns[part].Type
	switch value := value.(type) {
	case nil:
		return nil
	case string:
		if strings.HasPrefix(kind, "json") && !json.Valid([]byte(value)) {
			panic(cannot("the column takes only JSON"))
		}
		return value
	case bool:
		switch {
		case kind == "boolean":
			return fmt.Sprint(value)
		case strings.HasSuffix(kind, "int") || kind == "integer":
			return map[bool]string{true: "1", false: "0"}[value]
		case !value:
			return nil // no time at which it was so
		}
		return "2020-02-02 20:20"
	}
	text, err := json.Marshal(value)
	if err != nil {
		u.t.Fatal(err)
	}
	return string(text)
}

func (u *databaseUsers) stored(id string) map[store.Part]string {
	u.t.Helper()
	row := map[store.Part]string{}
	for part := range u.store.Columns {
		value := u.db.QueryString("SELECT "+u.column(part)+"::text FROM "+u.table()+" WHERE "+u.column(store.ID)+"::text = $1", id)
		if value != "" {
			row[part] = value
		}
	}
	return row
}

func (u *databaseUsers) hash(id string) string {
	return strings.TrimSpace(u.stored(id)[store.Password])
}

func (u *databaseUsers) unfit() map[string]any {
	return map[string]any{"family_name": strings.Repeat("x", 21)} // the column is shorter
}

func (u *databaseUsers) ids() []string {
	u.t.Helper()
	return u.db.QueryStrings("SELECT " + u.column(store.ID) + "::text FROM " + u.table() + " ORDER BY 1")
}

func (u *databaseUsers) all() string {
	u.t.Helper()
	return u.db.QueryString("SELECT string_agg(u::text, ';' ORDER BY u::text) FROM " + u.table() + " u")
}

func (u *databaseUsers) empty() {
	u.t.Helper()
	u.db.Exec("TRUNCATE " + u.table())
	for _, index := range u.indexes {
		u.db.Exec(index)
	}
	u.indexes = nil
}

func (u *databaseUsers) share() {
	u.t.Helper()
	const indexes = " FROM pg_index WHERE indrelid = $1::regclass AND indisunique ORDER BY indexrelid"
	u.indexes = u.db.QueryStrings("SELECT pg_get_indexdef(indexrelid)"+indexes, u.table())
	for _, index := range u.db.QueryStrings("SELECT indexrelid::regclass::text"+indexes, u.table()) {
		u.db.Exec("DROP INDEX " + index)
	}
}

func (u *databaseUsers) refuse() func() {
	u.t.Helper()
	u.db.Exec("CREATE OR REPLACE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS " +
		"$$ BEGIN RAISE EXCEPTION 'not %', OLD::text; END $$")
	u.db.Exec("CREATE TRIGGER refuse BEFORE UPDATE OR DELETE ON " + u.table() + " FOR EACH ROW EXECUTE FUNCTION public.refuse()")
	return func() { u.db.Exec("DROP TRIGGER refuse ON " + u.table()) }
}

// tenantUsers are those of the connection of another tenant.
type tenantUsers struct{ *tenantBench }

func (u tenantUsers) add(values map[store.Part]any) string {
	u.t.Helper()
	body := map[string]any{"connection": "members", "password": "correct horse", "verify_email": false}
	for part, value := range values {
		body[u.field(part)] = value
	}
	id, _ := strings.CutPrefix(u.must("POST", "users", body)["user_id"].(string), "auth0|")
	return id
}

func (u tenantUsers) set(id string, values map[store.Part]any) {
	u.t.Helper()
	for part, value := range values {
		u.must("PATCH", "users/auth0%7C"+id, map[string]any{u.field(part): value})
	}
}

// must is a call that the tenant does, or says why it does not.
func (u tenantUsers) must(method, path string, body any) map[string]any {
	u.t.Helper()
	status, answer := u.call(method, path, body)
	if status >= 500 {
		u.t.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
	if status >= 400 {
		panic(cannot(fmt.Sprint(answer["message"])))
	}
	return answer
}

// field is the name that the tenant has for a part.
func (tenantUsers) field(part store.Part) string {
	switch {
	case part == store.Password || part == store.PasswordSalt:
		panic(cannot("the tenant keeps its hashes to itself"))
	case part == store.ID:
		return "user_id"
	case !slices.Contains(store.TenantParts(), part):
		panic(cannot("a tenant has no " + string(part)))
	}
	return string(part)
}

func (u tenantUsers) stored(id string) map[store.Part]string {
	u.t.Helper()
	row := map[store.Part]string{}
	for name, value := range u.api("GET", "users/auth0%7C"+id, nil, http.StatusOK) {
		part := store.Part(name)
		if text, ok := value.(string); ok {
			row[part] = text
		} else if encoded, err := json.Marshal(value); err == nil && slices.Contains(store.TenantParts(), part) {
			row[part] = string(encoded)
		}
	}
	return row
}

func (u tenantUsers) hash(string) string { return u.field(store.Password) }

func (u tenantUsers) unfit() map[string]any {
	return map[string]any{"email": strings.Repeat("x", 65) + "@example.com"} // no server takes such an address
}

func (u tenantUsers) list() []map[string]any {
	u.t.Helper()
	found := u.api("GET", "users?include_totals=true&per_page=100", nil, http.StatusOK)["users"].([]any)
	listed := make([]map[string]any, len(found))
	for i, user := range found {
		listed[i] = user.(map[string]any)
	}
	return listed
}

func (u tenantUsers) ids() []string {
	u.t.Helper()
	var ids []string
	for _, user := range u.list() {
		id, _ := strings.CutPrefix(user["user_id"].(string), "auth0|")
		ids = append(ids, id)
	}
	return ids
}

func (u tenantUsers) all() string {
	u.t.Helper()
	users := u.list()
	for _, user := range users {
		for _, noted := range []string{"updated_at", "last_login", "logins_count"} {
			delete(user, noted)
		}
	}
	return fmt.Sprint(users)
}

func (u tenantUsers) empty() {
	u.t.Helper()
	for ids := u.ids(); len(ids) > 0; ids = u.ids() { // a page of them
		for _, id := range ids {
			u.api("DELETE", "users/auth0%7C"+id, nil, http.StatusNoContent)
		}
	}
}

// share does nothing: the second user is what the tenant refuses.
func (tenantUsers) share() {}

func (u tenantUsers) refuse() func() {
	remove := []func(){}
	for _, method := range []string{"PATCH", "DELETE"} {
		remove = append(remove, u.tenant.Inject(localtenant.Fault{Method: method, Status: http.StatusInternalServerError, Times: -1}))
	}
	return func() {
		for _, f := range remove {
			f()
		}
	}
}

// call calls the tenant's Management API as its administrator.
func (b *tenantBench) call(method, path string, body any) (int, map[string]any) {
	b.t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.tenant.URL()+"/api/v2/"+path, bytes.NewReader(encoded))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+b.tenant.Token())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	answer := map[string]any{}
	if response.StatusCode != http.StatusNoContent {
		_ = json.NewDecoder(response.Body).Decode(&answer)
	}
	return response.StatusCode, answer
}
