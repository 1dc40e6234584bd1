// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

var plainUsers = store.Store{Reach: store.Table{Schema: "public", Name: "users"}, EmailLookup: store.LowerIndex,
	Columns: map[store.Part]store.Column{
		store.ID: {Name: "id", Type: "uuid"}, store.Email: {Name: "email", Type: "text"}, store.Password: {Name: "password", Type: "text"},
	}}

// A privilege that the role is not meant to have is not wanted of it: the connection can do without the script, but not
// without login.
func TestRemedyOfALackingPrivilege(t *testing.T) {
	for operations, want := range map[string]string{
		"delete":        "leave delete out of the connection's operations",
		"verify create": "leave verify and create out of the connection's operations",
		"login delete":  "",
	} {
		for _, lacking := range [][]postgres.Grant{nil, {{Privilege: "DELETE", On: postgres.Object{Kind: postgres.TableObject, Schema: "public", Name: "users"}}}} {
			var diags diag.Diagnostics
			f := &preflightFailure{operations: strings.Fields(operations), lacking: lacking, server: &pgconn.PgError{Code: "42501", Message: "no"}}
			f.report(newScriptPreflight(&postgres.Preflight{Role: "scripts"}, plainUsers, resolved{}.options()), &diags)
			text := diags[0].Detail()
			if !strings.Contains(text, want) || want == "" && strings.Contains(text, "leave ") {
				t.Errorf("%s: %s", operations, text)
			}
		}
	}
}

// Operations that the store does not take are not to be added.
func TestMissingOperationsThatCannotBe(t *testing.T) {
	m := connectionModel{ScriptDigests: types.MapValueMust(types.StringType, map[string]attr.Value{"login": types.StringValue("x"), "get_user": types.StringValue("x")})}
	readOnly := plainUsers
	readOnly.Refuses = []string{"INSERT", "UPDATE", "DELETE"}
	for name, test := range map[string]struct {
		users   store.Store
		refused string
	}{
		"without email_verified": {plainUsers, "verify"},
		"only read":              {readOnly, "create verify change_password delete change_email"},
	} {
		var diags diag.Diagnostics
		m.warnOfMissing(resolved{store: test.users, hasStore: true, storeKnown: true, managed: true}, nil, &diags)
		_, after, _ := strings.Cut(diags[0].Detail(), "The store does not take these")
		var refused []string
		for _, line := range strings.Split(after, "\n") {
			if op, _, is := strings.Cut(strings.TrimPrefix(line, "  "), ": "); is && strings.HasPrefix(line, "  ") {
				refused = append(refused, op)
			}
		}
		if got := strings.Join(refused, " "); got != test.refused {
			t.Errorf("%s: %q, want %q\n%s", name, got, test.refused, diags[0].Detail())
		}
	}
}

// Former scripts bring back nothing of what is in access functions.
func TestFormerScriptsBehindFunctions(t *testing.T) {
	for name, test := range map[string]struct {
		users store.Store
		prior *connectionModel
		want  int
	}{
		"functions":       {plainUsers.Through("auth0"), &connectionModel{UseFormerScripts: types.BoolValue(false)}, 1},
		"functions, kept": {plainUsers.Through("auth0"), &connectionModel{UseFormerScripts: types.BoolValue(true)}, 0},
		"a table":         {plainUsers, &connectionModel{UseFormerScripts: types.BoolValue(false)}, 0},
	} {
		var diags diag.Diagnostics
		m := connectionModel{UseFormerScripts: types.BoolValue(true)}
		m.warnOfFormer(resolved{store: test.users, storeKnown: true}, test.prior, &diags)
		if len(diags) != test.want {
			t.Errorf("%s: %v", name, diags)
		}
	}
}
