// SPDX-License-Identifier: MPL-2.0

package role

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// A role may set nearly every setting for itself, and whoever has its password can end all logins with one: so those that
// nobody configured are looked at and taken back like privileges.

func toleratedSettings() schema.SetAttribute {
	return schema.SetAttribute{
		Optional:    true,
		ElementType: types.StringType,
		MarkdownDescription: "Names of settings of the role, such as `work_mem`, that stay as somebody has set them " +
			"elsewhere (`ALTER ROLE … SET`); by default none. " +
			"A name that is added keeps the setting as it is; one that is removed is taken back with the same apply.",
		Validators: []validator.Set{setvalidator.ValueStringsAre(stringvalidator.RegexMatches(
			regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)*$`), "must be the name of a setting, such "+
				"as work_mem"))},
	}
}

// timeouts are the model's attributes for the settings that hold a duration.
func (m *databaseRoleModel) timeouts() map[string]*types.String {
	return map[string]*types.String{
		"statement_timeout":                   &m.StatementTimeout,
		"lock_timeout":                        &m.LockTimeout,
		"idle_in_transaction_session_timeout": &m.IdleTimeout,
	}
}

// settings are those that attributes give, by the server's names.
func (m *databaseRoleModel) settings(ctx context.Context, diags *diag.Diagnostics) map[string]string {
	settings := map[string]string{}
	for name, attribute := range m.timeouts() {
		if !attribute.IsNull() {
			settings[name] = attribute.ValueString()
		}
	}
	if !m.SearchPath.IsNull() {
		var names []string
		diags.Append(m.SearchPath.ElementsAs(ctx, &names, false)...)
		settings[postgres.SearchPath] = postgres.JoinIdentifierList(names)
	}
	return settings
}

// configured are the names of the settings that attributes give.
func (m *databaseRoleModel) configured() []string {
	var names []string
	for name, attribute := range m.timeouts() {
		if !attribute.IsNull() {
			names = append(names, name)
		}
	}
	if !m.SearchPath.IsNull() {
		names = append(names, postgres.SearchPath)
	}
	return names
}

func (m *databaseRoleModel) tolerated(ctx context.Context, diags *diag.Diagnostics) []string {
	var names []string
	if !m.ToleratedSettings.IsNull() && !m.ToleratedSettings.IsUnknown() {
		diags.Append(m.ToleratedSettings.ElementsAs(ctx, &names, false)...)
	}
	return names
}

// refreshSettings reads the settings of attributes that have a value or, after an import, of all, and lists the others.
func (m *databaseRoleModel) refreshSettings(role *postgres.Role, imported bool) {
	for name, attribute := range m.timeouts() {
		value, set := role.Settings[name]
		switch {
		case attribute.IsNull() && !imported:
		case !set:
			*attribute = types.StringNull()
		case attribute.IsNull() || !sameTimeout(attribute.ValueString(), value):
			*attribute = types.StringValue(value)
		}
	}
	if value, set := role.Settings[postgres.SearchPath]; !m.SearchPath.IsNull() || imported {
		m.SearchPath = types.ListNull(types.StringType)
		if names, ok := postgres.ParseIdentifierList(value); set && ok {
			m.SearchPath = kit.StringList(names)
		}
	}
	var lines []string
	for _, other := range role.OtherSettings(m.configured(), nil) {
		lines = append(lines, other.String())
	}
	m.OtherSettings = otherSettings(lines)
}

// otherSettings are the lines of the attribute; null is none.
func otherSettings(lines []string) types.List {
	if len(lines) == 0 {
		return types.ListNull(types.StringType)
	}
	return kit.StringList(lines)
}

// keepSettings shows what was applied: what the role has set for itself since is in the next plan.
func (m *databaseRoleModel) keepSettings(planned types.List) {
	if !planned.IsUnknown() {
		m.OtherSettings = planned
	}
}

// planSettings leaves of the other settings those that are tolerated. A new role has none.
func (m *databaseRoleModel) planSettings(ctx context.Context, prior *databaseRoleModel, diags *diag.Diagnostics) {
	if m.ToleratedSettings.IsUnknown() || kit.UnknownElement(m.ToleratedSettings) {
		m.OtherSettings = types.ListUnknown(types.StringType)
		return
	}
	var lines []string
	if prior != nil && !prior.OtherSettings.IsNull() {
		diags.Append(prior.OtherSettings.ElementsAs(ctx, &lines, false)...)
	}
	tolerated, configured := m.tolerated(ctx, diags), m.configured()
	m.OtherSettings = otherSettings(slices.DeleteFunc(lines, func(line string) bool {
		name, _, _ := strings.Cut(line, " ")
		same := func(other string) bool { return strings.EqualFold(other, name) }
		here := !strings.HasSuffix(line, postgres.InAllDatabases)
		return here && slices.ContainsFunc(configured, same) || !slices.ContainsFunc(tolerated, same)
	}))
}
