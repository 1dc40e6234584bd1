// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// A foreign table is read and, where its server takes it, changed; nothing is suggested for what is on another server.
func TestDescribedForeignTables(t *testing.T) {
	b := newBench(t, relations)
	at, err := url.Parse(b.URL)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := at.User.Password()
	b.Exec(fmt.Sprintf(`CREATE EXTENSION postgres_fdw; CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
		CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '%s', port '%s', dbname '%s');
		CREATE SERVER nowhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', connect_timeout '2');
		CREATE USER MAPPING FOR CURRENT_USER SERVER there OPTIONS (user '%s', password '%s');
		CREATE USER MAPPING FOR CURRENT_USER SERVER nowhere OPTIONS (user 'a', password 'b');
		CREATE FOREIGN TABLE far (id bigint, email text, password text, confirmed boolean) SERVER there OPTIONS (table_name 'people');
		CREATE FOREIGN TABLE read_only (id bigint, email text, password text) SERVER there OPTIONS (table_name 'people', updatable 'false');
		CREATE FOREIGN TABLE wrong (id bigint, email text, password text) SERVER there OPTIONS (table_name 'nothing');
		CREATE FOREIGN TABLE lost (id bigint, email text, password text) SERVER nowhere;
		CREATE FOREIGN TABLE file (id bigint, email text, password text) SERVER files OPTIONS (filename '/nothing');
		CREATE VIEW over_far AS SELECT id, email, password FROM far`, at.Hostname(), at.Port(), b.Name, at.User.Username(), password))
	for name, test := range map[string]struct{ kind, operations, problems string }{
		"far":       {"foreign table", "change_email change_password delete get_user login", ""},
		"read_only": {"foreign table", "get_user login", ""},
		"wrong":     {"foreign table", "change_email change_password delete get_user login", "rows_not_read null"},
		"lost":      {"foreign table", "change_email change_password delete get_user login", "rows_not_read null"},
		"file":      {"foreign table", "get_user login", "rows_not_read null"},
		"over_far":  {"view", strings.Replace(allOperations, " verify", "", 1), ""},
	} {
		m, diags := b.describe(wanted{name: name})
		if diags.HasError() || m.Kind.ValueString() != test.kind || sorted(m.Operations.Elements()) != test.operations || m.SuggestedDDL.String() != "[]" || m.kinds() != test.problems {
			t.Errorf("%s: %s %s %s %s %s %v", name, m.Kind, sorted(m.Operations.Elements()), m.SuggestedDDL, m.kinds(), m.Impossible, diags)
		}
	}
}

// A role that may not create temporary objects, or changes nothing as on a standby, describes what has no expression; with
// one the error says what is missing. A filter that takes its time holds up nobody.
func TestDescribedByWhoMayNotAsk(t *testing.T) {
	b := newBench(t, relations)
	low := b.RoleName("low")
	b.Exec(fmt.Sprintf(`CREATE ROLE %[1]s LOGIN PASSWORD 'known'; GRANT SELECT ON people, simple TO %[1]s; INSERT INTO people (email, password) SELECT 'n' || n, '' FROM generate_series(1, 20) n;
		REVOKE TEMPORARY ON DATABASE %[2]s FROM PUBLIC; CREATE FUNCTION slow(text) RETURNS boolean LANGUAGE sql STABLE AS 'select pg_sleep(1) is not null'`, low, b.Name))
	began := time.Now()
	m, diags := b.describe(wanted{name: "people", filter: "slow(email)"})
	if took := time.Since(began); diags.HasError() || took > 10*time.Second || strings.Contains(m.kinds(), "filter") {
		t.Errorf("a slow filter after %s: %s %v", took, m.kinds(), diags.Errors())
	}
	for _, step := range []struct{ change, remedy string }{
		{"", "GRANT TEMPORARY ON DATABASE"},
		{"ALTER ROLE " + low + " SET default_transaction_read_only = on; GRANT TEMPORARY ON DATABASE " + b.Name + " TO PUBLIC", "primary server"},
	} {
		if step.change != "" {
			b.Exec(step.change)
		}
		server, err := postgres.NewServer(postgres.Config{URL: b.URLFor(low, "known")})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		b.server = server
		for _, name := range []string{"people", "simple"} {
			if m, diags := b.describe(wanted{name: name}); diags.HasError() || m.EmailLookup.ValueString() != "lower_index" || strings.Contains(m.kinds(), "not_served") {
				t.Errorf("%s: %s: %s %s %v", step.remedy, name, m.EmailLookup, m.kinds(), diags)
			}
		}
		if _, diags := b.describe(wanted{name: "people", filter: "id > 0"}); len(diags.Errors()) != 1 || diags.Errors()[0].Summary() != "Expressions Not Resolved" || !strings.Contains(diags.Errors()[0].Detail(), step.remedy) {
			t.Errorf("with an expression: %v, want %s", diags, step.remedy)
		}
	}
}
