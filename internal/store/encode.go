// SPDX-License-Identifier: MPL-2.0

package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// encoded is a store as text. Exactly one of api, functions, table and tenant is there; with api and tenant there are parts,
// with the others columns. Members stand in the order of their names and
// HTML is escaped, as jsonencode of Terraform has it: decoded and encoded there, the text is the same.
type encoded struct {
	API         *API                   `json:"api,omitempty"`
	Columns     map[Part]Column        `json:"columns,omitzero"`
	EmailLookup EmailLookup            `json:"email_lookup,omitempty"`
	Fills       map[string]Fill        `json:"extra_columns,omitempty"`
	Functions   *encodedFunctions      `json:"functions,omitempty"`
	OnDelete    map[string]*Expression `json:"on_delete,omitempty"`
	Parts       []Part                 `json:"parts,omitempty"`
	Reads       []Relation             `json:"reads,omitempty"`
	Refuses     []string               `json:"refuses,omitempty"`
	RowFilter   *Expression            `json:"row_filter,omitempty"`
	Table       *encodedTable          `json:"table,omitempty"`
	Tenant      *Tenant                `json:"tenant,omitempty"`
}

type encodedFunctions struct {
	Schema string       `json:"schema"`
	Own    []string     `json:"statements,omitempty"`
	Table  encodedTable `json:"table"`
}

// encodedTable is a table as SQL names it, "public.users".
type encodedTable Table

// MarshalJSON writes the names with quotes where they need them.
func (t encodedTable) MarshalJSON() ([]byte, error) {
	return json.Marshal(inDefinition(t.Schema) + "." + inDefinition(t.Name))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *encodedTable) UnmarshalJSON(text []byte) error {
	var name string
	if err := json.Unmarshal(text, &name); err != nil {
		return err
	}
	found := qualifiedName.FindStringSubmatch(name)
	if found == nil {
		return fmt.Errorf("%q is no table: its schema and its name are wanted, as in \"public.users\"", name)
	}
	*t = encodedTable{Schema: unquoted(found[1], found[2]), Name: unquoted(found[3], found[4])}
	return nil
}

// encodedColumn is a column of which there is more to say than its name and its type.
type encodedColumn Column

// MarshalJSON writes a column as it stands in CREATE TABLE, "email text", and as an object where there is more to say.
func (c Column) MarshalJSON() ([]byte, error) {
	if c.Name == "" || c.Type == "" || c.Expression != nil || c.Write != nil || c.Generated {
		return json.Marshal(encodedColumn(c))
	}
	return json.Marshal(inDefinition(c.Name) + " " + c.Type)
}

// UnmarshalJSON reads both forms.
func (c *Column) UnmarshalJSON(text []byte) error {
	if !bytes.HasPrefix(text, []byte(`"`)) {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		return decoder.Decode((*encodedColumn)(c))
	}
	var definition string
	if err := json.Unmarshal(text, &definition); err != nil {
		return err
	}
	found := columnDefinition.FindStringSubmatch(definition)
	if found == nil {
		return fmt.Errorf("%q is no column: its name and its type are wanted, as in \"email text\"", definition)
	}
	*c = Column{Name: unquoted(found[1], found[2]), Type: found[3]}
	return nil
}

var (
	plainName        = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)
	columnDefinition = regexp.MustCompile(`^(?s:` + nameForm + ` (.+))$`)
	qualifiedName    = regexp.MustCompile(`^` + nameForm + `\.` + nameForm + `$`)
)

// nameForm is a name in quotes, or else one without them.
const nameForm = `(?:"((?:[^"]|"")+)"|([a-z_][a-z0-9_]*))`

// unquoted is the name of which one of the two forms was found.
func unquoted(quoted, plain string) string { return plain + strings.ReplaceAll(quoted, `""`, `"`) }

