// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
)

// Who has the role's password stores no hash that costs logins more than new ones may: the functions take only what the
// scripts write.
func TestAccessFunctionsTakeOnlyWrittenHashes(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	variety := accessStores()["every part"]
	db.Exec(variety.ddl)
	schema, role := accessSchema(db), db.RoleName("scripts")
	with := func(format string) resource.TestStep {
		lines := []string{"rehash_on_login = true"}
		if format != "" {
			lines = append(lines, fmt.Sprintf("password_hash = %q", format))
		} else {
			format = hashes.Bcrypt
		}
		return resource.TestStep{
			Config: accessConfig(t, db, variety.store, schema, role, `"create", "change_password", "login"`, lines...),
			Check: func(*terraform.State) error {
				thief := db.ConnTo(db.URLFor(role, "first"))
				defer thief.Close(context.Background()) //nolint:errcheck // a role with sessions is not dropped
				return plantThrough(db, thief, schema, format)
			},
		}
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps:                    []resource.TestStep{with(""), with("django_pbkdf2")},
	})
}

// plantThrough tries to store every format's vectors and samples, and what is no hash at all.
func plantThrough(db *acctest.DB, thief *pgx.Conn, schema, format string) error {
	costs := hashes.Costs{BcryptRounds: 10, BcryptPrefix: "2b", Argon2Memory: 19456, Argon2Passes: 2}
	wanted, _ := hashes.Find(format)
	values := []string{"", "correct horse", "null"}
	for _, f := range hashes.All() {
		for _, vector := range f.Vectors {
			values = append(values, vector.Stored)
		}
		if f.Writer != nil {
			values = append(values, f.Writer.Sample(costs, 'D'))
		}
	}
	var failed []error
	taken := 0
	for _, value := range values {
		for _, function := range []string{"create", "change_password"} {
			db.Exec("TRUNCATE public.users")
			if function == "change_password" {
				db.Exec("INSERT INTO public.users (email, password) VALUES ('ada@example.com', 'none')")
			}
			_, err := thief.Exec(context.Background(), fmt.Sprintf("SELECT * FROM %s(email => 'ada@example.com', password => $1)",
				pgx.Identifier{schema, function}.Sanitize()), value)
			var refused interface{ SQLState() string }
			switch fits := regexp.MustCompile(wanted.Writer.Written).MatchString(value); {
			case fits && err == nil:
				taken++
			case fits, err == nil, !errors.As(err, &refused), refused.SQLState() != "22023":
				failed = append(failed, fmt.Errorf("%s, %s, %.60q: %w", format, function, value, err))
			}
		}
	}
	if taken < 2 {
		failed = append(failed, fmt.Errorf("%s: %d values were taken", format, taken))
	}
	return errors.Join(failed...)
}
