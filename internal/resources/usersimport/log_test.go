// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"crypto/md5" //nolint:gosec // legacy hashes
	"encoding/hex"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/bulkimport"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
)

// No statement of an import has an id, an address or a hash in its text, which log_statement = ddl would be enough to log. Where
// the server logs all statements with their parameters, these are the ids, and only where the provider is no superuser.
func TestImportKeepsUsersOutOfTheServersLog(t *testing.T) {
	hash := md5.Sum([]byte("77000003")) //nolint:gosec // as the table has it
	secrets, id := regexp.MustCompile(`(?i)user770|@example\.com|`+hex.EncodeToString(hash[:])), regexp.MustCompile(`7700000\d`)
	for _, superuser := range []bool{true, false} {
		s := newSite(t, 0, localtenant.Options{})
		s.add(77_000_001, 77_000_005)
		if !superuser {
			name, address := s.db.MainUser("main")
			s.db.Exec("ALTER TABLE public.users OWNER TO " + name + "; GRANT CREATE ON SCHEMA public TO " + name)
			server, err := postgres.NewServer(postgres.Config{URL: address})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(server.Close)
			s.server = server
		}
		logged := func() string {
			text, err := os.ReadFile(s.db.Server.LogFile())
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		before := len(logged())
		session, err := migration.Look(t.Context(), s.server, s.source)
		if err != nil {
			t.Fatal(err)
		}
		if page, err := session.Page(t.Context(), "77000003", bulkimport.PageSize); err != nil || len(page) != 2 {
			t.Errorf("after the third: %v, %v", page, err)
		}
		session.Close()
		if got := s.imports(); got.imported != 5 {
			t.Fatalf("imported %d", got.imported)
		}
		ids, parametersOf := 0, regexp.MustCompile(`DETAIL:  (?i:parameters): `)
		for line := range strings.Lines(logged()[before:]) {
			parameters := parametersOf.MatchString(line)
			switch {
			case secrets.MatchString(line):
				t.Errorf("superuser %t: an address or a hash is in the log: %s", superuser, line)
			case !id.MatchString(line):
			case superuser || !parameters:
				t.Errorf("superuser %t: an id is in the log: %s", superuser, line)
			default:
				ids++
			}
		}
		if !superuser && ids == 0 || !strings.Contains(logged()[before:], "auth0pg_read") {
			t.Error("the log does not hold the statements: the search proves nothing")
		}
	}
}
