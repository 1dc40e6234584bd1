// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// ErrRoleNotFound is a role that does not exist.
var ErrRoleNotFound = errors.New("the role does not exist")

// ErrRoleExists is a role that is to be created and exists already.
var ErrRoleExists = errors.New("the role exists already")

// ErrOwnRole is the role that the provider itself works as, which it never changes.
var ErrOwnRole = errors.New("this is the role that the provider itself connects as")

// RoleAttributes are the attributes of a role that are either on or off.
type RoleAttributes struct {
	Login, Superuser, CreateDB, CreateRole, Inherit, Replication, BypassRLS bool
}

// ScriptsRole are the attributes of a role that can log in and has no other power.
var ScriptsRole = RoleAttributes{Login: true}

// Words are the attributes as ALTER ROLE takes them, always in the same order.
func (a RoleAttributes) Words() []string {
	words := []string{"LOGIN", "SUPERUSER", "CREATEDB", "CREATEROLE", "INHERIT", "REPLICATION", "BYPASSRLS"}
	for i, on := range []bool{a.Login, a.Superuser, a.CreateDB, a.CreateRole, a.Inherit, a.Replication, a.BypassRLS} {
		if !on {
			words[i] = "NO" + words[i]
		}
	}
	return words
}

// Role is a role as the server has it.
type Role struct {
	Name            string
	Attributes      RoleAttributes
	ConnectionLimit int64
	ValidUntil      *time.Time // nil: for ever
	// Settings are those that apply in the current database only, Everywhere those for all databases.
	Settings, Everywhere map[string]string
	// Password says what is known about the stored password.
	Password StoredPassword

	oid uint32
}

// StoredPassword is what the server keeps in place of a password.
type StoredPassword struct {
	// Readable is false where only a superuser could see it.
	Readable bool
	// Verifier is nil when there is no password or it is kept in another form.
	Verifier *Verifier
}

const roleSQL = `
select r.oid, r.rolcanlogin, r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolinherit, r.rolreplication, r.rolbypassrls,
       r.rolconnlimit::bigint, r.rolvaliduntil, coalesce(s.setconfig, '{}'), coalesce(e.setconfig, '{}'),
       has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT'),
       r.rolname in (current_user, session_user)
  from pg_catalog.pg_roles r
  left join pg_catalog.pg_db_role_setting s on s.setrole = r.oid
   and s.setdatabase = (select oid from pg_catalog.pg_database where datname = current_database())
  left join pg_catalog.pg_db_role_setting e on e.setrole = r.oid and e.setdatabase = 0
 where r.rolname = $1`

// Role reads a role. Its error is [ErrRoleNotFound] when there is none of this name.
func (s *Server) Role(ctx context.Context, name string) (*Role, error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return nil, err
	}
	return readRole(ctx, pool, name)
}

func readRole(ctx context.Context, q Querier, name string) (*Role, error) {
	role := Role{Name: name}
	a := &role.Attributes
	var until pgtype.Timestamptz
	var settings, everywhere []string
	var own bool
	err := q.QueryRow(
		ctx,
		roleSQL,
		name,
	).Scan(
		&role.oid,
		&a.Login,
		&a.Superuser,
		&a.CreateDB,
		&a.CreateRole,
		&a.Inherit,
		&a.Replication,
		&a.BypassRLS,
		&role.ConnectionLimit,
		&until,
		&settings,
		&everywhere,
		&role.Password.Readable,
		&own,
	)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrRoleNotFound
	}
	if err != nil {
		return nil, err
	}
	if own {
		return nil, ErrOwnRole
	}
	if until.Valid && until.InfinityModifier == pgtype.Finite {
		role.ValidUntil = &until.Time
	}
	role.Settings, role.Everywhere = settingsIn(settings), settingsIn(everywhere)
	if !role.Password.Readable {
		return &role, nil
	}
	var stored *string
	if err := q.QueryRow(ctx, "select rolpassword from pg_catalog.pg_authid where oid = $1",
		role.oid).Scan(&stored); err != nil {
		return nil, err
	}
	if stored != nil {
		if v, err := ParseVerifier(*stored); err == nil {
			role.Password.Verifier = &v
		}
	}
	return &role, nil
}

// RoleGrants lists what the role itself was granted on the objects and, of what is wanted,
// also what it has because everybody has it.
func (s *Server) RoleGrants(ctx context.Context, role *Role, objects []Object, wanted []Grant) ([]Grant, error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return nil, err
	}
	held, err := readRights(ctx, pool, role.oid, objects)
	if err != nil {
		return nil, err
	}
	return shownGrants(held, wanted), nil
}

