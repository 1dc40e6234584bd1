// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A role's allowlist in the access functions is the body of [ClientCheck], which each of
// them calls before it does anything. It needs no more rights than the functions
// themselves, on every version and every managed service.

// clientCheckBody is the body that lets in the listed networks. Without a role the list is
// for whoever calls the functions, administrators left out: they own what the functions
// protect, and the provider tries the functions from wherever it runs.
// A connection through a socket has no address; it cannot come from another machine.
func (a Allowlist) clientCheckBody() string {
	others := `pg_has_role(session_user, current_user, 'MEMBER')
     or exists (select from pg_roles where rolname = session_user and rolcreaterole)`
	if a.Role != "" {
		others = "session_user <> " + QuoteLiteral(a.Role) + "::name"
	}
	return fmt.Sprintf(`
begin
  if inet_client_addr() is null or inet_client_addr() <<= any (%s) then
    return;
  end if;
  if %s then
    return;
  end if;
  raise exception 'call refused: %% is not in the allowlist', host(inet_client_addr())
    using errcode = 'insufficient_privilege';
end
`, a.inetArray(), others)
}

// inetArray is the list as an SQL array, one network on each line.
func (a Allowlist) inetArray() string {
	quoted := make([]string, len(a.Networks))
	for i, network := range a.Networks {
		quoted[i] = "\n    " + QuoteLiteral(network.String())
	}
	return "array[" + strings.Join(quoted, ",") + "\n  ]::inet[]"
}

// ClientCheckStatement is the SQL that puts the list into the functions of a schema.
func (a Allowlist) ClientCheckStatement(schema string) string {
	return newClientCheck(schema, "", a.clientCheckBody()).create()
}

// create is the statement that makes the function, without owner, rights and comment.
func (f AccessFunction) create() string { return f.statements("CREATE OR REPLACE FUNCTION")[0] }

// managed is the definition as far as it is managed with the access functions: what
// [ClientCheck] checks is left out, so that an allowlist is no drift of theirs.
func (f AccessFunction) managed() string {
	if f.Name == ClientCheck {
		f.Body = "\n-- auth0pg_allowlist says who may call.\n"
	}
	return f.Definition()
}

// ClientCheck reads what the functions of a schema check, as SQL; "" when they let
// everybody call or there are none.
func (s *Server) ClientCheck(ctx context.Context, schema string) (string, error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return "", err
	}
	check, err := readClientCheck(ctx, pool, schema)
	if err != nil || check.Body == clientCheckBody {
		return "", ignoreMissing(err)
	}
	return check.create(), nil
}

// ApplyClientCheck puts the list into the functions of a schema. Its error is
// [ErrAccessNotFound] when there are none.
func (s *Server) ApplyClientCheck(ctx context.Context, schema string, list Allowlist) error {
	return s.changeClientCheck(ctx, schema, list.clientCheckBody())
}

// RemoveClientCheck lets everybody call the functions again who may execute them.
func (s *Server) RemoveClientCheck(ctx context.Context, schema string) error {
	return ignoreMissing(s.changeClientCheck(ctx, schema, clientCheckBody))
}

func (s *Server) changeClientCheck(ctx context.Context, schema, body string) error {
	return s.catalogTx(ctx, func(tx pgx.Tx) error {
		if err := lockDatabase(ctx, tx); err != nil {
			return err
		}
		check, err := readClientCheck(ctx, tx, schema)
		if err != nil || check.Body == body {
			return err
		}
		statement := newClientCheck(schema, check.Owner, body).create()
		return withRole(ctx, tx, check.Owner, func() error {
			return asRole(ctx, tx, check.Owner, func() error {
				_, err := tx.Exec(ctx, statement)
				return err
			})
		})
	})
}

func readClientCheck(ctx context.Context, q Querier, schema string) (AccessFunction, error) {
	access, err := readAccess(ctx, q, schema, []string{ClientCheck})
	if err != nil {
		return AccessFunction{}, err
	}
	i := slices.IndexFunc(access.Functions, func(f AccessFunction) bool { return len(f.Arguments) == 0 })
	if i < 0 {
		return AccessFunction{}, ErrAccessNotFound
	}
	return access.Functions[i], nil
}

// ignoreMissing is for those who have nothing to do where there are no functions.
func ignoreMissing(err error) error {
	if errors.Is(err, ErrAccessNotFound) {
		return nil
	}
	return err
}
