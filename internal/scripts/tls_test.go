// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// Every sslmode against a server whose certificate a private authority signed:
// with and without that authority, under a name that the certificate has and
// under one that it has not.
func TestTLS(t *testing.T) {
	server := ownServer(t, localpostgres.Options{TLS: true})
	b := newBench(t, pgtest.On(t, server), shape{}).withUserOver("no-verify")
	authority, err := os.ReadFile(server.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	// The certificate is for 127.0.0.1 and localhost.
	unnamed := newProxy(t, "[::1]:0", net.JoinHostPort(server.Host(), strconv.Itoa(server.Port()))).addr
	byName := fmt.Sprintf("localhost:%d", server.Port())
	for _, test := range []struct {
		sslmode string
		withCA  bool
		// escaped has the line breaks of the authority as two characters.
		escaped bool
		// known stands for an authority that the platform trusts without being told.
		known bool
		host  string
		// fails is what the log has to say; "" when the connection has to come about.
		fails string
		plain bool
	}{
		{sslmode: "disable", plain: true},
		{sslmode: ""}, // loopback: TLS where there is TLS
		{sslmode: "allow"},
		{sslmode: "prefer"},
		{sslmode: "no-verify"},
		{sslmode: "require"},
		{sslmode: "require", withCA: true},
		{sslmode: "verify-ca", withCA: true},
		{sslmode: "verify-full", withCA: true},
		{sslmode: "verify-full", withCA: true, escaped: true},
		{sslmode: "verify-full", withCA: true, host: byName},
		{sslmode: "verify-ca", fails: "self-signed certificate|unable to verify|unable to get"},
		{sslmode: "verify-full", fails: "self-signed certificate|unable to verify|unable to get"},
		{sslmode: "require", host: unnamed},
		{sslmode: "require", withCA: true, host: unnamed},
		{sslmode: "verify-ca", withCA: true, host: unnamed},
		{sslmode: "verify-full", withCA: true, host: unnamed, fails: "ERR_TLS_CERT_ALTNAME_INVALID"},
		{sslmode: "verify-ca", known: true},
		{sslmode: "verify-full", known: true},
		{sslmode: "verify-ca", known: true, host: unnamed, fails: "ERR_TLS_CERT_ALTNAME_INVALID"},
		{sslmode: "verify-full", known: true, host: unnamed, fails: "ERR_TLS_CERT_ALTNAME_INVALID"},
	} {
		var env []string
		if test.known {
			env = []string{"NODE_EXTRA_CA_CERTS=" + server.CAFile()}
		}
		b.container = newContainer(t, env...)
		b.at(withQuery(t, b.url, test.sslmode, test.host))
		if test.withCA {
			b.configuration[scripts.DefaultCAKey] = string(authority)
			if test.escaped {
				b.configuration[scripts.DefaultCAKey] = strings.ReplaceAll(string(authority), "\n", `\n`)
			}
		}
		name := fmt.Sprintf("sslmode=%s host=%s authority=%t known=%t", test.sslmode, test.host, test.withCA, test.known)
		outcome := b.run(scripts.Login, "ada@example.com", "correct horse")
		log := strings.Join(outcome.Console, "\n")
		if test.fails != "" {
			matched := false
			for cause := range strings.SplitSeq(test.fails, "|") {
				matched = matched || strings.Contains(log, cause)
			}
			if outcome.Err == nil || !matched {
				t.Errorf("%s: error %v, log %q", name, outcome.Err, log)
			}
			continue
		}
		if outcome.Err != nil {
			t.Errorf("%s: error %v, log %q", name, outcome.Err, log)
			continue
		}
		encrypted := b.db.QueryBool("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = $1", b.role)
		if encrypted == test.plain {
			t.Errorf("%s: encrypted is %t", name, encrypted)
		}
		if log != "" {
			t.Errorf("%s: log %q", name, log)
		}
		_ = b.container.Close()
		b.endSessions()
	}
}

// Without TLS on the server: what only prefers it goes on in the clear, once found out.
func TestServerWithoutTLS(t *testing.T) {
	b := newBench(t, pgtest.Database(t), shape{})
	for _, sslmode := range []string{"", "allow", "prefer", "disable"} {
		b.container = newContainer(t)
		b.at(withQuery(t, b.url, sslmode, ""))
		b.gives(false, scripts.Verify, "ada@example.com") // a change first: it finds out as well
		b.gives(nil, scripts.GetUser, "ada@example.com")
	}
	for _, sslmode := range []string{"require", "verify-ca", "verify-full", "no-verify"} {
		b.at(withQuery(t, b.url, sslmode, ""))
		b.unavailable("does not support SSL")
	}
}

// withUserOver is withUser for a server that wants another sslmode than the bench's.
func (b *bench) withUserOver(sslmode string) *bench {
	b.t.Helper()
	b.at(withQuery(b.t, b.url, sslmode, ""))
	return b.withUser()
}

// withQuery sets the URL's sslmode, "" for none, and its host with port, "" for the one it has.
func withQuery(t testing.TB, address, sslmode, host string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	parsed.RawQuery = ""
	if sslmode != "" {
		parsed.RawQuery = "sslmode=" + sslmode
	}
	if host != "" {
		parsed.Host = host
	}
	return parsed.String()
}
