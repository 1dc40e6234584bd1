// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// TestRecordings replays recorded traffic of real tenants, as the Go SDK and the
// general Terraform provider keep it beside their tests: the local tenant must
// give every recorded status and, apart from dates, secrets and ciphertext,
// every recorded body.
//
// Each file is replayed twice. With defaults by date the tenant knows no more than
// when the recording was made; with defaults by recording what the server added
// by itself is read off the recording under test. A call that differs ends
// nothing: all that follow are replayed and counted, too.
func TestRecordings(t *testing.T) {
	folder, files := recordingFiles(t)
	byDate, byRecording := tally{}, tally{}
	for _, file := range files {
		name, _ := filepath.Rel(folder, file)
		t.Run(name, func(t *testing.T) {
			loadRecording(t, file).replay(t, false, byDate)
			loadRecording(t, file).replay(t, true, byRecording)
		})
	}
	t.Logf("%d files\n%s", len(files), figures(byDate, byRecording))
	for _, problem := range short(byDate, byRecording) {
		t.Error(problem)
	}
}

func recordingFiles(t *testing.T) (folder string, files []string) {
	t.Helper()
	folder = os.Getenv("AUTH0PG_RECORDINGS")
	if folder == "" {
		t.Skip("AUTH0PG_RECORDINGS names no folder with recorded traffic to replay")
	}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if ext := filepath.Ext(path); err == nil && !entry.IsDir() && (ext == ".yaml" || ext == ".yml") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no recordings (*.yaml) below %s", folder)
	}
	return folder, files
}

// replay sends every call that the tenant serves. Only differences with defaults by
// recording are errors: what a date does not tell is nobody's fault.
func (r *recording) replay(t *testing.T, observed bool, counted tally) {
	defaults, date := r.defaults(observed)
	r.start(t, defaults)
	for n, i := range r.interactions {
		verdict, reason := r.prepare(i)
		if verdict == notServed {
			counted.add(i, verdict, reason)
			continue
		}
		problem := ""
		status, body, err := r.send(t.Context(), i)
		switch {
		case err != nil:
			problem = err.Error()
		case status != i.Response.Code:
			problem = fmt.Sprintf("status %d, recorded %d", status, i.Response.Code)
		default:
			problem = r.compare(i, body)
		}
		if problem != "" {
			verdict = different
			report, mode := t.Logf, "date"
			if observed {
				mode = "recording"
			}
			if observed && i.mustBeEqual() {
				report = t.Errorf
			}
			report("#%d %s %s?%s (server of %s, by %s): %s\nsent %.2000s\n got %.3000s\nwant %.3000s", n, i.Request.Method, i.path, i.query,
				date.Format(time.DateOnly), mode, problem, i.Request.Body, body, i.Response.Body)
		}
		counted.add(i, verdict, "")
	}
}

// start starts the tenant that the recording is replayed against.
func (r *recording) start(t *testing.T, defaults Defaults) {
	t.Helper()
	o := Options{
		Defaults: &defaults, DeleteDelay: -1, ImportDelay: -1,
		NewID: func(kind string) string {
			if len(r.ids[kind]) == 0 {
				return ""
			}
			id := r.ids[kind][0]
			r.ids[kind] = r.ids[kind][1:]
			return id
		},
	}
	for _, i := range r.interactions {
		if i.is("POST", "/oauth/token") && i.Response.Code == http.StatusOK {
			form, err := url.ParseQuery(i.Request.Body)
			if err != nil {
				t.Fatal(err)
			}
			o.ClientID, o.ClientSecret, o.Audience = form.Get("client_id"), form.Get("client_secret"), form.Get("audience")
			o.DefaultAudience = o.Audience == ""
			o.Scopes = strings.Fields(i.response().string("scope"))
		}
	}
	tenant, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	r.tenant = tenant
	r.seedClients()
}

