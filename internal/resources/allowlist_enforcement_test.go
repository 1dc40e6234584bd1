// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

// fortress is a server whose rules a test may change.
type fortress struct {
	*acctest.DB
	local *localpostgres.Server
	hba   string // pg_hba.conf as it was before
}

func newFortress(t *testing.T, oldest int) *fortress {
	t.Helper()
	if runtime.GOOS == "darwin" {
		t.Skip("macOS has one IPv4 loopback address only, unless an administrator adds more")
	}
	version := pgtest.Shared(t).Version()
	if version < oldest {
		t.Skipf("PostgreSQL %d lacks it; it came with %d", version, oldest)
	}
	local, err := localpostgres.Start(t.Context(), localpostgres.Options{Version: version, TLS: true, ListenAddresses: reachable([]string{"127.0.0.1", "::1"})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := local.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	f := &fortress{DB: pgtest.On(t, local), local: local}
	f.Exec("create role scripts login password 'pw'; create role others login password 'pw'")
	f.hba = f.readHBA(t)
	return f
}

// reachable leaves out the addresses that this machine does not have.
func reachable(addresses []string) []string {
	return slices.DeleteFunc(slices.Clone(addresses), func(address string) bool { return address == "::1" && !pgtest.HasIPv6() })
}

func (f *fortress) readHBA(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(f.local.DataDir(), "pg_hba.conf"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// from runs a query as a role from a loopback address.
func (f *fortress) from(address, role, query string) error {
	config, err := pgx.ParseConfig(f.URLFor(role, "pw"))
	if err != nil {
		return err
	}
	ip := net.ParseIP(address)
	if ip.To4() == nil {
		config.Host, config.TLSConfig.ServerName = "::1", "::1"
	}
	config.DialFunc = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: ip}}).DialContext
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, query)
	return errors.Join(err, conn.Close(ctx))
}

// letsIn checks who comes in from where: the role from the listed addresses alone, another
// role from everywhere.
func (f *fortress) letsIn(query string, allowed, refused []string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		var problems []error
		for _, address := range reachable(allowed) {
			if err := f.from(address, "scripts", query); err != nil {
				problems = append(problems, fmt.Errorf("refused from %s: %w", address, err))
			}
		}
		for _, address := range reachable(refused) {
			if err := f.from(address, "scripts", query); err == nil {
				problems = append(problems, fmt.Errorf("let in from %s", address))
			}
			if err := f.from(address, "others", "select 1"); err != nil {
				problems = append(problems, fmt.Errorf("another role is refused from %s: %w", address, err))
			}
		}
		return errors.Join(problems...)
	}
}

func (f *fortress) config(attributes string) string {
	return acctest.ProviderConfig(f.DB, nil) + allowlistConfig("region = \"PRIVATE\"\n"+attributes)
}

func enforcedFirst(pattern string) statecheck.StateCheck {
	return stateIs("enforced", knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.StringRegexp(regexp.MustCompile(pattern))}))
}

