// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A role's allowlist as a login event trigger is a function and the trigger that calls it,
// in the provider's database. The trigger fires for everybody who logs in there, so the
// first thing that the function does is to let everybody else go.

// triggerSchema holds the functions.
const triggerSchema = "auth0pg"

// loginBudget bounds the login that proves that a trigger lets the provider in; a variable
// for the tests.
var loginBudget = time.Minute

const triggerComment = "Managed by Terraform (auth0pg_allowlist): changes are undone at the next apply."

// LoginTriggerName is the name of the role's trigger and of its function.
func LoginTriggerName(role string) string {
	const prefix = "auth0pg_allowlist_"
	if len(prefix)+len(role) <= 63 {
		return prefix + role
	}
	sum := sha256.Sum256([]byte(role))
	return prefix + hex.EncodeToString(sum[:16])
}

// LoginTriggerStatements returns the SQL that makes the list's trigger.
func (a Allowlist) LoginTriggerStatements() []string {
	return a.loginTrigger().statements()
}

func (a Allowlist) loginTrigger() *loginTrigger {
	name := LoginTriggerName(a.Role)
	function := Ident(triggerSchema, name)
	return &loginTrigger{
		name: name, event: "login", enabled: "O", calls: function, function: function,
		language: "plpgsql", config: []string{pinnedSearchPath}, body: a.triggerBody(),
	}
}

// triggerBody is the function's body. Its expressions are looked up in pg_catalog alone,
// whatever search_path the session brings along, and each is first looked at when it is
// reached: nobody but the role can be hurt by what follows the early return.
// A connection through a socket has no address; it cannot come from another machine.
func (a Allowlist) triggerBody() string {
	return fmt.Sprintf(`
begin
  if session_user <> %[1]s::name then
    return;
  end if;
  if inet_client_addr() is null or inet_client_addr() <<= any (%[2]s) then
    return;
  end if;
  raise exception 'connection refused: %% is not in the allowlist of role "%%"', host(inet_client_addr()), session_user
    using errcode = 'invalid_authorization_specification';
end
`, QuoteLiteral(a.Role), a.inetArray())
}

// loginTrigger is a trigger with its function, as it should be or as it is.
type loginTrigger struct {
	name, event, enabled string
	tags                 []string
	calls                string // the function that the trigger calls, qualified and quoted

	function   string // ours, qualified and quoted
	definer    bool
	language   string // "" when there is no such function
	config     []string
	body       string
	definition string // the server's own text, for making again exactly what was found
}

