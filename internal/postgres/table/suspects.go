// SPDX-License-Identifier: MPL-2.0

package table

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Suspect is a column that looks as if it said who may not log in, and that nothing reads.
type Suspect struct {
	Column string
	// Out is the condition, over a row, under which its user is probably out; "" where the name does not tell, as of a
	// status.
	Out string
	// Settle is what the configuration would say: an attribute with its value.
	Settle string
}

// Words of such columns' names. Of positive ones the opposite keeps somebody out, of limits the time that has not come
// or has passed, of ends that there is one.
var (
	positive = []string{"active", "enabled", "approved", "activated", "allowed", "accepted", "valid"}
	negative = []string{
		"inactive", "disabled", "banned", "ban", "locked", "lockout", "lock", "suspended", "suspension", "blocked", "deactivated",
		"archived", "expired", "revoked", "terminated", "closed", "frozen", "rejected", "cancelled", "canceled", "pending", "denied",
		"barred", "unapproved", "dismissed",
	}
	ended   = []string{"deleted", "delete", "removed", "deletion", "trashed", "discarded", "erased", "purged", "anonymized", "anonymised"}
	limits  = []string{"until", "till", "end", "ends"}
	expires = []string{"expires", "expiry", "expiration"}
	states  = []string{"status", "state"}
	// Flags of rows that are nobody.
	nobodies = []string{"bot", "robot", "system", "dummy", "ghost", "placeholder", "anonymous", "stub"}
	// Words that may stand beside them; with any other one the column is about something else.
	fillers = []string{"is", "was", "user", "account", "login", "at", "on", "date", "time", "utc", "since", "from",
		"permanently", "flag", "admin", "access", "membership"}
)

// Suspects lists them: those that no part and no filter of the store reads, and that are not among the ignored ones.
func Suspects(users store.Store, t *Table, ignored []string) []Suspect {
	read := columnsRead(users)
	var found []Suspect
	for i := range t.Columns {
		c := &t.Columns[i]
		if read[c.Name] || slices.Contains(ignored, c.Name) {
			continue
		}
		if s, is := suspect(c); is {
			found = append(found, s)
		}
	}
	return found
}

// columnsRead are the columns of the store's own relation that are parts or that an expression reads.
func columnsRead(users store.Store) map[string]bool {
	read := map[string]bool{}
	note := func(e *store.Expression) {
		if e == nil {
			return
		}
		for _, r := range e.Reads {
			if (store.Table{Schema: r.Schema, Name: r.Name}) == users.Table() {
				for _, name := range r.Columns {
					read[name] = true
				}
			}
		}
	}
	for _, c := range users.Columns {
		read[c.Name] = true
		note(c.Expression)
	}
	note(users.RowFilter)
	return read
}

// kinds of types that a suspect can have.
func valueKind(c *Column) string {
	name, _, _ := strings.Cut(c.ValueType(), "(")
	switch name = strings.TrimSpace(name); {
	case name == "boolean":
		return "flag"
	case name == "smallint", name == "integer", name == "bigint":
		return "number"
	case name == "date", strings.HasPrefix(name, "timestamp"):
		return "time"
	case name == "text", name == "character varying", name == "character", IsCIText(name), c.Base == "" &&
		strings.HasPrefix(name, "public."),
		c.Base == "" && !strings.Contains(builtInNames, " "+name+" "):
		return "text" // an enumeration is like a text
	}
	return ""
}

// builtInNames are types of the server's that are neither text nor an enumeration of somebody's.
const builtInNames = " json jsonb uuid bytea inet cidr numeric real double precision interval time time without " +
	"time zone bit xml oid text[] "

func suspect(c *Column) (Suspect, bool) {
	words := wordsOf(c.Name)
	has := func(list []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) })
	}
	known := slices.Concat(positive, negative, ended, limits, expires, states, nobodies, fillers)
	if slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(known, w) }) ||
		!has(slices.Concat(positive, negative, ended, expires, states, nobodies)) && (!has(limits) || len(words) < 2) {
		return Suspect{}, false
	}
	kind, name := valueKind(c), cmp.Or(c.Quoted, postgres.Ident(c.Name))
	blocked := func(out string) (Suspect, bool) {
		return Suspect{c.Name, out, "blocked = { expression = " + hclText(out) + " }"}, true
	}
	switch {
	case has(states) && kind == "text":
		return Suspect{c.Name, "", "blocked = { expression = " + hclText(name+" is distinct from 'active'") + " }"}, true
	case has(states) && kind == "number":
		return Suspect{c.Name, "", "blocked = { expression = " + hclText(name+" is distinct from 1") + " }"}, true
	case has(ended) && kind == "time":
		return Suspect{c.Name, name + " is not null", "row_filter = " + hclText(name+" is null")}, true
	case kind == "flag" && (has(ended) || has(nobodies)):
		return Suspect{c.Name, name, "row_filter = " + hclText(name+" is not true")}, true
	case has(ended) && kind == "number":
		return Suspect{c.Name, "coalesce(" + name + " <> 0, false)", "row_filter = " +
			hclText("coalesce("+name+", 0) = 0")}, true
	case kind == "time" && (has(expires) || has(positive) && has(limits)):
		return blocked("coalesce(" + name + " <= now(), false)")
	case kind == "time" && has(limits):
		return blocked("coalesce(" + name + " > now(), false)")
	case kind == "time" && has(positive):
		return blocked(name + " is null")
	case kind == "time":
		return blocked(name + " is not null")
	case kind == "flag" && has(negative):
		return blocked("coalesce(" + name + ", false)")
	case kind == "flag":
		return blocked(name + " is not true")
	case has(nobodies):
		return Suspect{}, false
	case kind == "number" && (has(limits) || has(expires)): // since 1970, in seconds or milliseconds, and 0 for none
		comparison := " > now(), false)"
		if has(expires) || has(positive) {
			comparison = " <= now(), false)"
		}
		since := "coalesce(to_timestamp(nullif(" + name + ", 0))" + comparison
		return Suspect{c.Name, "", "blocked = { expression = " + hclText(since) + " }"}, true
	case kind == "number" && has(positive):
		return blocked("coalesce(" + name + ", 0) = 0")
	case kind == "number" && has(negative):
		return blocked("coalesce(" + name + ", 0) <> 0")
	}
	return Suspect{}, false
}

// wordsOf takes a name apart at underscores, blanks, hyphens and capitals, in lower case.
func wordsOf(name string) []string {
	var apart strings.Builder
	before := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			apart.WriteByte(' ')
		}
		before = r
		if r == '_' || r == '-' {
			r = ' '
		}
		apart.WriteRune(unicode.ToLower(r))
	}
	var words []string
	for _, word := range strings.Fields(apart.String()) {
		words = append(words, unjoined(word)...)
	}
	return words
}

// unjoined takes words apart that are written as one, such as isactive and deletedat.
func unjoined(word string) []string {
	telling := slices.Concat(positive, negative, ended)
	for _, front := range []string{"", "is"} {
		for _, end := range []string{"", "at", "on", "until", "till", "date"} {
			middle, fits := strings.CutPrefix(word, front)
			if middle, has := strings.CutSuffix(middle, end); fits && has && slices.Contains(telling, middle) {
				return slices.DeleteFunc([]string{front, middle, end}, func(w string) bool { return w == "" })
			}
		}
	}
	return []string{word}
}

// hclText is a text as a configuration has it.
func hclText(text string) string { return strings.ReplaceAll(fmt.Sprintf("%q", text), "${", "$${") }
