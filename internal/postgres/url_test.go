// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// A password in which nothing is percent-encoded leads nowhere but to the server that was meant.
func TestMalformedURLContactsNobody(t *testing.T) {
	t.Parallel()
	const host = "192.0.2.7"
	for _, special := range []string{"@", "/", "?", "#", ":", "%", " ", "[", "]", "\\", "'", "\"", "&", "=", ",", ";", "+", "$", "!", "@x/", "/x@", "?x=y@", ":1/", "@[::1]/", "@/?host="} {
		for _, before := range []string{"zulu", "", "zulu:", "zulu@"} {
			url := "postgres://victor:" + before + special + "yankee@" + host + ":5432/base?sslmode=disable"
			server, err := postgres.NewServer(postgres.Config{URL: url})
			if err != nil {
				var config *postgres.ConfigError
				if !errors.As(err, &config) || config.Attribute != "url" {
					t.Errorf("%s: %v", url, err)
				}
				secretFree(t, url, err.Error())
				continue
			}
			for _, asked := range contacts(t, server) {
				if asked != host && asked != host+":5432" {
					t.Errorf("%s: asked for %q", url, asked)
				}
			}
			if got, want := server.ConnConfig().Password, before+special+"yankee"; got != want {
				t.Errorf("%s: the password is %q", url, got)
			}
			secretFree(t, url, server.Address())
		}
	}
}

func secretFree(t *testing.T, url, text string) {
	t.Helper()
	for _, piece := range []string{"zulu", "yankee", "victor:"} {
		if strings.Contains(text, piece) {
			t.Errorf("%s: %q repeats %q", url, text, piece)
		}
	}
}

// contacts are the names and the addresses that connecting would ask for.
func contacts(t *testing.T, server *postgres.Server) []string {
	t.Helper()
	var asked []string
	config := server.ConnConfig()
	config.LookupFunc = func(_ context.Context, host string) ([]string, error) {
		asked = append(asked, host)
		return []string{host}, nil
	}
	config.DialFunc = func(_ context.Context, _, address string) (net.Conn, error) {
		asked = append(asked, address)
		return nil, errors.New("not in this test")
	}
	if _, err := pgx.ConnectConfig(t.Context(), config); err == nil {
		t.Fatal("connected")
	}
	return asked
}

// What libpq knows and the driver does not is left out; what nobody knows is refused by its name.
func TestParametersOfURL(t *testing.T) {
	t.Parallel()
	const url = "postgres://u:p@h/d?"
	server, err := postgres.NewServer(postgres.Config{
		URL: url + "gssencmode=disable&keepalives_idle=5&fallback_application_name=x&options=-c%20geqo%3Doff&sslmode=disable", Port: 7,
	})
	if err != nil {
		t.Fatal(err)
	}
	config := server.ConnConfig()
	var sent []string
	for name := range config.RuntimeParams {
		sent = append(sent, name)
	}
	slices.Sort(sent)
	if strings.Join(sent, " ") != "client_encoding options" || config.RuntimeParams["options"] != "-c geqo=off" || config.Port != 7 {
		t.Errorf("sent as settings of the session: %v", config.RuntimeParams)
	}
	for _, parameter := range []string{"sslmod=hidden", "search_path=hidden", "gssencmode=require", "statement_timeout=5s"} {
		_, err := postgres.NewServer(postgres.Config{URL: url + parameter})
		name, _, _ := strings.Cut(parameter, "=")
		var config *postgres.ConfigError
		if !errors.As(err, &config) || config.Attribute != "url" || !strings.Contains(config.Reason, name) || strings.Contains(config.Reason, "hidden") {
			t.Errorf("%s: %v", parameter, err)
		}
	}
}

// A service that does not exist is nothing to a URL that says everything, and an error for one that does not.
func TestServiceBesideURL(t *testing.T) {
	t.Setenv("PGSERVICE", "no_such_service")
	t.Setenv("PGSERVICEFILE", "/nonexistent")
	for url, works := range map[string]bool{
		"postgres://u:p@h/d": true, "postgres://u@%2Frun%2Fpg/d": true, "postgres://h/d": false, "postgres://u@h": false, "": false,
	} {
		if _, err := postgres.NewServer(postgres.Config{URL: url}); (err == nil) != works {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// A file that is not there is named at the setting that names it.
func TestFileOfSettings(t *testing.T) {
	t.Parallel()
	for want, config := range map[string]postgres.Config{
		"sslrootcert": {Host: "h", SSLMode: "verify-full", SSLRootCert: "/nonexistent/ca"},
		"url":         {URL: "postgres://u@h/d?sslmode=verify-full&sslrootcert=%2Fnonexistent%2Fca"},
		"sslkey":      {Host: "h", SSLMode: "require", SSLCert: "/nonexistent/cert", SSLKey: "/nonexistent/key"},
	} {
		_, err := postgres.NewServer(config)
		var invalid *postgres.ConfigError
		if !errors.As(err, &invalid) || invalid.Attribute != want {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// Whatever stands in the place of a host, a name or a file, no part of a secret in it is shown or looked up.
func TestSecretsInOtherPlaces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]postgres.Config{
		"credentials in host":     {Host: "own:sekretword@127.0.0.1"},
		"a URL in host":           {Host: "postgres://own:sekretword@127.0.0.1/m"},
		"host in the URL's query": {URL: "postgres://own@127.0.0.1/m?host=own:sekretword%40h"},
		"a password without an @": {URL: "postgres://own:12?sekretword=1/m"},
		"a URL in database":       {Host: "127.0.0.1", Database: "postgres://own:sekretword@h/m"},
		"a URL in username":       {Host: "127.0.0.1", Username: "postgres://own:sekretword@h/m"},
		"a key in sslkey":         {Host: "127.0.0.1", SSLCert: "/nowhere", SSLKey: "-----BEGIN PRIVATE KEY-----\nsekretword\n-----END PRIVATE KEY-----"},
	} {
		_, err := postgres.NewServer(c)
		var config *postgres.ConfigError
		if !errors.As(err, &config) || strings.Contains(err.Error(), "sekretword") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