// What a role was granted is among what it is shared with: no table or function of the database needs to be looked at.
const grantedObjectsSQL = `
with granted as (
  select distinct classid, objid from pg_catalog.pg_shdepend
   where refclassid = 'pg_catalog.pg_authid'::regclass and refobjid = $1 and deptype = 'a'
     and dbid = (select oid from pg_catalog.pg_database where datname = current_database()))
select 'table', n.nspname::text, c.relname::text
  from granted g
  join pg_catalog.pg_class c on c.oid = g.objid and g.classid = 'pg_catalog.pg_class'::regclass
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'v', 'm', 'f')
union all
select 'function', n.nspname::text, p.proname::text
  from granted g
  join pg_catalog.pg_proc p on p.oid = g.objid and g.classid = 'pg_catalog.pg_proc'::regclass
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
 where p.prokind = 'f'
 order by 1, 2, 3`

// GrantedObjects lists the tables and functions of the database on which the role itself was granted something.
func (s *Server) GrantedObjects(ctx context.Context, role *Role) ([]Object, error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return nil, err
	}
	return grantedObjects(ctx, pool, role.oid)
}

func grantedObjects(ctx context.Context, q Querier, role uint32) ([]Object, error) {
	rows, err := q.Query(ctx, grantedObjectsSQL, role)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o Object, err error) {
		err = row.Scan(&o.Kind, &o.Schema, &o.Name)
		return o, err
	})
}

// RoleSpec is what a role is to be.
type RoleSpec struct {
	Name            string
	ConnectionLimit int64
	ValidUntil      *time.Time // nil: for ever
	// Verifier is the new password; nil leaves the password as it is.
	Verifier *Verifier
	// Settings holds the settings to make in the current database. The value of search_path is a list of quoted identifiers.
	Settings map[string]string
	// Tolerated names settings that stay as they are; all others are taken back, in the current database and in all.
	Tolerated []string
	// Grants is all that the role may hold on Objects, and all that it may be a member of.
	Grants  []Grant
	Objects []Object
	// Memberships are those among the Grants that the role is given where it lacks them.
	Memberships []Grant
	// Check sees the role as it is just before it is changed and may refuse.
	Check func(Role, []Grant) error
}

// CreateRole creates the role with its settings and grants, or nothing of it. Its error is
// [ErrRoleExists] when the name is taken.
func (s *Server) CreateRole(ctx context.Context, spec RoleSpec) error {
	err := s.catalogTx(ctx, func(tx pgx.Tx) error {
		options := []string{"LOGIN", "NOINHERIT"}
		superuser, err := isSuperuser(ctx, tx)
		if err != nil {
			return err
		}
		if superuser {
			// They are the defaults. To name them takes a superuser, on managed servers too.
			options = ScriptsRole.Words()
		}
		options = append(options, fmt.Sprintf("CONNECTION LIMIT %d", spec.ConnectionLimit))
		if spec.ValidUntil != nil {
			options = append(options, "VALID UNTIL "+validUntil(spec.ValidUntil))
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf("CREATE ROLE %s %s", pgx.Identifier{spec.Name}.Sanitize(), strings.Join(options, " "))); err != nil {
			return err
		}
		if spec.Verifier != nil {
			if err := setVerifier(ctx, tx, spec.Name, *spec.Verifier); err != nil {
				return err
			}
		}
		return s.finishRole(ctx, tx, spec)
	})
	if nameTaken(err) {
		return ErrRoleExists
	}
	return err
}

// nameTaken tells that the server refused to create a role because there is one of that name.
func nameTaken(err error) bool {
	var server *pgconn.PgError
	// The second code is that of two creations at the same moment.
	return errors.As(err, &server) &&
		(server.Code == "42710" || server.Code == "23505" && server.ConstraintName == "pg_authid_rolname_index")
}

