// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Users behind a view are read and marked through it, unless somebody's code would run then.
func TestUsersOfAView(t *testing.T) {
	for name, test := range map[string]struct {
		ddl, refused string
	}{
		"updatable": {"CREATE VIEW public.members AS SELECT * FROM public.users WHERE id <> 3", ""},
		"with a trigger": {`CREATE VIEW public.members AS SELECT id, email, password_hash, salt, totp, verified, blocked, phone, app_metadata,
			max(migrated_at) AS migrated_at FROM public.users WHERE id <> 3 GROUP BY id;
			CREATE FUNCTION public.mark() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
				UPDATE public.users SET migrated_at = NEW.migrated_at WHERE id = OLD.id; RETURN NEW; END $$;
			CREATE TRIGGER mark INSTEAD OF UPDATE ON public.members FOR EACH ROW EXECUTE FUNCTION public.mark()`, ""},
		"of another role's table": {`GRANT CREATE ON SCHEMA public TO LOW; ALTER TABLE public.users OWNER TO LOW;
			CREATE VIEW public.members AS SELECT * FROM public.users`, "belongs to the role"},
		"another role's trigger": {`GRANT CREATE ON SCHEMA public TO LOW; CREATE TABLE public.ran (who text); SET ROLE LOW;
			CREATE FUNCTION public.trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (current_user); RETURN NEW; END $$;
			RESET ROLE; CREATE TRIGGER trap BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.trap();
			CREATE VIEW public.members AS SELECT * FROM public.users`, "of the role"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, 5, localtenant.Options{})
			low := s.db.RoleName("low")
			s.db.Exec("CREATE ROLE " + low)
			s.db.Exec(strings.ReplaceAll(test.ddl, "LOW", low))
			s.source.Store.Reach = store.Table{Schema: "public", Name: "members"}
			got, err := s.importing(t.Context(), nil)
			var foreign *postgres.ForeignError
			if test.refused != "" {
				if !errors.As(err, &foreign) || !strings.Contains(err.Error(), test.refused) {
					t.Errorf("%v, want %q", err, test.refused)
				}
				return
			}
			if err != nil || got.imported != 4 {
				t.Fatalf("%+v, %v", got, err)
			}
			if left := s.db.QueryStrings("SELECT id::text FROM public.users WHERE migrated_at IS NULL"); fmt.Sprint(left) != "[3]" {
				t.Errorf("left are %v", left)
			}
		})
	}
}
