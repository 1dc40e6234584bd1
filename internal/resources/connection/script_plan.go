// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

var formerPath = path.Root("use_former_scripts")

// planScripts decides which scripts the connection gets, and shows what changes. Where store or settings are not known
// yet, neither are they; an override that is not known leaves the others known.
func (m *connectionModel) planScripts(
	r resolved,
	prior *connectionModel,
	private connectionPrivate,
	diags *diag.Diagnostics,
) {
	if !r.managed && !m.ManageScripts.IsUnknown() {
		m.ScriptDigests = types.MapValueMust(types.StringType, nil)
		m.ScriptChanges = types.MapNull(types.StringType)
		return
	}
	m.ScriptDigests, m.ScriptChanges = types.MapUnknown(types.StringType), types.MapUnknown(types.StringType)
	wanted, known := m.wantedTexts(r, prior, private, diags)
	if !known {
		return
	}
	digests := map[string]attr.Value{}
	for op, text := range wanted {
		digests[op] = types.StringValue(scripts.Digest(text))
		if r.open[scripts.Operation(op)] {
			digests[op] = types.StringUnknown()
		}
	}
	m.ScriptDigests = types.MapValueMust(types.StringType, digests)
	if prior != nil && m.ScriptDigests.Equal(prior.ScriptDigests) {
		m.ScriptChanges = prior.ScriptChanges // nothing to show; what the last apply showed stays until the next refresh
		return
	}
	m.ScriptChanges = r.changes(prior, private, m.ScriptDigests, wanted)
}

// settleScripts renders the scripts once more while applying, and fills in what the plan left open. ok is false, with
// errors, where they are not those that the plan shows.
func (m *connectionModel) settleScripts(
	r resolved,
	prior *connectionModel,
	private connectionPrivate,
	diags *diag.Diagnostics,
) (texts map[string]string, ok bool) {
	if !r.managed {
		return map[string]string{}, true
	}
	texts, known := m.wantedTexts(r, prior, private, diags)
	if diags.HasError() {
		return nil, false
	}
	digests := digestMap(texts)
	for op, planned := range m.ScriptDigests.Elements() {
		known = known && (planned.IsUnknown() || planned.Equal(digests.Elements()[op]))
	}
	if !known || !m.ScriptDigests.IsUnknown() && len(m.ScriptDigests.Elements()) != len(texts) {
		diags.AddError("Scripts Not As Planned", "The scripts are not those that the plan shows, which another release of "+
			"the provider has made. Nothing was changed.\n\nPlan again.")
		return nil, false
	}
	m.ScriptDigests = digests
	m.refreshOperations()
	if hasUnknown(m.ScriptChanges) {
		m.ScriptChanges = r.changes(prior, private, digests, texts)
	}
	return texts, true
}

// mergedScripts are the scripts to send: those that are stored, with ours over them, without those that were managed and
// are no more, as after a change of import_mode. ok is false, with an error, where a script was edited since the plan,
// which does not show what that would lose.
func (m *connectionModel) mergedScripts(
	state *connectionModel,
	stored *auth0.Connection,
	texts map[string]string,
	diags *diag.Diagnostics,
) (merged map[string]string, ok bool) {
	merged = storedScripts(stored.Options)
	if !m.managesScripts() {
		return merged, true
	}
	before := plainValues(state.ScriptDigests)
	var edited []string
	for op, text := range merged {
		digest, managed := before[op]
		if now := scripts.Digest(text); managed && now != digest && now != scripts.Digest(texts[op]) {
			edited = append(edited, op)
		}
	}
	if len(edited) > 0 {
		diags.AddError("Connection Changed Since Plan", fmt.Sprintf(
			"Scripts of connection %s were edited elsewhere since the plan was made: %s. Nothing was changed.\n\nPlan again: "+
				"the plan shows what would be lost.", state.describe(), namesOf(edited)))
		return nil, false
	}
	maps.DeleteFunc(merged, func(op, _ string) bool { return before[op] != "" && texts[op] == "" })
	for op, text := range texts {
		if scripts.Digest(merged[op]) != scripts.Digest(text) {
			merged[op] = text
		}
	}
	return merged, true
}