// functionStatement makes the function, "" when there is none.
func (t *loginTrigger) functionStatement() string {
	if t.language == "" {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE OR REPLACE FUNCTION %s() RETURNS event_trigger LANGUAGE %s", t.function, t.language)
	if t.definer {
		b.WriteString(" SECURITY DEFINER")
	}
	for _, setting := range t.config {
		name, value, _ := strings.Cut(setting, "=")
		fmt.Fprintf(&b, " SET %s = %s", name, value)
	}
	fmt.Fprintf(&b, " AS %s", QuoteLiteral(t.body))
	return b.String()
}

// triggerStatement makes the trigger, "" when there is none.
func (t *loginTrigger) triggerStatement() string {
	if t.event == "" {
		return ""
	}
	when := ""
	if len(t.tags) > 0 {
		quoted := make([]string, len(t.tags))
		for i, tag := range t.tags {
			quoted[i] = QuoteLiteral(tag)
		}
		when = fmt.Sprintf(" WHEN TAG IN (%s)", strings.Join(quoted, ", "))
	}
	return fmt.Sprintf("CREATE EVENT TRIGGER %s ON %s%s EXECUTE FUNCTION %s()", Ident(t.name), t.event, when, t.calls)
}

// enabledStatement is needed for a trigger that does not fire as it does by default.
func (t *loginTrigger) enabledStatement() string {
	switch t.enabled {
	case "D":
		return fmt.Sprintf("ALTER EVENT TRIGGER %s DISABLE", Ident(t.name))
	case "R":
		return fmt.Sprintf("ALTER EVENT TRIGGER %s ENABLE REPLICA", Ident(t.name))
	case "A":
		return fmt.Sprintf("ALTER EVENT TRIGGER %s ENABLE ALWAYS", Ident(t.name))
	}
	return ""
}

// statements is everything that there is, in the order in which it is made.
func (t *loginTrigger) statements() []string {
	return present(t.functionStatement(), t.triggerStatement(), t.enabledStatement())
}

// present leaves out the statements for what there is not.
func present(statements ...string) []string {
	return slices.DeleteFunc(statements, func(statement string) bool { return statement == "" })
}

const loginFunctionSQL = `
select l.lanname, p.prosrc, p.prosecdef, coalesce(p.proconfig, '{}'), pg_catalog.pg_get_functiondef(p.oid)
  from pg_catalog.pg_proc p
  join pg_catalog.pg_language l on l.oid = p.prolang
 where p.proname = $2 and p.pronargs = 0 and p.pronamespace = (select oid from pg_catalog.pg_namespace where nspname = $1)`

const loginTriggerSQL = `
select e.evtevent, e.evtenabled::text, coalesce(e.evttags, '{}'), n.nspname, p.proname
  from pg_catalog.pg_event_trigger e
  join pg_catalog.pg_proc p on p.oid = e.evtfoid
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
 where e.evtname = $1`

func inspectLoginTrigger(ctx context.Context, db Querier, role string) (*loginTrigger, error) {
	name := LoginTriggerName(role)
	found := &loginTrigger{name: name, function: Ident(triggerSchema, name)}
	err := db.QueryRow(
		ctx,
		loginFunctionSQL,
		triggerSchema,
		name,
	).Scan(
		&found.language,
		&found.body,
		&found.definer,
		&found.config,
		&found.definition,
	)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	var schema, function string
	err = db.QueryRow(ctx, loginTriggerSQL, name).Scan(&found.event, &found.enabled, &found.tags, &schema, &function)
	if errors.Is(err, pgx.ErrNoRows) {
		return found, nil
	}
	found.calls = Ident(schema, function)
	return found, err
}

// LoginTrigger returns the SQL of what there is of the role's trigger.
func (s *Server) LoginTrigger(ctx context.Context, role string) ([]string, error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return nil, err
	}
	found, err := inspectLoginTrigger(ctx, pool, role)
	if err != nil {
		return nil, err
	}
	return found.statements(), nil
}

// ApplyLoginTrigger makes a login event trigger enforce the list for its role, in one
// transaction, and then logs in anew; when that fails, what was there before is put back.
// Its error is then [ErrLockedOut], and a [RestoreError] when it could not be put back.
func (s *Server) ApplyLoginTrigger(ctx context.Context, list Allowlist) error {
	// The session that makes the change is from before it, and can undo it.
	conn, err := s.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var before *loginTrigger
	err = s.retryTx(ctx, conn, "", func(tx pgx.Tx) (err error) {
		if err := lockDatabase(ctx, tx); err != nil {
			return err
		}
		if before, err = inspectLoginTrigger(ctx, tx, list.Role); err != nil {
			return err
		}
		return installLoginTrigger(ctx, tx, before, list.loginTrigger())
	})
	if err != nil {
		return err
	}
	// An interrupted apply finishes or goes back.
	unstoppable := context.WithoutCancel(ctx)
	forward, cancel := context.WithTimeout(unstoppable, loginBudget)
	defer cancel()
	var one int
	err = s.logIn(forward, "select 1", &one)
	if err == nil {
		return nil
	}
	// The login may have used up its time; the way back has its own.
	back, cancel := context.WithTimeout(unstoppable, catalogBudget)
	defer cancel()
	restoring := s.retryTx(
		back,
		conn,
		"",
		func(tx pgx.Tx) error { return restoreLoginTrigger(back, tx, list.Role, before) },
	)
	if restoring != nil {
		return &RestoreError{Cause: err, Restore: restoring, ByHand: fmt.Sprintf(
			"Connect to the database %q as a superuser with PGOPTIONS='-c event_triggers=off', run DROP EVENT TRIGGER "+
				"IF EXISTS %s, and apply again.",
			s.Database(), Ident(LoginTriggerName(list.Role)))}
	}
	return err
}

