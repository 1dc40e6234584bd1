// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// partModel is one part's column, extraModel a column that is no part.
type partModel struct {
	Name        types.String `tfsdk:"name"`
	Type        types.String `tfsdk:"type"`
	Nullable    types.Bool   `tfsdk:"nullable"`
	Default     types.String `tfsdk:"default"`
	Collation   types.String `tfsdk:"collation"`
	Comment     types.String `tfsdk:"comment"`
	RenamedFrom types.String `tfsdk:"renamed_from"`
	Add         types.Bool   `tfsdk:"add"`
	Expression  types.String `tfsdk:"expression"`
	Write       types.String `tfsdk:"write"`
}

type extraModel struct {
	Type      types.String `tfsdk:"type"`
	Nullable  types.Bool   `tfsdk:"nullable"`
	Default   types.String `tfsdk:"default"`
	Collation types.String `tfsdk:"collation"`
	Comment   types.String `tfsdk:"comment"`
	OnCreate  types.String `tfsdk:"on_create"`
	OnChange  types.String `tfsdk:"on_change"`
}

var (
	partType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"name": types.StringType, "type": types.StringType, "nullable": types.BoolType, "default": types.StringType, "collation": types.StringType,
		"comment": types.StringType, "renamed_from": types.StringType, "add": types.BoolType, "expression": types.StringType, "write": types.StringType,
	}}
	extraType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"type": types.StringType, "nullable": types.BoolType, "default": types.StringType, "collation": types.StringType, "comment": types.StringType,
		"on_create": types.StringType, "on_change": types.StringType,
	}}
)

// readColumns reads the two attributes that describe columns. What is null is left out.
// known is false while anything in them is unknown.
func readColumns(
	ctx context.Context,
	columns, extra types.Map,
	diags *diag.Diagnostics,
) (parts map[store.Part]columnConfig, extras map[string]columnConfig, known bool) {
	parts, extras = map[store.Part]columnConfig{}, map[string]columnConfig{}
	known = fullyKnown(ctx, columns) && fullyKnown(ctx, extra)
	for name, value := range columns.Elements() {
		if value.IsNull() || value.IsUnknown() {
			continue
		}
		var model partModel
		diags.Append(
			value.(types.Object).As(ctx, &model, basetypes.ObjectAsOptions{})...) //nolint:forcetypeassert // the schema's type
		parts[store.Part(name)] = columnConfig{
			Name: model.Name, Type: model.Type, Nullable: model.Nullable, Default: model.Default, Collation: model.Collation,
			Comment: model.Comment, RenamedFrom: model.RenamedFrom, Add: model.Add, Expression: model.Expression, Write: model.Write,
		}
	}
	for name, value := range extra.Elements() {
		if value.IsNull() || value.IsUnknown() {
			continue
		}
		var model extraModel
		diags.Append(
			value.(types.Object).As(ctx, &model, basetypes.ObjectAsOptions{})...) //nolint:forcetypeassert // the schema's type
		extras[name] = columnConfig{
			Name:      types.StringValue(name),
			Type:      model.Type,
			Nullable:  model.Nullable,
			Default:   model.Default,
			Collation: model.Collation,
			Comment:   model.Comment,
			OnCreate:  model.OnCreate,
			OnChange:  model.OnChange,
		}
	}
	return parts, extras, known
}

func fullyKnown(ctx context.Context, value attr.Value) bool {
	v, err := value.ToTerraformValue(ctx)
	return err == nil && v.IsFullyKnown()
}

// columnsMap is the value of `columns`, extraMap that of `extra_columns`.
func columnsMap(parts map[store.Part]columnConfig) types.Map {
	values := map[string]attr.Value{}
	for part, c := range parts {
		values[string(part)] = types.ObjectValueMust(partType.AttrTypes, map[string]attr.Value{
			"name": c.Name, "type": c.Type, "nullable": c.Nullable, "default": c.Default, "collation": c.Collation, "comment": c.Comment,
			"renamed_from": c.RenamedFrom, "add": c.Add, "expression": c.Expression, "write": c.Write,
		})
	}
	return types.MapValueMust(partType, values)
}

func extraMap(extras map[string]columnConfig) types.Map {
	values := map[string]attr.Value{}
	for name, c := range extras {
		values[name] = types.ObjectValueMust(extraType.AttrTypes, map[string]attr.Value{
			"type": c.Type, "nullable": c.Nullable, "default": c.Default, "collation": c.Collation, "comment": c.Comment,
			"on_create": c.OnCreate, "on_change": c.OnChange,
		})
	}
	return types.MapValueMust(extraType, values)
}

// shownColumn is a column as plan and state show it. A text that means what shall be is
// kept: first the state's, so that another spelling is no change, then the configuration's.
func shownColumn(want columnSpec, config columnConfig, state columnConfig, before columnSpec) columnConfig {
	return columnConfig{
		Name:      types.StringValue(want.Name),
		Type:      shownText(want.Type, config.Type, state.Type, before.TypeText, before.Type),
		Nullable:  types.BoolValue(!want.NotNull),
		Default:   shownText(want.Default, config.Default, state.Default, before.DefaultText, before.Default),
		Collation: shownText(want.Collation, config.Collation, state.Collation, "", ""),
		Comment:   config.Comment, RenamedFrom: config.RenamedFrom, Add: config.Add,
		Write: config.Write, OnCreate: config.OnCreate, OnChange: config.OnChange,
	}
}

// shownText picks the spelling of want. The state's text stands for beforeMeaning when it
// is beforeText, and for itself when it came from the server.
func shownText(want string, config, state types.String, beforeText, beforeMeaning string) types.String {
	if known := !state.IsNull() && !state.IsUnknown(); known {
		meaning := state.ValueString()
		if meaning == beforeText {
			meaning = beforeMeaning
		}
		if meaning == want {
			return state
		}
	}
	if !config.IsNull() {
		return config
	}
	return textOrNull(want)
}

func textOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

// readColumn is what reading finds: the state's own texts where the column still is as it
// was applied, the server's words where it is not. ok is false for a column that is gone.
func readColumn(want columnSpec, state columnConfig, users *table.Table) (c columnConfig, ok bool) {
	have := users.Column(want.Name)
	if have == nil {
		return columnConfig{}, false
	}
	pick := func(have, want string, text string, state types.String) types.String {
		switch {
		case have != want:
			return textOrNull(have)
		case state.ValueString() != text && state.ValueString() != want:
			return textOrNull(text)
		}
		return state
	}
	c = columnConfig{
		Name:      types.StringValue(want.Name),
		Type:      pick(have.Type, want.Type, want.TypeText, state.Type),
		Nullable:  types.BoolValue(!have.NotNull || have.NotNullUnproven),
		Default:   pick(have.Default, want.Default, want.DefaultText, state.Default),
		Collation: pick(have.Collation, want.Collation, want.Collation, state.Collation),
		Comment:   types.StringNull(), RenamedFrom: state.RenamedFrom, Add: state.Add, Expression: state.Expression,
		Write: state.Write, OnCreate: state.OnCreate, OnChange: state.OnChange,
	}
	if want.Comment != nil {
		c.Comment = textOrNull(have.Comment)
	}
	return c, true
}
