// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/devtools"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// domain makes the local tenant one of Europe, so that the allowlist has a region.
const domain = "demo.eu.auth0.com"

// stage is everything that the demo starts: a server, a tenant, the built provider, and a
// copy of the examples that it applies.
type stage struct {
	dir      string
	complete configuration // examples/complete
	module   configuration // examples/with-module
	server   *localpostgres.Server
	tenant   *localtenant.Tenant
	users    endUsers
	teardown []func() error
}

func newStage(ctx context.Context) (s *stage, err error) {
	s = &stage{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	program, err := devtools.TerraformPath(ctx)
	if err != nil {
		return s, err
	}
	if s.dir, err = os.MkdirTemp("", "auth0pg-demo-"); err != nil {
		return s, err
	}
	s.teardown = append(s.teardown, func() error { return os.RemoveAll(s.dir) })

	fmt.Println("Building the provider …")
	bin := filepath.Join(s.dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		return s, err
	}
	if err := devtools.BuildProvider(ctx, bin); err != nil {
		return s, err
	}
	cli := filepath.Join(s.dir, "cli.tfrc")
	if err := devtools.WriteCLIConfig(cli, bin); err != nil {
		return s, err
	}

	fmt.Println("Starting a private PostgreSQL …")
	if s.server, err = localpostgres.Start(ctx, localpostgres.Options{}); err != nil {
		return s, err
	}
	s.teardown = append(s.teardown, func() error { return s.server.Stop(context.Background()) })
	if err := s.sql(ctx, "create database app"); err != nil {
		return s, err
	}

	fmt.Println("Starting the local tenant …")
	if s.tenant, err = localtenant.Start(ctx, localtenant.Options{}); err != nil {
		return s, err
	}
	s.teardown = append(s.teardown, s.tenant.Close)
	if err := s.registerApplication(ctx); err != nil {
		return s, err
	}
	if err := s.copyExamples(); err != nil {
		return s, err
	}
	scriptsPassword := rand.Text()
	s.complete = configuration{program, filepath.Join(s.dir, "complete"), environment(cli, s.variables(scriptsPassword))}
	s.module = configuration{
		program,
		filepath.Join(s.dir, "with-module"),
		environment(cli, s.moduleVariables(scriptsPassword)),
	}
	return s, nil
}

// registerApplication makes the application that the users log in to.
func (s *stage) registerApplication(ctx context.Context) error {
	s.users = endUsers{tenant: s.tenant.URL(), connection: "legacy-users", management: s.tenant.Token(), mailbox: s.link}
	status, body, err := s.users.send(ctx, http.MethodPost, "/api/v2/clients", map[string]any{
		"name": "Demo", "grant_types": []string{"http://auth0.com/oauth/grant-type/password-realm"},
	}, s.users.management)
	if err != nil || status != http.StatusCreated {
		return fmt.Errorf("registering the demo's application: %s: %w", answer(status, body), err)
	}
	s.users.clientID, _ = body["client_id"].(string)
	s.users.secret, _ = body["client_secret"].(string)
	return nil
}

// link is the one in the newest e-mail to the address.
func (s *stage) link(address string) (string, error) {
	mails := s.tenant.Mailbox(address)
	if len(mails) == 0 {
		return "", fmt.Errorf("the tenant sent no e-mail to %s", address)
	}
	return mails[len(mails)-1].Link, nil
}

// copyExamples copies the folders that are applied, and the module beside them.
func (s *stage) copyExamples() error {
	root, err := devtools.ModuleRoot()
	if err != nil {
		return err
	}
	for _, folder := range []string{"complete", "with-module", "modules/custom-database"} {
		files, err := filepath.Glob(filepath.Join(root, "examples", folder, "*.tf"))
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(s.dir, folder), 0o755); err != nil {
			return err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(s.dir, folder, filepath.Base(file)), text, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// variables are those of examples/complete. They are handed over without writing a secret to a file.
func (s *stage) variables(scriptsPassword string) map[string]string {
	return map[string]string{
		"TF_VAR_auth0_domain":        domain,
		"TF_VAR_auth0_client_id":     s.tenant.ClientID(),
		"TF_VAR_auth0_client_secret": s.tenant.ClientSecret(),
		"TF_VAR_app_client_id":       s.users.clientID,
		"TF_VAR_admin_url":           s.server.URL("app"),
		"TF_VAR_database_host":       s.server.Host(),
		"TF_VAR_database_port":       strconv.Itoa(s.server.Port()),
		"TF_VAR_database_name":       "app",
		"TF_VAR_database_sslmode":    "disable",
		"TF_VAR_scripts_password":    scriptsPassword,
		"AUTH0PG_BASE_URL":           s.tenant.URL(),
		"AUTH0_AUDIENCE":             s.tenant.Audience(),
	}
}

// moduleVariables are those of examples/with-module, whose provider takes its settings from the environment.
func (s *stage) moduleVariables(scriptsPassword string) map[string]string {
	return map[string]string{
		"AUTH0_DOMAIN":         domain,
		"AUTH0_CLIENT_ID":      s.tenant.ClientID(),
		"AUTH0_CLIENT_SECRET":  s.tenant.ClientSecret(),
		"AUTH0PG_POSTGRES_URL": s.server.URL("app"),
		"TF_VAR_app_client_id": s.users.clientID,
		"TF_VAR_database": fmt.Sprintf(
			"{host=%q,port=%d,name=\"app\",sslmode=\"disable\"}",
			s.server.Host(),
			s.server.Port(),
		),
		"TF_VAR_scripts_password": scriptsPassword,
		"AUTH0PG_BASE_URL":        s.tenant.URL(),
		"AUTH0_AUDIENCE":          s.tenant.Audience(),
	}
}

// environment is that of this process without what the user has set for other configurations.
func environment(cli string, variables map[string]string) []string {
	env := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "TF_") || strings.HasPrefix(variable, "AUTH0") || strings.HasPrefix(variable, "PG")
	})
	env = append(env, "TF_CLI_CONFIG_FILE="+cli, "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1")
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		env = append(env, name+"="+variables[name])
	}
	return env
}

