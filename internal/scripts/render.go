// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// settings is the one constant that a script is rendered with.
type settings struct {
	Operation      Operation       `json:"operation"`
	API            *apiSettings    `json:"api,omitempty"`
	Tenant         *tenantSettings `json:"tenant,omitempty"`
	Token          *tokenSettings  `json:"token,omitempty"`
	DatabaseURLKey string          `json:"databaseUrlKey,omitempty"`
	CAKey          string          `json:"caKey,omitempty"`
	PoolMax        int             `json:"poolMax,omitempty"`
	UserIDPrefix   string          `json:"userIdPrefix,omitempty"`
	IDFormat       string          `json:"idFormat,omitempty"`
	Parts          []store.Part    `json:"parts,omitempty"`
	AppMetadataKey string          `json:"appMetadataKey,omitempty"`
	PasswordHash   string          `json:"passwordHash,omitempty"`
	PasswordBytes  int             `json:"passwordBytes,omitempty"`
	HashWork       int             `json:"hashWork,omitempty"`
	BcryptRounds   int             `json:"bcryptRounds,omitempty"`
	BcryptPrefix   string          `json:"bcryptPrefix,omitempty"`
	Iterations     int             `json:"iterations,omitempty"`
	Argon2Memory   int             `json:"argon2Memory,omitempty"`
	Argon2Passes   int             `json:"argon2Passes,omitempty"`
	PepperKey      string          `json:"pepperKey,omitempty"`
	SignerKey      string          `json:"signerKey,omitempty"`
	LegacyHashes   []string        `json:"legacyHashes,omitempty"`
	DummyHash      string          `json:"dummyHash,omitempty"`
	ImportMode     bool            `json:"importMode,omitempty"`
	ForgetAfter    int64           `json:"forgetAfter,omitempty"`
	Rehash         bool            `json:"rehash,omitempty"`
	Passkeys       bool            `json:"passkeys,omitempty"`
	Keys           []string        `json:"keys,omitempty"`
}

// Render returns the script for one operation: for equal options the same text.
func Render(op Operation, o Options) (string, error) {
	key, err := cacheKey(op, o)
	if err != nil {
		return "", fmt.Errorf("encode the options: %w", err)
	}
	return renderings.get(key, func() (string, error) {
		through, err := driverOf(o.Store)
		if err != nil {
			return "", err
		}
		return renderWith(through, op, o)
	})
}

// renderWith returns the script for one operation over what the driver reaches.
func renderWith(through driver, op Operation, o Options) (string, error) {
	known, ok := specOf(op)
	if !ok {
		return "", &UnknownOperationError{op}
	}
	o, err := o.withDefaults()
	if err != nil {
		return "", err
	}
	head := header(op, o.Store)
	if o.ImportFinished && (op == Login || op == GetUser) {
		return assembly{driver: through}.script("finished/"+known.function, head)
	}
	fill, err := through.fill(op, o)
	if err != nil {
		return "", err
	}
	fill[readersLine] = readers(append([]string{o.PasswordHash}, o.LegacyHashes...))
	fill[writeLine] = writer(o.PasswordHash)
	constant, err := encodeLines(newSettings(op, o))
	if err != nil {
		return "", err
	}
	return assembly{through, conditions(op, o), fill}.script(known.function, head+settingsLine+constant+";\n")
}

// The lines of passwordMatches.js and hashPassword.js that rendering replaces.
const (
	readersLine = "  const readers = {};\n"
	writeLine   = "  const write = null;\n"
)

// readers names the functions that check the formats, and those that are always checked.
func readers(named []string) filling {
	var uses, entries []string
	for _, format := range hashes.All() {
		if format.Always || slices.Contains(named, format.Name) {
			entries = append(entries, format.Name+": "+format.Reader)
			uses = append(uses, format.Reader)
		}
	}
	return filling{text: "  const readers = { " + strings.Join(entries, ", ") + " };\n", uses: uses}
}

// writer names the function that makes new hashes.
func writer(name string) filling {
	format, _ := hashes.Find(name)
	return filling{text: "  const write = " + format.Writer.Function + ";\n", uses: []string{format.Writer.Function}}
}

func newSettings(op Operation, o Options) settings {
	constant := settings{
		Operation:    op,
		API:          newAPISettings(o.Store),
		Tenant:       newTenantSettings(op, o.Store),
		Token:        newTokenSettings(op, o.Store),
		UserIDPrefix: o.UserIDPrefix,
		PepperKey:    o.PepperKey,
		SignerKey:    o.SignerKey,
		LegacyHashes: o.LegacyHashes,
		ImportMode:   o.ImportMode,
		ForgetAfter:  int64(o.ForgetMigratedAfter / time.Second),
		Rehash:       o.RehashOnLogin,
		Passkeys:     o.answersProfile(op),
	}
	if o.Store.InDatabase() {
		constant.DatabaseURLKey, constant.CAKey, constant.PoolMax = o.DatabaseURLKey, o.CAKey, o.PoolMax
	}
	if op == Login || op == GetUser || op == Create || op == ChangePassword {
		constant.Parts = o.Store.Parts()
	}
	if op == Login || op == GetUser || o.answersProfile(op) || o.AppMetadataKey != DefaultAppMetadataKey {
		constant.AppMetadataKey = o.AppMetadataKey
	}
	if o.Store.InDatabase() && (op == GetUser || op == Delete) {
		constant.IDFormat = idFormat(o.Store)
	}
	if op == Create || op == ChangeEmail || op == ChangeUsername {
		constant.Keys = keyColumns(o.Store, o.Store.Owns(string(op)))
	}
	if o.Store.ChecksPasswords() {
		if op == Create || op == ChangePassword {
			constant.PasswordBytes = sentPasswordBytes
		}
		return constant
	}
	constant.hashing(o, op == Login || op == Create || op == ChangePassword)
	if op == Login {
		constant.DummyHash = o.writer().Sample(o.costs(), 'D')
	}
	return constant
}

