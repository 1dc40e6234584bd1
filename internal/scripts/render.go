// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// The defaults of [Options].
const (
	DefaultBcryptRounds   = 10
	DefaultDatabaseURLKey = "POSTGRES_URL"
	DefaultCAKey          = "POSTGRES_CA"
	DefaultPoolMax        = 5
	DefaultAppMetadataKey = "app_metadata"
)

// Bounds of what Options accept. Fifteen rounds take seconds; the scripts must
// end inside ten.
const (
	MinBcryptRounds = 4
	MaxBcryptRounds = 15
	MaxPoolMax      = 50
)

// Options say how the scripts of one connection behave.
type Options struct {
	Store store.Store
	// UserIDPrefix and a bar go in front of the ids that Auth0 sees; "" for none.
	UserIDPrefix string
	// BcryptRounds is the cost of new hashes, 0 for the default.
	BcryptRounds int
	// DatabaseURLKey is the configuration key that holds the database's URL, "" for the default.
	DatabaseURLKey string
	// CAKey is the configuration key that may hold the certificate authority of
	// the database in PEM, "" for the default.
	CAKey string
	// PoolMax bounds the connections that one container opens, 0 for the default.
	PoolMax int
	// AppMetadataKey is the name under which the profile carries the app_metadata
	// part, "app_metadata" or "metadata"; "" for the default.
	AppMetadataKey string
	// ImportMode says that Auth0 keeps the user after the first login.
	ImportMode bool
}

// OptionError says which option the scripts cannot be rendered with.
type OptionError struct{ Option, Problem string }

func (e *OptionError) Error() string { return e.Option + " " + e.Problem }

// withDefaults fills in what is not set and refuses what cannot work.
func (o Options) withDefaults() (Options, error) {
	if o.BcryptRounds == 0 {
		o.BcryptRounds = DefaultBcryptRounds
	}
	if o.DatabaseURLKey == "" {
		o.DatabaseURLKey = DefaultDatabaseURLKey
	}
	if o.CAKey == "" {
		o.CAKey = DefaultCAKey
	}
	if o.PoolMax == 0 {
		o.PoolMax = DefaultPoolMax
	}
	if o.AppMetadataKey == "" {
		o.AppMetadataKey = DefaultAppMetadataKey
	}
	switch {
	case o.BcryptRounds < MinBcryptRounds || o.BcryptRounds > MaxBcryptRounds:
		return o, &OptionError{"bcrypt_rounds", fmt.Sprintf("must be between %d and %d", MinBcryptRounds, MaxBcryptRounds)}
	case o.PoolMax < 1 || o.PoolMax > MaxPoolMax:
		return o, &OptionError{"pool_max", fmt.Sprintf("must be between 1 and %d", MaxPoolMax)}
	case strings.ContainsFunc(o.UserIDPrefix, func(r rune) bool { return r == '|' || unicode.IsSpace(r) || !unicode.IsPrint(r) }):
		return o, &OptionError{"user_id_prefix", "must have neither spaces nor a bar, which separates it from the id"}
	case o.AppMetadataKey != "app_metadata" && o.AppMetadataKey != "metadata":
		return o, &OptionError{"app_metadata_key", `must be "app_metadata" or "metadata"`}
	case o.CAKey == o.DatabaseURLKey:
		return o, &OptionError{"ca_key", "must not be the key of the database URL"}
	}
	return o, nil
}

// settings is the one constant that a script is rendered with.
type settings struct {
	Operation      Operation                    `json:"operation"`
	DatabaseURLKey string                       `json:"databaseUrlKey"`
	CAKey          string                       `json:"caKey"`
	PoolMax        int                          `json:"poolMax"`
	UserIDPrefix   string                       `json:"userIdPrefix"`
	IDFormat       string                       `json:"idFormat"`
	Parts          []store.Part                 `json:"parts"`
	AppMetadataKey string                       `json:"appMetadataKey"`
	BcryptRounds   int                          `json:"bcryptRounds"`
	DummyHash      string                       `json:"dummyHash,omitempty"`
	ImportMode     bool                         `json:"importMode"`
	Statements     map[string]statementSettings `json:"statements"`
}

type statementSettings struct {
	SQL      string   `json:"sql"`
	Params   []string `json:"params"`
	ReadOnly bool     `json:"readOnly"`
}

// dummyDigest is the salt and digest of no password: comparing with it takes as
// long as with any hash of the same cost.
const dummyDigest = "abcdefghijklmnopqrstuuDdDdDdDdDdDdDdDdDdDdDdDdDdDdDdD"

//go:embed js/*.js js/lib/*.js
var sources embed.FS

// The one line of a script that rendering replaces.
const placeholder = "  const settings = {};\n"

// A file begins with comments for a linter: the helpers that it uses, and that its
// function is used elsewhere.
var (
	globalComment   = regexp.MustCompile(`(?m)^/\* global ([A-Za-z0-9_, ]+) \*/\n`)
	exportedComment = regexp.MustCompile(`(?m)^/\* exported [A-Za-z0-9_]+ \*/\n`)
)

