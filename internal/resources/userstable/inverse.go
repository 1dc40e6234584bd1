// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// refuseInverse refuses flags whose column means the opposite of what the scripts write into it, such as name =
// "unverified" with the expression "not unverified": who signs up would be verified, and a confirmed address not. The
// server works the expression out over a row that is made up. Where that cannot be done, the preflight tries it.
func (s tableSpec) refuseInverse(
	ctx context.Context,
	db postgres.Beginner,
	observed *table.Table,
	diags *diag.Diagnostics,
) {
	users := s.store()
	for _, part := range []store.Part{store.EmailVerified, store.PhoneVerified, store.Blocked} {
		on, possible := s.flagSQL(users, part, observed, true)
		if !possible {
			continue
		}
		off, _ := s.flagSQL(users, part, observed, false)
		var isOn, isOff bool
		if err := table.ReadRow(ctx, db, table.RowsQuery{SQL: "SELECT " + on + ", " + off}, &isOn, &isOff); err != nil {
			tflog.Info(ctx, "what is written into a flag is not read back",
				map[string]any{"part": string(part), "error": err.Error()})
			continue
		}
		if isOn || !isOff {
			continue
		}
		name, remedy := users.Columns[part].Name, ""
		if s.Writes[part] == "" {
			remedy = fmt.Sprintf("Say what is written instead, %s = { name = %q, expression "+
				"= …, write = \"not value\" }", part, name)
		} else {
			remedy = fmt.Sprintf("Correct write, which is %q, so that it gives what "+
				"the expression reads as value", s.Writes[part])
		}
		diags.AddAttributeError(path.Root("columns").AtMapKey(string(part)), "Flag Means The Opposite", fmt.Sprintf(
			"The scripts write into the column %[1]q of %[2]s whether %[3]s holds, and the expression %[4]q then reads the "+
				"opposite: what is turned off would be on, and the other way round.\n\n%[5]s, or leave "+
				"name out, so that the scripts only read it.",
			name, postgres.QualifiedName(s.Schema, s.Name), part, s.Expressions[part], remedy))
	}
}

// flagSQL is a sub-select of what a flag is read as once it was written, over a row in which nothing else is known.
func (s tableSpec) flagSQL(users store.Store, part store.Part, observed *table.Table, on bool) (sql string, ok bool) {
	column, value, read, ok := scripts.FlagAsWritten(users, part, on)
	if !ok {
		return "", false
	}
	kinds := map[string]string{}
	if observed != nil {
		for _, c := range observed.Columns {
			kinds[c.Name] = c.Type
		}
	}
	for _, c := range s.columns() {
		kinds[c.Name] = c.Type
	}
	if kinds[column] == "" {
		return "", false
	}
	var empty, row []string
	for name, kind := range kinds {
		quoted := postgres.Ident(name)
		empty = append(empty, "NULL::"+kind+" AS "+quoted)
		if name == column {
			quoted = "(" + value + ")::" + kind + " AS " + quoted
		}
		row = append(row, quoted)
	}
	slices.Sort(empty)
	slices.Sort(row)
	named := postgres.Ident(s.Name)
	return fmt.Sprintf("(SELECT %s FROM (SELECT %s FROM (SELECT %s) AS %s) AS %[4]s)", read, strings.Join(row, ", "),
		strings.Join(empty, ", "), named), true
}