func TestAllowlistEnforcedByHBA(t *testing.T) {
	t.Parallel()
	f := newFortress(t, 16)
	everywhere := f.letsIn("select 1", []string{"127.0.0.2", "127.0.0.9", "::1"}, nil)
	first := f.config("role = \"scripts\"\nenforcement = \"pg_hba\"\nadditional_cidrs = [\"127.0.0.2\", \"::1\"]")
	second := f.config("role = \"scripts\"\nenforcement = \"pg_hba\"\nadditional_cidrs = [\"127.0.0.0/30\"]")
	drift := func(change func()) resource.TestStep {
		return resource.TestStep{
			PreConfig:        change,
			Config:           second,
			ConfigPlanChecks: actions(plancheck.ResourceActionUpdate),
			Check:            f.letsIn("select 1", []string{"127.0.0.1", "127.0.0.2"}, []string{"127.0.0.9", "::1"}),
		}
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: func(*terraform.State) error {
			if got := f.readHBA(t); got != f.hba {
				return fmt.Errorf("pg_hba.conf is not what it was: %q", got)
			}
			return everywhere(nil)
		},
		Steps: []resource.TestStep{
			{
				Config: first,
				ConfigPlanChecks: actions(plancheck.ResourceActionCreate, planIs("enforced", texts(
					`pg_hba.conf: include_if_exists "auth0pg_scripts.conf" # auth0pg_allowlist, managed by Terraform`,
					"hostssl all scripts 127.0.0.2/32 scram-sha-256",
					"hostssl all scripts ::1/128 scram-sha-256",
					"host all scripts all reject",
				))),
				Check: f.letsIn("select 1", []string{"127.0.0.2", "::1"}, []string{"127.0.0.9", "127.0.0.1"}),
			},
			{
				Config:           second,
				ConfigPlanChecks: actions(plancheck.ResourceActionUpdate),
				Check:            f.letsIn("select 1", []string{"127.0.0.1", "127.0.0.2"}, []string{"127.0.0.9", "::1"}),
			},
			drift(func() { f.writeHBA(t, "pg_hba.conf", f.hba) }),
			drift(func() { f.writeHBA(t, "auth0pg_scripts.conf", "hostssl all scripts all scram-sha-256\n") }),
			drift(func() { f.writeHBA(t, "pg_hba.conf", "host all scripts 127.0.0.0/8 trust\n"+f.readHBA(t)) }),
			{PreConfig: func() {
				f.writeHBA(t, "pg_hba.conf", strings.Replace(f.readHBA(t), "host all scripts 127.0.0.0/8 trust\n", "", 1))
			}, Config: second},
			{
				// The rules of the former role go.
				Config: f.config("role = \"others\"\nenforcement = \"pg_hba\"\nadditional_cidrs = [\"127.0.0.2\"]"),
				Check: func(*terraform.State) error {
					if err := f.from("127.0.0.9", "others", "select 1"); err == nil {
						return errors.New("the new role is let in")
					}
					return everywhere(nil)
				},
			},
			{Config: f.config(`additional_cidrs = ["127.0.0.2"]`), ConfigStateChecks: []statecheck.StateCheck{stateIs("enforced", knownvalue.Null())}, Check: func(*terraform.State) error {
				if got := f.readHBA(t); got != f.hba {
					return fmt.Errorf("pg_hba.conf is not what it was: %q", got)
				}
				return nil
			}},
			{Config: second},
		},
	})
}

// TestAllowlistRemembersHalfAChange moves the rules to another role while those of the first
// cannot be removed. Whatever is done next, none are left that nobody asked for.
func TestAllowlistRemembersHalfAChange(t *testing.T) {
	t.Parallel()
	f := newFortress(t, 16)
	config := func(role string) string {
		return f.config(fmt.Sprintf("role = %q\nenforcement = \"pg_hba\"\nadditional_cidrs = [\"127.0.0.2\"]", role))
	}
	mode := func(mode os.FileMode) func() {
		return func() {
			if err := os.Chmod(filepath.Join(f.local.DataDir(), "auth0pg_scripts.conf"), mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	guarded := func(roles ...string) resource.TestCheckFunc {
		return func(*terraform.State) error {
			got := f.readHBA(t)
			for _, role := range []string{"scripts", "others"} {
				if strings.Contains(got, "auth0pg_"+role+".conf") != slices.Contains(roles, role) {
					return fmt.Errorf("the rules are not for %q alone: %q", roles, got)
				}
			}
			return nil
		}
	}
	failing := resource.TestStep{PreConfig: mode(0o400), Config: config("others"), ExpectError: regexp.MustCompile(`Allowlist Not Removed[\s\S]*Permission denied`)}
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: config("scripts"), Check: guarded("scripts")},
			failing,
			// Back to the first role.
			{
				PreConfig: func() {
					if err := guarded("scripts", "others")(nil); err != nil {
						t.Error(err)
					}
					mode(0o600)()
				},
				Config: config("scripts"), ConfigPlanChecks: actions(plancheck.ResourceActionUpdate), Check: guarded("scripts"),
			},
			failing,
			// On to no enforcement.
			{PreConfig: mode(0o600), Config: f.config(`additional_cidrs = ["127.0.0.2"]`), Check: guarded()},
			{Config: config("scripts"), Check: guarded("scripts")},
			failing,
			// On, as wanted; then once more, to be destroyed.
			{PreConfig: mode(0o600), Config: config("others"), Check: guarded("others")},
			{Config: config("scripts"), Check: guarded("scripts")},
			failing,
			{PreConfig: mode(0o600), Config: config("others"), Destroy: true},
		},
	})
	if err := guarded()(nil); err != nil {
		t.Errorf("after the destroy: %v", err)
	}
}