// seedClients registers the applications that were there before.
func (r *recording) seedClients() {
	known := map[string]bool{}
	for _, i := range r.interactions {
		if i.is("POST", "/api/v2/clients") {
			known[i.response().string("client_id")] = true
		}
	}
	add := func(id string, shown *object) {
		if id == "" || known[id] {
			return
		}
		known[id] = true
		r.foreign[id] = true
		shown = clone(shown).(*object)
		shown.set("client_id", id)
		r.tenant.clients[id] = &client{id: id, shown: shown}
	}
	for _, i := range r.interactions {
		if id := i.response().string("client_id"); i.is("GET", "/api/v2/clients/"+id) {
			add(id, i.response())
		}
		if i.sent != nil {
			for _, id := range stringsOf(i.sent.get("enabled_clients")) {
				add(id, newObject())
			}
			if i.Request.Method == "POST" && i.Response.Code == http.StatusCreated {
				add(i.sent.string("client_id"), newObject())
			}
		}
		if strings.HasSuffix(i.path, "/clients") && i.Request.Method == "PATCH" {
			value, _ := decodeJSON([]byte(i.Request.Body))
			list, _ := value.([]any)
			for _, item := range list {
				if change, ok := item.(*object); ok && i.Response.Code == http.StatusNoContent {
					add(change.string("client_id"), newObject())
				}
			}
		}
	}
}

