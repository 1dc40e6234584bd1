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
	"os/exec"
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

// stage is everything that the demo starts: a server, a tenant, the built provider and a
// working directory with the example in it.
type stage struct {
	dir      string
	tf       string
	server   *localpostgres.Server
	tenant   *localtenant.Tenant
	users    endUsers
	env      []string
	teardown []func() error
}

func newStage(ctx context.Context) (s *stage, err error) {
	s = &stage{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.tf, err = devtools.TerraformPath(ctx); err != nil {
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
	if err := s.copyExample(); err != nil {
		return s, err
	}
	s.env = s.environment(cli)
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

func (s *stage) copyExample() error {
	root, err := devtools.ModuleRoot()
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(root, "examples", "complete", "*.tf"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(s.dir, filepath.Base(file)), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// environment hands the example's variables over without writing a secret to a file.
func (s *stage) environment(cli string) []string {
	env := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "TF_") || strings.HasPrefix(variable, "AUTH0") || strings.HasPrefix(variable, "PG")
	})
	variables := map[string]string{
		"TF_VAR_auth0_domain":        domain,
		"TF_VAR_auth0_client_id":     s.tenant.ClientID(),
		"TF_VAR_auth0_client_secret": s.tenant.ClientSecret(),
		"TF_VAR_app_client_id":       s.users.clientID,
		"TF_VAR_admin_url":           s.server.URL("app"),
		"TF_VAR_database_host":       s.server.Host(),
		"TF_VAR_database_port":       strconv.Itoa(s.server.Port()),
		"TF_VAR_database_name":       "app",
		"TF_VAR_database_sslmode":    "disable",
		"TF_VAR_scripts_password":    rand.Text(),
		"AUTH0PG_BASE_URL":           s.tenant.URL(),
		"AUTH0_AUDIENCE":             s.tenant.Audience(),
		"TF_CLI_CONFIG_FILE":         cli,
		"TF_IN_AUTOMATION":           "1",
		"TF_INPUT":                   "0",
		"CHECKPOINT_DISABLE":         "1",
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		env = append(env, name+"="+variables[name])
	}
	return env
}

// terraform runs a command in the working directory and returns what it printed.
func (s *stage) terraform(ctx context.Context, args ...string) (output string, exit int, err error) {
	cmd := exec.CommandContext(ctx, s.tf, append(args[:1:1], append([]string{"-no-color"}, args[1:]...)...)...)
	cmd.Dir = s.dir
	cmd.Env = s.env
	text, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if errors.As(err, &failed) && ctx.Err() == nil {
		return string(text), failed.ExitCode(), nil
	}
	return string(text), 0, err
}

func (s *stage) apply(ctx context.Context) (string, error) {
	return outcome("succeeds")(s.terraform(ctx, "apply", "-auto-approve"))
}

func (s *stage) plan(ctx context.Context) (string, error) {
	return outcome("no changes")(s.terraform(ctx, "plan", "-detailed-exitcode"))
}

// outcome is what a run that should succeed came to.
func outcome(good string) func(output string, exit int, err error) (string, error) {
	return func(output string, exit int, err error) (string, error) {
		if err != nil || exit != 0 {
			// The plan that comes before an error fills screens.
			if at := strings.Index(output, "\nError:"); at >= 0 {
				output = output[at+1:]
			}
			return fmt.Sprintf("exit code %d\n%s", exit, output), err
		}
		return good, nil
	}
}

// destroyRefused wants both guards to speak and to name the attribute that lifts them.
func (s *stage) destroyRefused(ctx context.Context) (string, error) {
	output, exit, err := s.terraform(ctx, "destroy", "-auto-approve")
	if err != nil {
		return "", err
	}
	if exit == 0 || !strings.Contains(output, "auth0pg_users_table.users") || !strings.Contains(output, "auth0pg_connection.users") ||
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
	if err := os.WriteFile(filepath.Join(s.dir, "guards_override.tf"), []byte(liftedGuards), 0o644); err != nil {
		return "", err
	}
	if got, err := s.apply(ctx); err != nil || got != "succeeds" {
		return got, err
	}
	return outcome("succeeds")(s.terraform(ctx, "destroy", "-auto-approve"))
}

// remains looks for what a destroy must have removed.
func (s *stage) remains(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, s.server.URL("app"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx) //nolint:errcheck // only read
	var table, role bool
	err = conn.QueryRow(ctx, `select to_regclass('public.users') is not null, exists (select from pg_roles where rolname = 'auth0_scripts')`).Scan(&table, &role)
	if err != nil {
		return "", err
	}
	status, body, err := s.users.send(ctx, http.MethodGet, "/api/v2/connections?name=legacy-users&take=1", nil, s.users.management)
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
	fmt.Fprintf(w, "\nEverything is left running.\n\n  database    psql '%s'\n  tenant      %s\n  directory   %s\n\nTo run Terraform there:\n\n  cd %s\n",
		s.server.URL("app"), s.tenant.URL(), s.dir, s.dir)
	for _, variable := range s.env {
		if strings.HasPrefix(variable, "TF_VAR_") || strings.HasPrefix(variable, "AUTH0") || strings.HasPrefix(variable, "TF_CLI_CONFIG_FILE") {
			name, value, _ := strings.Cut(variable, "=")
			fmt.Fprintf(w, "  export %s='%s'\n", name, value)
		}
	}
	fmt.Fprintf(w, "  %s plan\n", s.tf)
}

func (s *stage) close() error {
	var errs []error
	for _, undo := range slices.Backward(s.teardown) {
		errs = append(errs, undo())
	}
	return errors.Join(errs...)
}
