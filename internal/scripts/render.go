// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

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
	BcryptPrefix   string                       `json:"bcryptPrefix"`
	LegacyHashes   []HashFormat                 `json:"legacyHashes"`
	DummyHash      string                       `json:"dummyHash,omitempty"`
	ImportMode     bool                         `json:"importMode"`
	Statements     map[string]statementSettings `json:"statements"`
}

type statementSettings struct {
	// Name is what the server may keep the statement under, prepared. Other SQL or other
	// column types have another name, so that none ever stands for two statements.
	Name     string   `json:"name"`
	SQL      string   `json:"sql"`
	Params   []string `json:"params"`
	ReadOnly bool     `json:"readOnly"`
}

// dummyDigest is the salt and digest of no password: comparing with it takes as
// long as with any hash of the same cost.
const dummyDigest = "abcdefghijklmnopqrstuuDdDdDdDdDdDdDdDdDdDdDdDdDdDdDdD"

//go:embed js/*.js js/finished/*.js js/lib/*.js
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
	head, err := header(op, o.Store)
	if err != nil {
		return "", err
	}
	if o.ImportFinished && (op == Login || op == GetUser) {
		return assemble("finished/"+known.function, head, nil)
	}
	statements, err := Statements(o.Store, op, o.Features()...)
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
		BcryptPrefix:   o.BcryptPrefix,
		LegacyHashes:   append([]HashFormat{}, o.LegacyHashes...),
		ImportMode:     o.ImportMode,
		Statements:     map[string]statementSettings{},
	}
	if op == Login {
		constant.DummyHash = fmt.Sprintf("$2b$%02d$%s", o.BcryptRounds, dummyDigest)
	}
	for _, statement := range statements {
		digest := sha256.Sum256(fmt.Append(nil, statement.SQL, o.Store.Columns))
		rendered := statementSettings{Name: fmt.Sprintf("auth0pg_%s_%x", statement.Name, digest[:8]), SQL: statement.SQL, ReadOnly: statement.ReadOnly, Params: []string{}}
		for _, param := range statement.Params {
			rendered.Params = append(rendered.Params, param.Name)
		}
		constant.Statements[statement.Name] = rendered
	}
	return assemble(known.function, head, constant)
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
func header(op Operation, s store.Store) (string, error) {
	from := fmt.Sprintf("from the users table %q.%q", s.Schema, s.Table)
	if s.Kind == store.Functions {
		from = fmt.Sprintf("over the functions in the schema %q", s.Schema)
	}
	described, err := describe(s)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`  // The %s script of a custom database connection, made by the Terraform
  // provider auth0pg/auth0pg %s.
  // Do not edit it here: the next apply puts it back. Change the configuration instead.
`, op, from) + described, nil
}

// assemble puts header, constant (nil for none) and helpers into a script.
func assemble(function, header string, constant any) (string, error) {
	source := files()["js/"+function+".js"]
	if constant != nil {
		encoded, err := encode(constant)
		if err != nil {
			return "", err
		}
		header += "  const settings = " + encoded + ";\n"
	}
	before, after, ok := strings.Cut(source.body, placeholder)
	if !ok {
		return "", fmt.Errorf("js/%s.js has no line %q", function, strings.TrimSpace(placeholder))
	}
	end, ok := strings.CutSuffix(after, "}\n")
	if !ok {
		return "", fmt.Errorf("js/%s.js does not end with its function", function)
	}
	return before + header + end + helpers(source.uses) + "}\n", nil
}

// encode writes JSON that is a JavaScript literal as well, easy to read.
func encode(constant any) (string, error) {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("  ", "  ")
	if err := encoder.Encode(constant); err != nil {
		return "", fmt.Errorf("encode the settings: %w", err)
	}
	return strings.TrimSpace(encoded.String()), nil
}

// helpers returns the named helpers and theirs, indented, in the order of first mention.
func helpers(names []string) string {
	var out strings.Builder
	done := map[string]bool{}
	names = slices.Clone(names) // they belong to a file that all calls share
	for len(names) > 0 {
		name := names[0]
		names = names[1:]
		helper, ok := files()["js/lib/"+name+".js"]
		if done[name] || !ok { // a name without a file is the platform's
			continue
		}
		done[name] = true
		out.WriteString("\n")
		for line := range strings.Lines(helper.body) {
			if line != "\n" {
				out.WriteString("  ")
			}
			out.WriteString(line)
		}
		names = append(names, helper.uses...)
	}
	return out.String()
}

// file is a source as scripts contain it: from its first comment or function on, without licence line and linter's
// comments, and the names that these list as used.
type file struct {
	body string
	uses []string
}

// files reads the sources, by path. Once: each plan renders the scripts of every connection.
var files = sync.OnceValue(func() map[string]file {
	all := map[string]file{}
	err := fs.WalkDir(sources, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := sources.ReadFile(path)
		if err != nil {
			return err
		}
		body := strings.TrimPrefix(string(raw), "// SPDX-License-Identifier: MPL-2.0\n")
		var uses []string
		for _, match := range globalComment.FindAllStringSubmatch(body, -1) {
			for name := range strings.SplitSeq(match[1], ",") {
				uses = append(uses, strings.TrimSpace(name))
			}
		}
		body = exportedComment.ReplaceAllString(globalComment.ReplaceAllString(body, ""), "")
		all[path] = file{strings.TrimLeft(body, "\n"), uses}
		return nil
	})
	if err != nil {
		panic(err) // they are part of the program
	}
	return all
})

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
