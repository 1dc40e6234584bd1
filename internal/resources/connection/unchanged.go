// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// NewUnchanging returns the resource for what Terraform does when nothing has changed.
func NewUnchanging() kit.Unchanging { return &connection{} }

// Refreshed implements [kit.Unchanging] with the list of connections, as soon as there is one. What the last apply has
// shown of the scripts is all that leaves the state.
func (r *connection) Refreshed(
	ctx context.Context,
	stored tftypes.Value,
	reader kit.PrivateReader,
) (tftypes.Value, bool) {
	var state connectionModel
	var diags diag.Diagnostics
	client := r.client()
	private, _ := loadConnectionPrivate(ctx, reader, &diags)
	if client == nil || diags.HasError() || private.Domain != client.Domain() || state.fill(ctx, stored) != nil ||
		state.Name.IsNull() {
		return stored, false
	}
	found := client.ListedConnection(state.ID.ValueString())
	if found == nil || !r.data.Notes.Manages(state.ID.ValueString(), private.Instance) || private.ManagesClients && !client.ShowsClients(found, knownClients(state.EnabledClients)) {
		return stored, false
	}
	refreshed := state
	refreshed.refresh(found)
	changed := private.keep(nil, &refreshed, refreshed.managedScripts(found), &diags)
	state.ScriptChanges = refreshed.ScriptChanges
	if changed || len(diags) > 0 || !refreshed.same(&state) {
		return stored, false
	}
	return withMember(stored, "script_changes", nil), true
}

// withMember is an object with another value in one of its members.
func withMember(object tftypes.Value, name string, value any) tftypes.Value {
	var members map[string]tftypes.Value
	if object.As(&members) != nil {
		return object // not an object
	}
	members[name] = tftypes.NewValue(members[name].Type(), value)
	return tftypes.NewValue(object.Type(), members)
}

// PlannedAsIs implements [kit.Unchanging].
func (r *connection) PlannedAsIs(ctx context.Context, stored, configured tftypes.Value, reader kit.PrivateReader) bool {
	var prior, config connectionModel
	var diags diag.Diagnostics
	private, _ := loadConnectionPrivate(ctx, reader, &diags)
	if diags.HasError() || prior.fill(ctx, stored) != nil || config.fill(ctx, configured) != nil || prior.Name.IsNull() {
		return false
	}
	plan := prior
	settled := plan.decide(ctx, &prior, &config, private, &diags)
	if len(diags) > 0 || !plan.same(&prior) {
		return false
	}
	r.checkPlan(ctx, settled, &prior, &plan, &config, &diags)
	return len(diags) == 0
}

// modelFields are the model's fields with the types that the schema gives them.
var modelFields = sync.OnceValue(func() []modelField {
	typ := reflect.TypeFor[connectionModel]()
	object := connectionSchema(context.Background()).Type().(attr.TypeWithAttributeTypes) //nolint:forcetypeassert // a schema's
	types := object.AttributeTypes()
	var fields []modelField
	for i := range typ.NumField() {
		name := typ.Field(i).Tag.Get("tfsdk")
		fields = append(fields, modelField{i, name, types[name]})
	}
	return fields
})

type modelField struct {
	index int
	name  string
	typ   attr.Type
}

// fill is what the framework does by walks over the schema: a value for each field.
func (m *connectionModel) fill(ctx context.Context, from tftypes.Value) error {
	var members map[string]tftypes.Value
	if err := from.As(&members); err != nil {
		return err
	}
	into := reflect.ValueOf(m).Elem()
	for _, field := range modelFields() {
		value, err := field.typ.ValueFromTerraform(ctx, members[field.name])
		if err != nil {
			return err
		}
		v, target := reflect.ValueOf(value), into.Field(field.index)
		if !v.Type().AssignableTo(target.Type()) {
			return fmt.Errorf("%s cannot be a %T", field.name, value)
		}
		target.Set(v)
	}
	return nil
}

// same reports whether two models hold the same values.
func (m *connectionModel) same(other *connectionModel) bool {
	a, b := reflect.ValueOf(m).Elem(), reflect.ValueOf(other).Elem()
	for _, field := range modelFields() {
		one, ok := a.Field(field.index).Interface().(attr.Value)
		two, ok2 := b.Field(field.index).Interface().(attr.Value)
		if !ok || !ok2 || !one.Equal(two) {
			return false
		}
	}
	return true
}