// Render returns the script for one operation.
func Render(op Operation, o Options) (string, error) {
	known, ok := specOf(op)
	if !ok {
		return "", &UnknownOperationError{op}
	}
	o, err := o.withDefaults()
	if err != nil {
		return "", err
	}
	statements, err := Statements(o.Store, op)
	if err != nil {
		return "", err
	}
	constant := settings{
		Operation:      op,
		DatabaseURLKey: o.DatabaseURLKey,
		CAKey:          o.CAKey,
		PoolMax:        o.PoolMax,
		UserIDPrefix:   o.UserIDPrefix,
		IDFormat:       idFormat(o.Store),
		Parts:          o.Store.Parts(),
		AppMetadataKey: o.AppMetadataKey,
		BcryptRounds:   o.BcryptRounds,
		ImportMode:     o.ImportMode,
		Statements:     map[string]statementSettings{},
	}
	if op == Login {
		constant.DummyHash = fmt.Sprintf("$2b$%02d$%s", o.BcryptRounds, dummyDigest)
	}
	for _, statement := range statements {
		rendered := statementSettings{SQL: statement.SQL, ReadOnly: statement.ReadOnly, Params: []string{}}
		for _, param := range statement.Params {
			rendered.Params = append(rendered.Params, param.Name)
		}
		constant.Statements[statement.Name] = rendered
	}
	return assemble(known.function, header(op, o.Store), constant)
}

// RenderAll returns the scripts that the connection gets, the overrides among
// them. An override may also stand for an operation that the store has no part for.
func RenderAll(o Options, overrides map[Operation]string) (map[Operation]string, error) {
	all := map[Operation]string{}
	for op, text := range overrides {
		if _, ok := specOf(op); !ok {
			return nil, &UnknownOperationError{op}
		}
		all[op] = text
	}
	for _, op := range Rendered(o.ImportMode, o.Store) {
		if _, overridden := overrides[op]; overridden {
			continue
		}
		text, err := Render(op, o)
		if err != nil {
			return nil, err
		}
		all[op] = text
	}
	return all, nil
}

// header says in the script what made it. It stands inside the function: text in
// front of one may be cut off from a return before it.
func header(op Operation, s store.Store) string {
	return fmt.Sprintf(`  // The %s script of a custom database connection, made by the Terraform
  // provider auth0pg/auth0pg from the users table %q.%q.
  // Do not edit it here: the next apply puts it back. Change the configuration instead.
`, op, s.Schema, s.Table)
}

// assemble puts header, constant and helpers into the operation's function.
func assemble(function, header string, constant any) (string, error) {
	body, includes, err := source("js/" + function + ".js")
	if err != nil {
		return "", err
	}
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("  ", "  ")
	if err := encoder.Encode(constant); err != nil {
		return "", fmt.Errorf("encode the settings: %w", err)
	}
	before, after, ok := strings.Cut(body, placeholder)
	if !ok {
		return "", fmt.Errorf("js/%s.js has no line %q", function, strings.TrimSpace(placeholder))
	}
	end, ok := strings.CutSuffix(after, "}\n")
	if !ok {
		return "", fmt.Errorf("js/%s.js does not end with its function", function)
	}
	helpers, err := helpers(includes)
	if err != nil {
		return "", err
	}
	return before + header + "  const settings = " + strings.TrimSpace(encoded.String()) + ";\n" + end + helpers + "}\n", nil
}

// helpers returns the named helpers and theirs, indented, in the order of first mention.
func helpers(names []string) (string, error) {
	var out strings.Builder
	done := map[string]bool{}
	for len(names) > 0 {
		name := names[0]
		names = names[1:]
		path := "js/lib/" + name + ".js"
		if done[name] || !exists(path) { // a name without a file is the platform's
			continue
		}
		done[name] = true
		body, includes, err := source(path)
		if err != nil {
			return "", err
		}
		out.WriteString("\n")
		for line := range strings.Lines(body) {
			if line != "\n" {
				out.WriteString("  ")
			}
			out.WriteString(line)
		}
		names = append(names, includes...)
	}
	return out.String(), nil
}

func exists(path string) bool {
	_, err := sources.ReadFile(path)
	return err == nil
}

// source returns a file from its first comment or function on, without licence
// line and linter's comments, and the names that these list as used.
func source(path string) (body string, includes []string, err error) {
	raw, err := sources.ReadFile(path)
	if err != nil {
		return "", nil, err
	}
	body = strings.TrimPrefix(string(raw), "// SPDX-License-Identifier: MPL-2.0\n")
	for _, match := range globalComment.FindAllStringSubmatch(body, -1) {
		for name := range strings.SplitSeq(match[1], ",") {
			includes = append(includes, strings.TrimSpace(name))
		}
	}
	body = exportedComment.ReplaceAllString(globalComment.ReplaceAllString(body, ""), "")
	return strings.TrimLeft(body, "\n"), includes, nil
}

// idFormat is how a script tells whether text can be an id at all, which spares
// the server values that do not fit the column's type.
func idFormat(s store.Store) string {
	column := s.Columns[store.ID]
	switch familyOf(column) {
	case familyUUID:
		return "uuid"
	case familyInteger:
		switch strings.ToLower(column.Type) {
		case "smallint", "int2":
			return "smallint"
		case "integer", "int", "int4":
			return "integer"
		}
		return "bigint"
	}
	return "text"
}
