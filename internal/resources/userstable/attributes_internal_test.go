// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// attributes are the names of all attributes of an object, also of those inside others, and of the parts.
func attributes(of any) map[string]bool {
	names := map[string]bool{}
	switch object := of.(type) {
	case resource.Resource:
		var resp resource.SchemaResponse
		object.Schema(context.Background(), resource.SchemaRequest{}, &resp)
		note(names, fmt.Sprint(resp.Schema.Type()))
	case datasource.DataSource:
		var resp datasource.SchemaResponse
		object.Schema(context.Background(), datasource.SchemaRequest{}, &resp)
		note(names, fmt.Sprint(resp.Schema.Type()))
	}
	for _, part := range store.Parts() {
		names[string(part.Part)] = true
	}
	return names
}

var attributeName = regexp.MustCompile(`"([a-z_0-9]+)":`)

// note takes the names out of a type in words.
func note(names map[string]bool, text string) {
	for _, found := range attributeName.FindAllStringSubmatch(text, -1) {
		names[found[1]] = true
	}
}

var mention = regexp.MustCompile(`(?:([a-z]+)\.)?\b([a-z]+(?:_[a-z]+)+)\b((?: and [a-z_]+)? of (?:the connection|auth0pg_[a-z_]+))?`)

// strays are the attributes of this package's objects that a message speaks of as if the object had them.
func strays(own map[string]bool, text string) (found []string) {
	all := map[string]bool{}
	for _, object := range []any{NewUsersTable(), NewStore(), NewUsersAudit()} {
		for name := range attributes(object) {
			all[name] = true
		}
	}
	for _, m := range mention.FindAllStringSubmatch(text, -1) {
		if elsewhere := m[1] == "scripts" || m[3] != ""; !elsewhere && all[m[2]] && !own[m[2]] {
			found = append(found, m[2])
		}
	}
	return found
}

// A message names no attribute that the object does not have.
func TestMessagesNameAttributesThatThereAre(t *testing.T) {
	resourceHas, storeHas, auditHas := attributes(NewUsersTable()), attributes(NewStore()), attributes(NewUsersAudit())
	if !resourceHas["extra_columns"] || !storeHas["extra_columns"] || !storeHas["legacy_hashes"] || storeHas["drop_table_with_rows"] || !auditHas["not_blocking"] {
		t.Fatalf("the attributes are %v, %v and %v", resourceHas, storeHas, auditHas)
	}
	if got := strays(storeHas, "set drop_table_with_rows, deletion_protection of auth0pg_users_table, scripts.legacy_hashes or legacy_hashes"); len(got) != 1 {
		t.Fatalf("of the attributes that are not there: %v", got)
	}
	check := func(own map[string]bool, diags diag.Diagnostics) {
		t.Helper()
		if len(diags) == 0 {
			t.Error("no message")
		}
		for _, d := range diags {
			if stray := strays(own, d.Detail()); stray != nil {
				t.Errorf("%v: %s", stray, d.Detail())
			}
		}
	}
	wrong, _ := types.MapValueFrom(t.Context(), types.StringType, map[string]string{"emial": "", "nothing": ""})
	var resp validator.MapResponse
	partsValidator{}.ValidateMap(t.Context(), validator.MapRequest{Path: path.Root("columns"), ConfigValue: wrong}, &resp)
	check(resourceHas, resp.Diagnostics)
	check(storeHas, resp.Diagnostics)
	users := store.Store{Reach: store.Table{Schema: "public", Name: "users"}, EmailLookup: store.Exact,
		RowFilter: &store.Expression{SQL: "users.a", Type: "boolean"},
		Columns: map[store.Part]store.Column{
			store.ID: {Name: "id", Type: "integer"}, store.Email: {Name: "email", Type: "text"}, store.Password: {Name: "password", Type: "text"},
			store.Blocked: {Expression: &store.Expression{SQL: "users.b", Type: "boolean"}},
		}}
	census := &table.Census{Rows: 90, Users: 9, Blocked: 9, Passwordless: 9, Nulls: 1, Capitals: 1, Shared: 1, Hashes: map[string]int64{}}
	for _, look := range hashes.Looks() {
		census.Hashes[look.Name] = 9
	}
	suspects := []table.Suspect{{Column: "deleted_at", Out: "deleted_at is not null", Settle: `row_filter = "deleted_at is null"`}}
	hidden := []postgres.HiddenRows{{On: postgres.Object{Kind: postgres.TableObject, Schema: "public", Name: "users"}, Commands: []string{"SELECT"}}}
	var kinds []string
	for _, census := range []*table.Census{census, {Rows: 9, Users: 9}, {Rows: 9}} {
		problems := table.Problems(users, census, suspects, hidden, &pgconn.PgError{Code: "HV000", Message: "no"}, nil)
		var ofResource, ofStore diag.Diagnostics
		for _, p := range problems {
			kinds = append(kinds, string(p.Kind))
			addProblem(users.Table(), p, "problems and hashes of auth0pg_users_audit", &ofResource)
			addProblem(users.Table(), p, "problems", &ofStore)
		}
		check(resourceHas, ofResource)
		check(storeHas, ofStore)
	}
	for _, kind := range []table.ProblemKind{
		table.NotRead, table.NullBlocks, table.HidesAll, table.HidesNobody, table.HidesMost, table.BlocksMost, table.BlocksNobody,
		table.NoPassword, table.Capitals, table.Shared, table.RowsHidden, table.Unreadable, table.NotLookedAt,
	} {
		if !strings.Contains(strings.Join(kinds, " "), string(kind)) {
			t.Errorf("nothing was said of %s", kind)
		}
	}
}
