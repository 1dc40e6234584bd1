// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// usualNames are further names that the columns of existing tables have, after folding.
var usualNames = map[store.Part][]string{
	store.ID:    {"userid", "uid", "uuid", "guid", "pk"},
	store.Email: {"emailaddress", "mail", "useremail", "emailaddr", "login"},
	store.EmailVerified: {
		"emailverifiedat",
		"emailconfirmed",
		"emailconfirmedat",
		"isemailverified",
		"isemailconfirmed",
		"emailisverified",
		"emailvalidated",
		"mailverified",
		"confirmedat",
		"isverified",
		"verified",
		"verifiedat",
		"isconfirmed",
		"confirmed",
	},
	store.Password: {
		"passwordhash",
		"hashedpassword",
		"encryptedpassword",
		"pwhash",
		"passwd",
		"pwd",
		"passhash",
		"pass",
		"hash",
		"passworddigest",
		"userpassword",
		"bcrypt",
		"cryptedpassword",
		"pw",
		"secret",
		"bcrypthash",
	},
	store.PasswordSalt: {"salt", "passsalt", "pwsalt", "pwdsalt", "hashsalt", "usersalt"},
	store.Nickname:     {"nick"},
	store.Username:     {"userlogin"},
	store.Name:         {"fullname", "displayname", "realname"},
	// Not those that say the opposite or that end by themselves: see table.Suspects.
	store.Blocked: {
		"isblocked",
		"blockedat",
		"banned",
		"isbanned",
		"bannedat",
		"disabled",
		"isdisabled",
		"disabledat",
		"suspended",
		"issuspended",
		"suspendedat",
		"deactivated",
		"isdeactivated",
		"deactivatedat",
		"locked",
		"islocked",
		"lockedat",
	},
	store.PhoneVerified: {
		"phoneverifiedat",
		"phoneconfirmed",
		"phoneconfirmedat",
		"phonenumberverified",
		"phonenumberconfirmed",
	},
	store.UserMetadata:      {"rawusermetadata", "usermeta"},
	store.AppMetadata:       {"rawappmetadata", "appmeta"},
	store.GivenName:         {"firstname"},
	store.FamilyName:        {"lastname", "surname"},
	store.Picture:           {"avatarurl", "pictureurl"},
	store.PhoneNumber:       {"phone"},
	store.CreatedAt:         {"createdon", "created", "datejoined", "joinedat", "registeredat", "datecreated"},
	store.UpdatedAt:         {"updatedon", "updated", "modifiedat"},
	store.LastLogin:         {"lastloginat", "lastsigninat", "lastloggedinat", "lastlogindate"},
	store.LastPasswordReset: {"passwordchangedat", "lastpasswordresetat"},
}

// AdoptParts tells which column of an existing table most likely holds each part of a user.
func AdoptParts(users *table.Table) (parts map[store.Part]*table.Column) {
	parts = map[store.Part]*table.Column{}
	taken := map[string]bool{}
	take := func(part store.Part, column *table.Column) {
		if _, done := parts[part]; done || column == nil || taken[column.Name] || !holds(part, column.ValueType()) {
			return
		}
		taken[column.Name] = true
		parts[part] = column
	}
	// Zulip shows another address in "email" than the one that mail goes to.
	take(store.Email, similarColumn(users, []string{"deliveryemail"}))
	// The part's own name is surest, then the key for the id, then other spellings.
	for _, part := range store.Parts() {
		take(part.Part, users.Column(string(part.Part)))
	}
	for _, part := range store.Parts() {
		take(part.Part, similarColumn(users, []string{fold(string(part.Part))}))
	}
	if key := users.PrimaryKey(); len(key) == 1 {
		take(store.ID, users.Column(key[0]))
	}
	for _, part := range store.Parts() {
		take(part.Part, similarColumn(users, usualNames[part.Part]))
	}
	// What no login works without is guessed from a fragment, as long as only one column has it.
	for _, guess := range []struct {
		part     store.Part
		fragment string
	}{{store.Email, "mail"}, {store.Password, "passw"}, {store.Password, "pwd"}, {store.Password, "hash"}} {
		take(guess.part, onlyColumn(users, func(c table.Column) bool {
			return !taken[c.Name] && holds(guess.part, c.ValueType()) && strings.Contains(fold(c.Name), guess.fragment)
		}))
	}
	take(store.ID, onlyColumn(users, func(c table.Column) bool {
		return !taken[c.Name] && (table.IsIdentity(c.Default) || strings.HasPrefix(c.Default, "nextval("))
	}))
	return parts
}

