// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// SearchPath is the one setting of a role whose value is a list of identifiers.
const SearchPath = "search_path"

var timeoutForm = regexp.MustCompile(`^\s*([0-9]+(?:\.[0-9]+)?)\s*(us|ms|s|min|h|d)?\s*$`)

// ParseTimeout reads a duration in Postgres' own notation, for example "5s", "5000ms" or
// "5000", and returns milliseconds. It accepts what is a whole number of milliseconds and
// fits the server's integer.
func ParseTimeout(text string) (milliseconds int64, err error) {
	m := timeoutForm.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("a number with one of the units us, ms, s, min, h, d is expected, for example 5s")
	}
	amount, ok := new(big.Rat).SetString(m[1])
	if !ok {
		return 0, fmt.Errorf("%s is no number", m[1])
	}
	units := map[string]*big.Rat{
		"":    big.NewRat(1, 1),
		"us":  big.NewRat(1, 1000),
		"ms":  big.NewRat(1, 1),
		"s":   big.NewRat(1000, 1),
		"min": big.NewRat(60_000, 1),
		"h":   big.NewRat(3_600_000, 1),
		"d":   big.NewRat(86_400_000, 1),
	}
	amount.Mul(amount, units[m[2]])
	if !amount.IsInt() {
		return 0, fmt.Errorf("a whole number of milliseconds is expected")
	}
	if !amount.Num().IsInt64() || amount.Num().Int64() > math.MaxInt32 {
		return 0, fmt.Errorf("at most 2147483647ms (about 24 days) is possible")
	}
	return amount.Num().Int64(), nil
}

// ParseIdentifierList reads a list of identifiers as a setting such as search_path keeps it.
// ok is false when the text is no such list.
func ParseIdentifierList(text string) (names []string, ok bool) {
	names = []string{}
	rest := strings.TrimSpace(text)
	if rest == "" {
		return names, true
	}
	for {
		var name string
		if quoted, found := strings.CutPrefix(rest, `"`); found {
			end := 0
			for {
				i := strings.IndexByte(quoted[end:], '"')
				if i < 0 {
					return nil, false
				}
				end += i + 1
				if !strings.HasPrefix(quoted[end:], `"`) {
					break
				}
				end++
			}
			name, rest = strings.ReplaceAll(quoted[:end-1], `""`, `"`), quoted[end:]
		} else {
			end := strings.IndexAny(rest, ", \t\n\"")
			if end < 0 {
				end = len(rest)
			}
			name, rest = strings.ToLower(rest[:end]), rest[end:]
			if name == "" {
				return nil, false
			}
		}
		if name != "" {
			names = append(names, name)
		}
		rest = strings.TrimSpace(rest)
		if rest == "" {
			return names, true
		}
		var comma bool
		if rest, comma = strings.CutPrefix(rest, ","); !comma {
			return nil, false
		}
		rest = strings.TrimSpace(rest)
	}
}

// JoinIdentifierList is the reverse of [ParseIdentifierList].
func JoinIdentifierList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = pgx.Identifier{name}.Sanitize()
	}
	return strings.Join(quoted, ", ")
}

func settingsIn(lines []string) map[string]string {
	settings := map[string]string{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		settings[name] = value
	}
	return settings
}

// RoleSetting is a setting of a role.
type RoleSetting struct {
	Name, Value string
	// Everywhere means that it applies in all databases, unless one has its own.
	Everywhere bool
}

// InAllDatabases ends the text of a setting that does.
const InAllDatabases = " (in all databases)"

// String leaves out the value of a setting that is not the server's own: it may be a secret of somebody's.
func (s RoleSetting) String() string {
	text := s.Name
	if !strings.Contains(s.Name, ".") {
		text += " = " + s.Value
	}
	if s.Everywhere {
		text += InAllDatabases
	}
	return text
}

// OtherSettings are those of the role that are neither among the names configured, which are of the current database, nor
// among those tolerated anywhere. Case does not matter in a name.
func (r *Role) OtherSettings(configured, tolerated []string) []RoleSetting {
	var others []RoleSetting
	add := func(settings map[string]string, known []string, everywhere bool) {
		for _, name := range slices.Sorted(maps.Keys(settings)) {
			if !named(known, name) && settings[name] != harmless[name] {
				others = append(others, RoleSetting{Name: name, Value: settings[name], Everywhere: everywhere})
			}
		}
	}
	add(r.Settings, slices.Concat(configured, tolerated), false)
	add(r.Everywhere, tolerated, true)
	return others
}

func named(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// SettingError is a setting of a role that could not be made or taken back.
type SettingError struct {
	// Statement is what was refused.
	Name, Statement string
	err             error
}

func (e *SettingError) Error() string { return fmt.Sprintf("%s: %v", e.Statement, e.err) }

func (e *SettingError) Unwrap() error { return e.err }

// syncSettings makes the settings of the spec, and takes back what it does not tolerate.
func (s *Server) syncSettings(ctx context.Context, tx pgx.Tx, role *Role, spec RoleSpec) error {
	here := roleScope{"ALTER ROLE " + Ident(spec.Name) + " IN DATABASE " + Ident(s.Database()), role.Settings}
	everywhere := roleScope{"ALTER ROLE " + Ident(spec.Name), role.Everywhere}
	if err := everywhere.sync(ctx, tx, nil, spec.Tolerated); err != nil {
		return err
	}
	return here.sync(ctx, tx, spec.Settings, spec.Tolerated)
}

// roleScope is where a role has settings: in one database, or in all.
type roleScope struct {
	alter   string // the beginning of ALTER ROLE
	current map[string]string
}

// harmless are the values of settings that PostgreSQL 16 and later do not take back, which are those that a session begins
// with anyhow. Another transaction_isolation keeps the role from logging in.
var harmless = map[string]string{
	"transaction_isolation":  "read committed",
	"transaction_read_only":  "off",
	"transaction_deferrable": "off",
}

func (r roleScope) sync(ctx context.Context, tx pgx.Tx, wanted map[string]string, tolerated []string) error {
	for _, name := range slices.Sorted(maps.Keys(r.current)) {
		if _, ok := wanted[name]; ok || named(tolerated, name) || r.current[name] == harmless[name] {
			continue
		}
		if err := r.reset(ctx, tx, name); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if value, set := r.current[name]; set && value == wanted[name] {
			continue
		}
		if err := r.exec(ctx, tx, name, "SET "+Ident(name)+" = "+settingValue(name, wanted[name])); err != nil {
			return err
		}
	}
	return nil
}

func (r roleScope) reset(ctx context.Context, tx pgx.Tx, name string) error {
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { return r.exec(ctx, tx, name, "RESET "+Ident(name)) })
	if value, ok := harmless[name]; ok && SQLState(err) == "0A000" { // feature_not_supported
		return r.exec(ctx, tx, name, "SET "+Ident(name)+" = "+QuoteLiteral(value))
	}
	return err
}

func (r roleScope) exec(ctx context.Context, tx pgx.Tx, name, change string) error {
	statement := r.alter + " " + change
	if _, err := tx.Exec(ctx, statement); err != nil {
		return &SettingError{Name: name, Statement: statement, err: err}
	}
	return nil
}

// settingValue is a setting's value as it stands in ALTER ROLE ... SET. A list is kept with the quotes of its elements.
func settingValue(name, value string) string {
	lists := []string{SearchPath, "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"}
	if slices.Contains(lists, name) && value != "" {
		return value
	}
	return QuoteLiteral(value)
}
