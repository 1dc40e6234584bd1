// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// A new table that no sign-up can add a row to must say so at plan, on the column's attribute.
func TestNewTableTellsOfUnfilledColumns(t *testing.T) {
	t.Parallel()
	id := func(c columnConfig) tableConfig {
		return tableConfig{Columns: map[store.Part]columnConfig{store.ID: c, store.Email: {}, store.Password: {}}}
	}
	extra := func(c columnConfig) tableConfig {
		config := id(columnConfig{})
		config.Extra = map[string]columnConfig{"tenant": c}
		return config
	}
	text := types.StringValue
	for name, test := range map[string]struct {
		config tableConfig
		want   path.Path
	}{
		"default shape":             {config: id(columnConfig{})},
		"id with identity":          {config: id(columnConfig{Type: text("bigint")})},
		"id without a source":       {config: id(columnConfig{Type: text("numeric")}), want: path.Root("columns").AtMapKey("id")},
		"id with a default":         {config: id(columnConfig{Type: text("numeric"), Default: text("1")})},
		"extra column, nullable":    {config: extra(columnConfig{Type: text("int"), Nullable: types.BoolValue(true)})},
		"extra column, NOT NULL":    {config: extra(columnConfig{Type: text("int"), Nullable: types.BoolValue(false)}), want: path.Root("extra_columns").AtMapKey("tenant")},
		"extra column with default": {config: extra(columnConfig{Type: text("int"), Nullable: types.BoolValue(false), Default: text("0")})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.config.Schema, test.config.Name = "public", "users"
			var diags diag.Diagnostics
			resolveTable(test.config, nil, nil).warnUnfilled(&diags)
			var got path.Path
			for _, d := range diags {
				got = d.(diag.DiagnosticWithPath).Path()
			}
			if len(diags) > 1 || !got.Equal(test.want) {
				t.Errorf("warnings %v at %s, want one at %q", diags, got, test.want)
			}
		})
	}
}

// Only what is named exists, under the name that the configuration gives it, whatever was before; and an imported table
// gets no column that it does not have.
func TestResolvedParts(t *testing.T) {
	t.Parallel()
	text := types.StringValue
	there := &table.Table{Schema: "public", Name: "users"}
	for _, name := range []string{"id", "email", "password_hash", "blocked", "nick"} {
		there.Columns = append(there.Columns, table.Column{Name: name, Type: "text"})
	}
	imported := adoptTable(there)
	made := imported
	made.Imported = false
	for name, test := range map[string]struct {
		prev    *tableSpec
		columns map[store.Part]columnConfig
		want    string
		missing []store.Part
	}{
		"new":              {nil, map[store.Part]columnConfig{store.ID: {}, store.Email: {Name: text("mail")}}, "id mail", nil},
		"imported, forgot": {&imported, map[store.Part]columnConfig{store.ID: {}, store.Email: {}}, "id email", nil},
		"imported, by its own name": {
			&imported, map[store.Part]columnConfig{store.ID: {}, store.Password: {}}, "id password", []store.Part{store.Password},
		},
		"imported, by the column's": {&imported, map[store.Part]columnConfig{store.ID: {}, store.Password: {Name: text("password_hash")}}, "id password_hash", nil},
		"imported, renamed": {
			&imported, map[store.Part]columnConfig{store.ID: {}, store.Nickname: {Name: text("nickname"), RenamedFrom: text("nick")}}, "id nickname", nil,
		},
		"imported, renamed from nothing": {
			&imported, map[store.Part]columnConfig{store.Nickname: {Name: text("nickname"), RenamedFrom: text("nik")}}, "nickname", []store.Part{store.Nickname},
		},
		"imported, to be added": {&imported, map[store.Part]columnConfig{store.ID: {}, store.LastLogin: {Add: types.BoolValue(true)}}, "id last_login", nil},
		"imported, two missing": {&imported, map[store.Part]columnConfig{store.LastLogin: {}, store.Name: {}}, "name last_login", []store.Part{store.Name, store.LastLogin}},
		"made here":             {&made, map[store.Part]columnConfig{store.ID: {}, store.LastLogin: {}, store.Password: {}}, "id password last_login", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			observed := there
			if test.prev == nil {
				observed = nil
			}
			spec := resolveTable(tableConfig{Schema: "public", Name: "users", Columns: test.columns}, test.prev, observed)
			var got []string
			for _, c := range spec.columns() {
				got = append(got, c.Name)
			}
			var missing *missingColumnsError
			errors.As(spec.missing(observed), &missing)
			if missing == nil {
				missing = &missingColumnsError{}
			}
			if strings.Join(got, " ") != test.want || !slices.Equal(missing.Parts, test.missing) {
				t.Errorf("columns %v, missing %v; want %s and %v", got, missing.Parts, test.want, test.missing)
			}
		})
	}
}

// An error about an expression is told where its text stands.
func TestExpressionPath(t *testing.T) {
	spec := tableSpec{Expressions: map[store.Part]string{store.Blocked: "a", store.Name: "b"}, RowFilter: "c"}
	for text, want := range map[string]path.Path{
		"a": path.Root("columns").AtMapKey("blocked").AtName("expression"), "b": path.Root("columns").AtMapKey("name").AtName("expression"), "c": path.Root("row_filter"),
	} {
		if got := spec.expressionPath(text); !got.Equal(want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
