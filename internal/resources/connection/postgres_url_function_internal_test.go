// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"bytes"
	"encoding/json"
	"math/big"
	"os/exec"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// object makes an object value of Go values: strings, whole numbers, nil, or values.
func object(t testing.TB, members map[string]any) types.Object {
	t.Helper()
	kinds, values := map[string]attr.Type{}, map[string]attr.Value{}
	for name, member := range members {
		switch member := member.(type) {
		case string:
			values[name] = types.StringValue(member)
		case int:
			values[name] = types.NumberValue(big.NewFloat(float64(member)))
		case float64:
			values[name] = types.NumberValue(big.NewFloat(member))
		case bool:
			values[name] = types.BoolValue(member)
		case nil:
			values[name] = types.DynamicNull()
		case map[string]any:
			values[name] = object(t, member)
		default:
			t.Fatalf("cannot make a value of %T", member)
		}
		kinds[name] = values[name].Type(t.Context())
	}
	return types.ObjectValueMust(kinds, values)
}

func TestPostgresURL(t *testing.T) {
	for name, test := range map[string]struct {
		parts map[string]any
		want  string
	}{
		"host alone":    {map[string]any{"host": "db.example.com"}, "postgresql://db.example.com"},
		"null parts":    {map[string]any{"host": "db.example.com", "port": nil, "password": nil, "parameters": nil}, "postgresql://db.example.com"},
		"all":           {map[string]any{"host": "db.example.com", "port": 5432, "database": "app", "username": "auth0_scripts", "password": "p@ss:w/rd?#%[ ]&+é", "sslmode": "verify-full", "sslrootcert": "/etc/ca.pem", "connect_timeout": 5, "application_name": "auth0 & co"}, "postgresql://auth0_scripts:p%40ss%3Aw%2Frd%3F%23%25%5B%20%5D%26%2B%C3%A9@db.example.com:5432/app?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&connect_timeout=5&application_name=auth0%20%26%20co"},
		"port as text":  {map[string]any{"host": "10.0.0.1", "port": "6432"}, "postgresql://10.0.0.1:6432"},
		"IPv6":          {map[string]any{"host": "2001:DB8::1", "port": 5432, "database": "app"}, "postgresql://[2001:db8::1]:5432/app"},
		"IPv6 brackets": {map[string]any{"host": "[::1]", "database": "app"}, "postgresql://[::1]/app"},
		"socket":        {map[string]any{"host": "/var/run/postgresql", "database": "app"}, "postgresql://%2Fvar%2Frun%2Fpostgresql/app"},
		"odd user":      {map[string]any{"host": "h", "username": "a:b@c"}, "postgresql://a%3Ab%40c@h"},
		"odd database":  {map[string]any{"host": "h", "database": "my app@home/1?#"}, "postgresql://h/my%20app%40home%2F1%3F%23"},
		"parameters": {map[string]any{"host": "h", "sslmode": "require", "parameters": map[string]any{"options": "-c search_path=app", "target_session_attrs": "any", "keepalives": 1, "unset": nil}},
			"postgresql://h?sslmode=require&keepalives=1&options=-c%20search_path%3Dapp&target_session_attrs=any"},
	} {
		if got, err := postgresURL(object(t, test.parts)); err != nil || got != test.want {
			t.Errorf("%s:\n got %q, %v\nwant %q", name, got, err, test.want)
		}
	}
	parts := types.MapValueMust(types.StringType, map[string]attr.Value{"host": types.StringValue("h"), "port": types.StringValue("5432")})
	if got, err := postgresURL(parts); err != nil || got != "postgresql://h:5432" {
		t.Errorf("map: %q, %v", got, err)
	}
}

func TestPostgresURLRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		parts map[string]any
		want  string
	}{
		"nothing":              {map[string]any{}, `"host" is missing`},
		"null host":            {map[string]any{"host": nil}, `"host" is missing`},
		"empty host":           {map[string]any{"host": ""}, `"host" is empty`},
		"URL":                  {map[string]any{"host": "postgres://u:hidden@h/db"}, "not a URL"},
		"port in host":         {map[string]any{"host": "hidden.example.com:5432"}, `"port"`},
		"several hosts":        {map[string]any{"host": "hidden1,hidden2"}, "one host"},
		"user in host":         {map[string]any{"host": "hidden@h"}, "no host name"},
		"path in host":         {map[string]any{"host": "h/hidden"}, "no host name"},
		"space in host":        {map[string]any{"host": "h hidden"}, "no host name"},
		"port 0":               {map[string]any{"host": "h", "port": 0}, `"port" must be`},
		"port too high":        {map[string]any{"host": "h", "port": 65536}, `"port" must be`},
		"negative port":        {map[string]any{"host": "h", "port": -1}, `"port" must be`},
		"fraction":             {map[string]any{"host": "h", "port": 54.32}, "whole number"},
		"port as hidden text":  {map[string]any{"host": "h", "port": "hidden"}, `"port" must be`},
		"port with plus":       {map[string]any{"host": "h", "port": "+5432"}, `"port" must be`},
		"port with zero":       {map[string]any{"host": "h", "port": "05432"}, `"port" must be`},
		"password alone":       {map[string]any{"host": "h", "password": "hidden"}, `needs a "username"`},
		"empty password":       {map[string]any{"host": "h", "username": "u", "password": ""}, `"password" is empty`},
		"NUL":                  {map[string]any{"host": "h", "username": "u", "password": "hidden\x00"}, "NUL"},
		"sslmode":              {map[string]any{"host": "h", "sslmode": "no-verify"}, "verify-ca and verify-full"},
		"timeout":              {map[string]any{"host": "h", "connect_timeout": "5s"}, "number of seconds"},
		"libpq's name":         {map[string]any{"host": "h", "user": "hidden"}, `the part is called "username"`},
		"libpq's name 2":       {map[string]any{"host": "h", "dbname": "hidden"}, `the part is called "database"`},
		"misspelt":             {map[string]any{"host": "h", "pasword": "hidden"}, `"pasword" is not a part`},
		"bool":                 {map[string]any{"host": "h", "password": true, "username": "u"}, "must be a string"},
		"object":               {map[string]any{"host": map[string]any{"a": "hidden"}}, "must be a string"},
		"text for parameters":  {map[string]any{"host": "h", "parameters": "hidden"}, "map of strings"},
		"part in parameters":   {map[string]any{"host": "h", "parameters": map[string]any{"password": "hidden"}}, "is a part of its own"},
		"part in parameters 2": {map[string]any{"host": "h", "parameters": map[string]any{"user": "hidden"}}, `write "username"`},
		"at sign in socket":    {map[string]any{"host": "/hidden@h"}, "folder of a socket with an @"},
		"IPv6 zone":            {map[string]any{"host": "fe80::1%hidden"}, "has a zone"},
		"unknown parameter":    {map[string]any{"host": "h", "parameters": map[string]any{"search_path": "hidden"}}, `"search_path" in "parameters" is no parameter`},
		"unheeded parameter":   {map[string]any{"host": "h", "parameters": map[string]any{"gssencmode": "require"}}, `"gssencmode" in "parameters" is no parameter`},
		"misplaced secret":     {map[string]any{"host": "h", "parameters": map[string]any{"hidden p@ss": "x"}}, "holds a name that no parameter has"},
		"nameless parameter":   {map[string]any{"host": "h", "parameters": map[string]any{"": "hidden"}}, "without a name"},
	} {
		got, err := postgresURL(object(t, test.parts))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, test.want)
		} else if strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v repeats a value", name, err)
		}
	}
	for _, value := range []attr.Value{types.StringValue("hidden"), types.ObjectNull(nil), types.MapNull(types.StringType), types.ListNull(types.StringType), nil} {
		if got, err := postgresURL(value); err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%v: %q, %v", value, got, err)
		}
	}
}

// hostile are texts that URL parsers take apart in different ways.
var hostile = []string{
	"plain", "p@ss", "a:b", "a/b", "a?b", "a#b", "a b", "a+b", "a%b", "%41", "%2F", "%zz", "100%", "a&b=c", "a=b", "[::1]", "'\"\\", "é", "日本語", "\t\n", "..", "~.-_", "$1", "!*();,", "😀", "a\x7f",
}

func TestPostgresURLReadBackByPgx(t *testing.T) {
	for _, text := range hostile {
		checkPgx(t, text, text, text)
	}
}

