// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// FunctionsOwner are the attributes of the role that owns access functions: nobody can be it.
var FunctionsOwner = RoleAttributes{}

// ownerComment marks a role that was made to own access functions. A role belongs to the whole server, so that another
// of its databases may use this one, too.
const ownerComment = "Owns access functions, managed by Terraform (auth0pg_access_functions)."

// errOwnerRace is an owner that another database's provider made or dropped in the same moment.
var errOwnerRace = errors.New("the owner was made or dropped at the same time for another database")

// AccessExistsError is a schema or a role that is to be created and exists.
type AccessExistsError struct {
	// Kind is "schema" or "role".
	Kind, Name string
	// Reason says why a role that exists cannot be shared, Remedy what makes it one that can, if anything does.
	Reason, Remedy string
}

func (e *AccessExistsError) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("the %s %q exists already, %s", e.Kind, e.Name, e.Reason)
	}
	return fmt.Sprintf("the %s %q exists already", e.Kind, e.Name)
}

// CheckOwner tells whether a role can be made, or shared, to own the functions of a new schema. Its error is an
// [AccessExistsError] when it cannot.
func (s *Server) CheckOwner(ctx context.Context, owner string) error {
	pool, err := s.Pool(ctx)
	if err != nil {
		return err
	}
	_, err = checkOwner(ctx, pool, owner)
	return err
}

const ownerSQL = `
select coalesce(shobj_description(r.oid, 'pg_authid'), ''),
       array(select m.rolname::text from pg_catalog.pg_auth_members a join pg_catalog.pg_roles m on m.oid = a.member
              where a.roleid = r.oid and m.rolname <> current_user and not m.rolsuper order by 1),
       array(select distinct pg_describe_object(d.classid, d.objid, 0) from pg_catalog.pg_shdepend d
              where d.refclassid = 'pg_catalog.pg_authid'::regclass and d.refobjid = r.oid
                and d.dbid = (select oid from pg_catalog.pg_database where datname = current_database())
                and not ` + leftoverSQL + ` order by 1 limit 3)
  from pg_catalog.pg_roles r where r.rolname = $1`

// checkOwner looks at a role that may exist. It can be shared if it was made for this purpose, if nobody else can be
// it, and if it owns nothing in this database: two schemas with one owner would fight over its privileges.
func checkOwner(ctx context.Context, q Querier, owner string) (exists bool, err error) {
	role, err := readRole(ctx, q, owner)
	switch {
	case errors.Is(err, ErrRoleNotFound):
		return false, nil
	case errors.Is(err, ErrOwnRole):
		return true, &AccessExistsError{Kind: "role", Name: owner, Reason: "the provider itself connects as it"}
	case err != nil:
		return false, err
	}
	var comment string
	var members []string
	var used []string
	if err := q.QueryRow(ctx, ownerSQL, owner).Scan(&comment, &members, &used); err != nil {
		return false, err
	}
	refused := &AccessExistsError{Kind: "role", Name: owner}
	switch {
	case comment != ownerComment:
		refused.Reason = "and was not made to own access functions"
	case len(used) > 0:
		refused.Reason = "and owns or may use something in this database: " + strings.Join(used, ", ")
		refused.Remedy = fmt.Sprintf("Where that is of no use any more, give it up:\nDROP OWNED BY %[1]s; -- drops "+
			"what it owns\nDROP ROLE %[1]s;",
			Ident(owner))
	case len(members) > 0:
		refused.Reason = "and other roles are members of it: " + strings.Join(members, ", ")
		refused.Remedy = fmt.Sprintf("Unless they need that, take it back:\nREVOKE %s FROM %s;",
			Ident(owner), Idents(members))
	case role.Attributes != FunctionsOwner:
		refused.Reason = "and has more attributes than an owner should: " + strings.Join(
			differing(FunctionsOwner, role.Attributes),
			", ",
		)
	default:
		return true, nil
	}
	return true, refused
}