func (f *fortress) writeHBA(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(f.local.DataDir(), name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	f.Exec("select pg_reload_conf()")
}

func TestAllowlistEnforcedByLoginTrigger(t *testing.T) {
	t.Parallel()
	f := newFortress(t, 17)
	first := f.config("role = \"scripts\"\nenforcement = \"login_trigger\"\nadditional_cidrs = [\"127.0.0.2\", \"::1\"]")
	inside := f.letsIn("select 1", []string{"127.0.0.2", "::1"}, []string{"127.0.0.9", "127.0.0.1"})
	drift := func(sql string) resource.TestStep {
		return resource.TestStep{PreConfig: func() { f.Exec(sql) }, Config: first, ConfigPlanChecks: actions(plancheck.ResourceActionUpdate), Check: inside}
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: func(*terraform.State) error {
			if f.QueryInt("select (select count(*) from pg_event_trigger)::int + (select count(*) from pg_namespace where nspname = 'auth0pg')::int") != 0 {
				return errors.New("something is left")
			}
			return f.letsIn("select 1", []string{"127.0.0.9"}, nil)(nil)
		},
		Steps: []resource.TestStep{
			{
				Config:            first,
				ConfigPlanChecks:  actions(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{enforcedFirst(`^CREATE OR REPLACE FUNCTION "auth0pg"`)},
				Check:             inside,
			},
			drift("alter event trigger auth0pg_allowlist_scripts disable"),
			drift("drop event trigger auth0pg_allowlist_scripts"),
			drift("create or replace function auth0pg.auth0pg_allowlist_scripts() returns event_trigger language plpgsql as 'begin end'"),
			{
				// From one way to another: there is no moment without rules, and nothing is left of the first.
				Config: f.config("role = \"scripts\"\nenforcement = \"pg_hba\"\nadditional_cidrs = [\"127.0.0.2\", \"::1\"]"),
				Check: func(*terraform.State) error {
					if f.QueryInt("select count(*)::int from pg_event_trigger") != 0 {
						return errors.New("the trigger is still there")
					}
					return inside(nil)
				},
			},
			{Config: first, Check: inside},
		},
	})
	if got := f.readHBA(t); got != f.hba {
		t.Errorf("pg_hba.conf is not what it was: %q", got)
	}
}

func TestAllowlistEnforcedByFunctions(t *testing.T) {
	t.Parallel()
	f := newFortress(t, 13)
	f.Exec("create table users (id uuid primary key default gen_random_uuid(), email text not null, password text not null, email_verified boolean)")
	const store = `jsonencode({
		table = "public.users", email_lookup = "lower_index"
		columns = {
			id = "id uuid", email = "email text"
			password = "password text", email_verified = "email_verified boolean"
		}
	})`
	config := func(cidrs, more string) string {
		return f.config(fmt.Sprintf("enforcement = \"functions\"\nstore = auth0pg_access_functions.access.store\nadditional_cidrs = [%s]\n%s", cidrs, more)) + fmt.Sprintf(`
			resource "auth0pg_access_functions" "access" {
				table      = %s
				operations = ["get_user"]
			}
			resource "auth0pg_database_role" "scripts" {
				name       = "functions_user"
				operations = ["get_user"]
				store      = auth0pg_access_functions.access.store
				%s
			}`, store, password("pw", 1))
	}
	const get = "select * from auth0.get_user('nobody@example.com')"
	calls := func(allowed, refused []string) resource.TestCheckFunc {
		return func(*terraform.State) error {
			var problems []error
			for _, address := range reachable(allowed) {
				problems = append(problems, f.from(address, "functions_user", get))
			}
			for _, address := range reachable(refused) {
				if err := f.from(address, "functions_user", get); err == nil || !strings.Contains(err.Error(), "is not in the allowlist") {
					problems = append(problems, fmt.Errorf("from %s: %w", address, err))
				}
				// It can log in and call nothing.
				problems = append(problems, f.from(address, "functions_user", "select 1"))
			}
			return errors.Join(problems...)
		}
	}
	inside := calls([]string{"127.0.0.2"}, []string{"127.0.0.9", "::1"})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				// All in one apply.
				Config:            config(`"127.0.0.2"`, ""),
				ConfigStateChecks: []statecheck.StateCheck{enforcedFirst(`^CREATE OR REPLACE FUNCTION "auth0"."check_client"`)},
				Check:             inside,
			},
			{Config: config(`"127.0.0.9"`, ""), ConfigPlanChecks: actions(plancheck.ResourceActionUpdate), Check: calls([]string{"127.0.0.9"}, []string{"127.0.0.2"})},
			{
				PreConfig: func() {
					f.Exec("create or replace function auth0.check_client() returns void language plpgsql stable set search_path = pg_catalog, pg_temp as 'begin end'")
				},
				Config: config(`"127.0.0.2"`, ""), ConfigPlanChecks: actions(plancheck.ResourceActionUpdate), Check: inside,
			},
			{Config: config(`"127.0.0.2"`, `role = "nobody_else"`), Check: calls([]string{"127.0.0.9"}, nil)},
			{Config: config(`"127.0.0.2"`, `role = "functions_user"`), Check: inside},
			{
				Config: strings.Replace(config(`"127.0.0.2"`, ""), `enforcement = "functions"`, "", 1),
				Check:  calls([]string{"127.0.0.2", "127.0.0.9", "::1"}, nil),
			},
		},
	})
}

