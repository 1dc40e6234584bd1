// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

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
	escaped     string  // path as it was sent
	sent        *object // body of the request, when it is an object
	got         any     // body of the response
}

// recording is one file of traffic.
type recording struct {
	interactions []*interaction

	tenant  *Tenant
	created map[string]bool // ids of connections that the recording creates here
	made    map[string]bool // ids of clients that it creates here
	foreign map[string]bool // ids of clients that were there before it
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
	r := &recording{interactions: data.Interactions, created: map[string]bool{}, made: map[string]bool{}, foreign: map[string]bool{}, ids: map[string][]string{}, ciphers: map[string]string{}}
	for _, i := range r.interactions {
		u, err := url.Parse(i.Request.URL)
		if err != nil {
			t.Fatal(err)
		}
		i.path, i.escaped, i.query = u.Path, u.EscapedPath(), u.RawQuery
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

// defaults finds out which server it was: by the recorded date, and, if asked, by
// what it added where that can be seen. Changes reached the tenants on different
// days.
func (r *recording) defaults(read bool) (Defaults, time.Time) {
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
	if !read {
		return d, date
	}
	for _, i := range r.interactions {
		switch {
		case i.createsDatabase():
			d.observe(i.sent, i.response())
		case i.is("POST", "/api/v2/clients") && i.Response.Code == http.StatusCreated:
			d.ApprovalChannels = observed(d.ApprovalChannels, i.sent, i.response(), "async_approval_notification_channels")
			d.CrossOriginKey = ""
			for _, key := range []string{"cross_origin_auth", "cross_origin_authentication"} {
				if i.response().has(key) {
					d.CrossOriginKey = key
				}
			}
		case i.is("POST", "/api/v2/resource-servers") && i.Response.Code == http.StatusCreated:
			d.SubjectPolicies = observed(d.SubjectPolicies, i.sent, i.response(), "subject_type_authorization")
		case i.is("POST", "/api/v2/client-grants") && i.Response.Code == http.StatusCreated:
			d.GrantSubjects = observed(d.GrantSubjects, i.sent, i.response(), "subject_type")
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
