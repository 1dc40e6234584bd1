// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Membership is one role's right to be another.
type Membership struct {
	// Of is the role that the member can be, with the option to pass that on.
	Of    string
	Admin bool
	// Member is the role that can be it.
	Member string
	// Revocable means that the provider may take it back.
	Revocable bool

	grantor string // "" before PostgreSQL 16: anybody's grant is the same there
}

// Grant is the membership as a list of privileges shows it.
func (m Membership) Grant() Grant {
	return Grant{Privilege: member, On: Object{Kind: RoleObject, Name: m.Of}, Grantable: m.Admin}
}

// Revoke is the statement that takes the membership back, with what was passed on.
func (m Membership) Revoke() string {
	statement := fmt.Sprintf("REVOKE %s FROM %s", pgx.Identifier{m.Of}.Sanitize(), pgx.Identifier{m.Member}.Sanitize())
	if m.grantor != "" {
		statement += " GRANTED BY " + pgx.Identifier{m.grantor}.Sanitize()
	}
	return statement + " CASCADE;"
}

// member stands in the place of a privilege.
const member = "MEMBER"

// RoleObject is a role that another one is a member of.
const RoleObject ObjectKind = "role"

var memberForm = regexp.MustCompile(`^` + member + ` OF ("(?:[^"]|"")*")( WITH ADMIN OPTION)?$`)

// memberText is the reverse of parseMember: MEMBER OF "app_owner".
func memberText(g Grant) string {
	text := member + " OF " + g.On.String()
	if g.Grantable {
		text += " WITH ADMIN OPTION"
	}
	return text
}

func parseMember(line string) (g Grant, ok bool) {
	m := memberForm.FindStringSubmatch(line)
	if m == nil {
		return Grant{}, false
	}
	name, ok := ParseQualifiedName(m[1])
	if !ok || len(name) != 1 {
		return Grant{}, false
	}
	return Membership{Of: name[0], Admin: m[2] != ""}.Grant(), true
}

// Only who granted a membership may take it back since PostgreSQL 16, and whoever can be
// the one who did; before, whoever may create roles.
const membershipsSQL = `
select g.rolname::text, a.admin_option, m.rolname::text, case when v.n >= 160000 then coalesce(grantor.rolname, '') else '' end::text,
       me.rolsuper or not g.rolsuper and case when v.n >= 160000
         then pg_has_role(current_user, g.oid, 'MEMBER WITH ADMIN OPTION') and coalesce(pg_has_role(current_user, a.grantor, 'USAGE'), false)
         else me.rolcreaterole or pg_has_role(current_user, g.oid, 'MEMBER WITH ADMIN OPTION') end
  from pg_catalog.pg_auth_members a
  join pg_catalog.pg_roles g on g.oid = a.roleid
  join pg_catalog.pg_roles m on m.oid = a.member
  join pg_catalog.pg_roles me on me.rolname = current_user
  left join pg_catalog.pg_roles grantor on grantor.oid = a.grantor,
       (select current_setting('server_version_num')::int) v (n)
 where `

func readMemberships(ctx context.Context, q Querier, where string, role any) ([]Membership, error) {
	rows, err := q.Query(ctx, membershipsSQL+where+" order by 1, 3, 4", role)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m Membership, err error) {
		err = row.Scan(&m.Of, &m.Admin, &m.Member, &m.grantor, &m.Revocable)
		return m, err
	})
}

// memberOf reads what a role is a member of.
func memberOf(ctx context.Context, q Querier, role uint32) ([]Membership, error) {
	return readMemberships(ctx, q, "a.member = $1", role)
}

// Memberships lists the roles that the role is a member of.
func (s *Server) Memberships(ctx context.Context, role *Role) ([]Membership, error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return nil, err
	}
	return memberOf(ctx, pool, role.oid)
}

// OwnerMembers lists those, beside the provider and superusers, who can be the owner of
// access functions.
func (s *Server) OwnerMembers(ctx context.Context, owner string) ([]Membership, error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return nil, err
	}
	return readMemberships(ctx, pool, "g.rolname = $1 and m.rolname <> current_user and not m.rolsuper", owner)
}

// MembershipGrants are memberships as a list of privileges shows them.
func MembershipGrants(memberships []Membership) []Grant {
	var grants []Grant
	for _, m := range memberships {
		grants = append(grants, m.Grant())
	}
	return MergeGrants(grants)
}

// syncMemberships makes the role a member of the roles that the specification names, and of no other but what stays.
func syncMemberships(ctx context.Context, tx pgx.Tx, role uint32, spec RoleSpec) error {
	held, err := memberOf(ctx, tx, role)
	if err != nil {
		return err
	}
	want := rights(spec.Grants)
	stays := func(m Membership) bool { return slices.Contains(want, rights([]Grant{m.Grant()})[0]) }
	for _, m := range held {
		if stays(m) {
			continue
		}
		// A refusal is no end yet: what is left is counted below.
		err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
			_, err := inner.Exec(ctx, m.Revoke())
			return err
		})
		if err != nil && SQLState(err) != "42501" {
			return err
		}
	}
	if held, err = memberOf(ctx, tx, role); err != nil {
		return err
	}
	for _, g := range missingMemberships(spec.Memberships, held) {
		if _, err := tx.Exec(ctx, "GRANT "+Ident(g.On.Name)+" TO "+Ident(spec.Name)); err != nil {
			return fmt.Errorf("grant the membership in %q: %w", g.On.Name, err)
		}
	}
	left, err := memberOf(ctx, tx, role)
	if err != nil {
		return err
	}
	if left = slices.DeleteFunc(left, stays); len(left) > 0 {
		return &MembershipsError{Left: left}
	}
	return nil
}

// missingMemberships are those that the role does not have, each once.
func missingMemberships(grants []Grant, held []Membership) (missing []Grant) {
	for _, g := range grants {
		has := func(m Membership) bool { return m.Of == g.On.Name }
		again := func(other Grant) bool { return other.On == g.On }
		if g.On.Kind == RoleObject && !slices.ContainsFunc(held, has) && !slices.ContainsFunc(missing, again) {
			missing = append(missing, g)
		}
	}
	return missing
}

// MembershipsError are memberships that the provider's role may not take back.
type MembershipsError struct{ Left []Membership }

func (e *MembershipsError) Error() string {
	lines := make([]string, len(e.Left))
	for i, m := range e.Left {
		lines[i] = "not revoked: " + m.Grant().String()
	}
	return strings.Join(lines, "; ")
}

// onObjects are grants without the memberships among them.
func onObjects(grants []Grant) []Grant {
	return slices.DeleteFunc(slices.Clone(grants), func(g Grant) bool { return g.On.Kind == RoleObject })
}
