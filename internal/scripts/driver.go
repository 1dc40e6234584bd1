// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// driver is what stands between the operations and one kind of store: a folder with the functions of the port, which
// js/drivers/port.js describes.
type driver struct {
	folder string
	// heading stands above the functions in a script.
	heading string
	files   func() map[string]file
	// shared is a folder with helpers of several drivers, "" for none; instead one with helpers that stand in the place of those
	// of other folders.
	shared, instead string
	// fill returns what takes the place of a line of the driver's files, by that line: what an operation
	// asks of this store.
	fill func(Operation, Options) (map[string]filling, error)
}

// postgresDriver reaches a table, or the functions in front of one, through the pg module.
var postgresDriver = driver{
	folder: "js/drivers/postgres", heading: "The users in PostgreSQL", files: files, fill: fillStatements,
}

// helper finds a file of the driver, in its own folder or the shared one.
func (d driver) helper(name string) (file, bool) {
	helper, ok := d.files()[path.Join(d.folder, name+".js")]
	if !ok && d.shared != "" {
		helper, ok = d.files()[path.Join(d.shared, name+".js")]
	}
	return helper, ok
}

// driverOf is the driver for what a store is reached through.
func driverOf(s store.Store) (driver, error) {
	switch reach := s.Reach.(type) {
	case store.Table, store.Functions:
		return postgresDriver, nil
	case store.API:
		if reach.PasswordCheck == store.ByAPI {
			return askedDriver, nil
		}
		return apiDriver, nil
	case store.Tenant:
		return tenantDriver, nil
	}
	return driver{}, &ReachError{s.Reach}
}

// The line of statements.js, and of calls.js, that rendering replaces.
const statementsLine = "  return {};\n"

// fillStatements writes the SQL that the operation runs.
func fillStatements(op Operation, o Options) (map[string]filling, error) {
	statements, err := Statements(o.Store, op, o.Features()...)
	if err != nil {
		return nil, err
	}
	if o.answersProfile(op) {
		reads, err := Statements(o.Store, GetUser)
		if err != nil {
			return nil, err
		}
		statements = append(statements, reads[0])
	}
	var out strings.Builder
	out.WriteString("  return {\n")
	for _, statement := range statements {
		if o.skips(statement, statements) {
			continue
		}
		if err := writeStatement(&out, o, statement); err != nil {
			return nil, err
		}
	}
	out.WriteString("  };\n")
	return map[string]filling{statementsLine: {text: out.String()}}, nil
}

// writeStatement writes a statement as a property. Its name is what the server may keep it under, prepared: other SQL
// or other column types have another one, so that none ever stands for two statements.
func writeStatement(out *strings.Builder, o Options, s Statement) error {
	params := make([]string, len(s.Params))
	for i, param := range s.Params {
		params[i] = param.Name
	}
	names, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("encode the parameters: %w", err)
	}
	text, err := sqlLiteral(s.SQL)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(fmt.Append(nil, s.SQL, o.Store.Marshal()))
	fmt.Fprintf(out, "    %[1]s: {\n      name: 'auth0pg_%[1]s_%[2]x',\n", s.Name, digest[:8])
	fmt.Fprintf(out, "      params: %s,\n      readOnly: %t,\n", names, s.ReadOnly)
	if len(s.Computes) > 0 {
		columns, err := json.Marshal(s.Computes)
		if err != nil {
			return fmt.Errorf("encode the columns: %w", err)
		}
		fmt.Fprintf(out, "      computes: %s,\n", columns)
	}
	fmt.Fprintf(out, "      sql: %s,\n    },\n", text)
	return nil
}

// sqlLiteral writes SQL as lines that can be pasted into psql, unless a name holds what would mean something else in a
// template.
func sqlLiteral(sql string) (string, error) {
	if !pastes(sql) {
		encoded, err := encode(sql)
		return encoded, err
	}
	return "`\n" + sql + "\n`", nil
}

// pastes tells whether SQL means the same between the backquotes of a template, whatever an editor does to the ends of
// lines: it has none inside of a name.
func pastes(sql string) bool {
	inName := false
	for _, r := range sql {
		switch {
		case r == '"':
			inName = !inName
		case r == '\n' && inName, r == '`', r == '\\', r == '$' && inName, r < ' ' && r != '\n', r == '\u2028', r == '\u2029':
			return false
		}
	}
	return true
}