// send repeats a call.
func (r *recording) send(ctx context.Context, i *interaction) (int, []byte, error) {
	header := "Bearer " + r.tenant.Token()
	switch code := i.response().string("errorCode"); {
	case i.Response.Code == http.StatusTooManyRequests:
		defer r.tenant.Inject(Fault{Status: http.StatusTooManyRequests})()
	case code == "Bearer":
		header = "Bearer"
	case code == "insufficient_scope":
		_, missing, _ := strings.Cut(i.response().string("message"), "any of: ")
		header = "Bearer " + r.tenant.Token(slices.DeleteFunc(AllScopes(), func(scope string) bool { return strings.Contains(missing, scope) })...)
	}
	if i.path == "/oauth/token" {
		if err := r.signAssertion(i); err != nil {
			return 0, nil, err
		}
	}
	if i.Response.Code == http.StatusOK && connectionIn.MatchString(i.path) && i.query == "" && i.response().has("id") && !i.response().has("options") {
		header = "Bearer " + r.tenant.Token(slices.DeleteFunc(AllScopes(), func(scope string) bool { return scope == "read:connections_options" })...)
	}
	if i.Request.Method == "DELETE" {
		r.timeDeletion(i)
	}
	r.matchOtherClients(i)
	if i.createsDatabase() {
		r.tenant.deletions = map[string]deletion{} // they had ended by then
	}
	if i.Response.Code == http.StatusCreated || i.Response.Code == http.StatusAccepted || i.path == "/dbconnections/signup" {
		r.expectIDs(i)
	}
	target := r.tenant.URL() + i.escaped
	if i.query != "" {
		target += "?" + i.query
	}
	request, err := http.NewRequestWithContext(ctx, i.Request.Method, target, strings.NewReader(i.Request.Body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if values := i.Request.Headers["Content-Type"]; len(values) > 0 {
		request.Header.Set("Content-Type", values[0])
	}
	request.Header.Set("Authorization", header)
	if i.path == "/oauth/token" {
		request.Header.Del("Authorization")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

// timeDeletion lets a deletion take as long as the recording shows: nothing when
// the first answer is 204, and until after the last 202.
func (r *recording) timeDeletion(i *interaction) {
	again, last := false, false
	for _, other := range r.interactions {
		if other == i {
			again, last = true, true
			continue
		}
		if again && other.is("DELETE", i.path) && other.Response.Code == http.StatusAccepted {
			last = false
		}
	}
	r.tenant.options.SynchronousDelete = i.Response.Code == http.StatusNoContent
	r.tenant.options.DeleteDelay = -1
	if !last {
		r.tenant.options.DeleteDelay = time.Hour
	}
}

// expectIDs lets the tenant give a new thing its recorded name.
func (r *recording) expectIDs(i *interaction) {
	r.ids = map[string][]string{}
	if i.createsDatabase() {
		id := i.response().string("id")
		r.ids["connection"] = []string{id}
		r.created[id] = true
	}
	answer := i.response()
	switch {
	case i.is("POST", "/api/v2/clients"):
		r.ids["client"] = []string{answer.string("client_id")}
		r.made[answer.string("client_id")] = true
		for _, path := range credentialPaths {
			list, _ := answer.path(append(slices.Clone(path), "credentials")...).([]any)
			for _, item := range list {
				if made, ok := item.(*object); ok {
					r.ids["credential"] = append(r.ids["credential"], made.string("id"))
				}
			}
		}
	case i.area() == "clients":
		r.ids["credential"] = []string{answer.string("id")}
	case i.path == "/dbconnections/signup":
		r.ids["user"] = []string{answer.string("_id")}
	case i.is("POST", "/api/v2/users"):
		r.ids["user"] = []string{strings.TrimPrefix(answer.string("user_id"), userPrefix)}
	case i.area() == "jobs, tickets":
		r.ids["job"] = []string{answer.string("id")}
		r.expectImported(i)
	case i.is("POST", "/api/v2/resource-servers"):
		r.ids["resource_server"] = []string{answer.string("id")}
	case i.is("POST", "/api/v2/client-grants"):
		r.ids["client_grant"] = []string{answer.string("id")}
	}
}

// expectImported gives the users of an import the ids under which the recording finds
// them later. A job that is not seen to end goes on to the end of the recording.
func (r *recording) expectImported(i *interaction) {
	r.tenant.options.ImportDelay = time.Hour
	for _, later := range r.interactions[slices.Index(r.interactions, i):] {
		if strings.HasPrefix(later.path, "/api/v2/jobs/job_") {
			r.tenant.options.ImportDelay = -1
		}
		list, _ := later.got.([]any)
		for _, item := range list {
			if found, ok := item.(*object); ok && later.path == "/api/v2/users-by-email" {
				r.ids["user"] = append(r.ids["user"], strings.TrimPrefix(found.string("user_id"), userPrefix))
			}
		}
	}
}

// matchOthers puts the connections of a recorded list that are not under test
// into the tenant, takes away those that are not in the list, and says whether there
// were any.
func (r *recording) matchOthers(i *interaction) (others bool) {
	list, ok := i.got.([]any)
	if !ok {
		list, _ = i.response().get("connections").([]any)
	}
	for id := range r.tenant.connections {
		if !r.created[id] {
			delete(r.tenant.connections, id)
		}
	}
	for _, item := range list {
		if o, ok := item.(*object); ok && !r.created[o.string("id")] {
			r.add(o)
			others = true
			if parts := strings.Split(i.path, "/"); len(parts) == 6 && o.string("id") != "" { // the connections of one client
				r.tenant.connections[o.string("id")].clients = []string{parts[4]}
			}
		}
	}
	return others
}

// add puts a connection that is not under test into the tenant.
func (r *recording) add(value any) {
	o, ok := value.(*object)
	if !ok || o.string("id") == "" {
		return
	}
	text, err := encodeJSON(o)
	if err == nil {
		err = r.tenant.AddConnection(text)
	}
	if err != nil {
		panic(err) // it was decoded from JSON and has an id
	}
}

// signAssertion puts a valid assertion, by a key that the tenant knows, where the
// recorder took the real one out.
func (r *recording) signAssertion(i *interaction) error {
	form, err := url.ParseQuery(i.Request.Body)
	if err != nil || form.Get("client_assertion") == "" {
		return err
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	key, err := jwk.FromRaw(private.Public())
	if err != nil {
		return err
	}
	id := form.Get("client_id")
	r.tenant.clients[id].keys = []*credential{{key: key}}
	token, err := jwt.NewBuilder().Issuer(id).Subject(id).Audience([]string{r.tenant.URL() + "/"}).
		JwtID("1").Expiration(time.Now().Add(time.Minute)).Build()
	if err != nil {
		return err
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.ES256, private))
	form.Set("client_assertion", string(signed))
	i.Request.Body = form.Encode()
	return err
}

// matchOtherClients enables and disables what others did at the same time: the
// clients in an answer that no call of the recording names.
func (r *recording) matchOtherClients(i *interaction) {
	match := connectionIn.FindStringSubmatch(i.path)
	if match == nil || i.Response.Code != http.StatusOK || r.tenant.connections[match[1]] == nil {
		return
	}
	var recorded []string
	switch {
	case i.response().has("enabled_clients"):
		recorded = stringsOf(i.response().get("enabled_clients"))
	case i.response().has("clients"):
		list, _ := i.response().get("clients").([]any)
		for _, item := range list {
			if o, ok := item.(*object); ok {
				recorded = append(recorded, o.string("client_id"))
			}
		}
	default:
		return
	}
	others := func(id string) bool {
		return !slices.ContainsFunc(r.interactions, func(other *interaction) bool { return strings.Contains(other.Request.Body, id) })
	}
	c := r.tenant.connections[match[1]]
	c.clients = slices.DeleteFunc(c.clients, others)
	c.clients = append(c.clients, slices.DeleteFunc(recorded, func(id string) bool { return !others(id) })...)
}
