// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// moduleGuards lets the module's objects go at the end of the demo.
const moduleGuards = `
module "users" {
  deletion_protection = false
  destroy_users       = true
}
`

// useModule does the main job once more in one block, by which the scripts call functions in place of using the table.
// It needs the names that examples/complete uses, so that one must be gone.
func useModule(ctx context.Context, r *report, s *stage) {
	u := s.users
	u.connection = "shop-users"
	applied := r.step("apply the module", "succeeds", func() (string, error) {
		if err := s.module.override(moduleGuards); err != nil {
			return "", err
		}
		if got, err := outcome("succeeds")(s.module.terraform(ctx, "get")); err != nil || got != "succeeds" {
			return got, err
		}
		return s.module.apply(ctx)
	})
	if !applied {
		return
	}
	r.step("sign up through functions", "signed up", func() (string, error) { return u.signUp(ctx, address) })
	r.step("log in through functions", loggedIn, func() (string, error) {
		got, _, err := u.login(ctx, address, password)
		return got, err
	})
	r.step("rights on the table itself", "none", func() (string, error) { return s.rightsOnTable(ctx) })
	r.step("destroy the module's objects", "succeeds", func() (string, error) {
		// The platform ends containers all the time; without it the role's deletion waits until their sessions are idle.
		s.tenant.RecycleContainer()
		return s.module.destroy(ctx)
	})
}

// rightsOnTable lists what the scripts' role may do on the users table or on one of its columns.
func (s *stage) rightsOnTable(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, s.server.URL("app"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx) //nolint:errcheck // only read
	rows, err := conn.Query(ctx, `
select p from unnest(array['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) p where has_any_column_privilege('auth0_scripts', 'public.users', p)
union all
select p from unnest(array['DELETE', 'TRUNCATE', 'TRIGGER']) p where has_table_privilege('auth0_scripts', 'public.users', p)`)
	if err != nil {
		return "", err
	}
	rights, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(rights) == 0 {
		return "none", err
	}
	return fmt.Sprintf("the role may %s", strings.Join(rights, ", ")), nil
}
