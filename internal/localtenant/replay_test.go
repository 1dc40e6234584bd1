// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// TestRecordings replays recorded traffic of real tenants, as the Go SDK and the
// general Terraform provider keep it beside their tests: the local tenant must
// give every recorded status and, apart from dates, secrets and ciphertext,
// every recorded body.
func TestRecordings(t *testing.T) {
	folder := os.Getenv("AUTH0PG_RECORDINGS")
	if folder == "" {
		t.Skip("AUTH0PG_RECORDINGS names no folder with recorded traffic to replay")
	}
	var files []string
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
	var replayed, skipped int
	for _, file := range files {
		name, _ := filepath.Rel(folder, file)
		t.Run(name, func(t *testing.T) {
			r := loadRecording(t, file)
			defer func() { replayed += r.replayed; skipped += r.skipped }()
			r.replay(t)
		})
	}
	t.Logf("%d files, %d interactions replayed, %d skipped", len(files), replayed, skipped)
}

// interaction is one recorded call.
type interaction struct {
	Request struct {
		Method  string      `yaml:"method"`
		URL     string      `yaml:"url"`
		Body    string      `yaml:"body"`
		Headers http.Header `yaml:"headers"`
	} `yaml:"request"`
	Response struct {
		Code int    `yaml:"code"`
		Body string `yaml:"body"`
	} `yaml:"response"`

	path, query string
	sent        *object // body of the request, when it is an object
	got         any     // body of the response
}

// recording is one file of traffic.
type recording struct {
	interactions []*interaction
	replayed     int
	skipped      int

	tenant  *Tenant
	created map[string]bool // ids of connections that the recording creates here
	ids     map[string][]string
	// ciphers pairs recorded with replayed ciphertext: both must change and
	// stay the same together.
	ciphers map[string]string
}

func loadRecording(t *testing.T, file string) *recording {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var data struct {
		Interactions []*interaction `yaml:"interactions"`
	}
	if err := yaml.Unmarshal(content, &data); err != nil {
		t.Fatalf("not a recording: %v", err)
	}
	r := &recording{interactions: data.Interactions, created: map[string]bool{}, ids: map[string][]string{}, ciphers: map[string]string{}}
	for _, i := range r.interactions {
		u, err := url.Parse(i.Request.URL)
		if err != nil {
			t.Fatal(err)
		}
		i.path, i.query = u.Path, u.RawQuery
		if value, err := decodeJSON([]byte(i.Request.Body)); err == nil {
			i.sent, _ = value.(*object)
		}
		if i.Response.Body != "" {
			if i.got, err = decodeJSON([]byte(i.Response.Body)); err != nil {
				i.got = i.Response.Body
			}
		}
	}
	return r
}

// response is the recorded answer as an object, an empty one when it is none.
func (i *interaction) response() *object {
	if o, ok := i.got.(*object); ok {
		return o
	}
	return newObject()
}

func (i *interaction) is(method, path string) bool {
	return i.Request.Method == method && i.path == path
}

// createsDatabase says whether the call made a database connection.
func (i *interaction) createsDatabase() bool {
	return i.is("POST", "/api/v2/connections") && i.Response.Code == http.StatusCreated && i.sent != nil &&
		i.sent.string("strategy") == databaseStrategy
}

var recordedDate = regexp.MustCompile(`"(?:deleted_at|created_at|updated_at)":\s*"([0-9TZ:.-]+)"`)

// defaults finds out which server it was: by the recorded date, and where what
// the server added can be seen, by that. Changes reached the tenants on
// different days.
func (r *recording) defaults() (Defaults, time.Time) {
	var date time.Time
	for _, i := range r.interactions {
		for _, match := range recordedDate.FindAllStringSubmatch(i.Response.Body, -1) {
			if at, err := time.Parse(time.RFC3339, match[1]); err == nil && at.After(date) {
				date = at
			}
		}
	}
	d := LatestDefaults()
	if !date.IsZero() {
		d = DefaultsAt(date)
	}
	for _, i := range r.interactions {
		switch {
		case i.createsDatabase():
			d.observe(i.sent, i.response())
		case i.is("POST", "/api/v2/clients") && i.Response.Code == http.StatusCreated:
			d.CrossOriginKey = ""
			for _, key := range []string{"cross_origin_auth", "cross_origin_authentication"} {
				if i.response().has(key) {
					d.CrossOriginKey = key
				}
			}
		case i.Request.Method == "PATCH" && i.sent != nil && i.sent.has("enabled_clients"):
			d.UpdatesEnabledClients = i.Response.Code == http.StatusOK
		case i.Request.Method == "PATCH" && i.sent != nil && i.sent.object("options") != nil && i.Response.Code == http.StatusOK:
			d.observeSent(i.sent.object("options"), i.response().object("options"))
		}
	}
	return d, date
}