// takeOwner makes the owner, or shares the one that another database on the server has or that a dropped schema has
// left, without the rights that it still has here.
func takeOwner(ctx context.Context, tx pgx.Tx, owner string) error {
	exists, err := checkOwner(ctx, tx, owner)
	if err != nil {
		return err
	}
	if exists {
		if err := revokeLeftovers(ctx, tx, owner); err != nil {
			return err
		}
		return lockOwner(ctx, tx, owner)
	}
	words := []string{"NOLOGIN", "NOINHERIT"}
	superuser, err := isSuperuser(ctx, tx)
	if err != nil {
		return err
	}
	if superuser {
		words = FunctionsOwner.Words()
	}
	quoted := pgx.Identifier{owner}.Sanitize()
	_, err = tx.Exec(ctx, fmt.Sprintf("CREATE ROLE %s %s", quoted, strings.Join(words, " ")))
	if nameTaken(err) {
		return errOwnerRace
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, fmt.Sprintf("COMMENT ON ROLE %s IS %s", quoted, QuoteLiteral(ownerComment)))
	return err
}

// lockOwner keeps every other database's provider from sharing or dropping the role until the transaction ends. Advisory
// locks hold in one database alone; a comment, repeated as it is, locks the role itself on the whole server.
func lockOwner(ctx context.Context, tx pgx.Tx, owner string) error {
	var comment *string
	if err := tx.QueryRow(ctx, "select shobj_description(oid, 'pg_authid') from "+
		"pg_catalog.pg_roles where rolname = $1", owner).Scan(&comment); err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			return errOwnerRace
		}
		return err
	}
	text := "NULL"
	if comment != nil {
		text = QuoteLiteral(*comment)
	}
	_, err := tx.Exec(ctx, fmt.Sprintf("COMMENT ON ROLE %s IS %s", pgx.Identifier{owner}.Sanitize(), text))
	var server *pgconn.PgError
	if errors.As(err, &server) && server.Code == "42704" { // dropped while this waited
		return errOwnerRace
	}
	return err
}

const ownerElsewhereSQL = `
select exists (select from pg_catalog.pg_shdepend d join pg_catalog.pg_roles r on r.oid = d.refobjid
                where d.refclassid = 'pg_catalog.pg_authid'::regclass and r.rolname = $1
                  and d.dbid not in (0, (select oid from pg_catalog.pg_database where datname = current_database())))`

// dropOwner takes back what the owner holds in this database and drops it, unless another database uses it.
func dropOwner(ctx context.Context, tx pgx.Tx, spec AccessSpec) error {
	owner, err := readRole(ctx, tx, spec.Owner)
	if errors.Is(err, ErrRoleNotFound) {
		return dropOwnPolicy(ctx, tx, spec)
	}
	if err != nil {
		return err
	}
	if err := lockDatabase(ctx, tx); err != nil {
		return err
	}
	if err := syncGrants(ctx, tx, spec.Owner, owner.oid, spec.Objects, nil); err != nil {
		return err
	}
	if err := lockOwner(ctx, tx, spec.Owner); err != nil {
		return err
	}
	// After all that may have to wait, for nobody reads the table from here on.
	if err := dropOwnPolicy(ctx, tx, spec); err != nil {
		return err
	}
	var elsewhere bool
	if err := tx.QueryRow(ctx, ownerElsewhereSQL, spec.Owner).Scan(&elsewhere); err != nil || elsewhere {
		return err
	}
	_, err = tx.Exec(ctx, "DROP ROLE "+pgx.Identifier{spec.Owner}.Sanitize())
	return err
}

func dropOwnPolicy(ctx context.Context, tx pgx.Tx, spec AccessSpec) error {
	security, err := readRowSecurity(ctx, tx, spec.Table, spec.Schema)
	if err != nil || security.Policy == "" {
		return err
	}
	return dropPolicy(ctx, tx, spec.Schema, spec.Table)
}
