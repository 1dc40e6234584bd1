// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"fmt"
	"strings"
)

// backfillBatch is the number of rows that one statement of a backfill changes: few enough
// for a login on one of them not to wait noticeably.
const backfillBatch = 1000

// written is the clause in the server's own words, on one line.
func (c defaultClause) written() string {
	switch {
	case c.Identity != "":
		return " GENERATED " + strings.ToUpper(c.Identity) + " AS IDENTITY"
	case c.Generated != "":
		return " GENERATED ALWAYS AS (" + c.Expression + ") " + strings.ToUpper(c.Generated)
	case c.Expression != "":
		return " DEFAULT " + c.Expression
	}
	return ""
}

// addColumn plans a column that is not there.
func (p *planner) addColumn(c ColumnSpec) {
	clause := parseDefault(c.Default)
	add := "ADD COLUMN " + columnDefinition(c, c.NotNull)
	switch {
	case clause.Generated == "stored" || clause.Identity != "":
		// Every row gets a value of its own, which only a rewrite can give.
		if p.mayRewrite(c.Name, "default", "adding a stored generated or identity column writes every row anew") {
			p.add(Step{SQL: p.alter(add), What: "add " + c.Name, Kind: Long, Lock: lockExclusive, Scans: true, Rewrites: true})
		}
	case c.Volatile && clause.plain():
		// With such a default ADD COLUMN would rewrite the table under its lock. The check
		// constrains nothing; it says to a later run that the backfill is not finished.
		nullable := ColumnSpec{Name: c.Name, Type: c.Type, Collation: c.Collation}
		p.quick("add "+c.Name+", with its default for new rows only", p.alter("ADD COLUMN "+columnDefinition(nullable, false),
			"ALTER COLUMN "+ident(c.Name)+" SET DEFAULT "+clause.Expression,
			"ADD CONSTRAINT "+ident(backfillMark(c.Name))+" CHECK ("+ident(c.Name)+" IS NULL OR "+ident(c.Name)+" IS NOT NULL) NOT VALID"))
		p.backfill(c)
	case c.NotNull && c.Default == "":
		if p.current.Rows > 0 {
			p.refuse(c.Name, "nullable", "the table has rows, and a column that is NOT NULL without a default has no value for them",
				"Give the column a default, or make it nullable, fill it, and set nullable = false afterwards.")
			return
		}
		p.quick("add "+c.Name, p.alter(add))
	default:
		p.quick("add "+c.Name, p.alter(add))
	}
}

// backfillMark is the name of the check that marks an unfinished backfill.
func backfillMark(column string) string { return objectName("auth0pg_backfill", column) }

// backfill gives existing rows the default, in batches, and removes the mark.
func (p *planner) backfill(c ColumnSpec) {
	p.add(Step{
		SQL: fmt.Sprintf("UPDATE %[1]s SET %[2]s = DEFAULT WHERE ctid = ANY (ARRAY(SELECT ctid FROM %[1]s WHERE %[2]s IS NULL LIMIT %[3]d FOR UPDATE SKIP LOCKED))",
			p.table, ident(c.Name), backfillBatch),
		What: "give existing rows a value of " + c.Name + ", in batches", Kind: Batches, Lock: lockRows, Scans: true,
	})
	if c.NotNull {
		p.setNotNull(c.Name)
	}
	p.quick("forget that the backfill was under way", p.alter("DROP CONSTRAINT "+ident(backfillMark(c.Name))))
}

// alterColumn plans the way from the column that is there to the one that shall be.
func (p *planner) alterColumn(have *Column, want ColumnSpec) {
	if p.current.Constraint(backfillMark(want.Name)) != nil {
		if have.Default != want.Default && want.Default != "" {
			p.setDefault(have, want)
		}
		p.backfill(want)
		return
	}
	if have.Type != want.Type || have.Collation != want.Collation {
		p.changeType(have, want)
	} else if have.Default != want.Default {
		p.setDefault(have, want)
	}
	switch {
	case want.NotNull && (!have.NotNull || have.NotNullUnproven):
		p.setNotNull(want.Name)
	case !want.NotNull && have.NotNull:
		if p.isPrimaryKey(want.Name) {
			p.refuse(want.Name, "nullable", "the column belongs to the primary key, which is never null", "Set nullable = false.")
			return
		}
		p.quick("allow null in "+want.Name, p.alter("ALTER COLUMN "+ident(want.Name)+" DROP NOT NULL"))
	case p.current.Constraint(notNullCheck(want.Name)) != nil:
		p.quick("remove the check that SET NOT NULL relied on", p.alter("DROP CONSTRAINT "+ident(notNullCheck(want.Name))))
	}
}

func (p *planner) isPrimaryKey(column string) bool {
	for _, name := range p.current.PrimaryKey() {
		if name == column {
			return true
		}
	}
	return false
}

// setDefault changes where new rows get their value from.
func (p *planner) setDefault(have *Column, want ColumnSpec) {
	if action, ok := p.defaultAction(have, want); ok {
		p.quick("change the default of "+want.Name, p.alter(action))
	}
}