func (d *Defaults) observe(sent, got *object) {
	d.Purposes = got.has("authentication")
	before, after := sent.object("options"), got.object("options")
	if after == nil {
		return
	}
	if before == nil {
		before = newObject()
	}
	d.Methods = observed(d.Methods, before, after, "passkey_options")
	if !before.has("authentication_methods") {
		d.OTPMethodsAlways = observed(d.OTPMethodsAlways, before, after, "authentication_methods", "email_otp")
	}
	d.PasswordOptionsAlways = observed(d.PasswordOptionsAlways, before, after, "password_options")
	d.observeSent(before, after)
	for _, value := range stringsOfObject(after.object("configuration")) {
		switch {
		case strings.HasPrefix(value, "2.0$"):
			d.Ciphertext = DollarCiphertext
		case strings.HasPrefix(value, "CgRlZmdo"):
			d.Ciphertext = DoubleCiphertext
		case value != "":
			d.Ciphertext = MessageCiphertext
		}
	}
}

// observeSent looks at what the server completes wherever it is sent.
func (d *Defaults) observeSent(before, after *object) {
	if after == nil {
		return
	}
	if before.has("authentication_methods") {
		d.OTPMethods = observed(d.OTPMethods, before, after, "authentication_methods", "email_otp")
	}
	d.APIBehavior = observed(d.APIBehavior, before, after, "authentication_methods", "password", "api_behavior")
	d.SignupBehavior = observed(d.SignupBehavior, before, after, "authentication_methods", "password", "signup_behavior")
	d.UsernameValidation = observed(d.UsernameValidation, before, after, "attributes", "username", "validation")
	d.VerificationMethod = observed(d.VerificationMethod, before, after, "attributes", "email", "verification_method")
	d.EmailUnique = observed(d.EmailUnique, before, after, "attributes", "email", "unique")
}

// observed says whether the server added the value at a path, and what was known
// before when this does not show.
func observed(known bool, before, after *object, path ...string) bool {
	parent, _ := after.path(path[:len(path)-1]...).(*object)
	if parent == nil || before.path(path...) != nil {
		return known
	}
	return parent.has(path[len(path)-1])
}

func stringsOfObject(o *object) []string {
	var values []string
	if o != nil {
		for _, key := range o.keys {
			values = append(values, o.string(key))
		}
	}
	return values
}

func (r *recording) replay(t *testing.T) {
	defaults, date := r.defaults()
	o := Options{
		Defaults: &defaults, DeleteDelay: -1,
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
			o.Scopes = strings.Fields(i.response().string("scope"))
		}
	}
	tenant, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	r.tenant = tenant
	r.seedClients()

	unserved := map[string]int{}
	for n, i := range r.interactions {
		if reason := r.skip(i); reason != "" {
			r.skipped++
			unserved[reason]++
			continue
		}
		r.replayed++
		status, body, err := r.send(t.Context(), i)
		if err != nil {
			t.Fatalf("#%d %s %s: %v", n, i.Request.Method, i.path, err)
		}
		if status != i.Response.Code {
			t.Fatalf("#%d %s %s: status %d, recorded %d\n got %s\nwant %s", n, i.Request.Method, i.path, status, i.Response.Code, body, i.Response.Body)
		}
		if problem := r.compare(i, body); problem != "" {
			t.Errorf("#%d %s %s?%s (server of %s): %s\n got %s\nwant %s", n, i.Request.Method, i.path, i.query, date.Format(time.DateOnly), problem, body, i.Response.Body)
		}
	}
	var names []string
	for name, count := range unserved {
		names = append(names, fmt.Sprintf("%s (%d)", name, count))
	}
	sort.Strings(names)
	if len(names) > 0 {
		t.Logf("skipped: %s", strings.Join(names, ", "))
	}
	if r.replayed == 0 {
		t.Skip("nothing here that the local tenant serves")
	}
}

