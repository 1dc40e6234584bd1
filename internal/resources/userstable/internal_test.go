// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// A new table that no sign-up can add a row to must say so at plan, on the column's attribute.
func TestNewTableTellsOfUnfilledColumns(t *testing.T) {
	t.Parallel()
	id := func(c columnConfig) tableConfig {
		return tableConfig{Columns: map[store.Part]columnConfig{store.ID: c}}
	}
	extra := func(c columnConfig) tableConfig {
		return tableConfig{Extra: map[string]columnConfig{"tenant": c}}
	}
	text := types.StringValue
	for name, test := range map[string]struct {
		config tableConfig
		want   path.Path
	}{
		"default shape":             {config: tableConfig{}},
		"id with identity":          {config: id(columnConfig{Type: text("bigint")})},
		"id without a source":       {config: id(columnConfig{Type: text("numeric")}), want: path.Root("columns").AtName("id")},
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
