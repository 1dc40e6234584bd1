// SPDX-License-Identifier: MPL-2.0

package pgurl_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgurl"
)

// parts are what a URL is made of; every one is a word that occurs nowhere else.
type parts struct{ user, password, host, port, database, query string }

var plain = parts{"victoromeo", "zuluyankee", "kilohost", "5432", "basename", "application_name=limaapp"}

func (p parts) text() string {
	return "postgres://" + p.user + ":" + p.password + "@" + p.host + ":" + p.port + "/" + p.database + "?" + p.query
}

// with returns the parts with a text put into one of them.
func (p parts) with(part string, at int, text string) parts {
	insert := func(s string) string { return s[:at] + text + s[at:] }
	switch part {
	case "user":
		p.user = insert(p.user)
	case "password":
		p.password = insert(p.password)
	case "host":
		p.host = insert(p.host)
	case "database":
		p.database = insert(p.database)
	case "query":
		p.query = insert(p.query)
	}
	return p
}

// meant reports whether a URL was read as it was written down.
func (p parts) meant(u *pgurl.URL) bool {
	name, value, _ := strings.Cut(p.query, "=")
	return u.User == p.user && u.Password == p.password && len(u.Hosts) == 1 && u.Hosts[0] == pgurl.Host{Name: p.host, Port: p.port} &&
		u.Database == p.database && maps.Equal(u.Parameters, map[string]string{name: value})
}

// special are what people have in passwords and do not encode, alone and together.
func special() []string {
	var all []string
	for c := byte(1); c < 0x80; c++ {
		if c < '0' || c > '9' && c < 'A' || c > 'Z' && c < 'a' || c > 'z' {
			all = append(all, string(c))
		}
	}
	for _, a := range "@/?#:%[]\\ &=" {
		for _, b := range "@/?#:%[]\\ &=" {
			all = append(all, string(a)+string(b), string(a)+"x"+string(b), string(a)+"x=y"+string(b))
		}
	}
	return append(all, "é", "日", "\xff", "://", "@h/", "%zz", "%4z", "%ff", "%00", "]:1/")
}

// Raw special characters at each place of each part: a URL is read as it was meant, or refused, and then no part of
// it is repeated.
func TestMalformedURLs(t *testing.T) {
	read, refused := 0, 0
	for part, text := range map[string]string{
		"user": plain.user, "password": plain.password, "host": plain.host, "database": plain.database, "query": plain.query,
	} {
		for at := range len(text) + 1 {
			for _, inserted := range special() {
				if part == "host" && inserted == "," {
					continue // a list of hosts
				}
				p := plain.with(part, at, inserted)
				u, err := pgurl.Parse(p.text())
				if err == nil {
					_, err = u.Settings()
				}
				switch {
				case err == nil && !p.meant(u):
					t.Errorf("%q in %s at %d: %q was read as %+v", inserted, part, at, p.text(), u)
				case err == nil:
					read++
				default:
					refused++
					noneOf(t, p, err)
				}
			}
		}
	}
	if read < 500 || refused < 10000 {
		t.Errorf("%d URLs were read and %d refused: the generator is broken", read, refused)
	}
}

// noneOf fails the test where an error repeats three characters or more of the user, the password or the host.
func noneOf(t *testing.T, p parts, err error) {
	t.Helper()
	for _, word := range []string{"vict", "tor", "rome", "zulu", "yank", "luya", "nkee", "kilo", "limaapp"} {
		if strings.Contains(err.Error(), word) {
			t.Errorf("%q: the error says %q", p.text(), err)
		}
	}
}

// Percent-encoded, everything is possible but a NUL.
func TestEncodedParts(t *testing.T) {
	for _, inserted := range special() {
		if !utf8.ValidString(inserted) {
			continue
		}
		encoded := ""
		for _, c := range []byte(inserted) {
			encoded += fmt.Sprintf("%%%02X", c)
		}
		for part, text := range map[string]string{"user": plain.user, "password": plain.password, "database": plain.database, "query": plain.query} {
			at := len(text)
			p, want := plain.with(part, at, encoded), plain.with(part, at, inserted)
			if u, err := pgurl.Parse(p.text()); err != nil || !want.meant(u) {
				// The test's own reading of a query ends at the first equals sign, as it should.
				t.Errorf("%q: %+v, %v", p.text(), u, err)
			}
		}
	}
}