// installLoginTrigger makes of what was found what is wanted.
func installLoginTrigger(ctx context.Context, tx pgx.Tx, found, want *loginTrigger) error {
	var statements []string
	if found.functionStatement() != want.functionStatement() {
		if err := makeTriggerSchema(ctx, tx); err != nil {
			return err
		}
		statements = append(statements, want.functionStatement(), want.functionComment())
	}
	switch {
	case found.triggerStatement() != want.triggerStatement():
		statements = append(
			statements,
			"drop event trigger if exists "+Ident(want.name),
			want.triggerStatement(),
			want.triggerComment(),
		)
	case found.enabled != want.enabled:
		statements = append(statements, "alter event trigger "+Ident(want.name)+" enable")
	}
	return execAll(ctx, tx, statements)
}

// restoreLoginTrigger puts back what was found before a change, whatever it was.
func restoreLoginTrigger(ctx context.Context, tx pgx.Tx, role string, before *loginTrigger) error {
	if err := removeLoginTrigger(ctx, tx, role); err != nil {
		return err
	}
	var statements []string
	if before.definition != "" {
		if err := makeTriggerSchema(ctx, tx); err != nil {
			return err
		}
		statements = append(statements, before.definition, before.functionComment())
	}
	if before.event != "" {
		statements = append(
			statements,
			present(before.triggerStatement(), before.triggerComment(), before.enabledStatement())...)
	}
	return execAll(ctx, tx, statements)
}

func (t *loginTrigger) functionComment() string {
	return "comment on function " + t.function + "() is " + QuoteLiteral(triggerComment)
}

func (t *loginTrigger) triggerComment() string {
	return "comment on event trigger " + Ident(t.name) + " is " + QuoteLiteral(triggerComment)
}

// makeTriggerSchema makes the schema of the functions unless there is one.
func makeTriggerSchema(ctx context.Context, tx pgx.Tx) error {
	exists := false
	if err := tx.QueryRow(ctx, "select exists (select from "+
		"pg_catalog.pg_namespace where nspname = $1)", triggerSchema).Scan(&exists); err != nil || exists {
		return err
	}
	return execAll(ctx, tx, []string{
		"create schema " + Ident(triggerSchema),
		"comment on schema " + Ident(triggerSchema) + " is " + QuoteLiteral(triggerComment),
	})
}

// RemoveLoginTrigger takes the role's trigger away, and the schema when it is ours and empty.
func (s *Server) RemoveLoginTrigger(ctx context.Context, role string) error {
	return s.catalogTx(ctx, func(tx pgx.Tx) error { return removeLoginTrigger(ctx, tx, role) })
}

func removeLoginTrigger(ctx context.Context, tx pgx.Tx, role string) error {
	if err := lockDatabase(ctx, tx); err != nil {
		return err
	}
	found, err := inspectLoginTrigger(ctx, tx, role)
	if err != nil {
		return err
	}
	name := LoginTriggerName(role)
	var statements []string
	if found.event != "" {
		statements = append(statements, "drop event trigger "+Ident(name))
	}
	if found.language != "" {
		statements = append(statements, "drop function "+Ident(triggerSchema, name)+"()")
	}
	if err := execAll(ctx, tx, statements); err != nil {
		return err
	}
	return dropTriggerSchema(ctx, tx)
}

// dropTriggerSchema drops the schema if we made it and nothing is left in it.
func dropTriggerSchema(ctx context.Context, tx pgx.Tx) error {
	var comment string
	err := tx.QueryRow(
		ctx,
		`select coalesce(pg_catalog.obj_description(oid, 'pg_namespace'), '') from pg_catalog.pg_namespace where nspname = $1`,
		triggerSchema,
	).Scan(
		&comment,
	)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && comment != triggerComment {
		return nil
	}
	if err != nil {
		return err
	}
	inner, err := tx.Begin(ctx)
	if err != nil {
		return err
	}
	_, err = inner.Exec(ctx, "drop schema "+Ident(triggerSchema)+" restrict")
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "2BP01" {
		return inner.Rollback(ctx) // it holds something still
	}
	if err != nil {
		return errors.Join(err, inner.Rollback(ctx))
	}
	return inner.Commit(ctx)
}

func execAll(ctx context.Context, tx pgx.Tx, statements []string) error {
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
