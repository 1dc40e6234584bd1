// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

// liveTable is a table with many rows, changed by edits.
func liveTable(edits ...func(*table.Table)) *table.Table {
	t := &table.Table{
		Schema: "public", Name: "users", Kind: "r", Owner: "owner", Owned: true, Rows: 5_000_000,
		Columns: []table.Column{
			{Name: "id", Quoted: "id", Type: "uuid", NotNull: true, Default: "gen_random_uuid()"},
			{Name: "email", Quoted: "email", Type: "text", NotNull: true},
			{Name: "note", Quoted: "note", Type: "character varying(20)"},
		},
		Indexes:     []table.Index{{Schema: "public", Name: "users_pkey", Method: "btree", Unique: true, Primary: true, Valid: true, Keys: []string{"id"}, Constraint: "users_pkey", Definition: "CREATE UNIQUE INDEX users_pkey ON public.users USING btree (id)"}},
		Constraints: []table.Constraint{{Name: "users_pkey", Kind: "p", Columns: []string{"id"}, Valid: true}},
		Relations:   []string{"users", "users_pkey"},
	}
	for _, edit := range edits {
		edit(t)
	}
	return t
}

// marked adds a column with a check that an interrupted run has left on it.
func marked(column, check, definition string) func(*table.Table) {
	return func(t *table.Table) {
		t.Columns = append(t.Columns, table.Column{Name: column, Quoted: column, Type: "uuid", Default: "gen_random_uuid()"})
		t.Constraints = append(t.Constraints, table.Constraint{Name: check, Kind: "c", Columns: []string{column}, Definition: definition})
	}
}

func note(edit func(*table.ColumnSpec)) table.Desired {
	c := table.ColumnSpec{Name: "note", Type: "character varying(20)"}
	edit(&c)
	return table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{c}}
}

var rewrites = table.Effect{Scans: true, Rewrites: true, Reindexes: true}

