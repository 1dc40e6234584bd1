// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Users log in whose hashes are recast as the guide shows. The values are made by Go's library.
func TestGuideRecastsHashes(t *testing.T) {
	guide, err := os.ReadFile("../../templates/guides/password-hashes.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile(`(?s)# (\w[^\n]*) legacy_hashes = \["(\w+)"\]\npassword = \{\n  expression = <<-SQL\n(.*?)  SQL\n`).
		FindAllStringSubmatch(string(guide), -1)
	sites := map[string]func(db *pgtest.DB) store.Table{"Discourse": discourse, "Keycloak": keycloak,
		"SHA-256": iterated}
	if len(examples) != len(sites) {
		t.Fatalf("the guide has %d examples", len(examples))
	}
	for _, example := range examples {
		name := strings.TrimRight(strings.Fields(example[1])[0], ":")
		t.Run(name, func(t *testing.T) {
			b := recastBench(t, sites[name], example[3], example[2])
			b.profile(scripts.Login, "ada@example.com", "correct horse")
			b.wrong("1", "ada@example.com", "incorrect horse")
		})
	}
}

// recastBench is a table whose passwords are read through an expression, as a plan resolves it.
func recastBench(t *testing.T, site func(*pgtest.DB) store.Table, expression, format string) *bench {
	t.Helper()
	db := pgtest.LocalDatabase(t)
	b := &bench{t: t, db: db, rendered: map[scripts.Operation]string{}, rendering: new(sync.Mutex),
		container: sharedContainer(t)}
	reach := site(db)
	current, err := table.Inspect(t.Context(), db.Conn(), reach.Schema, reach.Name)
	if err != nil {
		t.Fatal(err)
	}
	found, err := table.ResolveExpressions(t.Context(), db.Conn(), table.Row{Schema: reach.Schema, Name: reach.Name,
		Current: current}, []string{expression})
	if err != nil {
		t.Fatal(err)
	}
	password := found[expression].Expression
	b.store = store.Store{Reach: reach, EmailLookup: store.LowerIndex, Columns: map[store.Part]store.Column{
		store.ID: {Name: "id", Type: "integer"}, store.Email: {Name: "email", Type: "text"},
		store.Password: {Expression: &password},
	}}
	b.options = scripts.Options{Store: b.store, BcryptRounds: 4, LegacyHashes: []string{format}}
	b.role = db.RoleName("scripts")
	b.url = db.URLFor(b.role, "role-password")
	b.configuration = map[string]string{scripts.DefaultDatabaseURLKey: b.url}
	db.Exec("CREATE ROLE " + quote(b.role) + " LOGIN PASSWORD 'role-password'")
	b.grant(b.privileges(scripts.Login))
	return b
}

func discourse(db *pgtest.DB) store.Table {
	key, _ := pbkdf2.Key(sha256.New, "correct horse", []byte("0123456789abcdef"), 64000, 32)
	db.Exec("CREATE TABLE public.users (id int PRIMARY KEY, email text, password_hash varchar(64), salt varchar(32))")
	db.Exec("INSERT INTO public.users VALUES (1, 'ada@example.com', $1, '0123456789abcdef')", fmt.Sprintf("%x", key))
	return store.Table{Schema: "public", Name: "users"}
}

func keycloak(db *pgtest.DB) store.Table {
	base := base64.StdEncoding.EncodeToString
	key, _ := pbkdf2.Key(sha512.New, "correct horse", []byte("0123456789abcdef"), 27500, 64)
	db.Exec(`CREATE TABLE public.user_entity (id int PRIMARY KEY, email text);
		CREATE TABLE public.credential (user_id int, type text, secret_data text, credential_data text);
		INSERT INTO public.user_entity VALUES (1, 'ada@example.com')`)
	db.Exec("INSERT INTO public.credential VALUES (1, 'otp', '{}', '{}'), (1, 'password', $1, $2)",
		fmt.Sprintf(`{"value":%q,"salt":%q,"additionalParameters":{}}`, base(key), base([]byte("0123456789abcdef"))),
		`{"hashIterations":27500,"algorithm":"pbkdf2-sha512","additionalParameters":{}}`)
	return store.Table{Schema: "public", Name: "user_entity"}
}

func iterated(db *pgtest.DB) store.Table {
	digest := sha256.Sum256([]byte("correct horse" + "pepper-less salt"))
	for range 19999 {
		digest = sha256.Sum256(digest[:])
	}
	db.Exec("CREATE TABLE public.users (id int PRIMARY KEY, email text, hash text, salt text)")
	db.Exec("INSERT INTO public.users VALUES (1, 'ada@example.com', $1, 'pepper-less salt')",
		base64.StdEncoding.EncodeToString(digest[:]))
	return store.Table{Schema: "public", Name: "users"}
}
