// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// readServing finds out which partial indexes hold every user, and which look-ups through an expression no index
// serves. Who may not read the table is not told: the server answers only with the right to it.
func (s *tableSpec) readServing(ctx context.Context, db postgres.Beginner, observed *table.Table) error {
	err := s.askServing(ctx, db, observed)
	if postgres.SQLState(err) == "42501" {
		s.scans = nil
		return nil
	}
	return err
}

func (s *tableSpec) askServing(ctx context.Context, db postgres.Beginner, observed *table.Table) error {
	s.scans = nil
	if observed == nil || len(s.Expressions) == 0 && s.RowFilter == "" && s.EmailLookup != "" {
		return nil
	}
	observed.Implied, observed.Meanings = nil, nil
	serving, err := table.ReadServing(ctx, db, s.row(observed), s.Resolved[s.RowFilter].SQL)
	if cannotAsk(err) {
		return nil // what needs more than that has said so
	}
	if err != nil {
		return err
	}
	observed.Implied, observed.Meanings = serving.Implied, serving.Meanings
	if filter := s.Resolved[s.RowFilter].SQL; s.RowFilter != "" {
		fits, err := table.Indexable(ctx, db, s.row(observed), "", filter)
		if err != nil {
			return err
		}
		if fits {
			s.predicate = filter
		}
	}
	for part, key := range s.lookupKeys() {
		found, err := table.ResolveExpressions(ctx, db, s.row(observed), []string{key})
		if err != nil {
			continue // the expression itself has been resolved: what is compared has no such form
		}
		fits, err := table.Indexable(ctx, db, s.row(observed), found[key].SQL, "")
		if err != nil {
			return err
		}
		if fits && s.askedLookup && part != store.ID { // it is built, or is there
			if s.keys == nil {
				s.keys = map[store.Part]string{}
			}
			s.keys[part] = found[key].SQL
			continue
		}
		if slices.Contains(serving.Keys, found[key].SQL) {
			continue
		}
		if s.scans == nil {
			s.scans = map[store.Part]string{}
		}
		if s.scans[part] = ""; !fits {
			continue
		}
		s.scans[part] = fmt.Sprintf("CREATE INDEX CONCURRENTLY ON %s ((%s));", postgres.Ident(s.Schema, s.Name),
			found[key].Key(key))
	}
	return nil
}

// cannotAsk reports whether the server cannot be asked what an expression means, which matters only where there is one.
func cannotAsk(err error) bool {
	var temporary *table.TemporaryError
	return errors.Is(err, table.ErrStandby) || errors.As(err, &temporary)
}

// lookupKeys are the texts that the scripts compare to find a user, of the parts that are read through expressions, and
// of an address for which an imported table has no index.
func (s tableSpec) lookupKeys() map[store.Part]string {
	keys := map[store.Part]string{}
	if email, ok := s.Columns[store.Email]; ok && s.EmailLookup == "" {
		keys[store.Email] = postgres.Ident(email.Name)
		if s.store().EmailLookup == store.LowerIndex {
			keys[store.Email] = "lower(" + keys[store.Email] + ")"
		}
	}
	for _, part := range []store.Part{store.ID, store.Email, store.Username} {
		text, ok := s.Expressions[part]
		if !ok {
			continue
		}
		if part != store.ID && s.store().EmailLookup == store.LowerIndex {
			text = "lower(" + text + ")"
		}
		keys[part] = strings.TrimSpace(text)
	}
	return keys
}

// warnOfScans tells of look-ups that read the whole table.
func (s tableSpec) warnOfScans(diags *diag.Diagnostics) {
	for _, part := range slices.Sorted(maps.Keys(s.scans)) {
		remedy, its, at := "Have the owner of the table run this, or what comes to the same, and plan "+
			"again:\n\n"+s.scans[part], " its expression", path.Root("columns").AtMapKey(string(part)).AtName("expression")
		if _, read := s.Expressions[part]; !read {
			its, at = "", path.Root("email_lookup")
			remedy = fmt.Sprintf("Set email_lookup = %q, which builds a unique one while logins go on. Or h%s",
				s.store().EmailLookup, remedy[1:])
		}
		if s.scans[part] == "" {
			remedy = "No index can serve an expression that reads other rows or changes with the time: keep the value in a " +
				"column of the table, name a view that joins what it reads, or expect it with few users only."
		}
		diags.AddAttributeWarning(at, "Users Table Needs Attention", fmt.Sprintf(
			"The scripts find users by the %s, and no index of %s serves%s: each login reads the whole table.\n\n%s",
			part, postgres.QualifiedName(s.Schema, s.Name), cmp.Or(its, " that"), remedy))
	}
}
