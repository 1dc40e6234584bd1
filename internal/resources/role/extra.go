// SPDX-License-Identifier: MPL-2.0

package role

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// Scripts of one's own may need more than the operations do. What that is stands in the configuration, is granted, and is
// kept like the rest.

func extraPrivilegesAttribute() schema.SetAttribute {
	return schema.SetAttribute{
		Optional: true, ElementType: types.StringType,
		MarkdownDescription: "Privileges beside those that the operations need, for scripts of your own " +
			"(`scripts.overrides` of the connection) and for what functions and triggers read with the role's rights; none by " +
			"default. Each is written as `privileges` shows it: `SELECT (deleted_at, locale) ON public.users`, `EXECUTE ON " +
			"FUNCTION app.is_open`, `USAGE ON SCHEMA app`, `USAGE ON SEQUENCE app.ids`. `MEMBER OF rds_iam` is a membership " +
			"that the role has and keeps; one by which it could do what no privilege bounds is refused. A name with capitals or other " +
			"characters has double quotes. A change grants or revokes what makes the difference.",
		Validators: kit.ExtraPrivilegesValidators(true),
	}
}

// extraPrivileges are those of the configuration that are privileges.
func (m *databaseRoleModel) extraPrivileges() []postgres.Grant {
	return kit.ExtraPrivileges(m.ExtraPrivileges)
}

// extra are those of the configuration on sequences, or on anything else.
func (m *databaseRoleModel) extra(onSequences bool) []postgres.Grant {
	return slices.DeleteFunc(m.extraPrivileges(), func(g postgres.Grant) bool {
		return (g.On.Kind == postgres.SequenceObject) != onSequences
	})
}

// checkMemberships refuses roles that are not there, and those by which the role could do more than one of scripts may. What
// a membership opens that is new is told: privileges shows it by its name alone.
func (m *databaseRoleModel) checkMemberships(
	ctx context.Context, server *postgres.Server, prior *databaseRoleModel, diags *diag.Diagnostics,
) {
	at := path.Root("extra_privileges")
	for _, g := range memberships(m.extraPrivileges()) {
		reached, err := server.Reached(ctx, g.On.Name)
		switch {
		case errors.Is(err, postgres.ErrRoleNotFound):
			diags.AddAttributeError(at, "Privilege Not Usable", fmt.Sprintf("The role %q would be a member of %q, which does not exist.\n\n"+
				"Create that role first, or leave the membership out.", m.Name.ValueString(), g.On.Name))
		case err != nil:
			roleError(diags, "read", g.On.Name, err)
		case len(reached.Powers) > 0:
			diags.AddAttributeError(at, "Privilege Not Usable", fmt.Sprintf("The role %q would be a member of %q, and who has the "+
				"scripts' password could be:\n%s\n\nSuch a role can do what no privilege bounds, or leave behind what runs in "+
				"the sessions of others. Leave the membership out, and name the privileges themselves that the scripts need.",
				m.Name.ValueString(), g.On.Name, powerLines(reached.Powers)))
		case len(reached.Rights) > 0 && !prior.isMember(g):
			diags.AddAttributeWarning(at, "Membership Opens More", fmt.Sprintf("As a member of %q the role %q can take on what was "+
				"granted to that role, whatever its operations need, now and later:\n%s\n\n"+
				"If the scripts do not need all of it, name the privileges themselves instead of the membership.",
				g.On.Name, m.Name.ValueString(), rightLines(reached.Rights)))
		}
	}
}

// isMember reports whether the role has had the membership before.
func (m *databaseRoleModel) isMember(g postgres.Grant) bool {
	return m != nil && slices.ContainsFunc(m.held(), func(other postgres.Grant) bool { return other.String() == g.String() })
}

func powerLines(powers []postgres.Power) string {
	lines := make([]string, len(powers))
	for i, power := range powers {
		lines[i] = "- " + power.String()
	}
	return strings.Join(lines, "\n")
}

// shownRights is how many lines a message has for the privileges of a role.
const shownRights = 10

func rightLines(rights []postgres.Grant) string {
	lines := kit.GrantLines(rights)
	if more := len(lines) - shownRights; more > 0 {
		lines = append(lines[:shownRights], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// adoptExtra names, after an import, what the role is granted beyond what its operations need, as far as scripts can have a
// use for it: a configuration that is generated from it changes nothing.
func (m *databaseRoleModel) adoptExtra(beyond []postgres.Grant) {
	var lines []string
	for _, g := range postgres.MergeGrants(beyond) {
		if again, err := kit.ParseExtra(g.String()); err == nil && again.String() == g.String() {
			lines = append(lines, g.String())
		}
	}
	if len(lines) > 0 {
		m.ExtraPrivileges = stringSet(lines)
	}
}

func stringSet(lines []string) types.Set {
	elements := make([]attr.Value, len(lines))
	for i, line := range lines {
		elements[i] = types.StringValue(line)
	}
	return types.SetValueMust(types.StringType, elements)
}
