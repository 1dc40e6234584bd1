// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

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
	// passkeys are whether users can sign up with one and the scripts are to serve that, once it is known.
	passkeys      bool
	passkeysKnown bool
	// overrides are the user's own scripts by operation; an unknown one is "" here and named in open.
	overrides map[scripts.Operation]string
	open      map[scripts.Operation]bool
	// managed is false where the scripts are somebody else's.
	managed bool
	// operations are those that the connection has scripts for; they count while named is not unknown.
	operations []scripts.Operation
	// named is the attribute, null where the operations follow from the others.
	named types.Set
	// signUpOff means that nobody signs up, so that nothing is asked of create.
	signUpOff bool
}

// resolve parses the attributes.
func (m *connectionModel) resolve(ctx context.Context, diags *diag.Diagnostics) resolved {
	r := resolved{
		hasStore: !m.Store.IsNull(), settings: m.settings(ctx, diags),
		mode: m.ImportMode.ValueBool(), modeKnown: !m.ImportMode.IsUnknown(),
		overrides: map[scripts.Operation]string{}, open: map[scripts.Operation]bool{},
		managed: m.managesScripts(), named: m.Operations, signUpOff: isTrue(m.DisableSignup),
	}
	r.store, r.storeKnown = m.Store.Parsed()
	for name, value := range r.settings.Overrides.Elements() {
		if text, ok := value.(types.String); ok {
			r.overrides[scripts.Operation(name)], r.open[scripts.Operation(name)] = text.ValueString(), text.IsUnknown()
		}
	}
	r.operations = r.wanted()
	enabled := memberOf(memberOf(m.AuthenticationMethods, "passkey"), "enabled")
	_, elsewhere := r.store.Tenant()
	r.passkeys, r.passkeysKnown = isTrue(enabled) && !r.mode && !elsewhere && r.reads(), !enabled.IsUnknown()
	return r
}

// reads reports whether get_user is one of the rendered scripts: what it may read, create may, too.
func (r resolved) reads() bool {
	_, own := r.overrides[scripts.GetUser]
	return !own && slices.Contains(r.operations, scripts.GetUser) && r.storeKnown && scripts.Possible(r.store, scripts.GetUser)
}

// wanted are the operations that the connection is to have scripts for.
func (r resolved) wanted() []scripts.Operation {
	wanted := map[scripts.Operation]bool{}
	if !r.named.IsNull() {
		for _, element := range r.named.Elements() {
			if name, ok := element.(types.String); ok {
				wanted[scripts.Operation(name.ValueString())] = true
			}
		}
	} else {
		for op := range r.overrides {
			wanted[op] = true
		}
		if r.hasStore {
			for _, op := range scripts.Rendered(r.mode, r.store) {
				if op != scripts.Create || !r.signUpOff || scripts.Possible(r.store, op) {
					wanted[op] = true
				}
			}
		}
	}
	return slices.DeleteFunc(scripts.Operations(), func(op scripts.Operation) bool { return !wanted[op] })
}

// settings is the `scripts` block, with the defaults for what it leaves out; unknown parts stay unknown.
func (m *connectionModel) settings(ctx context.Context, diags *diag.Diagnostics) scriptsModel {
	if m.Scripts.IsUnknown() {
		return scriptsModel{Overrides: types.MapUnknown(types.StringType), DatabaseURLKey: types.StringUnknown()}
	}
	settings := defaultScripts().Attributes()
	for name, value := range m.Scripts.Attributes() {
		if !value.IsNull() {
			settings[name] = value
		}
	}
	var s scriptsModel
	object, errs := types.ObjectValue(scriptsType.AttrTypes, settings)
	diags.Append(errs...)
	diags.Append(object.As(ctx, &s, basetypes.ObjectAsOptions{})...)
	return s
}

// renderable reports whether all is known that the scripts are rendered from, overrides apart.
func (r resolved) renderable() bool {
	return r.modeKnown && r.passkeysKnown && (r.storeKnown || !r.hasStore) && r.settings.known() && !r.named.IsUnknown() &&
		!kit.UnknownElement(r.named)
}

// options are the settings of the scripts for the store.
func (r resolved) options() scripts.Options {
	options := r.settings.options(r.store, r.mode)
	options.Passkeys = r.passkeys
	return options
}

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

// tried are those of them that are tried before the upload.
func (r resolved) tried(digests types.Map) []scripts.Operation {
	return slices.DeleteFunc(r.ownOperations(digests), func(op scripts.Operation) bool { return op == scripts.Create && r.signUpOff })
}

// known reports whether the scripts can be rendered.
func (s scriptsModel) known() bool {
	for _, value := range []attr.Value{
		s.UserIDPrefix, s.DatabaseURLKey, s.CAKey, s.PoolMax, s.AppMetadataKey, s.RehashOnLogin, s.ImportFinished, s.ForgetAfter, s.Overrides,
	} {
		if value.IsUnknown() {
			return false
		}
	}
	return s.hashModel.known()
}

// options are the settings of the scripts for a store.
func (s scriptsModel) options(userStore store.Store, importMode bool) scripts.Options {
	options := scripts.Options{
		Store: userStore, ImportMode: importMode,
		UserIDPrefix: s.UserIDPrefix.ValueString(), DatabaseURLKey: s.DatabaseURLKey.ValueString(), CAKey: s.CAKey.ValueString(),
		PoolMax: int(s.PoolMax.ValueInt64()), AppMetadataKey: s.AppMetadataKey.ValueString(),
		RehashOnLogin: s.RehashOnLogin.ValueBool(), ImportFinished: s.ImportFinished.ValueBool(),
	}
	if !s.ForgetAfter.IsNull() {
		options.ForgetMigratedAfter, _ = time.ParseDuration(s.ForgetAfter.ValueString()) // the validator has seen it
	}
	s.setOptions(&options)
	return options
}
