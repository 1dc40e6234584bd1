// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

var changeType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"what": types.StringType, "route": types.StringType, "lock": types.StringType,
	"scans": types.BoolType, "rewrites": types.BoolType, "rows": types.Int64Type,
}}

// showPlan fills in `ddl` and `changes`, of which a new table has none: nobody uses it.
func (m *usersTableModel) showPlan(plan table.Plan) {
	m.DDL = kit.StringList(plan.Statements())
	m.Changes = types.ListNull(changeType)
	if len(plan.Steps) > 0 && plan.Steps[0].Route == table.Creation {
		return
	}
	changes := make([]attr.Value, len(plan.Steps))
	for i, step := range plan.Steps {
		changes[i] = types.ObjectValueMust(changeType.AttrTypes, map[string]attr.Value{
			"what": types.StringValue(
				step.What,
			), "route": types.StringValue(string(step.Route)), "lock": types.StringValue(step.Lock),
			"scans": types.BoolValue(
				step.Scans,
			), "rewrites": types.BoolValue(step.Rewrites), "rows": types.Int64Value(step.Rows),
		})
	}
	m.Changes = types.ListValueMust(changeType, changes)
}

// show fills in what the specification decides.
func (m *usersTableModel) show(
	ctx context.Context,
	spec tableSpec,
	config tableConfig,
	state *usersTableModel,
	prev *tableSpec,
	diags *diag.Diagnostics,
) {
	stateParts, stateExtras := map[store.Part]columnConfig{}, map[string]columnConfig{}
	before := tableSpec{}
	if state != nil {
		stateParts, stateExtras, _ = readColumns(ctx, state.Columns, state.ExtraColumns, diags)
	}
	if prev != nil {
		before = *prev
	}
	parts := map[store.Part]columnConfig{}
	for part, want := range spec.Columns {
		parts[part] = shownColumn(want, config.Columns[part], stateParts[part], before.Columns[part])
	}
	for part := range spec.Expressions {
		shown := parts[part]
		shown.Expression = spec.shownExpression(config.Columns[part].Expression, stateParts[part].Expression)
		parts[part] = shown
	}
	m.RowFilter = config.RowFilter
	if state != nil {
		m.RowFilter = spec.shownExpression(config.RowFilter, state.RowFilter)
	}
	m.Columns = columnsMap(parts)
	m.ExtraColumns = shownExtras(
		spec,
		config,
		stateExtras,
		before,
		state != nil && !state.ExtraColumns.IsNull(),
		m.ExtraColumns,
	)
	m.EmailLookup = textOrNull(string(spec.EmailLookup))
	m.PrimaryKey = types.BoolValue(spec.PrimaryKey)
	m.Store = kit.NewStore(spec.store())
}

// shownExtras is the value of `extra_columns`. An imported table's state lists all its
// columns; while the configuration says nothing about them, or only repeats some, that is kept.
func shownExtras(
	spec tableSpec,
	config tableConfig,
	state map[string]columnConfig,
	before tableSpec,
	inState bool,
	planned types.Map,
) types.Map {
	for _, c := range spec.Columns {
		delete(state, c.Name)
	}
	written := !planned.IsNull() && !planned.IsUnknown() && len(config.Extra) > 0
	if !written {
		if len(config.Extra) == 0 && !planned.IsNull() && !planned.IsUnknown() && len(planned.Elements()) == 0 {
			return planned // {} in the configuration
		}
		if !inState {
			return types.MapNull(extraType)
		}
		return extraMap(state)
	}
	shown := map[string]columnConfig{}
	same := inState
	for name, want := range spec.Extra {
		shown[name] = shownColumn(want, config.Extra[name], state[name], before.Extra[name])
		old, ok := state[name]
		same = same && ok && old.equal(shown[name])
	}
	for name := range state {
		if _, kept := shown[name]; !kept && before.Extra[name].Named {
			same = false
		}
	}
	if same {
		return extraMap(state)
	}
	return extraMap(shown)
}

