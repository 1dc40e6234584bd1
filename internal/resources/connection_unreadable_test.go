// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

// A plan says whose hashes login will not be able to compare with, and which formats to name; once they are named, it
// says it no more.
func TestConnectionWarnsOfUnreadableHashes(t *testing.T) {
	t.Parallel()
	p := newPreflightTest(t, strings.Replace(plainTable, "varchar(60)", "text", 1), plainStore())
	for i, hash := range []string{
		"$2b$10$" + strings.Repeat("u", 53), "pbkdf2_sha256$870000$salt$" + strings.Repeat("A", 43) + "=", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0",
		"$2b$30$" + strings.Repeat("u", 53), "plain text", strings.Repeat("ab", 20), "",
	} {
		p.db.Exec("INSERT INTO users (email, password_hash) VALUES ($1, $2)", string(rune('a'+i))+"@example.com", hash)
	}
	w := acctest.NewWorkspace(t, nil)
	plan := func(lines ...string) string {
		t.Helper()
		w.Write("main.tf", required+p.connection(lines...))
		output, exit := w.Run("plan")
		if exit != 0 {
			t.Fatal(output)
		}
		return strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
	}
	for _, c := range []struct {
		lines string
		want  []string
	}{
		{"", []string{"Hashes Not Readable", "20000 rows", "5 have a password hash", "1 django_pbkdf2: name django_pbkdf2 in", "1 phpass: name phpass in",
			"1 sha1: name sha1, hmac or redmine in", "1 too costly: they cost more", "1 unknown: of no format"}},
		{`scripts { legacy_hashes = ["django_pbkdf2", "phpass"] }`, []string{"3 have a password hash", "1 sha1:", "1 too costly:", "1 unknown:"}},
		{`scripts { password_hash = "django_pbkdf2" }`, []string{"4 have a password hash"}},
	} {
		output := plan(c.lines)
		for _, want := range c.want {
			if !strings.Contains(output, want) {
				t.Errorf("%q: the plan does not say %q:\n%s", c.lines, want, output)
			}
		}
		if strings.Contains(output, "example.com") || strings.Contains(output, "plain text") {
			t.Errorf("%q: the plan shows a row", c.lines)
		}
	}
	p.db.Exec("DELETE FROM users WHERE password_hash IN ('plain text', '$2b$30$" + strings.Repeat("u", 53) + "')")
	if output := plan(`scripts { legacy_hashes = ["django_pbkdf2", "phpass", "sha1"] }`); strings.Contains(output, "Hashes Not Readable") {
		t.Errorf("what is settled is said again:\n%s", output)
	}
	// What was not looked at is not said to be in order.
	low := p.db.RoleName("low")
	p.db.Exec("CREATE ROLE " + low + "; CREATE FUNCTION same(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1'; CREATE INDEX ON users (same('x'::text)); " +
		"ALTER FUNCTION same OWNER TO " + low)
	if output := plan(); !strings.Contains(output, "Rows Not Looked At") || !strings.Contains(output, "of the role "+low) {
		t.Errorf("no word of what is not looked at:\n%s", output)
	}
}