func TestHosts(t *testing.T) {
	for text, want := range map[string]string{
		"postgres://":                        "[]",
		"postgres:///db":                     "[]",
		"postgresql://h":                     "[{h }]",
		"postgres://h:":                      "[{h }]",
		"postgres://[::1]:1/db":              "[{::1 1}]",
		"postgres://[fe80::1%25eth0]/db":     "[{fe80::1%eth0 }]",
		"postgres://a:1,b:2,c/db":            "[{a 1} {b 2} {c }]",
		"postgres://%2Frun%2Fpg/db":          "[{/run/pg }]",
		"postgres://u@%2Frun%2Fpg:5433/db":   "[{/run/pg 5433}]",
		"postgres://u@:5433/db":              "[{ 5433}]",
		"postgres://h:0/db":                  "port",
		"postgres://h:65536/db":              "port",
		"postgres://h:+1/db":                 "port",
		"postgres://h:1:2/db":                "port",
		"postgres://[::1/db":                 "host",
		"postgres://[::1]x/db":               "host",
		"postgres://[1.2.3.4]/db":            "host",
		"postgres://::1/db":                  "port",
		"postgres://%2Frun%2Cpg/db":          "host",
		"postgres://h%2Fx/db":                "host",
		"postgres://-h/db":                   "host",
		"postgres://h,/db":                   "host",
		"postgres:/h/db":                     "begin",
		"http://h/db":                        "begin",
		"POSTGRES://h/db":                    "begin",
		"postgres://h/db?a=1&a=2":            "twice",
		"postgres://h/db?a":                  "equals",
		"postgres://h/db?=1":                 "equals",
		"postgres://h/db?":                   "[{h }]",
		"postgres://u:p@h/x@127.0.0.1:1/m":   "encoded",
		"postgres://u:p:q@h/m":               "encoded",
		"postgres://u:p?x=y@127.0.0.1:1/m":   "encoded",
		"postgres://u:p#x@127.0.0.1:1/m":     "encoded",
		"postgres://u:pass%ffword@h/m":       "UTF-8",
		"postgres://u:pass%00word@h/m":       "control",
		"postgres://u:p@127.0.0.1:1/m?a=b@c": "encoded",
	} {
		u, err := pgurl.Parse(text)
		if err != nil {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", text, err)
			}
		} else if got := fmt.Sprint(u.Hosts); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestParameters(t *testing.T) {
	for query, want := range map[string]string{
		"sslmode=disable": "map[sslmode:disable]",
		"gssencmode=disable&keepalives=1&client_encoding=auto": "map[]",
		"gssencmode=prefer&fallback_application_name=x":        "map[]",
		"gssencmode=require":                                       "gssencmode asks for something",
		"ssl_min_protocol_version=TLSv1.2":                         "map[]",
		"ssl_min_protocol_version=TLSv1.3":                         "ssl_min_protocol_version asks for something",
		"replication=database":                                     "replication asks for something",
		"require_auth=scram-sha-256":                               "require_auth asks for something",
		"sslmod=require":                                           "sslmod is none that",
		"search_path=app":                                          "search_path is none that",
		"options=-c%20search_path%3Dapp&application_name=a+b":      "map[application_name:a+b options:-c search_path=app]",
		"target_session_attrs=read-write&channel_binding=require":  "map[channel_binding:require target_session_attrs:read-write]",
		"pgbouncer=true":                                           "pgbouncer is none that",
		"servicefile=%2Fx":                                         "servicefile is none that",
		"SSLMODE=require":                                          "SSLMODE is none that",
		"sslcertmode=allow&load_balance_hosts=random&requiressl=0": "map[]",
		"sslcertmode=disable":                                      "sslcertmode asks for something",
	} {
		u, err := pgurl.Parse("postgres://u:p@h/d?" + query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		settings, err := u.Settings()
		got := fmt.Sprint(settings)
		if err != nil {
			got = err.Error()
		}
		if got != want && (err == nil || !strings.Contains(got, want)) {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}
