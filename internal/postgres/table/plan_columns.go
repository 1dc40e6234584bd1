// SPDX-License-Identifier: MPL-2.0

package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// addColumn plans a column that is not there.
func (p *planner) addColumn(c ColumnSpec) {
	clause := parseDefault(c.Default)
	add := "ADD COLUMN " + columnDefinition(c, c.NotNull)
	switch {
	case c.Effect.Rewrites && clause.plain() && !c.Bare.Rewrites:
		// The default has to be computed for every row, which ADD COLUMN would do under its
		// lock. The check constrains nothing; it says to a later run that the backfill is not
		// finished.
		nullable, mark := ColumnSpec{
			Name:      c.Name,
			Type:      c.Type,
			Collation: c.Collation,
		}, p.freeConstraint(
			backfillMark(c.Name),
		)
		p.quick("add "+c.Name+", with its default for new rows only", p.alter(
			"ADD COLUMN "+columnDefinition(nullable, false),
			"ALTER COLUMN "+postgres.Ident(c.Name)+" SET DEFAULT "+clause.Expression,
			"ADD CONSTRAINT "+postgres.Ident(
				mark,
			)+" CHECK ("+postgres.Ident(
				c.Name,
			)+" IS NULL OR "+postgres.Ident(
				c.Name,
			)+" IS NOT NULL) NOT VALID",
		))
		p.backfill(c, mark)
	case c.Effect.Rewrites:
		// Every row gets a value of its own or is checked, which only a rewrite can do.
		if p.mayRewrite(c.Name, "default", fmt.Sprintf("adding %s writes every row anew", postgres.Ident(c.Name))) {
			p.add(
				Step{SQL: p.alter(add), What: "add " + c.Name, Route: Rewrite, Lock: LockExclusive, Scans: true, Rewrites: true},
			)
		}
	case c.NotNull && c.Default == "":
		p.Checks = append(p.Checks, Check{
			SQL: "SELECT count(*) FROM (SELECT FROM " + p.table + " LIMIT 1) AS r", Column: c.Name, Attribute: "nullable",
			Reason: "the table has %d rows or more, and a column that is NOT NULL without a default has no value for them",
			One:    "the table has rows, and a column that is NOT NULL without a default has no value for them",
			Remedy: "Give the column a default, or make it nullable, fill it, and set nullable = false afterwards.",
		})
		// Without a value for every row the server reads the table to find that there is none.
		p.add(Step{SQL: p.alter(add), What: "add " + c.Name, Route: Catalog, Lock: LockExclusive, Scans: true})
	case c.Effect.Scans:
		if p.mayRewrite(c.Name, "type", fmt.Sprintf("adding %s checks every row", postgres.Ident(c.Name))) {
			p.add(Step{SQL: p.alter(add), What: "add " + c.Name, Route: Rewrite, Lock: LockExclusive, Scans: true})
		}
	default:
		p.quick("add "+c.Name, p.alter(add))
	}
}

// backfill gives existing rows the default, a few pages at a time, and removes the mark.
func (p *planner) backfill(c ColumnSpec, mark string) {
	p.add(Step{
		SQL: fmt.Sprintf("UPDATE %[1]s SET %[2]s = DEFAULT WHERE %[2]s IS NULL AND ctid = ANY (ARRAY(SELECT ctid FROM "+
			"%[1]s WHERE %[2]s IS NULL AND %[3]s FOR UPDATE SKIP LOCKED))",
			p.table, postgres.Ident(c.Name), p.pages()),
		What: "give existing rows a value of " + c.Name + ", a few pages at a time", Route: Backfill, Lock: LockRows, Scans: true,
		Left: fmt.Sprintf("SELECT count(*) FROM %s WHERE %s IS NULL", p.table, postgres.Ident(c.Name)),
	})
	if c.NotNull {
		p.setNotNull(c.Name)
	}
	p.quick("forget that the backfill was under way", p.alter("DROP CONSTRAINT "+postgres.Ident(mark)))
}

// pages restricts a query to the pages from $1 up to $2, in a form that finds them
// without reading the others: ranges of ctid only do since Postgres 14.
func (p *planner) pages() string {
	if p.limits.Version >= 140000 {
		return "ctid >= format('(%s,0)', $1::bigint)::tid AND ctid < format('(%s,0)', $2::bigint)::tid"
	}
	return "ctid = ANY (ARRAY(SELECT format('(%s,%s)', page, line)::tid FROM generate_series($1::bigint, $2::bigint - " +
		"1) AS page, generate_series(1, current_setting('block_size')::int / 28) AS line))"
}

// alterColumn plans the way from the column that is there to the one that shall be.
func (p *planner) alterColumn(have *Column, want ColumnSpec) {
	if mark := p.current.mark(backfillWord, have.Name); mark != nil {
		if have.Default != want.Default && want.Default != "" {
			p.setDefault(have, want)
		}
		p.backfill(want, mark.Name)
		return
	}
	if have.Type != want.Type || have.Collation != want.Collation {
		p.changeType(have, want)
	} else if have.Default != want.Default {
		p.setDefault(have, want)
	}
	switch check := p.current.mark(notNullWord, want.Name); {
	case want.NotNull && (!have.NotNull || have.NotNullUnproven):
		p.setNotNull(want.Name)
	case !want.NotNull && (slices.Contains(p.current.PrimaryKey(), want.Name) || p.want.PrimaryKey == want.Name):
		// Also while there is no such key yet: once there is one, no plan could leave the column nullable.
		p.refuse(want.Name, "nullable", keyIsNotNull, "Set nullable = false.")
	case !want.NotNull && have.NotNull:
		p.quick("allow null in "+want.Name, p.alter("ALTER COLUMN "+postgres.Ident(want.Name)+" DROP NOT NULL"))
	case check != nil:
		p.quick("remove the check that SET NOT NULL relied on", p.alter("DROP CONSTRAINT "+postgres.Ident(check.Name)))
	}
}

