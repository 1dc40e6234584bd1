// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Columns that say who may not log in, by their names and types, and those that only sound so.
func TestSuspects(t *testing.T) {
	t.Parallel()
	for column, test := range map[string]struct{ kind, out, settle string }{
		"is_active":          {"boolean", "is_active is not true", `blocked = { expression = "is_active is not true" }`},
		"active":             {"smallint", "coalesce(active, 0) = 0", `blocked = { expression = "coalesce(active, 0) = 0" }`},
		"Enabled":            {"boolean", `"Enabled" is not true`, `blocked = { expression = "\"Enabled\" is not true" }`},
		"approved_at":        {"timestamp with time zone", "approved_at is null", `blocked = { expression = "approved_at is null" }`},
		"disabled":           {"boolean", "coalesce(disabled, false)", `blocked = { expression = "coalesce(disabled, false)" }`},
		"locked_at":          {"timestamp without time zone", "locked_at is not null", `blocked = { expression = "locked_at is not null" }`},
		"banned_until":       {"timestamp with time zone", "coalesce(banned_until > now(), false)", `blocked = { expression = "coalesce(banned_until > now(), false)" }`},
		"suspended_till":     {"date", "coalesce(suspended_till > now(), false)", `blocked = { expression = "coalesce(suspended_till > now(), false)" }`},
		"LockoutEnd":         {"timestamp with time zone", `coalesce("LockoutEnd" > now(), false)`, `blocked = { expression = "coalesce(\"LockoutEnd\" > now(), false)" }`},
		"account_expires":    {"date", "coalesce(account_expires <= now(), false)", `blocked = { expression = "coalesce(account_expires <= now(), false)" }`},
		"valid_until":        {"date", "coalesce(valid_until <= now(), false)", `blocked = { expression = "coalesce(valid_until <= now(), false)" }`},
		"deleted_at":         {"timestamp(0) without time zone", "deleted_at is not null", `row_filter = "deleted_at is null"`},
		"is_deleted":         {"boolean", "is_deleted", `row_filter = "is_deleted is not true"`},
		"deleteat":           {"bigint", "coalesce(deleteat <> 0, false)", `row_filter = "coalesce(deleteat, 0) = 0"`},
		"isactive":           {"boolean", "isactive is not true", `blocked = { expression = "isactive is not true" }`},
		"banneduntil":        {"date", "coalesce(banneduntil > now(), false)", `blocked = { expression = "coalesce(banneduntil > now(), false)" }`},
		"removed":            {"integer", "coalesce(removed <> 0, false)", `row_filter = "coalesce(removed, 0) = 0"`},
		"status":             {"character varying(16)", "", `blocked = { expression = "status is distinct from 'active'" }`},
		"state":              {"app.user_state", "", `blocked = { expression = "state is distinct from 'active'" }`},
		"account_status":     {"integer", "", `blocked = { expression = "account_status is distinct from 1" }`},
		"last_active_at":     {"timestamp with time zone", "", ""},
		"lock_version":       {"integer", "", ""},
		"unlock_token":       {"text", "", ""},
		"status_message":     {"text", "", ""},
		"TwoFactorEnabled":   {"boolean", "", ""},
		"mail_opt_in":        {"boolean", "", ""},
		"end":                {"date", "", ""},
		"deleted_by":         {"bigint", "", ""},
		"state_tax":          {"numeric", "", ""},
		"status_changed_at":  {"timestamp with time zone", "", ""},
		"lockout_until":      {"bigint", "", `blocked = { expression = "coalesce(to_timestamp(nullif(lockout_until, 0)) > now(), false)" }`},
		"account_expires_at": {"integer", "", `blocked = { expression = "coalesce(to_timestamp(nullif(account_expires_at, 0)) <= now(), false)" }`},
		"date_cancelled":     {"timestamp with time zone", "date_cancelled is not null", `blocked = { expression = "date_cancelled is not null" }`},
		"pending":            {"boolean", "coalesce(pending, false)", `blocked = { expression = "coalesce(pending, false)" }`},
		"is_bot":             {"boolean", "is_bot", `row_filter = "is_bot is not true"`},
		"system":             {"boolean", "system", `row_filter = "system is not true"`},
		"system_id":          {"bigint", "", ""},
		"bot":                {"text", "", ""},
	} {
		quoted := column
		if column[0] < 'a' || column == "end" {
			quoted = `"` + column + `"`
		}
		found := table.Suspects(store.Store{Reach: store.Table{}}, &table.Table{Columns: []table.Column{{Name: column, Quoted: quoted, Type: test.kind}}}, nil)
		if test.settle == "" {
			if len(found) > 0 {
				t.Errorf("%s: %+v", column, found)
			}
			continue
		}
		if want := (table.Suspect{Column: column, Out: test.out, Settle: test.settle}); len(found) != 1 || found[0] != want {
			t.Errorf("%s: %+v, want %+v", column, found, want)
		}
	}
}

// What is read, and what the configuration says to mean something else, is no question.
func TestSuspectsThatAreSettled(t *testing.T) {
	t.Parallel()
	users := store.Store{
		Reach: store.Table{Schema: "a", Name: "u"},
		Columns: map[store.Part]store.Column{
			store.EmailVerified: {Name: "approved", Type: "boolean"},
			store.Blocked: {Expression: &store.Expression{SQL: "x", Type: "boolean", Reads: []store.Relation{
				{Schema: "a", Name: "u", Columns: []string{"banned"}}, {Schema: "a", Name: "other", Columns: []string{"disabled"}},
			}}},
		},
		RowFilter: &store.Expression{SQL: "y", Type: "boolean", Reads: []store.Relation{{Schema: "a", Name: "u", Columns: []string{"deleted_at"}}}},
	}
	there := &table.Table{}
	for _, name := range []string{"approved", "banned", "disabled", "is_active"} {
		there.Columns = append(there.Columns, table.Column{Name: name, Type: "boolean"})
	}
	there.Columns = append(there.Columns, table.Column{Name: "deleted_at", Type: "date"})
	found := table.Suspects(users, there, []string{"is_active"})
	if len(found) != 1 || found[0].Column != "disabled" {
		t.Errorf("%+v", found)
	}
}