// likelyLimit is how many columns a message names.
const likelyLimit = 3

// LikelyColumns lists the columns that may hold a part for which a name was given that the table does not have, the
// likeliest first: what an import would take for it, and those of a similar name. Those that are taken are left out.
func LikelyColumns(users *table.Table, part store.Part, name string, taken []string) []string {
	var likely []string
	offer := func(column *table.Column) {
		if column != nil && len(likely) < likelyLimit && !slices.Contains(slices.Concat(taken, likely), column.Name) {
			likely = append(likely, column.Name)
		}
	}
	offer(AdoptParts(users)[part])
	for _, usual := range usualNames[part] {
		offer(similarColumn(users, []string{usual}))
	}
	for _, wanted := range []string{fold(name), fold(string(part))} {
		for i := range users.Columns {
			have := fold(users.Columns[i].Name)
			if store.Near(have, wanted) || len(have) > 3 && (strings.Contains(have, wanted) || strings.Contains(wanted, have)) {
				offer(&users.Columns[i])
			}
		}
	}
	return likely
}

// AdoptLookup is the lookup of e-mail addresses that an index of the table serves; "" where none does. A plain index does not
// while addresses have capitals: whoever has such a one would not be found.
func AdoptLookup(users *table.Table, email string) store.EmailLookup {
	column := users.Column(email)
	switch {
	case column == nil:
		return ""
	case users.LookupIndex(email, table.LowerLookup) != nil:
		return store.LowerIndex
	case users.LookupIndex(email, table.PlainLookup) == nil:
		return ""
	case table.IsCIText(column.ValueType()):
		return store.CIText
	case users.Capitals:
		return ""
	}
	return store.Exact
}

// UnindexedLookup is the lookup of e-mail addresses in a column of the type that no index serves.
func UnindexedLookup(kind string) store.EmailLookup {
	if table.IsCIText(kind) {
		return store.CIText
	}
	return store.LowerIndex
}

// AdoptStore describes an existing table as the `store` of an imported auth0pg_users_table does.
func AdoptStore(users *table.Table) store.Store {
	s := store.Store{Reach: store.Table{Schema: users.Schema, Name: users.Name}, Columns: map[store.Part]store.Column{}}
	for part, column := range AdoptParts(users) {
		s.Columns[part] = store.Column{
			Name:      column.Name,
			Type:      column.ValueType(),
			Generated: table.IsGenerated(column.Default),
		}
	}
	email := s.Columns[store.Email]
	if s.EmailLookup = AdoptLookup(users, email.Name); s.EmailLookup == "" {
		s.EmailLookup = UnindexedLookup(email.Type)
	}
	return s
}

// fold drops what spellings differ in.
func fold(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

// similarColumn is the first column that has one of the folded names, the names in their order.
func similarColumn(users *table.Table, names []string) *table.Column {
	for _, name := range names {
		for i := range users.Columns {
			if fold(users.Columns[i].Name) == name {
				return &users.Columns[i]
			}
		}
	}
	return nil
}

// onlyColumn is the column that fits, nil unless there is exactly one.
func onlyColumn(users *table.Table, fits func(table.Column) bool) (found *table.Column) {
	for i := range users.Columns {
		if !fits(users.Columns[i]) {
			continue
		}
		if found != nil {
			return nil
		}
		found = &users.Columns[i]
	}
	return found
}

// holds reports whether a column of the type can hold the part as the scripts write it.
func holds(part store.Part, kind string) bool {
	name, _, _ := strings.Cut(kind, "(")
	text := name == "text" || name == "character varying" || name == "character" || table.IsCIText(name)
	switch part {
	case store.ID:
		return true
	case store.EmailVerified, store.PhoneVerified, store.Blocked:
		return name == "boolean" || name == "smallint" || name == "integer" || name == "date" ||
			strings.HasPrefix(name, "timestamp")
	case store.Password:
		return text || name == "bytea"
	case store.UserMetadata, store.AppMetadata:
		return name == "jsonb" || name == "json"
	case store.CreatedAt, store.UpdatedAt, store.LastLogin, store.LastPasswordReset, store.MigratedAt:
		return strings.HasPrefix(name, "timestamp")
	}
	return text
}
