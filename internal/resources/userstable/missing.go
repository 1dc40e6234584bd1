// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// missingColumnsError is returned for parts of an imported table whose columns it does not have. A column that is added
// would be empty, and the part is probably in another one.
type missingColumnsError struct {
	Parts []store.Part
	table *table.Table
}

func (e *missingColumnsError) Error() string {
	return "the table has no column for the part " + kit.List(names(e.Parts))
}

// missing lists the parts of an imported table whose columns are neither there nor to be added; nil if there are none.
func (s tableSpec) missing(observed *table.Table) error {
	if !s.Imported || observed == nil {
		return nil
	}
	var parts []store.Part
	for _, spec := range store.Parts() {
		c, ok := s.Columns[spec.Part]
		if ok && !c.Add && columnNow(observed, c.Name, c.RenamedFrom) == nil {
			parts = append(parts, spec.Part)
		}
	}
	if parts == nil {
		return nil
	}
	return &missingColumnsError{Parts: parts, table: observed}
}

func (e *missingColumnsError) add(spec tableSpec, part store.Part, diags *diag.Diagnostics) {
	column := spec.Columns[part].Name
	var taken []string
	for _, c := range spec.Columns {
		taken = append(taken, c.Name)
	}
	there := "No column of a similar name is free."
	if likely := kit.LikelyColumns(e.table, part, column, taken); len(likely) > 0 {
		there = "It may be " + quotedList(likely) + "."
	}
	otherwise := ""
	if !slices.Contains(store.Required(), part) {
		otherwise = ", leave the part out if the table does not hold it,"
	}
	diags.AddAttributeError(path.Root("columns").AtMapKey(string(part)), "Part Has No Column", fmt.Sprintf(
		"The table %s was imported and has no column %q for the part %s. %s\n\n"+
			"Name the column that holds it, %s = { name = \"…\" }%s or set add = true on the part, which "+
			"adds the column to the table.",
		postgres.QualifiedName(spec.Schema, spec.Name), column, part, there, part, otherwise))
}

// quotedList writes columns as alternatives.
func quotedList(columns []string) string {
	text := ""
	for i, name := range columns {
		switch {
		case i > 0 && i == len(columns)-1:
			text += " or "
		case i > 0:
			text += ", "
		}
		text += fmt.Sprintf("%q", name)
	}
	return text
}