// seedClients registers the applications that were there before.
func (r *recording) seedClients() {
	known := map[string]bool{}
	for _, i := range r.interactions {
		if i.is("POST", "/api/v2/clients") {
			known[i.response().string("client_id")] = true
		}
	}
	add := func(id string) {
		if id != "" && !known[id] {
			known[id] = true
			r.tenant.clients[id] = &client{id: id, shown: newObject("client_id", id)}
		}
	}
	for _, i := range r.interactions {
		if clientPath := strings.HasPrefix(i.path, "/api/v2/clients/"); clientPath && i.Request.Method == "GET" && i.Response.Code == http.StatusOK {
			id := i.response().string("client_id")
			if !known[id] {
				add(id)
				r.tenant.clients[id].shown = i.response()
			}
		}
		if i.sent != nil {
			for _, id := range stringsOf(i.sent.get("enabled_clients")) {
				add(id)
			}
		}
		if strings.HasSuffix(i.path, "/clients") && i.Request.Method == "PATCH" {
			value, _ := decodeJSON([]byte(i.Request.Body))
			list, _ := value.([]any)
			for _, item := range list {
				if change, ok := item.(*object); ok && i.Response.Code == http.StatusNoContent {
					add(change.string("client_id"))
				}
			}
		}
	}
}

var (
	servedPath   = regexp.MustCompile(`^/(oauth/token|api/v2/(connections(/con_\w+(/clients)?)?|clients(/\w+(/connections)?)?))$`)
	connectionIn = regexp.MustCompile(`^/api/v2/connections/(con_\w+)`)
	idInPath     = regexp.MustCompile(`(con|org|rol|cred|job|tkt)_\w+|auth0(\||%7C)[^/]+|[0-9a-f]{8}-[0-9a-f-]{27}`)
)