// answersProfile reports whether the operation's script answers with the profile of the user that it has made.
func (o Options) answersProfile(op Operation) bool {
	_, elsewhere := o.Store.Tenant()
	return op == Create && o.Passkeys && !elsewhere
}

// sentPasswordBytes bounds a new password that is given to the store. What its hashes can tell apart is for the store to
// say.
const sentPasswordBytes = 1024

// keyColumns are the columns by which a user is told from others: those of the address and the user name, what these are
// read through, and what is computed of nothing else. They are written as in a definition of an index, without the quotes
// around them. SQL of one's own writes what these are read through in other tables, too.
func keyColumns(s store.Store, own bool) []string {
	var keys []string
	for _, part := range []store.Part{store.Email, store.Username} {
		column := s.Columns[part]
		if column.Name != "" {
			keys = append(keys, column.Name)
		}
		if column.Expression != nil {
			for _, read := range column.Expression.Reads {
				if own || read.Schema == s.Table().Schema && read.Name == s.Table().Name {
					keys = append(keys, read.Columns...)
				}
			}
		}
	}
	for name, fill := range s.Fills {
		if fill.Create != nil && len(fill.Create.Takes) > 0 &&
			!slices.ContainsFunc(fill.Create.Takes, func(take string) bool {
				return take != string(store.Email) && take != string(store.Username)
			}) {
			keys = append(keys, name)
		}
	}
	for i, name := range keys {
		keys[i] = strings.ReplaceAll(name, `"`, `""`) // as the server writes it between quotes
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// hashing notes what a script needs to hash passwords; one that hashes none notes what is not the default, by which
// the options are recognised.
func (s *settings) hashing(o Options, hashes bool) {
	if hashes {
		s.PasswordBytes, s.HashWork = o.writer().PasswordBytes, o.writer().Work(o.costs())
	}
	s.Iterations = o.Iterations
	if hashes && s.Iterations == 0 {
		s.Iterations = o.writer().Iterations
	}
	if o.PasswordHash == "argon2" || o.Argon2Memory != DefaultArgon2Memory || o.Argon2Passes != DefaultArgon2Passes {
		s.Argon2Memory, s.Argon2Passes = o.Argon2Memory, o.Argon2Passes
	}
	if hashes || o.PasswordHash != DefaultPasswordHash {
		s.PasswordHash = o.PasswordHash
	}
	if hashes || o.BcryptRounds != DefaultBcryptRounds {
		s.BcryptRounds = o.BcryptRounds
	}
	if hashes || o.BcryptPrefix != DefaultBcryptPrefix {
		s.BcryptPrefix = o.BcryptPrefix
	}
}

// RenderAll returns the scripts that a connection gets which does not say for which operations, the overrides among
// them. An override may also stand for an operation that the store has no part for.
func RenderAll(o Options, overrides map[Operation]string) (map[Operation]string, error) {
	return RenderEach(append(slices.Collect(maps.Keys(overrides)), Rendered(o.ImportMode, o.Store)...), o, overrides)
}

// RenderEach returns the scripts of these operations: the overrides among them, the others rendered.
func RenderEach(operations []Operation, o Options, overrides map[Operation]string) (map[Operation]string, error) {
	all := map[Operation]string{}
	for _, op := range operations {
		if _, ok := specOf(op); !ok {
			return nil, &UnknownOperationError{op}
		}
		if text, overridden := overrides[op]; overridden {
			all[op] = text
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
	from := "from " + s.Table().Title()
	if f, ok := s.Functions(); ok {
		from = fmt.Sprintf("over the functions in the schema %q", f.Schema)
	} else if !s.InDatabase() {
		from = "over " + s.Title()
	}
	return fmt.Sprintf(`  // The %[1]s script of a custom database connection, made by the Terraform
  // provider auth0pg/auth0pg %[2]s.
  // The next apply undoes edits: change the configuration instead.
  // A failure is in Auth0's logs, its cause on the console in a line with "auth0pg %[1]s".
`, op, from) + describe(s)
}

// nameList is a list of parts or formats.
var nameList = regexp.MustCompile(`\[\s+("[a-z0-9_]+"(?:,\s+"[a-z0-9_]+")*)\s+\]`)

// encodeLines writes a struct as JSON with a line for each member.
func encodeLines(constant any) (string, error) {
	encoded, err := encode(constant)
	if err != nil {
		return "", err
	}
	return nameList.ReplaceAllStringFunc(encoded, func(lines string) string {
		return strings.NewReplacer("[ ", "[", " ]", "]").Replace(strings.Join(strings.Fields(lines), " "))
	}), nil
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

// idFormat is how a script tells whether text can be an id at all, which spares
// the server values that do not fit the column's type.
func idFormat(s store.Store) string {
	column := store.Column{Type: s.IDType()}
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
