// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi/usersapitest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var listening = regexp.MustCompile(`"msg":"listening".*"address":"([^"]+)"`)

// start serves until the test ends, or until stop is called, which returns what serve returns.
func start(t *testing.T, log *pgtest.Output, environment []string, args ...string) (url string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, append([]string{"serve", "-listen", "127.0.0.1:0"}, args...), environment, log, log)
	}()
	stop = func() error {
		cancel()
		return <-ended
	}
	for range 200 {
		if m := listening.FindStringSubmatch(log.String()); m != nil {
			return "http://" + m[1], stop
		}
		select {
		case err := <-ended:
			t.Fatalf("it does not start: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("it does not start: %s", log)
	return "", nil
}

// The program serves what its own check accepts, and ends what has begun when it is told to end.
func TestServeAndCheck(t *testing.T) {
	db := pgtest.Database(t)
	schema, url := usersapitest.Functions(t, db, usersapitest.Table(db), "")
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := []string{
		"AUTH0PG_API_DATABASE_URL=" + url, "AUTH0PG_API_SCHEMA=other", "AUTH0PG_API_PASSWORD_CHECK=api",
		"AUTH0PG_API_BCRYPT_ROUNDS=4", "AUTH0PG_API_USERNAME=auth0", "AUTH0PG_API_PASSWORD_FILE=" + secret,
		"AUTH0PG_API_FORMER_PASSWORD=fedcba9876543210", "HOME=/", "AUTH0PG_API_DRAIN=1s",
	}
	var log pgtest.Output
	base, stop := start(t, &log, environment, "-schema", schema) // the flag wins
	check := func(environment []string, args ...string) (string, error) {
		var out pgtest.Output
		err := run(t.Context(), append([]string{"check", "-url", base}, args...), environment, &out, &out)
		return out.String(), err
	}
	out, err := check(environment, "-allow-changes")
	if err != nil || !strings.Contains(out, "pass  delete takes the user away, once") || strings.Contains(out, "FAIL") {
		t.Errorf("%v\n%s", err, out)
	}
	former := []string{
		"AUTH0PG_API_USERNAME=auth0",
		"AUTH0PG_API_PASSWORD=fedcba9876543210",
		"AUTH0PG_API_PASSWORD_CHECK=api",
	}
	if out, err = check(former); err != nil || !strings.Contains(out, "changes are not allowed") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err = check(former, "-password-check", "script"); !errors.Is(err, errFailed) {
		t.Errorf("with another way to check passwords: %v", err)
	}

	lock := db.Conn()
	if _, err := lock.Exec(t.Context(), "BEGIN; LOCK TABLE public.users"); err != nil {
		t.Fatal(err)
	}
	status := make(chan int, 1)
	go func() { status <- post(t, base, "/v1/verify") }()
	for db.QueryInt("SELECT count(*)::int FROM pg_locks WHERE NOT granted") == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	for !strings.Contains(log.String(), "draining") {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)
	if got := get(t, base, "/readyz"); got != http.StatusServiceUnavailable {
		t.Errorf("while it drains, /readyz is %d", got)
	}
	if _, err := lock.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if got := <-status; got != http.StatusOK {
		t.Errorf("what had begun is %d", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for _, leak := range []string{"0123456789abcdef", "fedcba9876543210", "role-password", "@example"} {
		if strings.Contains(log.String(), leak) {
			t.Errorf("the log has %s", leak)
		}
	}
	for _, want := range []string{`"msg":"ready"`, `"operations":["login"`, "every address may call", "argon2 of the type 2d"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

func post(t *testing.T, base, path string) int {
	request, err := http.NewRequestWithContext(
		t.Context(),
		http.MethodPost,
		base+path,
		strings.NewReader(`{"email":"a@example.com"}`),
	)
	if err != nil {
		t.Error(err)
		return 0
	}
	request.Header.Set("Content-Type", "application/json")
	request.SetBasicAuth("auth0", "0123456789abcdef")
	return do(t, request)
}

func get(t *testing.T, base, path string) int {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, http.NoBody)
	if err != nil {
		t.Error(err)
		return 0
	}
	return do(t, request)
}

func do(t *testing.T, request *http.Request) int {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// What cannot work is refused at the start, without a secret in the message.
func TestRefusedSettings(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("# nobody\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	basic := []string{
		"DATABASE_URL=postgres://api:secret@127.0.0.1:1/x",
		"SCHEMA=access",
		"USERNAME=auth0",
		"PASSWORD=0123456789abcdef",
	}
	tokens := []string{"-issuer", "https://t.example.com/", "-audience", "https://users.example.com", "-clients", "a"}
	for name, c := range map[string]struct {
		environment, args []string
		want              string
	}{
		"nothing":            {nil, nil, "AUTH0PG_API_DATABASE_URL is not set"},
		"no schema":          {[]string{"SCHEMA="}, nil, "schema"},
		"no credentials":     {[]string{"USERNAME=", "PASSWORD="}, nil, "nobody could call"},
		"half of them":       {[]string{"PASSWORD="}, nil, "at least 16 characters"},
		"a short password":   {[]string{"PASSWORD=secret"}, nil, "at least 16 characters"},
		"a misspelt one":     {[]string{"AUDIANCE=x"}, nil, "AUTH0PG_API_AUDIANCE is no setting"},
		"no number":          {[]string{"POOL_MAX=many"}, nil, "AUTH0PG_API_POOL_MAX"},
		"a secret twice":     {[]string{"PASSWORD_FILE=/nowhere"}, nil, "both set"},
		"a missing file":     {[]string{"PEPPER_FILE=/nowhere"}, nil, "AUTH0PG_API_PEPPER_FILE"},
		"no database URL":    {[]string{"DATABASE_URL=postgres://api:secret@[/x"}, nil, "no postgresql:// URL"},
		"a flag for secrets": {nil, []string{"-password", "secret"}, "not defined"},
		"an argument":        {nil, []string{"now"}, "unexpected argument"},
		"another check":      {nil, []string{"-password-check", "both"}, "script or api"},
		"another format":     {nil, []string{"-password-check", "api", "-password-hash", "crypt"}, "read and not written"},
		"no such format":     {nil, []string{"-password-check", "api", "-legacy-hashes", "rot13"}, "no format"},
		"no pepper":          {nil, []string{"-password-check", "api", "-legacy-hashes", "hmac"}, "pepper"},
		"too dear":           {nil, []string{"-password-check", "api", "-bcrypt-rounds", "20"}, "between 4 and 15"},
		"rehash in scripts":  {nil, []string{"-rehash-on-login"}, "password check api"},
		"no network":         {nil, []string{"-allow", "everybody"}, "neither an address nor a network"},
		"nobody":             {nil, []string{"-allow-file", empty}, "nobody could call"},
		"everybody unawares": {[]string{"ALLOW="}, nil, "everybody could call"},
		"half a certificate": {nil, []string{"-tls-cert", "x"}, "go together"},
		"no audience":        {nil, append(tokens[:2:2], tokens[4:]...), "audience"},
		"no client":          {nil, tokens[:4], "azp"},
		"keys over HTTP":     {nil, append(tokens[:6:6], "-jwks-url", "http://t.example.com/keys"), "https://"},
	} {
		t.Run(name, func(t *testing.T) {
			settings := map[string]string{}
			for _, variable := range append(basic[:4:4], c.environment...) {
				key, value, _ := strings.Cut(variable, "=")
				settings[key] = value
			}
			if name == "nothing" {
				settings = nil
			}
			var environment []string
			for key, value := range settings {
				environment = append(environment, prefix+key+"="+value)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			var log pgtest.Output
			err := run(
				ctx,
				append([]string{"serve", "-listen", "127.0.0.1:0", "-drain", "0s"}, c.args...),
				environment,
				&log,
				&log,
			)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q; %s", err, c.want, &log)
			}
			if strings.Contains(fmt.Sprint(err), "secret@") || strings.Contains(log.String(), "secret@") {
				t.Error("the password is shown")
			}
		})
	}
}
