// SPDX-License-Identifier: MPL-2.0

package role

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
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
		Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(extraValidator{})},
	}
}

// extraPrivileges are those of the configuration that are privileges.
func (m *databaseRoleModel) extraPrivileges() []postgres.Grant {
	var grants []postgres.Grant
	for _, element := range m.ExtraPrivileges.Elements() {
		text, ok := element.(types.String)
		if !ok || text.IsUnknown() {
			continue
		}
		if g, err := parseExtra(text.ValueString()); err == nil {
			grants = append(grants, g)
		}
	}
	return grants
}

// extra are those of the configuration on sequences, or on anything else.
func (m *databaseRoleModel) extra(onSequences bool) []postgres.Grant {
	return slices.DeleteFunc(m.extraPrivileges(), func(g postgres.Grant) bool {
		return (g.On.Kind == postgres.SequenceObject) != onSequences
	})
}

// extraMay are the privileges that scripts can have a use for, by the kind of the object.
var extraMay = map[postgres.ObjectKind][]string{
	postgres.TableObject:    {"SELECT", "INSERT", "UPDATE", "DELETE"},
	postgres.SequenceObject: {"USAGE"},
	postgres.SchemaObject:   {"USAGE"},
	postgres.FunctionObject: {"EXECUTE"},
	postgres.RoleObject:     {"MEMBER"},
}

var (
	looseForm = regexp.MustCompile(`^([A-Z ]+?)(?: \((.+)\))? ON (?:(TABLE|SCHEMA|FUNCTION|SEQUENCE) )?(.+)$`)
	plainName = regexp.MustCompile(`^[a-z_][a-z0-9_$]*$`)
	memberOf  = regexp.MustCompile(`^MEMBER OF (\S.*)$`)
	nameOf    = regexp.MustCompile(`"(?:[^"]|"")+"|[^.,\s]+`)
)

// parseExtra reads a privilege in which names that are plain need no quotes.
func parseExtra(text string) (postgres.Grant, error) {
	text = strings.TrimSpace(text)
	quoted := func(names string) string {
		return nameOf.ReplaceAllStringFunc(names, func(name string) string {
			if plainName.MatchString(name) {
				return `"` + name + `"`
			}
			return name
		})
	}
	if m := memberOf.FindStringSubmatch(text); m != nil {
		return usable(postgres.ParseGrant("MEMBER OF " + quoted(m[1])))
	}
	m := looseForm.FindStringSubmatch(text)
	if m == nil {
		return postgres.Grant{}, fmt.Errorf("it is no privilege on an object")
	}
	line := m[1]
	if m[2] != "" {
		line += " (" + quoted(regexp.MustCompile(`\s*,\s*`).ReplaceAllString(m[2], ", ")) + ")"
	}
	line += " ON "
	if m[3] != "" && m[3] != "TABLE" {
		line += m[3] + " "
	}
	return usable(postgres.ParseGrant(line + quoted(m[4])))
}

// usable refuses what scripts can have no use for.
func usable(g postgres.Grant, ok bool) (postgres.Grant, error) {
	switch {
	case !ok:
		return g, fmt.Errorf("it is no privilege on an object with its schema")
	case g.Grantable:
		return g, fmt.Errorf("a role of scripts hands nothing on")
	case g.On.Schema == "pg_catalog" || g.On.Schema == "pg_toast":
		return g, fmt.Errorf("what the server keeps from everybody is not for scripts")
	case !slices.Contains(extraMay[g.On.Kind], g.Privilege):
		return g, fmt.Errorf("scripts have no use for %s there", g.Privilege)
	case g.Columns != nil && (g.On.Kind != postgres.TableObject || g.Privilege == "DELETE"):
		return g, fmt.Errorf("%s there is not for columns", g.Privilege)
	}
	return g, nil
}

// extraValidator refuses what is no privilege that scripts can have a use for.
type extraValidator struct{}

func (extraValidator) Description(context.Context) string {
	return "a privilege on a table, function, schema or sequence"
}

func (v extraValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (extraValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := parseExtra(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("extra_privileges"), "Privilege Not Usable", fmt.Sprintf(
			"%q is refused: %v.\n\nWrite SELECT, INSERT, UPDATE (each also with columns) or DELETE on a table, EXECUTE ON "+
				"FUNCTION, USAGE ON SCHEMA, USAGE ON SEQUENCE or MEMBER OF a role, for example SELECT "+
				"(deleted_at) ON public.users.",
			req.ConfigValue.ValueString(), err))
	}
}

// objectsOf are those that privileges are on.
func objectsOf(grants []postgres.Grant) []postgres.Object {
	var objects []postgres.Object
	for _, g := range grants {
		if g.On.Kind == postgres.RoleObject {
			continue // a role is no object with privileges of its own
		}
		objects = kit.Union(objects, []postgres.Object{g.On})
	}
	return objects
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
		if again, err := parseExtra(g.String()); err == nil && again.String() == g.String() {
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
