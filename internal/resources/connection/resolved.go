// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// resolved is what a connection's attributes say about its scripts, parsed once for each plan and each apply.
type resolved struct {
	// store is the user store; it counts while storeKnown. Without the attribute there is none.
	store                store.Store
	hasStore, storeKnown bool
	// settings are those of the block `scripts`, or the defaults without it; unknown ones stay unknown.
	settings scriptsModel
	// mode is the connection's import mode, once it is known.
	mode      bool
	modeKnown bool
	// overrides are the user's own scripts by operation; an unknown one is "" here and named in open.
	overrides map[scripts.Operation]string
	open      map[scripts.Operation]bool
}

// resolve parses the attributes.
func (m *connectionModel) resolve(ctx context.Context, diags *diag.Diagnostics) resolved {
	r := resolved{
		hasStore: !m.Store.IsNull(), settings: m.settings(ctx, diags),
		mode: m.ImportMode.ValueBool(), modeKnown: !m.ImportMode.IsUnknown(),
		overrides: map[scripts.Operation]string{}, open: map[scripts.Operation]bool{},
	}
	r.store, r.storeKnown = m.Store.Parsed()
	for name, value := range r.settings.Overrides.Elements() {
		if text, ok := value.(types.String); ok {
			r.overrides[scripts.Operation(name)], r.open[scripts.Operation(name)] = text.ValueString(), text.IsUnknown()
		}
	}
	return r
}

// settings is the `scripts` block, or the defaults without it; unknown parts stay unknown.
func (m *connectionModel) settings(ctx context.Context, diags *diag.Diagnostics) scriptsModel {
	object := m.Scripts
	if object.IsNull() {
		object = defaultScripts()
	}
	if object.IsUnknown() {
		return scriptsModel{Overrides: types.MapUnknown(types.StringType), BcryptRounds: types.Int64Unknown(), DatabaseURLKey: types.StringUnknown()}
	}
	var s scriptsModel
	diags.Append(object.As(ctx, &s, basetypes.ObjectAsOptions{})...)
	return s
}

// renderable reports whether all is known that the scripts are rendered from, overrides apart.
func (r resolved) renderable() bool {
	return r.modeKnown && (r.storeKnown || !r.hasStore) && r.settings.known()
}

// options are the settings of the scripts for the store.
func (r resolved) options() scripts.Options { return r.settings.options(r.store, r.mode) }

// ownOperations are the operations that run our SQL: those of the connection without an override.
func (r resolved) ownOperations(digests types.Map) []scripts.Operation {
	if r.settings.ImportFinished.ValueBool() {
		return nil // these scripts know nobody and ask nothing
	}
	return slices.DeleteFunc(scripts.Operations(), func(op scripts.Operation) bool {
		_, has := digests.Elements()[string(op)]
		_, overridden := r.overrides[op]
		return !has || overridden
	})
}

// known reports whether the scripts can be rendered.
func (s scriptsModel) known() bool {
	for _, value := range []attr.Value{
		s.UserIDPrefix, s.BcryptRounds, s.DatabaseURLKey, s.CAKey, s.PoolMax, s.AppMetadataKey, s.PasswordHash, s.BcryptPrefix,
		s.RehashOnLogin, s.ImportFinished, s.Overrides,
	} {
		if value.IsUnknown() {
			return false
		}
	}
	return !s.LegacyHashes.IsUnknown() && !kit.UnknownElement(s.LegacyHashes)
}

// options are the settings of the scripts for a store.
func (s scriptsModel) options(userStore store.Store, importMode bool) scripts.Options {
	var formats []string
	for _, format := range hashes.Optional() { // in this order, whatever that of the set
		if slices.Contains(s.LegacyHashes.Elements(), attr.Value(types.StringValue(format))) {
			formats = append(formats, format)
		}
	}
	return scripts.Options{
		Store: userStore, ImportMode: importMode,
		UserIDPrefix: s.UserIDPrefix.ValueString(), DatabaseURLKey: s.DatabaseURLKey.ValueString(), CAKey: s.CAKey.ValueString(),
		PoolMax: int(s.PoolMax.ValueInt64()), AppMetadataKey: s.AppMetadataKey.ValueString(),
		PasswordHash: s.PasswordHash.ValueString(), BcryptRounds: int(s.BcryptRounds.ValueInt64()),
		BcryptPrefix: s.BcryptPrefix.ValueString(), LegacyHashes: formats,
		RehashOnLogin: s.RehashOnLogin.ValueBool(), ImportFinished: s.ImportFinished.ValueBool(),
	}
}