// skip says why a call is not replayed, and prepares what it needs otherwise.
func (r *recording) skip(i *interaction) string {
	if !servedPath.MatchString(i.path) {
		return i.Request.Method + " " + idInPath.ReplaceAllString(i.path, "{id}")
	}
	if i.is("POST", "/api/v2/connections") && i.sent != nil && i.sent.string("strategy") != databaseStrategy {
		if i.Response.Code == http.StatusCreated {
			r.tenant.AddConnection([]byte(i.Response.Body))
		}
		return "connections of strategy " + i.sent.string("strategy")
	}
	if i.Request.Method == "PATCH" && strings.HasPrefix(i.path, "/api/v2/clients/") {
		if c := r.tenant.clients[i.response().string("client_id")]; c != nil {
			c.shown = i.response()
		}
		return "PATCH /api/v2/clients/{id}"
	}
	if i.path == "/oauth/token" {
		form, err := url.ParseQuery(i.Request.Body)
		if grant := form.Get("grant_type"); err != nil || grant != "client_credentials" || i.Response.Code != http.StatusOK {
			return "POST /oauth/token for other grants or refused"
		}
	}
	if match := connectionIn.FindStringSubmatch(i.path); match != nil && !r.created[match[1]] {
		// Of another strategy, or from before the recording.
		if i.Request.Method == "DELETE" {
			delete(r.tenant.connections, match[1])
		}
		return "connections that the recording does not create"
	}
	return ""
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
	if i.is("GET", "/api/v2/connections") {
		r.matchOthers(i)
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
	if i.Response.Code == http.StatusCreated {
		r.expectIDs(i)
	}
	target := r.tenant.URL() + i.path
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
	if i.is("POST", "/api/v2/clients") {
		r.ids["client"] = []string{i.response().string("client_id")}
		credentials, _ := i.response().path("client_authentication_methods", "private_key_jwt", "credentials").([]any)
		for _, item := range credentials {
			if credential, ok := item.(*object); ok {
				r.ids["credential"] = append(r.ids["credential"], credential.string("id"))
			}
		}
	}
}

// matchOthers puts the connections of a recorded list that are not under test
// into the tenant, and takes away those that are not in the list.
func (r *recording) matchOthers(i *interaction) {
	list, ok := i.got.([]any)
	if !ok {
		list, _ = i.response().get("connections").([]any)
	}
	for id, c := range r.tenant.connections {
		if c.seeded != nil {
			delete(r.tenant.connections, id)
		}
	}
	for _, item := range list {
		if o, ok := item.(*object); ok && !r.created[o.string("id")] {
			text, _ := encodeJSON(o)
			r.tenant.AddConnection(text)
		}
	}
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

// compare returns what differs from the recorded body.
func (r *recording) compare(i *interaction, body []byte) string {
	if i.got == nil {
		if len(bytes.TrimSpace(body)) > 0 {
			return "a body where none was recorded"
		}
		return ""
	}
	got, err := decodeJSON(body)
	if err != nil {
		return err.Error()
	}
	if i.Response.Code >= 400 && i.response().has("client_secret") {
		return "" // the recorder put its redaction in place of the error
	}
	return r.differ("", i.got, got, i.Request.Method != "POST")
}

var (
	secretKeys = []string{"client_secret", "signing_keys", "access_token"}
	dateKeys   = []string{"deleted_at", "created_at", "updated_at"}
	setKeys    = []string{"enabled_clients", "clients"}
)

// differ compares a recorded value with ours. ordered asks for the same order of
// the keys of options too, which the storage decides in all but a create.
func (r *recording) differ(path string, want, got any, ordered bool) string {
	switch want := want.(type) {
	case *object:
		got, ok := got.(*object)
		if !ok {
			return path + " is not an object"
		}
		for _, key := range want.keys {
			at := path + "." + key
			switch {
			case slices.Contains(secretKeys, key):
				continue
			case !got.has(key):
				return at + " is missing"
			case slices.Contains(dateKeys, key):
				if _, err := time.Parse("2006-01-02T15:04:05.000Z", got.string(key)); err != nil {
					return at + " is not a date"
				}
				continue
			case strings.HasSuffix(path, ".configuration"):
				if problem := r.differCipher(at, want.string(key), got.string(key)); problem != "" {
					return problem
				}
				continue
			case path == "" && key == "connections", slices.Contains(setKeys, key):
				if problem := r.differSet(at, want.get(key), got.get(key), ordered); problem != "" {
					return problem
				}
				continue
			}
			if problem := r.differ(at, want.get(key), got.get(key), ordered); problem != "" {
				return problem
			}
		}
		for _, key := range got.keys {
			if !want.has(key) && !slices.Contains(secretKeys, key) {
				return path + "." + key + " was not recorded"
			}
		}
		if ordered && strings.Contains(path, ".options") && !slices.Equal(want.keys, got.keys) {
			return fmt.Sprintf("the keys of %s are in the order %v, recorded %v", path, got.keys, want.keys)
		}
		return ""
	case []any:
		got, ok := got.([]any)
		if !ok || len(got) != len(want) {
			return path + " is not a list of the same length"
		}
		if path == "" {
			return r.differSet(path, want, got, ordered)
		}
		for n := range want {
			if problem := r.differ(fmt.Sprintf("%s[%d]", path, n), want[n], got[n], ordered); problem != "" {
				return problem
			}
		}
		return ""
	case json.Number:
		got, ok := got.(json.Number)
		a, _ := want.Float64()
		b, _ := got.Float64()
		if !ok || a != b {
			return fmt.Sprintf("%s is %v, recorded %v", path, got, want)
		}
		return ""
	default:
		if want != got {
			return fmt.Sprintf("%s is %v, recorded %v", path, got, want)
		}
		return ""
	}
}

// differSet compares lists whose order is nowhere promised.
func (r *recording) differSet(path string, want, got any, ordered bool) string {
	key := func(item any) string {
		if o, ok := item.(*object); ok {
			return o.string("id") + o.string("client_id")
		}
		return fmt.Sprint(item)
	}
	wantList, _ := want.([]any)
	gotList, _ := got.([]any)
	if len(wantList) != len(gotList) {
		return fmt.Sprintf("%s has %d items, recorded %d", path, len(gotList), len(wantList))
	}
	found := map[string]any{}
	for _, item := range gotList {
		found[key(item)] = item
	}
	for _, item := range wantList {
		ours, ok := found[key(item)]
		if !ok {
			return path + " lacks " + key(item)
		}
		if problem := r.differ(path+"["+key(item)+"]", item, ours, ordered); problem != "" {
			return problem
		}
	}
	return ""
}

func (r *recording) differCipher(path, want, got string) string {
	if len(want) != len(got) {
		return fmt.Sprintf("%s has %d characters, recorded %d", path, len(got), len(want))
	}
	if want == "" {
		return ""
	}
	before, seen := r.ciphers[want]
	if seen && before != got {
		return path + " changed where the recorded ciphertext stayed"
	}
	for recorded, ours := range r.ciphers {
		if ours == got && recorded != want {
			return path + " stayed where the recorded ciphertext changed"
		}
	}
	r.ciphers[want] = got
	return ""
}