// asJSON is a map as decoding JSON gives it, which what is sent is compared with.
func asJSON(texts map[string]string) map[string]any {
	decoded := map[string]any{}
	for op, text := range texts {
		decoded[op] = text
	}
	return decoded
}

// wantedTexts are the scripts by operation that the connection is to have; known is false while they cannot be rendered
// yet, or with errors.
func (m *connectionModel) wantedTexts(
	r resolved,
	prior *connectionModel,
	private connectionPrivate,
	diags *diag.Diagnostics,
) (texts map[string]string, known bool) {
	if m.UseFormerScripts.IsUnknown() || m.ManageScripts.IsUnknown() || diags.HasError() {
		return nil, false
	}
	if m.UseFormerScripts.ValueBool() {
		return formerTexts(prior, private, diags)
	}
	if !r.renderable() || !m.checkParts(r, diags) {
		return nil, false
	}
	rendered, err := scripts.RenderEach(r.operations, r.options(), r.overrides)
	if err != nil {
		scriptsError(diags, path.Root("scripts"), err)
		return nil, false
	}
	texts = map[string]string{}
	for op, text := range rendered {
		texts[string(op)] = text
	}
	return texts, true
}

// formerTexts are the scripts of before the last apply that changed them.
func formerTexts(
	prior *connectionModel,
	private connectionPrivate,
	diags *diag.Diagnostics,
) (texts map[string]string, known bool) {
	if prior == nil || private.Former == nil {
		diags.AddAttributeError(formerPath, "No Former Scripts",
			"The scripts of before the last change are to be uploaded, and no apply of this state has changed "+
				"any, so that none are kept.\n\n"+
				"Leave use_former_scripts out, and change the configuration instead.")
		return nil, false
	}
	former, current, texts := private.Former.texts(
		private.Former.Digests,
	), prior.storedTexts(
		private.Stored,
	), map[string]string{}
	var lost []string
	for op, digest := range private.Former.Digests {
		text, has := former[op]
		if !has {
			text, has = current[op]
		}
		if texts[op] = text; !has || scripts.Digest(text) != digest {
			lost = append(lost, op)
		}
	}
	if len(lost) > 0 {
		diags.AddAttributeError(formerPath, "Former Scripts Not Known", fmt.Sprintf(
			"The former text of %s was rendered by another release of the provider, which kept only "+
				"what it was rendered from.\n\n"+
				"Use that release, or leave use_former_scripts out and change the configuration instead.", namesOf(lost)))
		return nil, false
	}
	return texts, true
}

// warnOfFormer tells, where former scripts are asked for, that they call the functions as these are now.
func (m *connectionModel) warnOfFormer(r resolved, prior *connectionModel, diags *diag.Diagnostics) {
	through, behind := r.store.Functions()
	if !m.UseFormerScripts.ValueBool() || !r.storeKnown || !behind || prior != nil && prior.UseFormerScripts.ValueBool() {
		return
	}
	diags.AddAttributeWarning(formerPath, "Former Scripts Call Present Functions", fmt.Sprintf(
		"The scripts reach users through the access functions in the schema %q, and scripts of before the last change "+
			"call the functions as they are now. What a column, an expression or the row_filter changed is in the functions, "+
			"and stays.\n\nTo undo that, take the change back in the configuration of the table, and apply.", through.Schema))
}

// keepFormer notes the scripts that an apply replaces. Those that it takes back to stay what they are.
func (m *connectionModel) keepFormer(prior *connectionModel, private *connectionPrivate) error {
	if m.UseFormerScripts.ValueBool() || m.ScriptDigests.Equal(prior.ScriptDigests) {
		return nil
	}
	before, now := prior.storedTexts(private.Stored), plainValues(m.ScriptDigests)
	maps.DeleteFunc(before, func(op, text string) bool { return scripts.Digest(text) == now[op] })
	former, err := keepScripts(plainValues(prior.ScriptDigests), before)
	private.Former = former
	return err
}