// AlterRole brings an existing role to what it is to be. A new password is set first, in a transaction of its own: nothing
// that whoever has the former one can lock keeps it waiting. The rest is one transaction.
func (s *Server) AlterRole(ctx context.Context, spec RoleSpec) error {
	if spec.Verifier != nil {
		if err := s.catalogTxAgainst(ctx, spec.Name, func(tx pgx.Tx) error {
			if _, err := checkedRole(ctx, tx, spec); err != nil {
				return err
			}
			return setVerifier(ctx, tx, spec.Name, *spec.Verifier)
		}); err != nil {
			return err
		}
	}
	return s.catalogTxAgainst(ctx, spec.Name, func(tx pgx.Tx) error {
		role, err := checkedRole(ctx, tx, spec)
		if err != nil {
			return err
		}
		if options := alterations(role, spec); len(options) > 0 {
			if err := alterRole(ctx, tx, spec.Name, options...); err != nil {
				return err
			}
		}
		return s.finishRole(ctx, tx, spec)
	})
}

func alterRole(ctx context.Context, tx pgx.Tx, name string, options ...string) error {
	_, err := tx.Exec(
		ctx,
		fmt.Sprintf("ALTER ROLE %s %s", pgx.Identifier{name}.Sanitize(), strings.Join(options, " ")),
	)
	return err
}

// setVerifier gives the role a password without its verifier in the text of a statement of ours, which pg_stat_statements and
// pg_stat_activity show: it comes as a parameter, and the server itself puts the statement together.
func setVerifier(ctx context.Context, tx pgx.Tx, name string, verifier Verifier) error {
	const setting = "select set_config('auth0pg.role', $1, true), set_config('auth0pg.verifier', $2, true)"
	if _, err := tx.Exec(Quiet(ctx), setting, name, verifier.Secret()); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DO $$ BEGIN
  EXECUTE format('ALTER ROLE %I PASSWORD %L', current_setting('auth0pg.role'), current_setting('auth0pg.verifier'));
END $$`)
	return err
}

// checkedRole reads the role and lets the spec refuse it.
func checkedRole(ctx context.Context, tx pgx.Tx, spec RoleSpec) (*Role, error) {
	role, err := readRole(ctx, tx, spec.Name)
	if err != nil || spec.Check == nil {
		return role, err
	}
	held, err := readRights(ctx, tx, role.oid, spec.Objects)
	if err != nil {
		return nil, err
	}
	memberships, err := memberOf(ctx, tx, role.oid)
	if err != nil {
		return nil, err
	}
	return role, spec.Check(*role, append(shownGrants(held, spec.Grants), MembershipGrants(memberships)...))
}

// alterations names only what differs, the password left out: a role that is no superuser may not even repeat
// some attributes.
func alterations(role *Role, spec RoleSpec) []string {
	options := differing(role.Attributes, ScriptsRole)
	if role.ConnectionLimit != spec.ConnectionLimit {
		options = append(options, fmt.Sprintf("CONNECTION LIMIT %d", spec.ConnectionLimit))
	}
	if !sameTime(role.ValidUntil, spec.ValidUntil) {
		options = append(options, "VALID UNTIL "+validUntil(spec.ValidUntil))
	}
	return options
}

func differing(is, wanted RoleAttributes) []string {
	var words []string
	for i, word := range wanted.Words() {
		if word != is.Words()[i] {
			words = append(words, word)
		}
	}
	return words
}

func validUntil(t *time.Time) string {
	if t == nil {
		return "'infinity'"
	}
	return QuoteLiteral(t.UTC().Format(time.RFC3339Nano))
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// finishRole makes the settings and grants of a role that exists.
func (s *Server) finishRole(ctx context.Context, tx pgx.Tx, spec RoleSpec) error {
	role, err := readRole(ctx, tx, spec.Name)
	if err != nil {
		return err
	}
	if err := s.syncSettings(ctx, tx, role, spec); err != nil {
		return err
	}
	if err := lockDatabase(ctx, tx); err != nil {
		return err
	}
	if err := syncGrants(ctx, tx, spec.Name, role.oid, spec.Objects, onObjects(spec.Grants)); err != nil {
		return err
	}
	return syncMemberships(ctx, tx, role.oid, spec)
}

const openSchemasSQL = `
select n.nspname::text from pg_catalog.pg_namespace n, lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
 where a.grantee = 0 and a.privilege_type = 'CREATE' and n.nspname !~ '^pg_'
 order by 1`

// OpenSchemas lists the schemas of the database in which everybody may create objects.
func (s *Server) OpenSchemas(ctx context.Context) ([]string, error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := pool.Query(ctx, openSchemasSQL)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Encoding is the encoding of the provider's database, for example UTF8.
func (s *Server) Encoding(ctx context.Context) (encoding string, err error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return "", err
	}
	err = pool.QueryRow(ctx, "select getdatabaseencoding()").Scan(&encoding)
	return encoding, err
}