// destroyRefused wants both guards to speak and to name the attribute that lifts them.
func (s *stage) destroyRefused(ctx context.Context) (string, error) {
	output, exit, err := s.complete.terraform(ctx, "destroy", "-auto-approve")
	if err != nil {
		return "", err
	}
	if exit == 0 || !strings.Contains(output, "auth0pg_users_table.users") ||
		!strings.Contains(output, "auth0pg_connection.users") ||
		!strings.Contains(output, "deletion_protection = false") {
		return fmt.Sprintf("exit code %d\n%s", exit, output), nil
	}
	return "refused, says how to proceed", nil
}

// liftedGuards is what an administrator adds to the configuration to destroy a table with
// rows, a connection with users, and a role whose sessions the scripts hold open.
const liftedGuards = `
resource "auth0pg_users_table" "users" {
  deletion_protection  = false
  drop_table_with_rows = true
}

resource "auth0pg_connection" "users" {
  deletion_protection = false
  delete_with_users   = true
}

resource "auth0pg_database_role" "scripts" {
  drain_timeout = "1m"
}
`

func (s *stage) destroy(ctx context.Context) (string, error) {
	if err := s.complete.override(liftedGuards); err != nil {
		return "", err
	}
	if got, err := s.complete.apply(ctx); err != nil || got != "succeeds" {
		return got, err
	}
	return s.complete.destroy(ctx)
}

// remains looks for what a destroy must have removed.
func (s *stage) remains(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, s.server.URL("app"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx) //nolint:errcheck // only read
	var table, role bool
	err = conn.QueryRow(
		ctx,
		`select to_regclass('public.users') is not null, exists (select from pg_roles where rolname = 'auth0_scripts')`,
	).Scan(
		&table,
		&role,
	)
	if err != nil {
		return "", err
	}
	status, body, err := s.users.send(
		ctx,
		http.MethodGet,
		"/api/v2/connections?name=legacy-users&take=1",
		nil,
		s.users.management,
	)
	if err != nil {
		return "", err
	}
	connections, ok := body["connections"].([]any)
	if table || role || !ok || len(connections) > 0 {
		return fmt.Sprintf("table: %t, role: %t, connections: %s", table, role, answer(status, body)), nil
	}
	return "no table, no role, no connection", nil
}

func (s *stage) sql(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.server.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing is left to be written
	_, err = conn.Exec(ctx, statement)
	return err
}

// describe tells how to reach what was left running.
func (s *stage) describe(w io.Writer) {
	app := localtenant.Application{
		ClientID:     s.users.clientID,
		ClientSecret: s.users.secret,
		Connection:   s.users.connection,
	}
	defer func() { fmt.Fprintf(w, "\n%s", s.tenant.Describe(app, "")) }()
	fmt.Fprintf(w, "\nEverything is left running.\n\n  database    psql '%s'\n  tenant      %s\n  directory   %s\n\nTo "+
		"run Terraform there:\n\n  cd %s\n",
		s.server.URL("app"), s.tenant.URL(), s.complete.dir, s.complete.dir)
	for _, variable := range s.complete.env {
		if strings.HasPrefix(variable, "TF_VAR_") || strings.HasPrefix(variable, "AUTH0") ||
			strings.HasPrefix(variable, "TF_CLI_CONFIG_FILE") {
			name, value, _ := strings.Cut(variable, "=")
			fmt.Fprintf(w, "  export %s='%s'\n", name, value)
		}
	}
	fmt.Fprintf(w, "  %s plan\n", s.complete.program)
}

func (s *stage) close() error {
	var errs []error
	for _, undo := range slices.Backward(s.teardown) {
		errs = append(errs, undo())
	}
	return errors.Join(errs...)
}
