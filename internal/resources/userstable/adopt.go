// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// usualNames are further names that the columns of existing tables have, after folding.
var usualNames = map[store.Part][]string{
	store.ID:                {"userid", "uid", "uuid", "guid", "pk"},
	store.Email:             {"emailaddress", "mail", "useremail", "emailaddr", "login"},
	store.EmailVerified:     {"isverified", "verified", "emailconfirmed", "isemailverified", "confirmed", "emailisverified", "isemailconfirmed"},
	store.Password:          {"passwordhash", "hashedpassword", "encryptedpassword", "pwhash", "passwd", "pwd", "passhash", "pass", "hash", "passworddigest", "userpassword", "bcrypt", "cryptedpassword", "pw", "secret", "bcrypthash"},
	store.Nickname:          {"nick"},
	store.Username:          {"userlogin"},
	store.GivenName:         {"firstname"},
	store.FamilyName:        {"lastname", "surname"},
	store.Picture:           {"avatarurl", "pictureurl"},
	store.PhoneNumber:       {"phone"},
	store.CreatedAt:         {"createdon", "created"},
	store.UpdatedAt:         {"updatedon", "updated", "modifiedat"},
	store.LastLogin:         {"lastloginat", "lastsigninat"},
	store.LastPasswordReset: {"passwordchangedat", "lastpasswordresetat"},
}

// adoptTable describes an existing table as it is: each part by the column that most
// likely holds it, every other column as an extra one. Nothing about it is to be changed
// until the configuration says so.
func adoptTable(table *postgres.Table) tableSpec {
	spec := tableSpec{Schema: table.Schema, Name: table.Name, Columns: map[store.Part]columnSpec{}, Extra: map[string]columnSpec{}}
	taken := map[string]bool{}
	take := func(part store.Part, column *postgres.Column) {
		if _, done := spec.Columns[part]; done || column == nil || taken[column.Name] || !holds(part, column.Type) {
			return
		}
		taken[column.Name] = true
		spec.Columns[part] = adoptedColumn(column)
	}
	// The part's own name is surest, then the key for the id, then other spellings.
	for _, part := range store.Parts() {
		take(part.Part, table.Column(string(part.Part)))
	}
	for _, part := range store.Parts() {
		take(part.Part, similarColumn(table, []string{fold(string(part.Part))}))
	}
	if key := table.PrimaryKey(); len(key) == 1 {
		take(store.ID, table.Column(key[0]))
	}
	for _, part := range store.Parts() {
		take(part.Part, similarColumn(table, usualNames[part.Part]))
	}
	// What no login works without is guessed from a fragment, as long as only one column has it.
	for _, guess := range []struct {
		part     store.Part
		fragment string
	}{{store.Email, "mail"}, {store.Password, "passw"}, {store.Password, "pwd"}, {store.Password, "hash"}} {
		take(guess.part, onlyColumn(table, func(c postgres.Column) bool {
			return !taken[c.Name] && holds(guess.part, c.Type) && strings.Contains(fold(c.Name), guess.fragment)
		}))
	}
	take(store.ID, onlyColumn(table, func(c postgres.Column) bool {
		return !taken[c.Name] && (parsesAsIdentity(c.Default) || strings.HasPrefix(c.Default, "nextval("))
	}))
	for i := range table.Columns {
		if c := &table.Columns[i]; !taken[c.Name] {
			spec.Extra[c.Name] = adoptedColumn(c)
		}
	}
	id, email, username := spec.Columns[store.ID].Name, spec.Columns[store.Email], spec.Columns[store.Username].Name
	spec.PrimaryKey = slices.Equal(table.PrimaryKey(), []string{id})
	switch {
	case table.LookupIndex(email.Name, postgres.LowerLookup) != nil:
		spec.EmailLookup = store.LowerIndex
	case table.LookupIndex(email.Name, postgres.PlainLookup) != nil && isCITextName(email.Type):
		spec.EmailLookup = store.CIText
	case table.LookupIndex(email.Name, postgres.PlainLookup) != nil:
		spec.EmailLookup = store.Exact
	}
	for _, lookup := range []postgres.Lookup{postgres.LowerLookup, postgres.PlainLookup} {
		if spec.UsernameLookup == postgres.NoLookup && table.LookupIndex(username, lookup) != nil {
			spec.UsernameLookup = lookup
		}
	}
	return spec
}

// recoverLookup puts together again what private state has said of the indexes, which is lost
// with a provider that was killed: the lookup before the change, and which indexes are ours.
func (s *tableSpec) recoverLookup(state usersTableModel, observed *postgres.Table) {
	if state.Columns.IsNull() || observed.Comment != tableMark {
		return // imported, or not created here
	}
	there := func(p store.Part, lookup postgres.Lookup) bool {
		return observed.LookupIndex(s.Columns[p].Name, lookup) != nil
	}
	before := store.EmailLookup(state.EmailLookup.ValueString())
	if before != "" && there(store.Email, indexLookup(before)) {
		s.EmailLookup = before
	}
	if before != "" && there(store.Username, indexLookup(before)) {
		s.UsernameLookup = indexLookup(before)
	}
	for _, u := range s.desired().Unique {
		for _, name := range observed.Built(u.Column) {
			s.Built = append(s.Built, name)
			if serves := observed.LookupIndex(u.Column, u.Lookup); serves == nil || serves.Name != name {
				s.Former = append(s.Former, name)
			}
		}
	}
}

// fold drops what spellings differ in.
func fold(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

// similarColumn is the first column that has one of the folded names, the names in their order.
func similarColumn(table *postgres.Table, names []string) *postgres.Column {
	for _, name := range names {
		for i := range table.Columns {
			if fold(table.Columns[i].Name) == name {
				return &table.Columns[i]
			}
		}
	}
	return nil
}

// onlyColumn is the column that fits, nil unless there is exactly one.
func onlyColumn(table *postgres.Table, fits func(postgres.Column) bool) (found *postgres.Column) {
	for i := range table.Columns {
		if !fits(table.Columns[i]) {
			continue
		}
		if found != nil {
			return nil
		}
		found = &table.Columns[i]
	}
	return found
}

// holds reports whether a column of the type can hold the part as the scripts write it.
func holds(part store.Part, kind string) bool {
	name, _, _ := strings.Cut(kind, "(")
	text := name == "text" || name == "character varying" || name == "character" || isCITextName(name)
	switch part {
	case store.ID:
		return true
	case store.EmailVerified, store.PhoneVerified, store.Blocked:
		return name == "boolean"
	case store.UserMetadata, store.AppMetadata:
		return name == "jsonb" || name == "json"
	case store.CreatedAt, store.UpdatedAt, store.LastLogin, store.LastPasswordReset, store.MigratedAt:
		return strings.HasPrefix(name, "timestamp")
	}
	return text
}

// isCITextName recognises citext also where its schema is not on the search_path.
func isCITextName(name string) bool { return name == "citext" || strings.HasSuffix(name, ".citext") }

// parsesAsIdentity reports whether a default is an identity, which is never null.
func parsesAsIdentity(text string) bool { return strings.HasSuffix(text, " as identity") }