func TestAllowlistEnforcementRefused(t *testing.T) {
	t.Parallel()
	f := newFortress(t, 17)
	f.Exec("create role boss login superuser password 'pw'; create role app login createrole password 'pw'")
	as := func(user, attributes string) string {
		db := f.DB
		if user != "" {
			db = &acctest.DB{URL: f.URLFor(user, "pw")}
		}
		return acctest.ProviderConfig(db, nil) + allowlistConfig("region = \"UK\"\n"+attributes)
	}
	var steps []resource.TestStep
	for _, refused := range []struct{ user, attributes, want string }{
		{"", `enforcement = "pg_hba"`, `Role Missing`},
		{"", `enforcement = "login_trigger"`, `Role Missing`},
		{"", `enforcement = "functions"`, `Store Missing`},
		{"", "enforcement = \"functions\"\nstore = jsonencode({ table = \"s.t\", columns = {}, email_lookup = \"exact\" })", `Store Has No Functions`},
		{"", "enforcement = \"pg_hba\"\nrole = \"postgres\"", `Role Is The Provider's Own`},
		{"", "enforcement = \"login_trigger\"\nrole = \"boss\"", `Role Is A Superuser`},
		{"", "enforcement = \"login_trigger\"\nrole = \"scripts\"\ndatabase = \"other\"", `Another Database`},
		{"app", "enforcement = \"pg_hba\"\nrole = \"scripts\"", `Enforcement Not Possible[\s\S]*superuser[\s\S]*Here works: "none" and\s+"functions"`},
		{"app", "enforcement = \"login_trigger\"\nrole = \"scripts\"", `Enforcement Not Possible[\s\S]*permission denied[\s\S]*Here works: "none" and\s+"functions"`},
	} {
		steps = append(steps, resource.TestStep{Config: as(refused.user, refused.attributes), PlanOnly: true, ExpectError: regexp.MustCompile(refused.want)})
	}
	acctest.Test(t, resource.TestCase{Steps: steps})
	if got := f.readHBA(t); got != f.hba || f.QueryInt("select count(*)::int from pg_event_trigger") != 0 {
		t.Error("what was refused has been done")
	}
}

func TestAllowlistEnforcementOnOldServer(t *testing.T) {
	t.Parallel()
	local, err := localpostgres.Start(t.Context(), localpostgres.Options{Version: 15, TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := local.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	db := pgtest.On(t, local)
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config: acctest.ProviderConfig(db, nil) + allowlistConfig("region = \"UK\"\nrole = \"scripts\"\nenforcement = \"pg_hba\""), PlanOnly: true,
				ExpectError: regexp.MustCompile(`Enforcement Not Possible[\s\S]*PostgreSQL\s+16[\s\S]*"none" and\s+"functions"`),
			},
			{
				Config: acctest.ProviderConfig(db, nil) + allowlistConfig("region = \"UK\"\nrole = \"scripts\"\nenforcement = \"login_trigger\""), PlanOnly: true,
				ExpectError: regexp.MustCompile(`Enforcement Not Possible[\s\S]*PostgreSQL\s+17[\s\S]*"none" and\s+"functions"`),
			},
		},
	})
}

// TestAllowlistPointsOutPoolers plans through PgBouncer, with sessions of the role that come
// from elsewhere: Auth0 would be locked out, and the plan says so.
func TestAllowlistPointsOutPoolers(t *testing.T) {
	t.Parallel()
	f := newFortress(t, 17)
	config, err := pgx.ParseConfig(f.URLFor("scripts", "pw"))
	if err != nil {
		t.Fatal(err)
	}
	config.DialFunc = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.9")}}).DialContext
	session, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close(context.Background()) })

	direct := f.plan(t, f.DB)
	if !strings.Contains(direct, "Warning: Sessions From Other Addresses") || !strings.Contains(direct, "127.0.0.9") || strings.Contains(direct, "Connection Pooler") {
		t.Errorf("the plan does not point out the session from elsewhere:\n%s", direct)
	}
	if err := session.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, f.DB, "the end of the session", "select not exists (select from pg_stat_activity where usename = 'scripts')")

	pooled := f.plan(t, &acctest.DB{URL: startPooler(t, f)})
	if !strings.Contains(pooled, "Warning: Connection Pooler In Between") || strings.Contains(pooled, "Sessions From") {
		t.Errorf("the plan does not point out the pooler:\n%s", pooled)
	}
}