func checkPgx(t *testing.T, username, password, database string) {
	t.Helper()
	url, err := postgresURL(object(t, map[string]any{"host": "::1", "port": 5433, "username": username, "password": password, "database": database, "sslmode": "disable", "application_name": password}))
	if err != nil {
		return
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatalf("%q: %v", url, err)
	}
	if config.Host != "::1" || config.Port != 5433 || config.User != username || config.Password != password || config.Database != database || config.RuntimeParams["application_name"] != password {
		t.Errorf("%q was read as host %q, port %d, user %q, password %q, database %q, application %q",
			url, config.Host, config.Port, config.User, config.Password, config.Database, config.RuntimeParams["application_name"])
	}
}

func FuzzPostgresURL(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, text, text)
	}
	f.Fuzz(checkPgx2)
}

func checkPgx2(t *testing.T, username, password, database string) {
	if strings.HasPrefix(database, "/") {
		return // pgx drops slashes at the beginning, however they are written: no URL names such a database to it
	}
	checkPgx(t, username, password, database)
}

// TestPostgresURLReadBackByNode hands the URLs to the parser that the scripts use.
func TestPostgresURLReadBackByNode(t *testing.T) {
	modules, err := localtenant.InstallModules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	type parsed struct {
		Host, Port, User, Password, Database string
		Application                          string `json:"application_name"`
	}
	var urls []string
	var want []parsed
	for _, text := range hostile {
		database := text
		if strings.ContainsAny(text, "/?#@") || text == ".." {
			// node-postgres cannot name such a database in a URL at all.
			database = "app"
		}
		url, err := postgresURL(object(t, map[string]any{"host": "2001:db8::1", "port": 5433, "username": text, "password": text, "database": database, "application_name": text}))
		if err != nil {
			t.Fatal(err)
		}
		urls = append(urls, url)
		want = append(want, parsed{"2001:db8::1", "5433", text, text, database, text})
	}
	input, err := json.Marshal(urls)
	if err != nil {
		t.Fatal(err)
	}
	const script = `const {parse} = require('pg-connection-string');
		console.log(JSON.stringify(JSON.parse(require('fs').readFileSync(0, 'utf8')).map((u) => parse(u))))`
	node := exec.CommandContext(t.Context(), "node", "-e", script)
	node.Dir, node.Stdin = modules, bytes.NewReader(input)
	output, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []parsed
	if err := json.Unmarshal(output, &got); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q was read as %+v", urls[i], got[i])
		}
	}
}

// What the function writes, the provider takes as it was meant; with a user and a database, so do the scripts.
func TestPostgresURLIsAccepted(t *testing.T) {
	written := 0
	for _, host := range []string{"db.example.com", "10.0.0.1", "2001:db8::1", "[::1]", "/run/pg", "/tmp/a b%2Fc", "/tmp/a@b", "/tmp/a,b", "/run/é?#", "h_1", "-h", "h@x", "fe80::1%eth0", "a,b", "."} {
		for _, text := range hostile {
			for _, further := range []string{"keepalives", "options", "sslsni", "gssencmode", "search_path", "hostaddr", "a b"} {
				parts := map[string]any{"host": host, "port": 5433, "username": text, "password": text, "database": text, "sslmode": "disable",
					"application_name": text, "parameters": map[string]any{further: text}}
				url, err := postgresURL(object(t, parts))
				if err != nil {
					continue
				}
				written++
				server, err := postgres.NewServer(postgres.Config{URL: url})
				if err != nil {
					t.Errorf("%q: %v", url, err)
					continue
				}
				config := server.ConnConfig()
				if config.Host != strings.Trim(host, "[]") || config.Port != 5433 || config.User != text || config.Password != text ||
					config.Database != text || config.RuntimeParams["application_name"] != text || len(config.Fallbacks) > 0 {
					t.Errorf("%q was read as host %q, user %q, password %q, database %q", url, config.Host, config.User, config.Password, config.Database)
				}
				if err := scripts.CheckDatabaseURL(url); err != nil {
					t.Errorf("%q: %v", url, err)
				}
			}
		}
	}
	if written < 500 {
		t.Errorf("%d URLs: the generator is broken", written)
	}
}
