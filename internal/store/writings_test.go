// SPDX-License-Identifier: MPL-2.0

package store_test

import (
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// What is written stands in the text of a store and is read again; what no store has is refused.
func TestWritingsAsText(t *testing.T) {
	const head, foot = `{"columns":{"email":{"name":"email","type":"text","write":{"sql":"new.value","takes":["value"],"type":"text"}},` +
		`"id":"id bigint","password":"password text"},"email_lookup":"exact",`, `"table":"public.users"}`
	for middle, problem := range map[string]string{
		`"extra_columns":{"a":{"on_change":{"sql":"1","type":"integer"},"on_create":{"sql":"new.email","takes":["email"],"type":"text"}}},`: "",
		`"on_delete":{"gone":{"sql":"now()","type":"date"}},"row_filter":{"sql":"users.gone IS NULL","type":"boolean"},`:                    "",
		`"on_delete":{"gone":{"sql":"now()","type":"date"}},`:                                                                               "no row_filter",
		`"extra_columns":{"a":{}},`: "lacks on_create",
		`"extra_columns":{"a":{"on_create":{"sql":"new.id","takes":["id"],"type":"text"}}},`:     `takes names "id"`,
		`"extra_columns":{"a":{"on_create":{"sql":"new.name","takes":["name"],"type":"text"}}},`: `takes names "name"`,
	} {
		text := head + middle + foot
		s, err := store.Parse(text)
		if problem == "" && (err != nil || s.Marshal() != text) {
			t.Errorf("%s: %v\n%s", text, err, s.Marshal())
		}
		if problem != "" && (err == nil || !strings.Contains(err.Error(), problem)) {
			t.Errorf("%s: %v, want %s", middle, err, problem)
		}
	}
}
