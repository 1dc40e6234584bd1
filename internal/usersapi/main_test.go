// SPDX-License-Identifier: MPL-2.0

package usersapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes/check"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi/usersapitest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// bench is a users table with everything in front of it.
type bench struct {
	t      testing.TB
	db     *pgtest.DB
	config usersapi.Config
	server *httptest.Server
	log    *bytes.Buffer
	// header replaces the credentials.
	header http.Header
}

func newBench(t testing.TB, change func(*usersapi.Config)) *bench {
	t.Helper()
	b := &bench{t: t, db: pgtest.Database(t), log: &bytes.Buffer{}}
	schema, url := usersapitest.Functions(t, b.db, usersapitest.Table(b.db), "")
	b.config = usersapi.Config{
		DatabaseURL: url, Schema: schema, Log: slog.New(slog.NewJSONHandler(b.log, nil)),
		ConflictColumns: []string{"email", "username"}, Passwords: cheap,
	}
	if change != nil {
		change(&b.config)
	}
	b.server = usersapitest.Serve(t, b.config)
	return b
}

// cheap are hashes that tests have time for.
var cheap = check.Options{Costs: hashes.Costs{BcryptRounds: 4}}

// hashOf is a hash as a script would make it.
func hashOf(t testing.TB, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), 4)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

// post sends a body, JSON unless it is text, and returns status and body of the answer.
func (b *bench) post(path string, body any) (status int, answer string) {
	b.t.Helper()
	text, ok := body.(string)
	if !ok {
		encoded, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		text = string(encoded)
	}
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.server.URL+path, strings.NewReader(text))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.SetBasicAuth(usersapitest.Credentials.Username, usersapitest.Credentials.Password)
	for name, values := range b.header {
		request.Header[name] = values
	}
	status, answer = b.do(request)
	b.conforms(path, text, status, answer)
	return status, answer
}

// conforms holds every answer of a test to the contract, and every request to it that was accepted.
func (b *bench) conforms(path, body string, status int, answer string) {
	b.t.Helper()
	if !strings.HasPrefix(path, "/v1/") || path == "/v1/users" || status == 0 {
		return
	}
	if err := theContract().answers(path, status, answer); err != nil {
		b.t.Errorf("%s answers %d %s, which is not as the contract has it: %v", path, status, answer, err)
	}
	if status != http.StatusOK {
		return
	}
	if err := theContract().asks(path, body); err != nil {
		b.t.Errorf("%s takes %s, which is not as the contract has it: %v", path, body, err)
	}
}

func (b *bench) do(request *http.Request) (status int, answer string) {
	b.t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.t.Error(err)
		return 0, ""
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Error(err)
	}
	return response.StatusCode, strings.TrimSpace(string(all))
}

// gives asks for an answer of 200 with this JSON.
func (b *bench) gives(want, path string, body any) {
	b.t.Helper()
	status, answer := b.post(path, body)
	if status != http.StatusOK || answer != want {
		b.t.Errorf("%s: %d %s, want %s", path, status, answer, want)
	}
}

// fails asks for an error.
func (b *bench) fails(status int, code, path string, body any) {
	b.t.Helper()
	got, answer := b.post(path, body)
	var e struct{ Error, Code string }
	_ = json.Unmarshal([]byte(answer), &e)
	if got != status || e.Error+e.Code != code {
		b.t.Errorf("%s: %d %s, want %d %s", path, got, answer, status, code)
	}
}

type m map[string]any

// users asks for an answer of 200 with users, or with rows.
func (b *bench) users(path string, body any) (all []m) {
	b.t.Helper()
	status, answer := b.post(path, body)
	var found struct{ Users []m }
	target := any(&found)
	if strings.HasPrefix(answer, "[") {
		target = &found.Users
	}
	if err := json.Unmarshal([]byte(answer), target); err != nil || status != http.StatusOK {
		b.t.Errorf("%s: %d %s", path, status, answer)
	}
	return found.Users
}

// only is the one user that is found.
func (b *bench) only(path string, body any) m {
	b.t.Helper()
	all := b.users(path, body)
	if len(all) != 1 {
		b.t.Errorf("%s: %d users", path, len(all))
		return m{}
	}
	return all[0]
}

// silent looks for what the log must not have.
func (b *bench) silent() {
	b.t.Helper()
	for _, leak := range []string{"example.com", "correct horse", "$2a$", "$2b$", "role-password", usersapitest.Credentials.Password} {
		if strings.Contains(b.log.String(), leak) {
			b.t.Errorf("the log has %q", leak)
		}
	}
	if !strings.Contains(b.log.String(), `"path":`) {
		b.t.Error("the log has no requests")
	}
}

func text(v any) string { return fmt.Sprint(v) }