// inDefinition is a name that has quotes where it needs them to be told from what follows. Nobody runs it.
func inDefinition(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// Marshal is the one text of a store: equal stores have equal texts. It is JSON in one line, and [Parse] gives the
// store again unless that lacks something that every store has.
func (s Store) Marshal() string {
	e := encoded{
		Columns:     s.Columns,
		EmailLookup: s.EmailLookup,
		Fills:       s.Fills,
		OnDelete:    s.OnDelete,
		Reads:       s.Reads,
		Refuses:     s.Refuses,
		RowFilter:   s.RowFilter,
	}
	e.describe(s)
	text, _ := json.Marshal(e) // of strings alone: there is nothing that could fail
	return string(text)
}

// Parse reads what [Store.Marshal] wrote, or what somebody wrote by hand in another order and with blanks. What it does
// not know is an error: a misspelt name must not mean a store without it.
func Parse(text string) (Store, error) {
	var e encoded
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e); err != nil {
		return Store{}, errors.New(explained(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Store{}, errors.New("something follows the JSON")
	}
	s := Store{
		Columns: e.Columns, EmailLookup: e.EmailLookup, Fills: e.Fills, OnDelete: e.OnDelete, Reads: e.Reads, Refuses: e.Refuses,
		RowFilter: e.RowFilter,
	}
	if err := e.reach(&s); err != nil {
		return Store{}, err
	}
	if err := s.check(); err != nil {
		return Store{}, err
	}
	if !s.isWhole(text) {
		return Store{}, errors.New("a member is null or empty, is there twice, or has another name than api, columns, " +
			"email_lookup, extra_columns, functions, on_delete, parts, row_filter, table, tenant, schema, name, type, generated, expression, " +
			"write, on_create, on_change, sql, statements, reads, refuses, schemas, sequences and takes; or a column has another form " +
			"than \"email text\", with quotes around a name that needs them, and no object unless there is more to say of it")
	}
	return s, nil
}

// describe notes what the store is reached through, and what it has.
func (e *encoded) describe(s Store) {
	table := encodedTable(s.Table())
	switch reach := s.Reach.(type) {
	case API:
		e.API, e.Columns, e.Parts = &reach, nil, slices.Sorted(maps.Keys(s.Columns))
		return
	case Tenant:
		e.Tenant, e.Columns, e.Parts = &reach, nil, slices.Sorted(maps.Keys(s.Columns))
		return
	case Functions:
		e.Functions = &encodedFunctions{reach.Schema, reach.Own, table}
	default:
		e.Table = &table
	}
	if e.Columns == nil {
		e.Columns = map[Part]Column{}
	}
}

// reach reads what [encoded.describe] noted.
func (e *encoded) reach(s *Store) error {
	reaches := 0
	for _, there := range []bool{e.API != nil, e.Functions != nil, e.Table != nil, e.Tenant != nil} {
		if there {
			reaches++
		}
	}
	switch {
	case reaches != 1:
		return errors.New("it needs a table, or functions with the table that they stand in front of, or an API, or a tenant, " +
			"and not both")
	case e.API != nil:
		s.Reach = *e.API
		return e.parts(s)
	case e.Tenant != nil:
		s.Reach = *e.Tenant
		return e.parts(s)
	case e.Functions != nil:
		s.Reach = Functions{
			Schema: e.Functions.Schema,
			Own:    e.Functions.Own,
			Table:  Table(e.Functions.Table),
		}
	default:
		s.Reach = Table(*e.Table)
	}
	if s.Columns == nil {
		return errors.New("it has no columns")
	}
	return nil
}

// parts reads those of a store that is no table.
func (e *encoded) parts(s *Store) error {
	switch {
	case e.Columns != nil || len(e.Parts) == 0:
		return errors.New("what is no table has parts and no columns")
	case !slices.IsSorted(e.Parts):
		return errors.New("parts are not sorted")
	}
	s.Columns = WithoutColumns(e.Parts)
	return nil
}

// WithoutColumns are the parts of a store that is no table.
func WithoutColumns(parts []Part) map[Part]Column {
	columns := make(map[Part]Column, len(parts))
	for _, part := range parts {
		columns[part] = Column{}
	}
	return columns
}

// isWhole reports whether the text has nothing that was read otherwise than it stands there: names are taken without
// regard to case, and of two members of one name the last counts.
func (s Store) isWhole(text string) bool {
	var members any
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		return false
	}
	all, err := json.Marshal(members)
	return err == nil && string(all) == s.Marshal()
}

// explained is what is wrong with the JSON, without the Go types that it was read into.
func explained(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("it is not JSON: %v at byte %d", err, syntax.Offset)
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Sprintf("%s has a value of another type than it should", kind.Field)
	case errors.As(err, &kind):
		return "it is not a JSON object"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it is not JSON: it ends too early"
	}
	return strings.Replace(err.Error(), "json: unknown field", "there is no member", 1)
}
