// SPDX-License-Identifier: MPL-2.0

package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes/check"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi"
)

// serving is what serve is told.
type serving struct {
	listen, certificate, key, allowFile, issuer, audience, jwks string
	// narrowed says that somebody has set who may call, be it to nothing.
	narrowed                bool
	allow, proxies, clients []string
	drain                   time.Duration
	config                  usersapi.Config
}

// serveFlags declares the flags of serve; finish reads what they say once they are parsed.
func serveFlags(s *settings) (o *serving, finish func() error) {
	o = &serving{}
	s.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` to listen on")
	s.StringVar(
		&o.certificate,
		"tls-cert",
		"",
		"`file` with the certificate and what it is signed by, in PEM; without one, HTTP is spoken",
	)
	s.StringVar(&o.key, "tls-key", "", "`file` with the certificate's key, in PEM")
	s.StringVar(&o.config.Schema, "schema", "", "`schema` of the access functions (required)")
	s.IntVar(&o.config.PoolMax, "pool-max", 10, "the most connections to the database")
	s.IntVar(&o.config.MaxInFlight, "max-in-flight", 200, "the most requests at once; who comes then is told 503")
	where := s.String("password-check", "script", "who compares passwords: script, which is given the hash, or api")
	s.BoolVar(
		&o.config.RehashOnLogin,
		"rehash-on-login",
		false,
		"replace a hash at login that new ones do not look like or "+
			"that costs less; with the password check api",
	)
	s.BoolVar(
		&o.config.ImportMode,
		"import-mode",
		false,
		"the connection has import_mode: record_login marks who logs in as migrated",
	)
	conflicts := s.list(
		"conflict-columns",
		"`columns` of the users table that hold the address and the user name, so that "+
			"another unique index is no user who is there already",
	)
	passwords, secrets := passwordFlags(s)
	s.StringVar(
		&o.issuer,
		"issuer",
		"",
		"the tenant's issuer, such as `https://tenant.eu.auth0.com/`, whose tokens are accepted",
	)
	s.StringVar(&o.audience, "audience", "", "`identifier` of the API's resource server, the audience of its tokens")
	s.StringVar(
		&o.jwks,
		"jwks-url",
		"",
		"`URL` of the keys that sign tokens (default: .well-known/jwks.json below the issuer)",
	)
	clients := s.list("clients", "client `ids` whose tokens are accepted")
	allow := s.list("allow", "`networks` that may call (default: every address)")
	s.StringVar(&o.allowFile, "allow-file", "", "`file` with more of them, one on each line")
	proxies := s.list("trusted-proxies", "`networks` of proxies whose X-Forwarded-For is believed")
	s.DurationVar(
		&o.drain,
		"drain",
		3*time.Second,
		"how long, after SIGTERM, requests are still taken while /readyz says no",
	)
	database := s.secret("DATABASE_URL")
	username, password := s.secret("USERNAME"), s.secret("PASSWORD")
	former := s.secret("FORMER_PASSWORD")
	return o, func() error {
		o.config.DatabaseURL, o.config.PasswordCheck = *database, usersapi.PasswordCheck(*where)
		o.config.ConflictColumns, o.config.Passwords = *conflicts, secrets(passwords)
		o.clients, o.allow, o.proxies = *clients, *allow, *proxies
		s.Visit(func(f *flag.Flag) { o.narrowed = o.narrowed || f.Name == "allow" || f.Name == "allow-file" })
		o.credentials(*username, *password, *former)
		return o.complete()
	}
}

// passwordFlags declares how passwords are compared and written.
func passwordFlags(s *settings) (o *check.Options, secrets func(*check.Options) check.Options) {
	o = &check.Options{}
	s.StringVar(
		&o.PasswordHash,
		"password-hash",
		"bcrypt",
		"`format` of new hashes, as the access functions let it through",
	)
	legacy := s.list("legacy-hashes", "`formats` that are compared beside bcrypt and that one")
	s.IntVar(&o.Costs.BcryptRounds, "bcrypt-rounds", 10, "the cost of new hashes with bcrypt")
	s.StringVar(&o.Costs.BcryptPrefix, "bcrypt-prefix", "2b", "the version that they name: 2b, 2a or 2y")
	s.IntVar(
		&o.Costs.Iterations,
		"pbkdf2-iterations",
		0,
		"the iterations of new hashes with PBKDF2 (default: the format's own)",
	)
	s.IntVar(&o.Costs.Argon2Memory, "argon2-memory", 19456, "the memory of new hashes with Argon2, in KiB")
	s.IntVar(&o.Costs.Argon2Passes, "argon2-passes", 2, "how often they go through it")
	pepper, signer := s.secret("PEPPER"), s.secret("SIGNER_KEY")
	return o, func(o *check.Options) check.Options {
		o.LegacyHashes, o.Pepper, o.SignerKey = *legacy, *pepper, *signer
		return *o
	}
}

// credentials are for basic authentication; the former password is accepted, too, while it is being changed.
func (o *serving) credentials(username, password, former string) {
	for _, secret := range []string{password, former} {
		if username != "" || secret != "" {
			o.config.Basic = append(o.config.Basic, usersapi.Credentials{Username: username, Password: secret})
		}
		if former == "" {
			return
		}
	}
}

