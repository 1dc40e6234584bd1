// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Migration is the SQL that reads the users who are not with Auth0 yet, and marks them. It means what the statements of
// login mean: the same parts, read in the same way.
type Migration struct {
	// Parts are what Page reads, each as text or, for flags, as a boolean.
	Parts []store.Part
	// Page reads the first users, as many as limit says, in the order of their ids, from the start or after the id that the
	// session's setting [AfterSetting] has: a constant would be in the server's log with the view that the query becomes.
	Page func(after bool, limit int) string
	// Duplicates lists the ids, as text, of the users whose folded address or whose id another row has, too; no more
	// than limit.
	Duplicates func(limit int) string
	// Mark notes when the users with the ids $1, an array of text, came to Auth0, unless it is noted already.
	Mark string
	// Left counts the users who are not with Auth0 yet, LeftIDs lists them and SharedIDs those of Duplicates, by nothing but
	// their ids.
	Left, LeftIDs, SharedIDs string
}

// AfterSetting is the setting that holds the id after which a page begins, as text.
const AfterSetting = "auth0pg.after"

// MigrationSQL is for the users for whom the condition holds, "" being all; it is SQL as the server has printed it.
func MigrationSQL(s store.Store, condition string) (Migration, error) {
	for _, part := range append(store.Required(), store.MigratedAt) {
		if !s.Has(part) || part == store.MigratedAt && !s.Writes(part) {
			return Migration{}, fmt.Errorf("%s has no part %s", s.Title(), part)
		}
	}
	if err := CheckTypes(s); err != nil {
		return Migration{}, err
	}
	b := newBuilder(s)
	m := Migration{}
	var outputs []string
	for _, part := range append(slices.Clone(profileParts), store.Password, store.PasswordSalt, store.TOTP) {
		if s.Has(part) {
			m.Parts, outputs = append(m.Parts, part), append(outputs, b.output(part))
		}
	}
	users := b.ofUsers(b.stored(store.MigratedAt) + " IS NULL")
	if condition != "" {
		users += "\n  AND (" + condition + ")"
	}
	key, cast := b.migrationKey()
	m.Page = func(further bool, limit int) string {
		after := ""
		if further {
			after = fmt.Sprintf("\n  AND %s OPERATOR(pg_catalog.>) pg_catalog.current_setting('%s')%s", key, AfterSetting, cast)
		}
		return fmt.Sprintf("SELECT %s\nFROM %s\nWHERE %s%s\nORDER BY "+
			"%s\nLIMIT %d", strings.Join(outputs, ", "), b.table(), users, after, key, limit)
	}
	m.Left = fmt.Sprintf("SELECT pg_catalog.count(*)\nFROM %s\nWHERE %s", b.table(), users)
	m.LeftIDs = fmt.Sprintf("SELECT %s\nFROM %s\nWHERE %s\nORDER BY %s", b.read(store.ID), b.table(), users, key)
	folded := "pg_catalog.lower(" + b.read(store.Email) + asText + ")"
	// An address counts twice also where the other row is with Auth0 already.
	// Mark would take a user of the same id for another one.
	id := b.read(store.ID) + asText
	shared := func(by, condition string) string {
		return fmt.Sprintf("SELECT pg_catalog.array_agg(%s) AS ids\n  FROM %s\n  WHERE %s\n  GROUP BY %s\n  "+
			"HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1", id, b.table(), b.ofUsers(condition), by)
	}
	m.SharedIDs = fmt.Sprintf("SELECT pg_catalog.unnest(d.ids)\nFROM (\n  %s\n  UNION ALL\n  %s\n) AS d",
		shared(folded, folded+differs+"''"), shared(id, id+" IS NOT NULL"))
	m.Duplicates = func(limit int) string { return fmt.Sprintf("%s\nLIMIT %d", m.SharedIDs, limit) }
	migratedAt := b.stored(store.MigratedAt)
	m.Mark = fmt.Sprintf("UPDATE %s\nSET %s = COALESCE(%s, CURRENT_TIMESTAMP)\nWHERE %s OPERATOR(pg_catalog.=) "+
		"ANY ($1::pg_catalog.text[]%s)",
		b.table(), b.column("UPDATE", store.MigratedAt), migratedAt, key, arrayOf(cast))
	return m, nil
}

// migrationKey is the id as users are put in order by it, and the cast from text to its type. An index on the id serves
// it for the usual types; others are compared as text.
func (b *builder) migrationKey() (key, cast string) {
	key = b.read(store.ID)
	if b.store.Columns[store.ID].Expression == nil {
		// Alone the name is that of an output, which is text and has another order.
		key = pgx.Identifier{b.store.Table().Name}.Sanitize() + "." + key
	}
	switch familyOf(b.as(store.ID)) {
	case familyUUID:
		return key, "::pg_catalog.uuid"
	case familyInteger:
		return key, "::pg_catalog.int8"
	case familyText:
		return key, ""
	}
	return key + asText + ` COLLATE "pg_catalog"."C"`, ""
}

// arrayOf makes of a cast to a type one to an array of it.
func arrayOf(cast string) string {
	if cast == "" {
		return ""
	}
	return cast + "[]"
}
