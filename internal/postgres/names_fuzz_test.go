// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

// hostileNames are names that something between here and the server might read as more than a name.
var hostileNames = []string{
	"users", "User Accounts", `a"b`, `"`, `""`, `a.b`, ".", `"a"."b"`, `x"; DROP TABLE users; --`, "ä\u0308\u2028", "\\", "'", "$1", "a\nb", " ", "\u00a0", "U&\"\\0061\"",
	strings.Repeat("x", 63), strings.Repeat("ü", 32), "a\x00b", "\xff", "",
}

// FuzzQualifiedName holds the two ways of writing a table's name, ours and the server's, to what is read back.
func FuzzQualifiedName(f *testing.F) {
	for i, name := range hostileNames {
		f.Add(name, hostileNames[len(hostileNames)-1-i])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if CheckIdentifier(a) == nil && CheckIdentifier(b) == nil {
			for _, text := range []string{QualifiedName(a, b), Ident(a, b)} {
				if parts, ok := ParseQualifiedName(text); !ok || !slices.Equal(parts, []string{a, b}) {
					t.Errorf("%q and %q are written %s and read as %q, %t", a, b, text, parts, ok)
				}
			}
		}
		// What is read of any text are names.
		parts, ok := ParseQualifiedName(a)
		if !ok {
			return
		}
		for _, part := range parts {
			if err := CheckIdentifier(part); err != nil {
				t.Errorf("%q is read as %q: %v", a, parts, err)
			}
		}
		if again, ok := ParseQualifiedName(Ident(parts...)); !ok || !slices.Equal(again, parts) {
			t.Errorf("%q is read as %q, and that as %q", a, parts, again)
		}
	})
}

// FuzzIdentifier asks the server what it makes of a quoted name: that name.
func FuzzIdentifier(f *testing.F) {
	for _, name := range hostileNames {
		f.Add(name)
	}
	conn := pgtest.LocalDatabase(f).Conn()
	f.Fuzz(func(t *testing.T, name string) {
		if CheckIdentifier(name) != nil {
			return
		}
		described, err := conn.Prepare(t.Context(), "", "SELECT 1 AS "+Ident(name)+", 2 AS witness")
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if fields := described.Fields; len(fields) != 2 || fields[0].Name != name || fields[1].Name != "witness" {
			t.Errorf("%q is %q to the server", name, fields[0].Name)
		}
	})
}

// FuzzObjectName makes names of indexes and constraints.
func FuzzObjectName(f *testing.F) {
	f.Add("users", "email", 0)
	f.Add(strings.Repeat("x", 60), "email", 3)
	f.Add(strings.Repeat("ü", 31), "ö", 12)
	f.Fuzz(func(t *testing.T, table, column string, number int) {
		if CheckIdentifier(table) != nil || CheckIdentifier(column) != nil {
			return
		}
		var taken []string
		for range min(max(number, 0), 15) {
			name := FreeName(taken, table, column, "key")
			if len(name) > maxIdentifier || !utf8.ValidString(name) || slices.Contains(taken, name) || !MadeName(name, table, column, "key") {
				t.Fatalf("the name after %q is %q", taken, name)
			}
			taken = append(taken, name)
		}
	})
}

// FuzzGrant reads lines that a state may hold, and writes them again.
func FuzzGrant(f *testing.F) {
	for _, name := range hostileNames {
		f.Add(Grant{Privilege: "SELECT", Columns: []string{name, "b, c"}, On: Object{Kind: TableObject, Schema: "s", Name: name}}.String())
		f.Add(Grant{Privilege: "USAGE", On: Object{Kind: SchemaObject, Name: name}, Grantable: true}.String())
	}
	f.Fuzz(func(t *testing.T, line string) {
		grant, ok := ParseGrant(line)
		if !ok {
			return
		}
		again, ok := ParseGrant(grant.String())
		if !ok || !reflect.DeepEqual(again, grant) {
			t.Errorf("%q is read as %#v, written as %q and then read as %#v", line, grant, grant.String(), again)
		}
	})
}

// FuzzVerifier reads what a server may hold in place of a password.
func FuzzVerifier(f *testing.F) {
	f.Add("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")
	f.Add("SCRAM-SHA-256$0:c2FsdA==$YQ==:YQ==")
	f.Add("md5d41d8cd98f00b204e9800998ecf8427e")
	f.Add("$:$:")
	f.Fuzz(func(t *testing.T, text string) {
		verifier, err := ParseVerifier(text)
		if err != nil {
			if !errors.Is(err, ErrVerifier) {
				t.Errorf("untyped error %v", err)
			}
			return
		}
		again, err := ParseVerifier(verifier.Secret())
		if err != nil || !reflect.DeepEqual(again, verifier) {
			t.Errorf("%q is written %q, which is read as another: %v", text, verifier.Secret(), err)
		}
	})
}

// FuzzHBAInclude puts a role's line into any pg_hba.conf and takes it out again.
func FuzzHBAInclude(f *testing.F) {
	f.Add([]byte("# TYPE\r\n\nlocal all all trust\nhost all all 192.0.2.0/24 scram-sha-256"), "scripts")
	f.Add([]byte("include_if_exists \"auth0pg_scripts.conf\"\n"), "Scripts \"#\"")
	f.Add([]byte("include auth0pg_scripts.conf # \\"), "scripts")
	f.Add([]byte("\x00\xff\r"), "@all")
	f.Fuzz(func(t *testing.T, main []byte, role string) {
		if HBANameProblem(role) != "" {
			return
		}
		file := hbaFileName(role)
		if !utf8.ValidString(file) || strings.ContainsAny(file, "\"/\\ \n") {
			t.Fatalf("the file of %q is %q", role, file)
		}
		with := append([]byte(HBAInclude(role)+"\n"), main...)
		without := withoutInclude(with, file)
		if !bytes.Equal(without, withoutInclude(main, file)) || !bytes.HasSuffix(with, main) {
			t.Errorf("%q became %q", main, without)
		}
		if !bytes.Contains(main, []byte("include")) && !bytes.Equal(without, main) {
			t.Errorf("%q, in which nothing is included, became %q", main, without)
		}
		for _, line := range (Allowlist{Role: role, Database: role}).HBALines() {
			if strings.ContainsAny(line, "\r\n\x00") || !strings.HasSuffix(line, " all reject") {
				t.Errorf("the line for %q is %q", role, line)
			}
		}
	})
}