// complete works out what follows from the settings.
func (o *serving) complete() (err error) {
	if o.config.DatabaseURL == "" {
		return errors.New("AUTH0PG_API_DATABASE_URL is not set")
	}
	if o.issuer+o.audience+o.jwks != "" || len(o.clients) > 0 {
		o.config.Tokens = &usersapi.TokenRules{
			JWKS:   cmp.Or(o.jwks, strings.TrimSuffix(o.issuer, "/")+"/.well-known/jwks.json"),
			Issuer: o.issuer, Audience: o.audience, Clients: o.clients,
		}
	}
	if (o.certificate == "") != (o.key == "") {
		return errors.New("tls-cert and tls-key go together")
	}
	if o.config.Allowed, err = networks(o.allow); err != nil {
		return fmt.Errorf("allow: %w", err)
	}
	if o.allowFile != "" {
		more, err := networksIn(o.allowFile)
		if err != nil {
			return fmt.Errorf("allow-file: %w", err)
		}
		o.config.Allowed = append(o.config.Allowed, more...)
	}
	if o.narrowed && len(o.config.Allowed) == 0 {
		return errors.New("allow or allow-file is set and names no address: everybody could call")
	}
	if o.config.TrustedProxies, err = networks(o.proxies); err != nil {
		return fmt.Errorf("trusted-proxies: %w", err)
	}
	return nil
}

// serve runs until the context ends.
func serve(ctx context.Context, args, environment []string, out io.Writer) error {
	s := newSettings("serve", environment, out)
	o, finish := serveFlags(s)
	// The variables of check may be there as well.
	if err := s.parse(args, prefix+"TOKEN", prefix+"URL", prefix+"ALLOW_CHANGES"); err != nil {
		return err
	}
	if err := finish(); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(out, nil))
	o.config.Log = log
	api, err := usersapi.New(o.config)
	if err != nil {
		return err
	}
	defer api.Close()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return err
	}
	o.announce(ctx, log, api, listener.Addr())
	return o.run(ctx, log, api, listener)
}

// announce says in the log what is served, and what whoever set it up should know.
func (o *serving) announce(ctx context.Context, log *slog.Logger, api *usersapi.API, address net.Addr) {
	log.InfoContext(ctx, "listening", "version", version, "address", address.String(), "tls", o.certificate != "",
		"schema", o.config.Schema, "password_check", string(o.config.PasswordCheck), "tokens", o.config.Tokens != nil,
		"basic", len(o.config.Basic) > 0)
	if err := api.Ready(ctx); err != nil {
		log.WarnContext(ctx, "not ready yet", "cause", err.Error())
	} else {
		log.InfoContext(ctx, "ready", "operations", api.Operations(ctx))
	}
	for _, warning := range o.warnings(address) {
		log.WarnContext(ctx, warning)
	}
	if o.config.PasswordCheck == usersapi.CheckInAPI {
		log.InfoContext(ctx, "hashes that cannot be compared here fit no password", "formats", check.Cannot())
	}
}

// warnings are about what works and should not stay so.
func (o *serving) warnings(address net.Addr) (all []string) {
	peer, err := netip.ParseAddrPort(address.String())
	if o.certificate == "" && (err != nil || !peer.Addr().IsLoopback()) {
		all = append(all, "HTTP is spoken beyond this machine: a proxy has to speak HTTPS in front of it")
	}
	if len(o.config.Allowed) == 0 {
		all = append(all, "every address may call: -allow-file with Auth0's addresses narrows that")
	}
	if len(o.config.Basic) > 0 && o.config.Tokens == nil {
		all = append(all, "callers are let in by a password that does not expire: tokens (-issuer) are better")
	}
	database, err := pgx.ParseConfig(o.config.DatabaseURL)
	if err == nil && !isLocal(database.Host) && !isVerified(database) {
		all = append(all, "the database is not verified: sslmode=verify-full in its URL does that")
	}
	return all
}

// isVerified tells whether each way to connect is over TLS with a certificate that is looked at.
func isVerified(database *pgx.ConnConfig) bool {
	verified := func(c *tls.Config) bool { return c != nil && !c.InsecureSkipVerify }
	for _, fallback := range database.Fallbacks {
		if !verified(fallback.TLSConfig) {
			return false
		}
	}
	return verified(database.TLSConfig)
}

// isLocal tells whether a host of the database is this machine: a socket, or a loopback address.
func isLocal(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.HasPrefix(host, "/") || host == "localhost" || err == nil && address.IsLoopback()
}

// run serves until the context ends, and then what has begun.
func (o *serving) run(ctx context.Context, log *slog.Logger, api *usersapi.API, listener net.Listener) error {
	server := &http.Server{
		Handler: api, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 15 * time.Second,
		IdleTimeout: 90 * time.Second, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	ended := make(chan error, 1)
	go func() {
		if o.certificate != "" {
			ended <- server.ServeTLS(listener, o.certificate, o.key)
		} else {
			ended <- server.Serve(listener)
		}
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	log.InfoContext(ctx, "draining", "for", o.drain.String())
	api.Drain()
	select {
	case err := <-ended:
		return err
	case <-time.After(o.drain):
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	err := server.Shutdown(ending)
	log.InfoContext(ctx, "ended")
	return err
}
