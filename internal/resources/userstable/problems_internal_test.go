// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// adopted is what an import makes of the table, with a filter and expressions of the configuration.
func (b *bench) adopted(name, filter string, expressions map[store.Part]string) (tableSpec, diag.Diagnostics) {
	b.Helper()
	pool, err := b.server.Pool(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	observed, err := table.Inspect(b.Context(), pool, "public", name)
	if err != nil {
		b.Fatal(err)
	}
	if err := observed.ReadCapitals(b.Context(), pool, kit.AdoptParts(observed)[store.Email]); err != nil {
		b.Fatal(err)
	}
	var diags diag.Diagnostics
	spec := adoptTable(observed)
	spec.warnOfGuesses(observed, &diags)
	spec.RowFilter, spec.Expressions = filter, expressions
	for part := range expressions {
		delete(spec.Columns, part)
	}
	if err := spec.resolveExpressions(b.Context(), pool, observed); err != nil {
		b.Fatal(err)
	}
	return spec, diags
}

func (b *bench) problems(spec tableSpec, prev *tableSpec, legacy []string, notBlocking ...string) string {
	b.Helper()
	pool, err := b.server.Pool(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	ignored, _ := types.SetValueFrom(b.Context(), types.StringType, append([]string{}, notBlocking...))
	var diags diag.Diagnostics
	formats, _ := types.SetValueFrom(b.Context(), types.StringType, legacy)
	spec.warnOfProblems(b.Context(), pool, prev, ignored, formats, &diags)
	var words []string
	for _, d := range diags {
		for word, text := range map[string]string{
			"active": `"is_active"`, "banned": `"banned_until"`, "status": `"status"`, "deleted": `"deleted_at"`, "approved": `"approved"`, "shared": "another user has the same address",
			"capitals": "has capitals", "hash": "does not read", "null": "is null, which blocks", "all": "nobody is a " +
				"user", "nobody": "hides nobody", "misspelt": "does not have",
		} {
			if strings.Contains(d.Detail(), text) && (word == "null" || !strings.HasPrefix(text, `"`) || strings.Contains(d.Detail(), "column "+text)) {
				words = append(words, word)
			}
		}
		if strings.Contains(d.Detail(), "example.com") {
			b.Errorf("personal data: %s", d.Detail())
		}
	}
	return strings.Join(words, " ")
}

// An imported table's plan warns of each thing until an attribute settles it, and of formats and of filters that hide
// nobody while they are new.
func TestImportedProblems(t *testing.T) {
	b := newBench(t, shapes)
	spec, _ := b.adopted("users", "", nil)
	if spec.EmailLookup != "" || spec.store().EmailLookup != store.LowerIndex {
		t.Errorf("addresses with capitals under a plain index are looked up by %q", spec.EmailLookup)
	}
	applied, _ := b.adopted("users", "", nil)
	for part, c := range applied.Columns {
		c.Named = true
		applied.Columns[part] = c
	}
	blocked := map[store.Part]string{store.Blocked: "is_active is not true or coalesce(banned_until > now(), false)"}
	filtered, _ := b.adopted("users", "deleted_at is null", blocked)
	before := filtered
	before.Columns = applied.Columns
	everything, _ := b.adopted("users", "id > 0", blocked)
	nobody, _ := b.adopted("users", "tenant = 9", blocked)
	exact := filtered
	exact.EmailLookup = store.Exact
	unsure, _ := b.adopted("users", "deleted_at is null", map[store.Part]string{store.Blocked: "is_active and " +
		"banned_until > now()"})
	for name, test := range map[string]struct {
		spec        tableSpec
		prev        *tableSpec
		notBlocking []string
		want        string
	}{
		"imported":              {spec, nil, nil, "active banned status deleted approved shared hash"},
		"applied":               {spec, &applied, nil, "active banned status deleted approved shared hash"},
		"described":             {filtered, &applied, []string{"status", "approved"}, ""},
		"misspelt":              {filtered, &applied, []string{"status", "aproved"}, "misspelt approved"},
		"a filter of everybody": {everything, &applied, []string{"status", "approved", "deleted_at"}, "nobody shared"},
		"kept": {everything, &tableSpec{RowFilter: "id > 0", Columns: applied.Columns}, []string{"status",
			"approved", "deleted_at"}, "shared"},
		"a filter of nobody": {nobody, &before, []string{"status", "approved", "deleted_at"}, "all"},
		"exact":              {exact, &before, []string{"status", "approved"}, "capitals"},
		"null":               {unsure, &before, []string{"status", "approved"}, ""},
	} {
		var legacy []string
		if test.notBlocking != nil {
			legacy = []string{"django_pbkdf2"}
		}
		if got := b.problems(test.spec, test.prev, legacy, test.notBlocking...); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	b.Exec("UPDATE users SET banned_until = NULL WHERE id = 1")
	if got := b.problems(unsure, &before, []string{"django_pbkdf2"}, "status", "approved"); got != "null" {
		t.Errorf("a null of blocked: %q", got)
	}
	b.Exec("UPDATE users SET password = '!' WHERE id = 1")
	for want, legacy := range map[string][]string{"hash": {"django_pbkdf2"}, "": {"django_pbkdf2", "unknown"}} {
		if got := b.problems(filtered, &before, legacy, "status", "approved"); got != want {
			t.Errorf("a hash of no format with %q: %q", legacy, got)
		}
	}
}

// Where no column looks like a part without which nobody logs in, the import says so.
func TestPartsThatAreNotRecognised(t *testing.T) {
	b := newBench(t, `CREATE TABLE people (id bigint PRIMARY KEY, email text, "digest" text, verified boolean, "emailVerified" timestamp)`)
	spec, diags := b.adopted("people", "", nil)
	if len(diags) != 1 || !strings.Contains(diags[0].Detail(), "looks like the password") || !strings.Contains(diags[0].Detail(), `"digest"`) {
		t.Errorf("%v", diags)
	}
	if got := fmt.Sprint(spec.Columns[store.EmailVerified].Name); got != "emailVerified" {
		t.Errorf("email_verified is %s", got)
	}
}
