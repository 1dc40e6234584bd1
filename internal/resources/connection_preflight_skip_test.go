// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Where the scripts cannot be tried, or not as their role, the output says so in a warning and the connection is made
// all the same.
func TestPreflightSaysWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	p := newPreflightTest(t, plainTable, plainStore())
	elsewhere, missing := plainStore(), p.db.RoleName("missing")
	elsewhere.Reach = store.Table{Schema: "public", Name: "people"}
	// A provider that may create roles and no more: it may be the roles that it administers, and no others.
	admin, owned := p.db.RoleName("admin"), p.db.RoleName("owned")
	p.db.Exec("CREATE ROLE " + admin + " LOGIN CREATEROLE PASSWORD 'admin'; GRANT ALL ON users TO " + admin + " WITH GRANT OPTION; GRANT USAGE ON SCHEMA public TO " + admin)
	p.db.Exec("SET ROLE " + admin)
	p.db.Exec("CREATE ROLE " + owned)
	p.db.Exec("RESET ROLE; GRANT " + p.role + " TO " + owned + "; GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO " + admin)
	postgres16 := p.db.QueryInt("SELECT current_setting('server_version_num')::int") >= 160000
	server := acctest.ProviderConfig(p.db, p.tenant)
	asAdmin := strings.Replace(server, acctest.Quote(p.db.URL), acctest.Quote(p.db.URLFor(admin, "admin")), 1)
	url := p.db.URLFor(p.role, "Sup3rS3cret")

	cases := []struct {
		name, provider string
		users          store.Store
		url            string
		want           string // "" for no warning
	}{
		{"no postgres settings", acctest.ProviderConfig(nil, p.tenant), p.s, url, ""},
		{"a superuser", server, p.s, url, ""},
		{"a server that does not answer", strings.Replace(server, acctest.Quote(p.db.URL), `"postgres://nobody:Sup3rS3cret@127.0.0.1:1/none"`, 1), p.s, url, "Scripts Not Tried"},
		{"a role that is yet to be created", server, p.s, p.db.URLFor(missing, "Sup3rS3cret"), "Scripts Not Tried.*" + missing + ".*depends_on"},
		{"a table in another database", server, elsewhere, strings.Replace(url, "/"+p.db.Name, "/other", 1), "Scripts Not Tried.*\"other\""},
		{"a role that the provider administers", asAdmin, p.s, p.db.URLFor(owned, "Sup3rS3cret"), ""},
		{"no URL", server, p.s, "", "Privileges Not Tried.* no URL"},
		{"a role that the provider may not be", asAdmin, p.s, url, "Privileges Not Tried.*" + admin + ".*GRANT"},
	}
	w := acctest.NewWorkspace(t, nil)
	for i, c := range cases {
		if c.name == "a role that the provider may not be" && !postgres16 {
			continue // before, whoever may create roles may be any of them
		}
		// A connection of its own for each, so that each is an upload.
		config := c.provider + p.resource(storeHCL(c.users), c.url)
		if c.url == "" { // the configuration is left to somebody else
			config = regexp.MustCompile(`(?m)^  configuration_wo.*$`).ReplaceAllString(config, "")
		}
		w.Write("main.tf", required+strings.Replace(config, `"legacy-users"`, fmt.Sprintf(`"legacy-%d"`, i), 1))
		output, exit := w.Run("apply", "-auto-approve")
		if exit != 0 {
			t.Errorf("%s: exit code %d\n%s", c.name, exit, output)
			continue
		}
		if strings.Contains(output, "Sup3rS3cret") {
			t.Errorf("%s: the output holds the password", c.name)
		}
		text := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
		warned := strings.Contains(text, "Not Tried")
		if warned != (c.want != "") || warned && !wrapped(c.want).MatchString(text) {
			t.Errorf("%s: want %q in\n%s", c.name, c.want, output)
		}
		w.MustRun("destroy", "-auto-approve")
	}
	// What the provider lent itself is gone.
	if got := p.db.QueryInt("SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = $1 AND m.roleid = $2::regrole AND to_jsonb(m) ->> 'set_option' IS DISTINCT FROM 'false'", admin, owned); got != 0 {
		t.Errorf("the provider has become a member of the role")
	}
	if got := p.db.QueryInt("SELECT count(*) FROM users"); got != 0 {
		t.Errorf("the table has %d rows", got)
	}
}
