// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Nobody gets in whom the application refuses: what the table seems to say about that and the configuration does not is
// a warning of each plan, until an attribute settles it.

// warnOfProblems tells them of a table that is there.
func (s tableSpec) warnOfProblems(
	ctx context.Context, db postgres.Beginner, prev *tableSpec, ignored, legacy types.Set, diags *diag.Diagnostics,
) {
	if !s.Imported && s.RowFilter == "" && len(s.Expressions) == 0 && !s.rereads(prev, store.Blocked, store.Password) {
		return
	}
	relation, err := table.InspectRelation(ctx, db, s.Schema, s.Name)
	if err != nil || relation == nil {
		return // reading has said what is wrong
	}
	users := s.store()
	settled := stringsIn(ignored)
	checkIgnored(relation.Table, settled, diags)
	var suspects []table.Suspect
	if s.Imported {
		suspects = table.Suspects(users, relation.Table, settled)
	}
	problems, err := table.FindProblems(ctx, db, users, relation.Table, suspects, stringsIn(legacy))
	var foreign *postgres.ForeignError
	switch {
	case errors.As(err, &foreign):
		warnNotCounted(users, foreign, diags)
	case err != nil:
		return
	}
	firstTime := prev == nil || !slices.ContainsFunc(prev.columns(), func(c columnSpec) bool { return c.Named })
	for _, problem := range problems {
		told := true
		switch problem.Kind {
		case table.Unreadable: // otherwise the scripts have written them
			told = s.Imported
		case table.HidesNobody, table.HidesMost:
			told = firstTime || prev.RowFilter != s.RowFilter
		case table.BlocksMost, table.BlocksNobody, table.NoPassword:
			told = firstTime || s.rereads(prev, store.Part(problem.Attribute))
		}
		if told {
			addProblem(users.Table(), problem, "problems and hashes of auth0pg_users_audit", diags)
		}
	}
}

// warnNotCounted tells why problems have no numbers.
func warnNotCounted(users store.Store, foreign *postgres.ForeignError, diags *diag.Diagnostics) {
	diags.AddAttributeWarning(path.Root("name"), "Rows Not Looked At", fmt.Sprintf(
		"The rows of %s were not looked at, so that nothing is counted: %s. To read them would "+
			"run that role's code with the "+
			"rights of the provider, and a plan runs none but that of superusers and of the provider's own role.\n\n%s",
		users.Title(), kit.List(foreign.Found), kit.ForeignRemedy))
}

// rereads reports whether one of the parts is read from another column, or through another expression, than before.
func (s tableSpec) rereads(prev *tableSpec, parts ...store.Part) bool {
	return prev != nil && slices.ContainsFunc(parts, func(part store.Part) bool {
		return prev.Columns[part].Name != s.Columns[part].Name || prev.Expressions[part] != s.Expressions[part]
	})
}

// stringsIn are the known elements of a set.
func stringsIn(set types.Set) []string {
	var all []string
	for _, element := range set.Elements() {
		if text, ok := element.(types.String); ok && !text.IsUnknown() {
			all = append(all, text.ValueString())
		}
	}
	return all
}

// checkIgnored refuses names of columns that are not there.
func checkIgnored(t *table.Table, ignored []string, diags *diag.Diagnostics) {
	for _, name := range ignored {
		if t.Column(name) == nil {
			var names []string
			for _, c := range t.Columns {
				names = append(names, c.Name)
			}
			there := ""
			if nearest := store.NearestName(name, names); nearest != "" {
				there = fmt.Sprintf(" The nearest is %q.", nearest)
			}
			diags.AddAttributeError(path.Root("not_blocking"), "Column Not Found", fmt.Sprintf(
				"not_blocking names the column %q, which %s does not have.%s\n\nCorrect the name, or leave it out.",
				name, postgres.QualifiedName(t.Schema, t.Name), there))
		}
	}
}

// longestQuery is how long SQL in a warning may be.
const longestQuery = 500

// addProblem tells it; a query that is too long for that is in the attributes that where names.
func addProblem(of store.Table, p table.Problem, where string, diags *diag.Diagnostics) {
	at := path.Root(p.Attribute)
	if _, isPart := store.Spec(store.Part(p.Attribute)); isPart {
		at = path.Root("columns")
	}
	number := ""
	if p.Counted != nil && p.Of > 0 {
		number = fmt.Sprintf(" The first %d rows were looked at.", table.CensusRows)
	} else if p.Counted != nil {
		number = fmt.Sprintf(" Rows among the first %d for which that holds: %d.", table.CensusRows, *p.Counted)
	}
	rows := ""
	switch {
	case len(p.Query) > longestQuery:
		rows = "\n\nThe SQL that shows them is in " + where + "."
	case p.Query != "":
		rows = "\n\nThis shows them:\n\n  " + p.Query + ";"
	}
	diags.AddAttributeWarning(at, "Users Table Needs Attention", fmt.Sprintf("%s: %s.%s\n\nTo settle this, %s.%s",
		kit.Capitalized(of.Title()), p.What, number, p.Settle, rows))
}

// warnOfGuesses tells which parts no column of an imported table looks like, of those without which no login works.
func (s tableSpec) warnOfGuesses(observed *table.Table, diags *diag.Diagnostics) {
	words := map[store.Part]string{store.ID: "the id", store.Email: "the e-mail address", store.Password: "the password"}
	for _, part := range slices.Sorted(maps.Keys(words)) {
		if _, found := s.Columns[part]; found {
			continue
		}
		var texts []string
		for _, c := range observed.Columns {
			if name := c.ValueType(); strings.HasPrefix(name, "text") || strings.HasPrefix(name, "character") ||
				strings.HasPrefix(name, "json") {
				texts = append(texts, fmt.Sprintf("%q", c.Name))
			}
		}
		among := ""
		if len(texts) > 0 {
			among = " Its columns that hold text are " + kit.List(texts) + "."
		}
		diags.AddAttributeWarning(path.Root("columns"), "Part Not Recognised", fmt.Sprintf(
			"No column of %s looks like %s.%s\n\nUnless the configuration does so already, name it: %s = { name = \"…\" }, "+
				"or say through what it is read, "+
				"such as a value in another table: %[4]s = { expression = \"(select …)\" }.",
			postgres.QualifiedName(s.Schema, s.Name), words[part], among, part))
	}
}