func (f *fortress) plan(t *testing.T, db *acctest.DB) string {
	t.Helper()
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": required + acctest.ProviderConfig(db, nil) +
		allowlistConfig("region = \"UK\"\nrole = \"scripts\"\nenforcement = \"login_trigger\"")})
	return w.MustRun("plan")
}

// startPooler starts PgBouncer in front of the server and returns the administrator's URL through it.
func startPooler(t *testing.T, f *fortress) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/pgbouncer"); err != nil {
			t.Skip("needs PgBouncer, which is not installed; Debian has it as the package pgbouncer")
		}
	}
	dir := t.TempDir()
	for parent := dir; parent != os.TempDir() && parent != "/"; parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil { // it may have to run as another account
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(address)
	for name, content := range map[string]string{
		"users": fmt.Sprintf("%q %q\n", f.local.User(), f.local.Password()),
		// It knows the database by another name, too.
		"pgbouncer.ini": fmt.Sprintf("[databases]\nalias = host=%[1]s port=%[2]d dbname=%[5]s\n* = host=%[1]s port=%[2]d\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %[3]s\nunix_socket_dir =\n"+
			"auth_type = scram-sha-256\nauth_file = %[4]s\nserver_tls_sslmode = require\n", f.local.Host(), f.local.Port(), port, filepath.Join(dir, "users"), f.Name),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{filepath.Join(dir, "pgbouncer.ini")}
	if os.Getuid() == 0 {
		args = append([]string{"-u", "nobody"}, args...) // it refuses to run as root
	}
	command := exec.Command(program, args...)
	var log bytes.Buffer
	command.Stderr = &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Logf("PgBouncer (%v) says:\n%s", command.ProcessState, log.String())
		}
	})
	url := fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", f.local.User(), f.local.Password(), address, f.Name)
	for range 100 {
		var conn *pgx.Conn
		if conn, err = pgx.Connect(t.Context(), url); err == nil {
			if err := conn.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			return url
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("PgBouncer does not start: %v", err)
	return ""
}

// TestAllowlistKilledHalfWay kills the provider after it has written the files and before
// the server follows them. Nobody else notices, and the next apply finishes.
func TestAllowlistKilledHalfWay(t *testing.T) {
	t.Parallel()
	f := newFortress(t, 16)
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": required + f.config("role = \"scripts\"\nenforcement = \"pg_hba\"\nadditional_cidrs = [\"127.0.0.2\"]")})

	// The lock stops the provider, with its session open, before it changes anything; a
	// stopped postmaster stops it after that.
	holder := f.Conn()
	if _, err := holder.Exec(t.Context(), "begin; comment on role pg_monitor is null"); err != nil {
		t.Fatal(err)
	}
	process := w.Start("apply", "-auto-approve")
	eventually(t, f.DB, "waiting for the lock", "select exists (select from pg_stat_activity where query like 'COMMENT ON ROLE pg_monitor%')")
	pid, _, _ := strings.Cut(f.readFile(t, "postmaster.pid"), "\n")
	postmaster, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(postmaster, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(postmaster, syscall.SIGCONT) })
	if _, err := holder.Exec(t.Context(), "rollback"); err != nil {
		t.Fatal(err)
	}
	eventually(t, f.DB, "writing the files", "select pg_read_file(current_setting('hba_file')) like '%auth0pg_scripts.conf%'")
	process.KillProvider()
	if output, exit := process.Wait(); exit == 0 {
		t.Errorf("the killed apply succeeds:\n%s", output)
	}
	if err := syscall.Kill(postmaster, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := f.from("127.0.0.9", "others", "select 1"); err != nil {
		t.Errorf("another role is refused: %v", err)
	}

	w.MustRun("apply", "-auto-approve")
	if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
		t.Errorf("the next plan is not empty (exit %d):\n%s", exit, output)
	}
	if err := f.letsIn("select 1", []string{"127.0.0.2"}, []string{"127.0.0.9"})(nil); err != nil {
		t.Error(err)
	}
	w.MustRun("destroy", "-auto-approve")
	if got := f.readHBA(t); got != f.hba {
		t.Errorf("pg_hba.conf is not what it was: %q", got)
	}
}

func (f *fortress) readFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(f.local.DataDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
