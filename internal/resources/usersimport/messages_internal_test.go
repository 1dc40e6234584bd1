// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/bulkimport"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// What is said of those who are held back has the SQL that lists them, the advice that helps them, and nothing of theirs.
func TestAdviceForWhoIsHeldBack(t *testing.T) {
	t.Parallel()
	source := migration.Source{Store: store.Store{Reach: store.Table{Schema: "public", Name: "users"}}}
	for reason, want := range map[string][3]bool{
		bulkimport.NoEmail:     {true, false, false},
		bulkimport.SharedEmail: {true, true, false},
		bulkimport.BadPhone:    {false, false, true},
		"a hash that looks like phpass: name its format, phpass, in hash_formats": {false, false, true},
	} {
		var diags diag.Diagnostics
		report{held: map[string]int64{reason: 2}}.warn(&diags, source, someQueries{})
		text := diags[0].Detail()
		got := [3]bool{strings.Contains(text, "cannot log in through the scripts either"), strings.Contains(text, "SELECT shared;"), strings.Contains(text, "next login")}
		if got != want || !strings.Contains(text, "SELECT left;") || !strings.Contains(text, "2: "+reason) {
			t.Errorf("%v, want %v: %s", got, want, text)
		}
	}
}

// One is one, and not several.
func TestFiguresOfOne(t *testing.T) {
	t.Parallel()
	f := bulkimport.Figures{Users: 1, Goes: 1, Bytes: 9}
	if text := text(f, 10); !strings.Contains(text, "1 user.") || !strings.Contains(text, "1 job, the first one of 1 user,") {
		t.Error(text)
	}
}

type someQueries struct{}

func (someQueries) LeftQuery() string   { return "SELECT left" }
func (someQueries) SharedQuery() string { return "SELECT shared" }

// A name is no id.
func TestConnectionIDIsNoName(t *testing.T) {
	t.Parallel()
	for value, want := range map[types.String]int{
		types.StringValue("con_0123456789abcdef"): 0, types.StringUnknown(): 0, types.StringValue("users"): 1, types.StringValue(""): 1,
	} {
		var resp validator.StringResponse
		connectionIDValidator{}.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("connection_id"), ConfigValue: value}, &resp)
		if resp.Diagnostics.ErrorsCount() != want {
			t.Errorf("%s: %v", value, resp.Diagnostics)
		}
	}
}
