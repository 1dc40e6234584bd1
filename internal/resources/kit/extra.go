// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// What a role needs beside what is derived stands in extra_privileges, is granted, and is kept like the rest.

// ExtraPrivilegesValidators are those of the attribute, which may name memberships of a role that logs in.
func ExtraPrivilegesValidators(memberships bool) []validator.Set {
	return []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(extraValidator{memberships})}
}

// ExtraPrivileges are the elements that are privileges.
func ExtraPrivileges(set types.Set) []postgres.Grant {
	var grants []postgres.Grant
	for _, element := range set.Elements() {
		text, ok := element.(types.String)
		if !ok || text.IsUnknown() {
			continue
		}
		if g, err := ParseExtra(text.ValueString()); err == nil {
			grants = append(grants, g)
		}
	}
	return grants
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

// ParseExtra reads a privilege in which names that are plain need no quotes.
func ParseExtra(text string) (postgres.Grant, error) {
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
type extraValidator struct{ memberships bool }

func (extraValidator) Description(context.Context) string {
	return "a privilege on a table, function, schema or sequence"
}

func (v extraValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v extraValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	g, err := ParseExtra(req.ConfigValue.ValueString())
	if err == nil && g.On.Kind == postgres.RoleObject && !v.memberships {
		err = errors.New("the owner of functions is a member of no role")
	}
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("extra_privileges"), "Privilege Not Usable", fmt.Sprintf(
			"%q is refused: %v.\n\nWrite SELECT, INSERT, UPDATE (each also with columns) or DELETE on a table, EXECUTE ON "+
				"FUNCTION, USAGE ON SCHEMA, USAGE ON SEQUENCE or MEMBER OF a role, for example SELECT "+
				"(deleted_at) ON public.users.",
			req.ConfigValue.ValueString(), err))
	}
}

// ObjectsOf are those that privileges are on.
func ObjectsOf(grants []postgres.Grant) []postgres.Object {
	var objects []postgres.Object
	for _, g := range grants {
		if g.On.Kind == postgres.RoleObject {
			continue // a role is no object with privileges of its own
		}
		objects = Union(objects, []postgres.Object{g.On})
	}
	return objects
}