func (c columnConfig) equal(other columnConfig) bool {
	return c.Type.Equal(other.Type) && c.Nullable.Equal(other.Nullable) && c.Default.Equal(other.Default) &&
		c.Collation.Equal(other.Collation) && c.Comment.Equal(other.Comment) &&
		c.OnCreate.Equal(other.OnCreate) && c.OnChange.Equal(other.OnChange)
}

// showOffline fills in what is sure without the server's word.
func (m *usersTableModel) showOffline(
	ctx context.Context,
	spec tableSpec,
	config tableConfig,
	state *usersTableModel,
	prev *tableSpec,
	diags *diag.Diagnostics,
) {
	sure := true
	common := func(c columnSpec) columnSpec {
		if c.settled {
			return c
		}
		if name, ok := table.CommonTypeName(c.Type); ok {
			c.Type = name
		} else {
			sure = false
		}
		return c
	}
	for part, c := range spec.Columns {
		spec.Columns[part] = common(c)
	}
	for name, c := range spec.Extra {
		spec.Extra[name] = common(c)
	}
	if !sure || !spec.allResolved() {
		return
	}
	m.show(ctx, spec, config, state, prev, diags)
	m.DDL, m.Changes = types.ListUnknown(types.StringType), types.ListUnknown(changeType)
}

// keepKnown puts back what the plan had decided, which must not change at apply.
func (m *usersTableModel) keepKnown(ctx context.Context, planned usersTableModel) {
	if fullyKnown(ctx, planned.Columns) {
		m.Columns = planned.Columns
	}
	if fullyKnown(ctx, planned.ExtraColumns) {
		m.ExtraColumns = planned.ExtraColumns
	}
	if fullyKnown(ctx, planned.Store) {
		m.Store = planned.Store
	}
	if !planned.DDL.IsUnknown() {
		m.DDL, m.Changes = planned.DDL, planned.Changes
	}
}

// refresh puts what was read into the state.
func (m *usersTableModel) refresh(ctx context.Context, prev tableSpec, observed *table.Table, diags *diag.Diagnostics) {
	stateParts, stateExtras, _ := readColumns(ctx, m.Columns, m.ExtraColumns, diags)
	imported := m.Columns.IsNull()
	parts := map[store.Part]columnConfig{}
	for part, want := range prev.Columns {
		if !want.Named { // of an imported table that nothing was applied to: it is used as it is
			have := observed.Column(want.Name)
			if have == nil {
				continue
			}
			want = adoptedColumn(have)
			prev.Columns[part] = want
		}
		if c, ok := readColumn(want, stateParts[part], observed); ok {
			parts[part] = c
		}
	}
	for part := range prev.Expressions {
		if _, written := prev.Columns[part]; !written {
			parts[part] = columnConfig{Expression: stateParts[part].Expression}
		}
	}
	m.Columns = columnsMap(parts)
	if imported {
		for name := range prev.Extra {
			stateExtras[name] = columnConfig{}
		}
	}
	extras := map[string]columnConfig{}
	for name, old := range stateExtras {
		want, described := prev.Extra[name]
		if have := observed.Column(name); have != nil && (!described || !want.Named) {
			want = adoptedColumn(have)
		}
		if c, ok := readColumn(want, old, observed); ok {
			extras[name] = c
		}
	}
	if !m.ExtraColumns.IsNull() || len(extras) > 0 {
		m.ExtraColumns = extraMap(extras)
	}
	m.EmailLookup = types.StringNull()
	if _, read := prev.Expressions[store.Email]; read {
		m.EmailLookup = textOrNull(string(prev.EmailLookup))
	} else if prev.EmailLookup != "" && observed.LookupIndex(prev.Columns[store.Email].Name, indexLookup(prev.EmailLookup)) != nil {
		m.EmailLookup = types.StringValue(string(prev.EmailLookup))
	}
	m.PrimaryKey = types.BoolValue(
		prev.PrimaryKey && slices.Equal(observed.PrimaryKey(), []string{prev.Columns[store.ID].Name}),
	)
	m.Store = kit.NewStore(prev.store())
}
