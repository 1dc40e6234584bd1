// SPDX-License-Identifier: MPL-2.0

package table

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// changeType changes type or collation, together with the default, whose text depends on the type.
func (p *planner) changeType(have *Column, want ColumnSpec) {
	quoted := postgres.Ident(want.Name)
	change := fmt.Sprintf(
		"changing %s from %s to %s",
		quoted,
		described(have.Type, have.Collation),
		described(want.Type, want.Collation),
	)
	if have.Inherited {
		p.refuse(want.Name, "type", "the column is inherited, and its type is changed "+
			"in the table that it comes from", "Change it there.")
		return
	}
	if users := append(p.generatedFrom(have), have.UsedBy...); len(users) > 0 {
		p.refuse(want.Name, "type", fmt.Sprintf("%s is not possible while it is used by %s", change, postgres.List(users)),
			"Drop what uses the column, apply, and create it again; or leave the column as it is.")
		return
	}
	effect := want.Effect
	switch {
	case effect.Rewrites && !p.mayRewrite(want.Name, "type", change+" writes every row anew"),
		effect.Reindexes && !p.mayRewrite(want.Name, "type", change+" builds the column's indexes anew"),
		effect.Scans && !p.mayRewrite(want.Name, "type", change+" checks every row"):
		return
	}
	p.fits(have, want)
	column := "ALTER COLUMN " + quoted
	// No USING: an explicit cast would cut what is too long, the implicit one refuses it.
	actions := []string{column + " TYPE " + want.Type + collate(want.Collation)}
	if have.Default != want.Default || want.Default != "" {
		defaults, ok := p.defaultActions(have, want)
		if !ok {
			return
		}
		if have.Default != "" && parseDefault(have.Default).plain() {
			// The old default may have no cast to the new type.
			actions = append([]string{column + " DROP DEFAULT"}, actions...)
		}
		if want.Default != "" {
			actions = append(actions, defaults...)
		}
	}
	route := Catalog
	if effect != (Effect{}) {
		route = Rewrite
	}
	p.add(Step{
		SQL: p.alter(actions...), What: change, Route: route, Lock: LockExclusive,
		Scans: effect.Scans, Rewrites: effect.Rewrites,
	})
}

func described(kind, collation string) string {
	if collation == "" {
		return kind
	}
	return kind + " collate " + collation
}

// generatedFrom lists the generated columns whose expression mentions the column.
func (p *planner) generatedFrom(have *Column) []string {
	var users []string
	for _, c := range p.current.Columns {
		if clause := parseDefault(c.Default); clause.Generated != "" && mentions(clause.Expression, have.Quoted) {
			users = append(users, "the generated column "+postgres.Ident(c.Name))
		}
	}
	return users
}

// fits asks how many rows would not survive the change unaltered.
func (p *planner) fits(have *Column, want ColumnSpec) {
	if have.Type == want.Type {
		return
	}
	from, _ := typeParts(have.Type)
	to, toMods := typeParts(want.Type)
	column := postgres.Ident(p.now(want.Name))
	condition := ""
	switch limit, bounded := integerLimits[to]; {
	case !want.Effect.Rewrites, from == "json", from == "jsonb":
		return
	case bounded && integerLimits[from] != "":
		condition = fmt.Sprintf("%s NOT BETWEEN %s", column, limit)
	case len(toMods) == 1 && (textual(from) || from == "character") && (to == "character varying" || to == "character"):
		condition = fmt.Sprintf("char_length(%s::text) > %d", column, toMods[0])
	case textual(from) || from == "character" || strings.Contains(from, "."):
		// Types outside pg_catalog have their = there, too, and the text types differ in what theirs overlooks.
		condition = fmt.Sprintf("%s::%s::%s::text IS DISTINCT FROM %[1]s::text", column, want.Type, have.Type)
	default:
		condition = fmt.Sprintf("%s::%s::%s IS DISTINCT FROM %[1]s", column, want.Type, have.Type)
	}
	p.Checks = append(p.Checks, Check{
		SQL:    fmt.Sprintf("SELECT count(*) FROM %s WHERE %s", p.table, condition),
		Column: want.Name, Attribute: "type",
		Reason: "%d rows hold a value that " + strings.ReplaceAll(want.Type, "%", "%%") + " would not hold unaltered",
		One:    "a row holds a value that " + want.Type + " would not hold unaltered",
		Remedy: fmt.Sprintf("This query lists them:\n\n  SELECT * FROM %s WHERE %s\n\nChange them, or choose "+
			"a wider type, and plan again.", p.table, condition),
	})
}

var integerLimits = map[string]string{
	"smallint": "-32768 AND 32767", "integer": "-2147483648 AND 2147483647", "bigint": "-9223372036854775808 AND " +
		"9223372036854775807",
}

// mayRewrite refuses what would keep logins waiting for as long as the table is written.
func (p *planner) mayRewrite(column, attribute, what string) bool {
	if p.limits.AllowRewrite || p.current.Rows <= p.limits.RewriteRows {
		return true
	}
	p.refuse(column, attribute, fmt.Sprintf("%s while no login gets through, and the table has about %d "+
		"rows (rewrite_row_limit is %d)", what, p.current.Rows, p.limits.RewriteRows),
		"Set allow_rewrite = true for a time when logins may wait, or leave the column as it is.")
	return false
}

var typeText = regexp.MustCompile(`^([^()]+?)(?:\(([0-9]+)(?:,(-?[0-9]+))?\))?( with time zone| without time zone)?$`)

// typeParts splits a type in the server's own words, such as numeric(10,2), into its name
// and modifiers.
func typeParts(text string) (name string, modifiers []int) {
	m := typeText.FindStringSubmatch(text)
	if m == nil {
		return text, nil
	}
	for _, modifier := range m[2:4] {
		if modifier != "" {
			n, err := strconv.Atoi(modifier)
			if err != nil {
				return text, nil
			}
			modifiers = append(modifiers, n)
		}
	}
	return m[1] + m[4], modifiers
}

func textual(name string) bool {
	return name == "text" || name == "character varying" || IsCIText(name)
}

// IsCIText recognises the type also where its schema is not on the search_path.
func IsCIText(name string) bool { return name == "citext" || strings.HasSuffix(name, ".citext") }

// mentions reports whether an expression in the server's own words may name a column. It
// errs on the side of yes.
func mentions(expression, quoted string) bool { return strings.Contains(expression, quoted) }
