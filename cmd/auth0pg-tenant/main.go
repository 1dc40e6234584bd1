// SPDX-License-Identifier: MPL-2.0

// Command auth0pg-tenant is a local stand-in for an Auth0 tenant, for people who write scripts
// of custom databases or test logins. It prints how to reach it and runs until it is interrupted.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "auth0pg-tenant:", err)
		os.Exit(1)
	}
}

// settings are what the flags say.
type settings struct {
	listen, url, data, modules, node, connection string
	secure                                       bool
}

func parse(args []string, errors io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("auth0pg-tenant", flag.ContinueOnError)
	flags.SetOutput(errors)
	flags.StringVar(&s.listen, "listen", "127.0.0.1:4400", "address to listen on")
	flags.BoolVar(&s.secure, "tls", false, "speak HTTPS, with a certificate of an authority "+
		"that is made in the data folder")
	flags.StringVar(&s.url, "url", "", "base URL under which others reach the tenant, if not "+
		"by its address on this machine")
	flags.StringVar(&s.data, "data", "", "folder for credentials and the certificate authority "+
		"(default: in the user's configuration)")
	flags.StringVar(&s.modules, "modules", "", "node_modules folder for the scripts (default: one with pg and bcrypt)")
	flags.StringVar(&s.node, "node", "", "program that runs the scripts (default: Node.js of Auth0's version)")
	flags.StringVar(&s.connection, "connection", "my-users", "connection that the printed call logs in by")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if s.data == "" {
		folder, err := os.UserConfigDir()
		if err != nil {
			return s, fmt.Errorf("no folder for the data is known; name one with -data: %w", err)
		}
		s.data = filepath.Join(folder, "auth0pg-tenant")
	}
	return s, nil
}

// run starts a tenant and waits for the end of the context.
func run(ctx context.Context, args []string, out, warnings io.Writer) error {
	s, err := parse(args, warnings)
	if err != nil {
		return err
	}
	known, err := loadCredentials(s.data)
	if err != nil {
		return err
	}
	options := localtenant.Options{
		Listen: s.listen, URL: s.url, ModulesDir: s.modules, Node: s.node,
		ClientID: known.Management.ClientID, ClientSecret: known.Management.ClientSecret,
	}
	authority := ""
	if s.secure {
		host, _, err := net.SplitHostPort(s.listen)
		if err != nil {
			return fmt.Errorf("-listen: %w", err)
		}
		certificate, path, err := localtenant.Certificate(s.data, host, hostOf(s.url))
		if err != nil {
			return err
		}
		options.Certificate, authority = &certificate, path
	}
	tenant, err := localtenant.Start(ctx, options)
	if err != nil {
		return err
	}
	defer tenant.Close() //nolint:errcheck // the process ends
	tenant.AddApplication("Application", known.Application.ClientID, known.Application.ClientSecret)
	if err := tenant.StartScripts(ctx); err != nil {
		return fmt.Errorf("starting what runs the scripts: %w", err)
	}
	for _, warning := range tenant.Warnings() {
		fmt.Fprintln(warnings, "Warning:", warning)
	}
	fmt.Fprint(out, tenant.Describe(localtenant.Application{
		ClientID: known.Application.ClientID, ClientSecret: known.Application.ClientSecret, Connection: s.connection,
	}, authority))
	<-ctx.Done()
	return nil
}

// hostOf is the host of a URL, "" where there is none.
func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// pair is what a client says who it is by.
type pair struct{ ClientID, ClientSecret string }

// credentials stay the same from one start to the next.
type credentials struct{ Management, Application pair }

// loadCredentials reads the credentials of a data folder, and makes them at the first start.
func loadCredentials(folder string) (credentials, error) {
	var known credentials
	path := filepath.Join(folder, "credentials.json")
	text, err := os.ReadFile(path)
	if err == nil {
		if err = json.Unmarshal(text, &known); err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
		return known, err
	}
	if !errors.Is(err, os.ErrNotExist) {
		return known, err
	}
	known = credentials{
		Management: pair{
			"management",
			rand.Text() + rand.Text(),
		}, Application: pair{"application", rand.Text() + rand.Text()},
	}
	if text, err = json.MarshalIndent(known, "", "  "); err != nil {
		return known, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return known, err
	}
	return known, os.WriteFile(path, append(text, '\n'), 0o600)
}