func (p *planner) defaultAction(have *Column, want ColumnSpec) (action string, ok bool) {
	from, to := parseDefault(have.Default), parseDefault(want.Default)
	column := "ALTER COLUMN " + ident(want.Name)
	switch {
	case !to.plain() || from.Generated != "":
		p.refuse(want.Name, "default", fmt.Sprintf("the column exists with %s, and identity and generated columns are not made from or into others", orNothing(have.Default)),
			"Describe the column as it is, or change it by hand.")
		return "", false
	case from.Identity != "" && to.Expression != "":
		return column + " DROP IDENTITY, " + column + " SET DEFAULT " + to.Expression, true
	case from.Identity != "":
		return column + " DROP IDENTITY", true
	case to.Expression != "":
		return column + " SET DEFAULT " + to.Expression, true
	}
	return column + " DROP DEFAULT", true
}

func orNothing(text string) string {
	if text == "" {
		return "no default"
	}
	return text
}

// notNullCheck is the name of the check that proves a column free of nulls before
// SET NOT NULL, which then need not read the table under its lock.
func notNullCheck(column string) string { return objectName("auth0pg_not_null", column) }

// setNotNull reads the table once, under a lock that blocks neither reads nor writes.
func (p *planner) setNotNull(column string) {
	name, quoted := notNullCheck(column), ident(column)
	proof, drop := p.notNullProof(column), false
	if proof == nil && p.limits.Version >= 180000 {
		p.setNotNull18(column)
		return
	}
	if proof == nil {
		check := p.current.Constraint(name)
		if check == nil {
			p.quick("refuse new nulls in "+column, p.alter("ADD CONSTRAINT "+ident(name)+" CHECK ("+quoted+" IS NOT NULL) NOT VALID"))
		}
		p.validate(column, name)
		drop = true
	} else {
		drop = proof.Name == name
	}
	actions := []string{"ALTER COLUMN " + quoted + " SET NOT NULL"}
	if drop {
		actions = append(actions, "DROP CONSTRAINT "+ident(name))
	}
	p.quick("make "+column+" NOT NULL, proven by the check", p.alter(actions...))
}

// setNotNull18 uses the constraint's own NOT VALID form.
func (p *planner) setNotNull18(column string) {
	for _, c := range p.current.Constraints {
		if c.Kind == "n" && len(c.Columns) == 1 && c.Columns[0] == column {
			p.validate(column, c.Name)
			return
		}
	}
	name := objectName(p.want.Name, column, "not_null")
	for i := 1; p.current.Constraint(name) != nil; i++ {
		name = objectName(p.want.Name, column, fmt.Sprintf("not_null%d", i))
	}
	p.quick("refuse new nulls in "+column, p.alter("ADD CONSTRAINT "+ident(name)+" NOT NULL "+ident(column)+" NOT VALID"))
	p.validate(column, name)
}

func (p *planner) validate(column, constraint string) {
	p.add(Step{
		SQL: p.alter("VALIDATE CONSTRAINT " + ident(constraint)), What: "prove that " + column + " holds no null",
		Kind: Long, Lock: lockShareUpdate, Scans: true,
	})
}

// notNullProof is a valid check that a column holds no null.
func (p *planner) notNullProof(column string) *Constraint {
	c := p.current.Column(column)
	if c == nil {
		return nil
	}
	for i := range p.current.Constraints {
		k := &p.current.Constraints[i]
		if k.Kind == "c" && k.Valid && k.Definition == "CHECK (("+c.Quoted+" IS NOT NULL))" {
			return k
		}
	}
	return nil
}

// changeType changes type or collation, together with the default, whose text depends on the type.
func (p *planner) changeType(have *Column, want ColumnSpec) {
	effect := classifyTypeChange(have, want, p.current.indexed(want.Name))
	if effect.Rewrites && !p.mayRewrite(want.Name, "type", fmt.Sprintf("changing %s from %s to %s writes every row anew", ident(want.Name), have.Type, want.Type)) {
		return
	}
	if effect.Reindexes && !p.mayRewrite(want.Name, "type", fmt.Sprintf("changing %s from %s to %s builds the column's indexes anew", ident(want.Name), have.Type, want.Type)) {
		return
	}
	column := "ALTER COLUMN " + ident(want.Name)
	// No USING: an explicit cast would cut what is too long, the implicit one refuses it.
	change := column + " TYPE " + want.Type + collate(want.Collation)
	actions := []string{change}
	if have.Default != want.Default || want.Default != "" {
		action, ok := p.defaultAction(have, want)
		if !ok {
			return
		}
		if have.Default != "" {
			// The old default may have no cast to the new type.
			actions = []string{column + " DROP DEFAULT", change}
		}
		if want.Default != "" {
			actions = append(actions, action)
		}
	}
	kind := Quick
	if effect.Rewrites || effect.Reindexes {
		kind = Long
	}
	p.add(Step{
		SQL: p.alter(actions...), What: "change the type of " + want.Name + " from " + have.Type + " to " + want.Type,
		Kind: kind, Lock: lockExclusive, Scans: effect.Rewrites || effect.Reindexes, Rewrites: effect.Rewrites,
	})
}

// mayRewrite refuses what would keep logins waiting for as long as the table is written.
func (p *planner) mayRewrite(column, attribute, what string) bool {
	if p.limits.AllowRewrite || p.current.Rows <= p.limits.RewriteRows {
		return true
	}
	p.refuse(column, attribute, fmt.Sprintf("%s while no login gets through, and the table has about %d rows (rewrite_row_limit is %d)", what, p.current.Rows, p.limits.RewriteRows),
		"Set allow_rewrite = true for a time when logins may wait, or leave the column as it is.")
	return false
}