// setDefault changes where new rows get their value from.
func (p *planner) setDefault(have *Column, want ColumnSpec) {
	if actions, ok := p.defaultActions(have, want); ok {
		p.quick("change the default of "+want.Name, p.alter(actions...))
	}
}

func (p *planner) defaultActions(have *Column, want ColumnSpec) (actions []string, ok bool) {
	from, to := parseDefault(have.Default), parseDefault(want.Default)
	column := "ALTER COLUMN " + postgres.Ident(want.Name)
	switch {
	case from.Identity != "" && to.Identity != "":
		return []string{column + " SET GENERATED " + strings.ToUpper(to.Identity)}, true
	case from.Generated == "stored" && to.plain() && to.Expression == "":
		return []string{column + " DROP EXPRESSION"}, true
	case !to.plain() || from.Generated != "":
		p.refuse(want.Name, "default", fmt.Sprintf("the column exists with %s, and identity and generated columns "+
			"are not made from or into others", orNothing(have.Default)),
			"Describe the column as it is, or change it by hand.")
		return nil, false
	case from.Identity != "" && to.Expression != "":
		return []string{column + " DROP IDENTITY", column + " SET DEFAULT " + to.Expression}, true
	case from.Identity != "":
		return []string{column + " DROP IDENTITY"}, true
	case to.Expression != "":
		return []string{column + " SET DEFAULT " + to.Expression}, true
	}
	return []string{column + " DROP DEFAULT"}, true
}

func orNothing(text string) string {
	if text == "" {
		return "no default"
	}
	return text
}

// setNotNull reads the table once, under a lock that blocks neither reads nor writes.
func (p *planner) setNotNull(column string) {
	if have := p.current.Column(column); have != nil && !p.current.Backfilling(column) {
		p.Checks = append(p.Checks, Check{
			SQL:    fmt.Sprintf("SELECT count(*) FROM %s WHERE %s IS NULL", p.table, postgres.Ident(p.now(column))),
			Column: column, Attribute: "nullable",
			Reason: "%d rows are null in the column, which is to be NOT NULL",
			One:    "a row is null in the column, which is to be NOT NULL",
			Remedy: fmt.Sprintf("Give them a value, for example with UPDATE %s SET %s = ... WHERE %[2]s IS NULL, or set "+
				"nullable = true, and plan again.", p.table, postgres.Ident(p.now(column))),
		})
	}
	quoted := postgres.Ident(column)
	proof := p.notNullProof(column)
	if proof == nil && p.limits.Version >= 180000 {
		p.setNotNull18(column)
		return
	}
	ours := ""
	switch check := p.current.mark(notNullWord, column); {
	case check != nil:
		ours = check.Name
	case proof == nil:
		ours = p.freeConstraint(notNullCheck(column))
		p.quick(
			"refuse new nulls in "+column,
			p.alter("ADD CONSTRAINT "+postgres.Ident(ours)+" CHECK ("+quoted+" IS NOT NULL) NOT VALID"),
		)
	}
	if proof == nil {
		p.validate(column, ours, true)
	}
	p.quick("make "+column+" NOT NULL, proven by the check", p.alter("ALTER COLUMN "+quoted+" SET NOT NULL"))
	if ours != "" {
		// Not in the same statement: that drops the check first and then reads the table after all.
		p.add(
			Step{
				SQL:    p.alter("DROP CONSTRAINT " + postgres.Ident(ours)),
				What:   "remove the check again",
				Route:  Catalog,
				Lock:   LockExclusive,
				Joined: true,
			},
		)
	}
}

// setNotNull18 uses the constraint's own NOT VALID form.
func (p *planner) setNotNull18(column string) {
	for _, c := range p.current.Constraints {
		if c.Kind == "n" && len(c.Columns) == 1 && c.Columns[0] == column {
			p.validate(column, c.Name, false)
			return
		}
	}
	name := p.freeConstraint(p.want.Name, column, "not_null")
	p.quick(
		"refuse new nulls in "+column,
		p.alter("ADD CONSTRAINT "+postgres.Ident(name)+" NOT NULL "+postgres.Ident(column)+" NOT VALID"),
	)
	p.validate(column, name, true)
}

// validate proves a constraint. Should a row contradict it after all, a constraint of ours
// goes again: it would refuse the application's rows without having come to anything.
func (p *planner) validate(column, constraint string, ours bool) {
	step := Step{
		SQL: p.alter("VALIDATE CONSTRAINT " + postgres.Ident(constraint)), What: "prove that " + column + " holds no null",
		Route: Validation, Lock: LockShareUpdate, Scans: true,
	}
	if ours {
		step.Undo = p.alter("DROP CONSTRAINT " + postgres.Ident(constraint))
	}
	p.add(step)
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
