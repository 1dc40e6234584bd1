// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// moving gives the connection the provider's own scripts and an application; logIn returns the status of a login.
func (s *site) moving() (app string, logIn func(id int, password string) int) {
	s.t.Helper()
	texts, err := scripts.RenderAll(scripts.Options{Store: s.source.Store, ImportMode: true, UserIDPrefix: "old", LegacyHashes: []string{"md5"}}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	status, answer := s.api("PATCH", "/connections/"+s.connection, map[string]any{"options": map[string]any{
		"import_mode": true, "enabledDatabaseCustomization": true, "customScripts": texts, "configuration": map[string]any{"POSTGRES_URL": s.db.URL},
	}})
	if status != http.StatusOK {
		s.t.Fatal(status, answer)
	}
	app, secret := s.tenant.AddClient("app")
	s.api("PATCH", "/connections/"+s.connection+"/clients", []map[string]any{{"client_id": app, "status": true}})
	return app, func(id int, password string) int {
		return s.post(s.tenant.URL()+"/oauth/token", url.Values{
			"grant_type": {"http://auth0.com/oauth/grant-type/password-realm"}, "realm": {connectionName}, "client_id": {app}, "client_secret": {secret},
			"username": {fmt.Sprintf("user%d@example.com", id)}, "password": {password}, "scope": {"openid"},
		})
	}
}

// post sends a form and returns the status, that of a redirect if it is one.
func (s *site) post(address string, form url.Values) int {
	s.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.PostForm(address, form) //nolint:noctx // the tenant is in this process
	if err != nil {
		s.t.Fatal(err)
	}
	response.Body.Close() //nolint:errcheck // not read
	return response.StatusCode
}

// onImport does something before the first batch is sent, whose users have been read then, and those of the next.
type onImport struct {
	tenant
	do func()
}

func (o *onImport) ImportUsers(ctx context.Context, u auth0.UsersImport) (*auth0.Job, error) {
	if o.do != nil {
		o.do()
		o.do = nil
	}
	return o.tenant.ImportUsers(ctx, u)
}

// Who logs in while the import is running comes by the script, and who resets the password by get_user: they are found in the
// tenant and marked, in the batch that is being sent and in a later one, and are no failure. Their passwords stay theirs.
func TestUsersComeMeanwhile(t *testing.T) {
	t.Parallel()
	const users = 9
	s := newSite(t, users, localtenant.Options{})
	app, logIn := s.moving()
	got, err := s.importing(t.Context(), func(in tenant) tenant {
		return &onImport{in, func() {
			for _, id := range []int{2, 7} {
				if status := logIn(id, fmt.Sprint(id)); status != http.StatusOK {
					t.Errorf("the login of user %d: status %d", id, status)
				}
			}
			for _, id := range []int{3, 8} {
				address := fmt.Sprintf("user%d@example.com", id)
				s.post(s.tenant.URL()+"/dbconnections/change_password", url.Values{"client_id": {app}, "connection": {connectionName}, "email": {address}})
				mails := s.tenant.Mailbox(address)
				if len(mails) != 1 {
					t.Fatalf("user %d got %d mails", id, len(mails))
				}
				if status := s.post(mails[0].Link, url.Values{"password": {"Correct-Horse-7!"}}); status != http.StatusFound {
					t.Errorf("the reset of user %d: status %d", id, status)
				}
			}
			if unmarked := s.db.QueryInt("SELECT count(*) FROM public.users WHERE id IN (3, 8) AND migrated_at IS NULL"); unmarked != 2 {
				t.Errorf("the resets have marked %d: the run proves nothing", 2-unmarked)
			}
		}}
	})
	if err != nil || got.imported != users-4 || got.alreadyThere != 4 || len(got.refused) != 0 {
		t.Errorf("report %+v, %v", got, err)
	}
	if wrong := s.settled(users); wrong != "" {
		t.Error(wrong)
	}
	for id, password := range map[int]string{2: "2", 7: "7", 3: "Correct-Horse-7!", 8: "Correct-Horse-7!", 9: "9"} {
		if status := logIn(id, password); status != http.StatusOK {
			t.Errorf("user %d logs in after the import: status %d", id, status)
		}
	}
	if status := logIn(3, "3"); status == http.StatusOK {
		t.Error("the password from before the reset is back")
	}
}