// refreshOperations names the operations that the connection has scripts for, where they were configured or imported. The
// former scripts may be others than those that are configured, and are put back with them.
func (m *connectionModel) refreshOperations() {
	if !m.Operations.IsNull() && !m.UseFormerScripts.ValueBool() {
		m.Operations = operationsOf(m.ScriptDigests)
	}
}

// operationsOf is the attribute operations: those that the connection has scripts for.
func operationsOf(digests types.Map) types.Set {
	if digests.IsUnknown() {
		return types.SetUnknown(types.StringType)
	}
	var names []string
	for op := range digests.Elements() {
		names = append(names, op)
	}
	return stringSet(names)
}

// checkParts refuses a store, or its absence, with which an operation without override cannot be rendered.
func (m *connectionModel) checkParts(r resolved, diags *diag.Diagnostics) bool {
	if len(r.operations) == 0 {
		diags.AddAttributeError(path.Root("store"), "No Scripts", "The connection would have no script: there is neither a "+
			"store to render them from nor an override.\n\n"+
			"Set store, or scripts.overrides; or set manage_scripts = false, if something else deploys the scripts.")
	}
	for _, op := range r.operations {
		if _, overridden := r.overrides[op]; overridden {
			continue
		}
		if !r.hasStore {
			diags.AddAttributeError(path.Root("operations"), "Script Has No Source", fmt.Sprintf(
				"The connection is to have the script %s, for which there is neither a store to "+
					"render it from nor an override.\n\n"+
					"Set store or scripts.overrides[%q], or take it out of operations.", op, op))
			continue
		}
		for _, part := range scripts.MissingParts(r.store, op) {
			diags.AddAttributeError(path.Root("store"), "Store Lacks A Part", fmt.Sprintf(
				"The script %s needs the part %s, which %s does not have.\n\n"+
					"Add the part to %s, write the script yourself in scripts.overrides[%q], "+
					"or set operations without it.",
				op, part, r.store.Title(), whereParts(r.store), op))
		}
		addReadOnly(r.store, op, fmt.Sprintf("write the script yourself in scripts.overrides[%q]", op), diags)
	}
	return !diags.HasError()
}

// whereParts is where the parts of a store are named.
func whereParts(s store.Store) string {
	if !s.InDatabase() {
		return "the parts where the store is described"
	}
	return "the table's columns"
}

// addReadOnly refuses an operation whose command the store's relation does not take, or that the store does not offer.
func addReadOnly(s store.Store, op scripts.Operation, otherwise string, diags *diag.Diagnostics) bool {
	command := scripts.Refuses(s, op)
	if command == "" {
		return false
	}
	if !s.InDatabase() {
		diags.AddAttributeError(path.Root("store"), "Operation Not Offered", fmt.Sprintf(
			"The script %s is wanted, and %s is described without that operation.\n\nAdd it to operations where the store is "+
				"described, or %s.", op, s.Title(), otherwise))
		return true
	}
	diags.AddAttributeError(path.Root("store"), "Store Is Only Read", fmt.Sprintf(
		"The script %s needs %s, which %s does not take.\n\n%s, or %s.", op, command, s.Title(), kit.WritableView, otherwise))
	return true
}

// scriptsError reports what the scripts cannot be rendered with; settings is where their settings stand.
func scriptsError(diags *diag.Diagnostics, settings path.Path, err error) {
	at := path.Root("store")
	var setting *scripts.OptionError
	if errors.As(err, &setting) {
		at = settings.AtName(setting.Option)
	}
	diags.AddAttributeError(at, "Scripts Cannot Be Rendered", strings.ToUpper(err.Error()[:1])+err.Error()[1:]+".")
}