func TestNewPlan(t *testing.T) {
	t.Parallel()
	text := "changed"
	email := table.ColumnSpec{Name: "email", Type: "text", NotNull: true}
	lower := []table.Unique{{Column: "email", Lookup: table.LowerLookup}}
	index := func(i table.Index) func(*table.Table) {
		return func(t *table.Table) {
			i.Schema, i.Method = "public", "btree"
			t.Indexes = append(t.Indexes, i)
			t.Relations = append(t.Relations, i.Name)
		}
	}
	tests := map[string]struct {
		current *table.Table
		want    table.Desired
		version int
		rewrite bool
		sql     []string
		refused string
		notice  string
		kept    []string
	}{
		"nothing": {current: liveTable(), want: note(func(*table.ColumnSpec) {})},
		"add with volatile default, 13": {
			current: liveTable(), version: 130000,
			want: table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{{Name: "token", Type: "uuid", Default: "gen_random_uuid()", Effect: rewrites}}},
			sql: []string{
				`ALTER TABLE "public"."users" ADD COLUMN "token" uuid, ALTER COLUMN "token" SET DEFAULT gen_random_uuid(), ADD CONSTRAINT "auth0pg_backfill_token" CHECK ("token" IS NULL OR "token" IS NOT NULL) NOT VALID`,
				`UPDATE "public"."users" SET "token" = DEFAULT WHERE "token" IS NULL AND ctid = ANY (ARRAY(SELECT ctid FROM "public"."users" WHERE "token" IS NULL AND ctid = ANY (ARRAY(SELECT format('(%s,%s)', page, line)::tid FROM generate_series($1::bigint, $2::bigint - 1) AS page, generate_series(1, current_setting('block_size')::int / 28) AS line)) FOR UPDATE SKIP LOCKED))`,
				`ALTER TABLE "public"."users" DROP CONSTRAINT "auth0pg_backfill_token"`,
			},
		},
		"backfill resumed": {
			current: liveTable(func(t *table.Table) {
				t.Columns = append(t.Columns, table.Column{Name: "token", Quoted: "token", Type: "uuid", Default: "gen_random_uuid()"})
				t.Constraints = append(t.Constraints, table.Constraint{Name: "auth0pg_backfill_token", Kind: "c", Columns: []string{"token"}})
			}),
			want: table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{{Name: "token", Type: "uuid", Default: "gen_random_uuid()", Effect: rewrites}}},
			sql: []string{
				`UPDATE "public"."users" SET "token" = DEFAULT WHERE "token" IS NULL AND ctid = ANY (ARRAY(SELECT ctid FROM "public"."users" WHERE "token" IS NULL AND ctid >= format('(%s,0)', $1::bigint)::tid AND ctid < format('(%s,0)', $2::bigint)::tid FOR UPDATE SKIP LOCKED))`,
				`ALTER TABLE "public"."users" DROP CONSTRAINT "auth0pg_backfill_token"`,
			},
		},
		"backfill given up": {
			current: liveTable(func(t *table.Table) {
				t.Columns = append(t.Columns, table.Column{Name: "token", Quoted: "token", Type: "uuid", Default: "gen_random_uuid()"})
				t.Constraints = append(t.Constraints, table.Constraint{Name: "auth0pg_backfill_token", Kind: "c", Columns: []string{"token"}})
			}),
			want: table.Desired{Schema: "public", Name: "users"},
			sql:  []string{`ALTER TABLE "public"."users" DROP CONSTRAINT "auth0pg_backfill_token"`},
		},
		"not null, 17": {
			current: liveTable(), version: 170000, want: note(func(c *table.ColumnSpec) { c.NotNull = true }),
			sql: []string{
				`ALTER TABLE "public"."users" ADD CONSTRAINT "auth0pg_not_null_note" CHECK ("note" IS NOT NULL) NOT VALID`,
				`ALTER TABLE "public"."users" VALIDATE CONSTRAINT "auth0pg_not_null_note"`,
				`ALTER TABLE "public"."users" ALTER COLUMN "note" SET NOT NULL`,
				`ALTER TABLE "public"."users" DROP CONSTRAINT "auth0pg_not_null_note"`,
			},
		},
		"not null, 18": {
			current: liveTable(), version: 180000, want: note(func(c *table.ColumnSpec) { c.NotNull = true }),
			sql: []string{
				`ALTER TABLE "public"."users" ADD CONSTRAINT "users_note_not_null" NOT NULL "note" NOT VALID`,
				`ALTER TABLE "public"."users" VALIDATE CONSTRAINT "users_note_not_null"`,
			},
		},
		"not null resumed, 18": {
			current: liveTable(func(t *table.Table) {
				t.Columns[2].NotNull, t.Columns[2].NotNullUnproven = true, true
				t.Constraints = append(t.Constraints, table.Constraint{Name: "theirs", Kind: "n", Columns: []string{"note"}})
			}), version: 180000, want: note(func(c *table.ColumnSpec) { c.NotNull = true }),
			sql: []string{`ALTER TABLE "public"."users" VALIDATE CONSTRAINT "theirs"`},
		},
		"not null resumed, 17": {
			current: liveTable(func(t *table.Table) {
				t.Constraints = append(t.Constraints, table.Constraint{Name: "auth0pg_not_null_note", Kind: "c", Columns: []string{"note"}, Definition: "CHECK ((note IS NOT NULL)) NOT VALID"})
			}), version: 170000, want: note(func(c *table.ColumnSpec) { c.NotNull = true }),
			sql: []string{
				`ALTER TABLE "public"."users" VALIDATE CONSTRAINT "auth0pg_not_null_note"`,
				`ALTER TABLE "public"."users" ALTER COLUMN "note" SET NOT NULL`,
				`ALTER TABLE "public"."users" DROP CONSTRAINT "auth0pg_not_null_note"`,
			},
		},
		"not null given up": {
			current: liveTable(func(t *table.Table) {
				t.Constraints = append(t.Constraints, table.Constraint{Name: "auth0pg_not_null_note", Kind: "c", Columns: []string{"note"}, Definition: "CHECK ((note IS NOT NULL))", Valid: true})
			}), want: note(func(*table.ColumnSpec) {}),
			sql: []string{`ALTER TABLE "public"."users" DROP CONSTRAINT "auth0pg_not_null_note"`},
		},
		"widen": {current: liveTable(), want: note(func(c *table.ColumnSpec) { c.Type = "text" }), sql: []string{`ALTER TABLE "public"."users" ALTER COLUMN "note" TYPE text`}},
		"narrow": {
			current: liveTable(), want: note(func(c *table.ColumnSpec) { c.Type, c.Effect = "character varying(10)", rewrites }),
			refused: `changing "note" from character varying(20) to character varying(10) writes every row anew while no login gets through, and the table has about 5000000 rows (rewrite_row_limit is 100000)`,
		},
		"narrow, allowed": {
			current: liveTable(), rewrite: true, want: note(func(c *table.ColumnSpec) { c.Type, c.Effect = "character varying(10)", rewrites }),
			sql: []string{`ALTER TABLE "public"."users" ALTER COLUMN "note" TYPE character varying(10)`},
		},
		"type with its default": {
			current: liveTable(func(t *table.Table) { t.Columns[2].Default = "'x'::character varying" }),
			want:    note(func(c *table.ColumnSpec) { c.Type, c.Default = "text", "'x'::text" }),
			sql:     []string{`ALTER TABLE "public"."users" ALTER COLUMN "note" DROP DEFAULT, ALTER COLUMN "note" TYPE text, ALTER COLUMN "note" SET DEFAULT 'x'::text`},
		},
		"type of a viewed column": {
			current: liveTable(func(t *table.Table) { t.Columns[2].UsedBy = []string{"rule _RETURN on view v"} }),
			want:    note(func(c *table.ColumnSpec) { c.Type = "text" }),
			refused: "while it is used by rule _RETURN on view v",
		},
		"type of an inherited column": {
			current: liveTable(func(t *table.Table) { t.Columns[2].Inherited = true }),
			want:    note(func(c *table.ColumnSpec) { c.Type = "text" }),
			refused: "the column is inherited",
		},
		"collation of an indexed column": {
			current: liveTable(index(table.Index{Name: "users_note_idx", Valid: true, Keys: []string{"note"}, Definition: "CREATE INDEX users_note_idx ON public.users USING btree (note)"})),
			want:    note(func(c *table.ColumnSpec) { c.Collation, c.Effect.Reindexes = "C", true }),
			refused: "builds the column's indexes anew",
		},
		"add identity": {
			current: liveTable(), want: table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{{Name: "n", Type: "bigint", NotNull: true, Default: "generated always as identity", Effect: rewrites}}},
			refused: `adding "n" writes every row anew`,
		},
		"index": {
			current: liveTable(), want: table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{email}, Unique: lower},
			sql: []string{`CREATE UNIQUE INDEX CONCURRENTLY "users_email_lower_key" ON "public"."users" (pg_catalog.lower("email"))`},
		},
		"index there under another name": {
			current: liveTable(index(table.Index{Name: "theirs", Unique: true, Valid: true, Keys: []string{"lower(email)"}})),
			want:    table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{email}, Unique: lower},
		},
		"index partial": {
			current: liveTable(index(table.Index{Name: "users_email_lower_key", Unique: true, Valid: true, Keys: []string{"lower(email)"}, Predicate: "(note IS NULL)"})),
			want:    table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{email}, Unique: lower},
			sql:     []string{`CREATE UNIQUE INDEX CONCURRENTLY "users_email_lower_key_1" ON "public"."users" (pg_catalog.lower("email"))`},
		},
		"index invalid, ours": {
			current: liveTable(index(table.Index{Name: "users_email_lower_key", Unique: true, Keys: []string{"lower(email)"}})),
			want:    table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{email}, Unique: lower},
			sql: []string{
				`DROP INDEX CONCURRENTLY IF EXISTS "public"."users_email_lower_key"`,
				`CREATE UNIQUE INDEX CONCURRENTLY "users_email_lower_key" ON "public"."users" (pg_catalog.lower("email"))`,
			},
		},
		"index invalid, ours, no longer wanted": {
			current: liveTable(index(table.Index{Name: "users_email_lower_key", Unique: true, Keys: []string{"lower(email)"}})),
			want:    table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{email}, Unique: []table.Unique{{Column: "email"}}},
			sql:     []string{`DROP INDEX CONCURRENTLY IF EXISTS "public"."users_email_lower_key"`},
		},
		"index invalid, theirs": {
			current: liveTable(index(table.Index{Name: "theirs", Unique: true, Keys: []string{"lower(email)"}})),
			want:    table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{email}, Unique: lower},
			sql:     []string{`CREATE UNIQUE INDEX CONCURRENTLY "users_email_lower_key" ON "public"."users" (pg_catalog.lower("email"))`},
			notice:  `"public"."theirs" is not valid`,
		},
		"lookup changed": {
			current: liveTable(index(table.Index{Name: "users_email_lower_key", Unique: true, Valid: true, Keys: []string{"lower(email)"}})),
			want: table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{email}, Unique: []table.Unique{{Column: "email", Lookup: table.PlainLookup}},
				Retire: []string{"users_email_lower_key"}},
			sql: []string{
				`CREATE UNIQUE INDEX CONCURRENTLY "users_email_key" ON "public"."users" ("email")`,
				`DROP INDEX CONCURRENTLY IF EXISTS "public"."users_email_lower_key"`,
			},
		},
		"lookup changed, scripts not yet": {
			current: liveTable(index(table.Index{Name: "users_email_lower_key", Unique: true, Valid: true, Keys: []string{"lower(email)"}})),
			want: table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{email}, Unique: []table.Unique{{Column: "email", Lookup: table.PlainLookup}},
				Retire: []string{"users_email_lower_key"}, RetireLater: true},
			sql:  []string{`CREATE UNIQUE INDEX CONCURRENTLY "users_email_key" ON "public"."users" ("email")`},
			kept: []string{"users_email_lower_key"},
		},
		"lookup changed and back": {
			current: liveTable(index(table.Index{Name: "users_email_key", Unique: true, Valid: true, Keys: []string{"email"}}), index(table.Index{Name: "users_email_lower_key", Unique: true, Valid: true, Keys: []string{"lower(email)"}})),
			want: table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{email}, Unique: lower,
				Retire: []string{"users_email_lower_key", "users_email_key"}, RetireLater: true},
			kept: []string{"users_email_key"},
		},
		"drop of the former index interrupted": {
			current: liveTable(index(table.Index{Name: "users_email_lower_key", Unique: true, Keys: []string{"lower(email)"}}), index(table.Index{Name: "users_email_key", Unique: true, Valid: true, Keys: []string{"email"}})),
			want: table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{email}, Unique: []table.Unique{{Column: "email", Lookup: table.PlainLookup}},
				Retire: []string{"users_email_lower_key"}},
			sql: []string{`DROP INDEX CONCURRENTLY IF EXISTS "public"."users_email_lower_key"`},
		},
		"drop of an index of a column's former name interrupted": {
			current: liveTable(index(table.Index{Name: "users_mail_lower_key", Unique: true, Keys: []string{"lower(email)"}}), index(table.Index{Name: "users_email_key", Unique: true, Valid: true, Keys: []string{"email"}})),
			want: table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{email}, Unique: []table.Unique{{Column: "email", Lookup: table.PlainLookup}},
				Retire: []string{"users_mail_lower_key"}, RetireLater: true},
			sql: []string{`DROP INDEX CONCURRENTLY IF EXISTS "public"."users_mail_lower_key"`},
		},
		"index on a partitioned table": {
			current: liveTable(func(t *table.Table) { t.Kind = "p" }),
			want:    table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{email}, Unique: lower},
			refused: "the table is partitioned",
		},
		"another primary key": {
			current: liveTable(), want: table.Desired{Schema: "public", Name: "users", PrimaryKey: "email"},
			refused: `the table has another primary key: ("id")`,
		},
		"null in the primary key": {
			current: liveTable(), want: table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{{Name: "id", Type: "uuid", Default: "gen_random_uuid()"}}},
			refused: "belongs to the primary key",
		},
		"rename": {
			current: liveTable(func(t *table.Table) { t.Columns[2].Type = "text" }), version: 170000,
			want: note(func(c *table.ColumnSpec) {
				c.Name, c.RenamedFrom, c.Type, c.NotNull = "remark", "note", "text", true
			}),
			sql: []string{
				`ALTER TABLE "public"."users" RENAME COLUMN "note" TO "remark"`,
				`ALTER TABLE "public"."users" ADD CONSTRAINT "auth0pg_not_null_remark" CHECK ("remark" IS NOT NULL) NOT VALID`,
				`ALTER TABLE "public"."users" VALIDATE CONSTRAINT "auth0pg_not_null_remark"`,
				`ALTER TABLE "public"."users" ALTER COLUMN "remark" SET NOT NULL`,
				`ALTER TABLE "public"."users" DROP CONSTRAINT "auth0pg_not_null_remark"`,
			},
		},
		"renamed before": {
			current: liveTable(), want: note(func(c *table.ColumnSpec) { c.RenamedFrom = "remark" }),
		},
		"rename before the backfill is done": {
			current: liveTable(marked("token", "auth0pg_backfill_token", "")),
			want:    table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{{Name: "secret", RenamedFrom: "token", Type: "uuid", Default: "gen_random_uuid()"}}},
			sql: []string{
				`ALTER TABLE "public"."users" RENAME COLUMN "token" TO "secret"`,
				`UPDATE "public"."users" SET "secret" = DEFAULT WHERE "secret" IS NULL AND ctid = ANY (ARRAY(SELECT ctid FROM "public"."users" WHERE "secret" IS NULL AND ctid >= format('(%s,0)', $1::bigint)::tid AND ctid < format('(%s,0)', $2::bigint)::tid FOR UPDATE SKIP LOCKED))`,
				`ALTER TABLE "public"."users" DROP CONSTRAINT "auth0pg_backfill_token"`,
			},
		},
		"backfill given up after a rename": {
			current: liveTable(marked("secret", "auth0pg_backfill_token", "")),
			want:    table.Desired{Schema: "public", Name: "users"},
			sql:     []string{`ALTER TABLE "public"."users" DROP CONSTRAINT "auth0pg_backfill_token"`},
		},
		"backfill while a renamed column has the mark of its name": {
			current: liveTable(marked("secret", "auth0pg_backfill_token", "")),
			want:    table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{{Name: "token", Type: "uuid", Default: "gen_random_uuid()", Effect: rewrites}}},
			sql: []string{
				`ALTER TABLE "public"."users" DROP CONSTRAINT "auth0pg_backfill_token"`,
				`ALTER TABLE "public"."users" ADD COLUMN "token" uuid, ALTER COLUMN "token" SET DEFAULT gen_random_uuid(), ADD CONSTRAINT "auth0pg_backfill_token_1" CHECK ("token" IS NULL OR "token" IS NOT NULL) NOT VALID`,
				`UPDATE "public"."users" SET "token" = DEFAULT WHERE "token" IS NULL AND ctid = ANY (ARRAY(SELECT ctid FROM "public"."users" WHERE "token" IS NULL AND ctid >= format('(%s,0)', $1::bigint)::tid AND ctid < format('(%s,0)', $2::bigint)::tid FOR UPDATE SKIP LOCKED))`,
				`ALTER TABLE "public"."users" DROP CONSTRAINT "auth0pg_backfill_token_1"`,
			},
		},
		"rename before NOT NULL is proven, 17": {
			current: liveTable(marked("token", "auth0pg_not_null_token", "CHECK ((token IS NOT NULL)) NOT VALID")), version: 170000,
			want: table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{{Name: "secret", RenamedFrom: "token", Type: "uuid", Default: "gen_random_uuid()", NotNull: true}}},
			sql: []string{
				`ALTER TABLE "public"."users" RENAME COLUMN "token" TO "secret"`,
				`ALTER TABLE "public"."users" VALIDATE CONSTRAINT "auth0pg_not_null_token"`,
				`ALTER TABLE "public"."users" ALTER COLUMN "secret" SET NOT NULL`,
				`ALTER TABLE "public"."users" DROP CONSTRAINT "auth0pg_not_null_token"`,
			},
		},
		"not null given up after a rename": {
			current: liveTable(marked("secret", "auth0pg_not_null_token", "CHECK ((secret IS NOT NULL)) NOT VALID")),
			want:    table.Desired{Schema: "public", Name: "users", Columns: []table.ColumnSpec{{Name: "secret", Type: "uuid", Default: "gen_random_uuid()"}}},
			sql:     []string{`ALTER TABLE "public"."users" DROP CONSTRAINT "auth0pg_not_null_token"`},
		},
		"comment": {current: liveTable(), want: note(func(c *table.ColumnSpec) { c.Comment = &text }), sql: []string{`COMMENT ON COLUMN "public"."users"."note" IS 'changed'`}},
		"generated column made plain": {
			current: liveTable(func(t *table.Table) { t.Columns[2].Default = "generated always as (lower(email)) stored" }), want: note(func(*table.ColumnSpec) {}),
			sql: []string{`ALTER TABLE "public"."users" ALTER COLUMN "note" DROP EXPRESSION`},
		},
		"generated expression": {
			current: liveTable(func(t *table.Table) { t.Columns[2].Default = "generated always as (lower(email)) stored" }),
			want:    note(func(c *table.ColumnSpec) { c.Default = "generated always as (upper(email)) stored" }),
			refused: "identity and generated columns are not made from or into others",
		},
		"drop": {current: liveTable(), want: table.Desired{Schema: "public", Name: "users", Drop: []string{"note"}}, sql: []string{`ALTER TABLE "public"."users" DROP COLUMN "note"`}},
		"drop what scripts use": {
			current: liveTable(func(t *table.Table) { t.Columns[2].GrantedTo = []string{"scripts"} }), want: table.Desired{Schema: "public", Name: "users", Drop: []string{"note"}},
			refused: "is granted to scripts, whose scripts may still use it",
		},
		"not ours": {
			current: liveTable(func(t *table.Table) { t.Owned = false }), want: note(func(c *table.ColumnSpec) { c.Type = "text" }),
			refused: `the table belongs to the role "owner"`,
		},
		"not ours, nothing to do": {current: liveTable(func(t *table.Table) { t.Owned = false }), want: note(func(*table.ColumnSpec) {})},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.version == 0 {
				test.version = 160000
			}
			plan := table.NewPlan(test.current, test.want, table.Limits{Version: test.version, RewriteRows: 100_000, AllowRewrite: test.rewrite})
			var reasons []string
			for _, refusal := range plan.Refusals {
				reasons = append(reasons, refusal.Reason)
			}
			switch reason := strings.Join(reasons, "; "); {
			case test.refused == "" && reason != "":
				t.Errorf("refused: %s", reason)
			case !strings.Contains(reason, test.refused):
				t.Errorf("refused: %q, want %q", reason, test.refused)
			case test.refused == "" && !slices.Equal(plan.Statements(), test.sql):
				t.Errorf("the statements are\n%s\nwant\n%s", strings.Join(plan.Statements(), "\n"), strings.Join(test.sql, "\n"))
			}
			if !slices.Equal(plan.Kept, test.kept) {
				t.Errorf("kept: %q, want %q", plan.Kept, test.kept)
			}
			if notice := strings.Join(plan.Notices, "; "); !strings.Contains(notice, test.notice) || test.notice == "" && notice != "" {
				t.Errorf("notices: %q, want %q", notice, test.notice)
			}
		})
	}
}
