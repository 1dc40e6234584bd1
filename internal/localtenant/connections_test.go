// SPDX-License-Identifier: MPL-2.0

package localtenant_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

func TestCreateAddsTheDefaultsOfItsTime(t *testing.T) {
	base := object{
		"mfa":                    object{"active": true, "return_enroll_settings": true},
		"strategy_version":       2,
		"brute_force_protection": true,
	}
	passkeys := object{"challenge_ui": "both", "progressive_enrollment_enabled": true, "local_enrollment_enabled": true}
	for year, want := range map[int]object{
		2022: {"passwordPolicy": "good"},
		2024: {
			"passwordPolicy": "good", "passkey_options": passkeys,
			"authentication_methods": object{"password": object{"enabled": true}, "passkey": object{"enabled": false}},
		},
		2026: {
			"passkey_options": passkeys,
			"authentication_methods": object{
				"password": object{"enabled": true, "api_behavior": "required", "signup_behavior": "allow"}, "passkey": object{"enabled": false},
			},
			"password_options": object{
				"complexity": object{
					"character_type_rule": "all", "identical_characters": "allow", "sequential_characters": "allow",
					"max_length_exceeded": "error", "min_length": 15, "character_types": []string{},
				},
				"profile_data": object{"active": false, "blocked_fields": []string{
					"name", "username", "nickname", "email", "phone_number", "user_metadata.name", "user_metadata.first", "user_metadata.last",
				}},
				"history":    object{"active": false, "size": 3},
				"dictionary": object{"active": false, "custom": []string{}, "default": "en_100k"},
			},
		},
	} {
		t.Run(fmt.Sprint(year), func(t *testing.T) {
			for key, value := range base {
				want[key] = value
			}
			defaults := localtenant.DefaultsAt(time.Date(year, time.August, 20, 0, 0, 0, 0, time.UTC))
			c := create(t, start(t, localtenant.Options{Defaults: &defaults}), "users", nil)
			if !equal(c["options"], want) {
				t.Errorf("got %v\nwant %v", c["options"], want)
			}
			if !regexp.MustCompile(`^con_[a-zA-Z0-9]{16}$`).MatchString(c["id"].(string)) {
				t.Errorf("id %v", c["id"])
			}
			if _, shown := c["authentication"]; shown != (year == 2026) {
				t.Errorf("authentication is shown: %v", shown)
			}
			if !equal(c["realms"], []string{"users"}) || c["is_domain_connection"] != false || !equal(c["enabled_clients"], []string{}) {
				t.Errorf("got %v", c)
			}
		})
	}
}

func TestLatestDefaultsAreTheDefault(t *testing.T) {
	c := create(t, start(t, localtenant.Options{}), "users", nil)
	options := c["options"].(object)
	if options["password_options"] == nil || options["passwordPolicy"] != nil {
		t.Errorf("got %v", options)
	}
}

func TestSentPartsAreCompleted(t *testing.T) {
	c := create(t, start(t, localtenant.Options{}), "users", object{
		"authentication_methods": object{"passkey": object{"enabled": true}},
		"password_options":       object{"complexity": object{"min_length": 12}},
		"attributes":             object{"email": object{"identifier": object{"active": true}}},
	})
	options := c["options"].(object)
	methods := object{
		"passkey": object{"enabled": true}, "email_otp": object{"enabled": false}, "phone_otp": object{"enabled": false},
		"password": object{"enabled": true, "api_behavior": "required", "signup_behavior": "allow"},
	}
	if !equal(options["authentication_methods"], methods) {
		t.Errorf("authentication_methods %v", options["authentication_methods"])
	}
	complexity := options["password_options"].(object)["complexity"].(object)
	if complexity["min_length"] != 12.0 || complexity["max_length_exceeded"] != "error" {
		t.Errorf("complexity %v", complexity)
	}
	email := options["attributes"].(object)["email"].(object)
	if email["verification_method"] != "link" || email["unique"] != true {
		t.Errorf("email %v", email)
	}
}

func TestUpdateReplacesOptionsButThree(t *testing.T) {
	for _, redefault := range []bool{false, true} {
		t.Run(fmt.Sprintf("redefault %v", redefault), func(t *testing.T) {
			tenant := start(t, localtenant.Options{Redefault: redefault})
			c := create(t, tenant, "users", object{
				"brute_force_protection": false, "disable_signup": true, "customScripts": object{"login": "a", "get_user": "b"},
				"passkey_options": object{"challenge_ui": "button"},
			})
			got := api(t, tenant, "PATCH", connectionPath(c), object{"options": object{"customScripts": object{"login": "c"}}}).want(t, 200).object(t)
			options := got["options"].(object)
			var keys []string
			for key := range options {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			if want := []string{"authentication_methods", "brute_force_protection", "customScripts", "passkey_options"}; !slices.Equal(keys, want) {
				t.Errorf("options %v, want %v", keys, want)
			}
			if options["brute_force_protection"] != redefault {
				t.Errorf("brute_force_protection %v", options["brute_force_protection"])
			}
			if ui := options["passkey_options"].(object)["challenge_ui"]; (ui == "both") != redefault {
				t.Errorf("challenge_ui %v", ui)
			}
			if !equal(options["customScripts"], object{"login": "c"}) {
				t.Errorf("customScripts %v", options["customScripts"])
			}
			read := api(t, tenant, "GET", connectionPath(c), nil).want(t, 200).object(t)
			if !equal(read, got) {
				t.Errorf("read %v after %v", read, got)
			}
		})
	}
}

func TestUpdateWithoutOptionsLeavesThem(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	c := create(t, tenant, "users", object{"disable_signup": true, "configuration": object{"A": "1"}})
	for _, body := range []object{{"is_domain_connection": true}, {"options": nil, "display_name": "Users"}, {"metadata": object{"a": "b"}}} {
		got := api(t, tenant, "PATCH", connectionPath(c), body).want(t, 200).object(t)
		if !equal(got["options"], c["options"]) {
			t.Errorf("after %v: %v, before %v", body, got["options"], c["options"])
		}
		for key, value := range body {
			if key != "options" && !equal(got[key], value) {
				t.Errorf("%s is %v", key, got[key])
			}
		}
	}
}

func TestKeyOrder(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	created := api(t, tenant, "POST", "/api/v2/connections",
		`{"name":"users","strategy":"auth0","options":{"requires_username":true,"import_mode":false,"disable_signup":false}}`).want(t, 201)
	order := func(body []byte, keys ...string) {
		t.Helper()
		last := -1
		for _, key := range keys {
			at := strings.Index(string(body), `"`+key+`"`)
			if at <= last {
				t.Errorf("%s is not after its neighbours in %s", key, body)
			}
			last = at
		}
	}
	order(created.Body, "id", "options", "mfa", "requires_username", "import_mode", "disable_signup", "strategy_version", "is_domain_connection", "realms")
	read := api(t, tenant, "GET", connectionPath(created.object(t)), nil)
	order(read.Body, "id", "options", "mfa", "import_mode", "disable_signup", "passkey_options", "password_options", "strategy_version", "requires_username", "is_domain_connection", "realms")
}

func TestConfigurationIsEncrypted(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	c := create(t, tenant, "users", object{"configuration": object{"A": "secret-value", "B": "", "C": "secret-value"}})
	first := c["options"].(object)["configuration"].(object)
	if first["B"] != "" || first["A"] == first["C"] || strings.Contains(fmt.Sprint(c), "secret-value") {
		t.Errorf("got %v", first)
	}
	fields := parseMessage(t, first["A"].(string))
	if len(fields) != 3 || len(fields[0][0]) != 32 || len(fields[1][0]) != len("secret-value") || len(fields[1][1]) != 12 || len(fields[1][2]) != 16 || len(fields[2][0]) != 16 {
		t.Errorf("message %v", fields)
	}
	if other := parseMessage(t, first["C"].(string)); !equal(other[0], fields[0]) || !equal(other[2], fields[2]) || equal(other[1], fields[1]) {
		t.Errorf("wrapped key and key id belong to the connection: %v and %v", fields, other)
	}
	for range 2 {
		read := api(t, tenant, "GET", connectionPath(c), nil).object(t)["options"].(object)["configuration"]
		if !equal(read, first) {
			t.Errorf("read %v, written %v", read, first)
		}
	}
	written := api(t, tenant, "PATCH", connectionPath(c), object{"options": object{"configuration": object{"A": "secret-value", "D": "1", "C": nil}}}).want(t, 200)
	second := written.object(t)["options"].(object)["configuration"].(object)
	if len(second) != 2 || second["A"] == first["A"] || len(second["A"].(string)) != len(first["A"].(string)) {
		t.Errorf("after the update %v", second)
	}
	got := api(t, tenant, "PATCH", connectionPath(c), object{"options": object{"disable_signup": true}}).object(t)
	if _, kept := got["options"].(object)["configuration"]; kept {
		t.Errorf("configuration survived an update without it: %v", got)
	}
}

// parseMessage reads the protocol buffers message of a ciphertext.
func parseMessage(t *testing.T, ciphertext string) [][][]byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(ciphertext)
	if err != nil {
		t.Fatal(err)
	}
	split := func(data []byte) (fields [][]byte) {
		for number := byte(1); len(data) > 0; number++ {
			if data[0] != number<<3|2 || int(data[1]) > len(data)-2 || data[1] > 127 {
				t.Fatalf("not a message: %x", data)
			}
			fields = append(fields, data[2:2+data[1]])
			data = data[2+data[1]:]
		}
		return fields
	}
	outer := split(data)
	return [][][]byte{split(outer[0]), split(outer[1]), {outer[2]}}
}

func TestScriptsComeBackByteForByte(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	script := "function login(a, b, callback) {\r\n\tif (a < b && b > a) return callback('<\u2028é𝄞\\n');  \n}\n\n"
	c := create(t, tenant, "users", object{"customScripts": object{"login": script, "own_key": "kept"}})
	for _, got := range []object{c, api(t, tenant, "GET", connectionPath(c), nil).object(t)} {
		if want := (object{"login": script, "own_key": "kept"}); !equal(got["options"].(object)["customScripts"], want) {
			t.Errorf("got %q", got["options"].(object)["customScripts"])
		}
	}
}

func TestDeleteIsAsynchronous(t *testing.T) {
	now := time.Now()
	tenant := start(t, localtenant.Options{DeleteDelay: time.Minute, Now: func() time.Time { return now }})
	c := create(t, tenant, "users", nil)
	first := api(t, tenant, "DELETE", connectionPath(c), nil).want(t, 202).object(t)
	if len(first) != 1 || first["deleted_at"] != now.UTC().Format("2006-01-02T15:04:05.000Z") {
		t.Errorf("got %v", first)
	}
	api(t, tenant, "GET", connectionPath(c), nil).wantError(t, 404, "inexistent_connection", "The connection does not exist")
	now = now.Add(30 * time.Second)
	if again := api(t, tenant, "DELETE", connectionPath(c), nil).want(t, 202).object(t); !equal(again, first) {
		t.Errorf("again %v, first %v", again, first)
	}
	body := object{"name": "users", "strategy": "auth0"}
	api(t, tenant, "POST", "/api/v2/connections", body).wantError(t, 409, "connection_conflict", "A connection with the same name is being deleted, try again later")
	now = now.Add(31 * time.Second)
	if gone := api(t, tenant, "DELETE", connectionPath(c), nil).want(t, 204); len(gone.Body) > 0 {
		t.Errorf("body %s", gone.Body)
	}
	api(t, tenant, "POST", "/api/v2/connections", body).want(t, 201)
}

func TestConflicts(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	create(t, tenant, "users", nil)
	api(t, tenant, "POST", "/api/v2/connections", object{"name": "users", "strategy": "auth0"}).
		wantError(t, 409, "connection_conflict", "A connection with the same name already exists")
	api(t, tenant, "POST", "/api/v2/connections", object{"name": "others", "strategy": "auth0", "realms": []string{"users"}}).
		wantError(t, 409, "connection_conflict", `There is already another connection with some realms from "realms" parameter`)
	other := create(t, tenant, "others", nil)
	api(t, tenant, "PATCH", connectionPath(other), object{"realms": []string{"users"}}).wantError(t, 409, "connection_conflict", "realms")
	if got := api(t, tenant, "PATCH", connectionPath(other), object{"realms": []string{"a", "others"}}).object(t); !equal(got["realms"], []string{"a", "others"}) {
		t.Errorf("realms %v", got["realms"])
	}
}

func TestInvalidBodies(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	c := create(t, tenant, "existing", object{"enable_script_context": true})
	plain := create(t, tenant, "plain", nil)
	attributes := object{"email": object{"identifier": object{"active": true}}}
	with := func(options object) object { return object{"name": "new", "strategy": "auth0", "options": options} }
	for name, tc := range map[string]struct {
		method, path string
		body         any
		message      string
	}{
		"not JSON":                     {"POST", "/api/v2/connections", `{`, "Invalid request payload JSON format"},
		"no object":                    {"POST", "/api/v2/connections", []int{}, "'Expected type object but found type array'"},
		"no name":                      {"POST", "/api/v2/connections", object{"strategy": "auth0"}, "Missing required property: name"},
		"bad name":                     {"POST", "/api/v2/connections", object{"name": "a_b", "strategy": "auth0"}, "does not match pattern"},
		"name ends with hyphen":        {"POST", "/api/v2/connections", object{"name": "ab-", "strategy": "auth0"}, "does not match pattern"},
		"long name":                    {"POST", "/api/v2/connections", object{"name": strings.Repeat("a", 129), "strategy": "auth0"}, "String is too long (129 chars), maximum 128"},
		"unknown key":                  {"POST", "/api/v2/connections", object{"name": "a", "strategy": "auth0", "nonsense": 1}, "Additional properties not allowed: nonsense"},
		"other strategy":               {"POST", "/api/v2/connections", object{"name": "a", "strategy": "samlp"}, "strategy"},
		"update: name":                 {"PATCH", connectionPath(plain), object{"name": "a"}, "Additional properties not allowed: name"},
		"update: strategy":             {"PATCH", connectionPath(plain), object{"strategy": "auth0"}, "Additional properties not allowed: strategy"},
		"update: enabled_clients":      {"PATCH", connectionPath(plain), object{"enabled_clients": []string{}}, "Additional properties not allowed: enabled_clients"},
		"update: nothing":              {"PATCH", connectionPath(plain), object{}, "Too few properties defined (0), minimum 1"},
		"metadata: too many":           {"PATCH", connectionPath(plain), object{"metadata": manyKeys(11)}, "Too many properties defined (11), maximum 10"},
		"metadata: long":               {"PATCH", connectionPath(plain), object{"metadata": object{"a": strings.Repeat("x", 256)}}, "on property metadata.a"},
		"realms: too many":             {"PATCH", connectionPath(plain), object{"realms": make([]string, 11)}, "Array is too long (11), maximum 10"},
		"empty script":                 {"POST", "/api/v2/connections", with(object{"customScripts": object{"login": ""}}), "on property options.customScripts.login"},
		"configuration: number":        {"POST", "/api/v2/connections", with(object{"configuration": object{"A": 1}}), "on property options.configuration.A"},
		"precedence: two":              {"POST", "/api/v2/connections", with(object{"precedence": []string{"email", "username"}}), "Array is too short (2), minimum 3"},
		"precedence: twice":            {"POST", "/api/v2/connections", with(object{"precedence": []string{"email", "email", "username"}}), "Array items are not unique (indexes 0 and 1)"},
		"password length":              {"POST", "/api/v2/connections", with(object{"password_options": object{"complexity": object{"min_length": 73}}}), "Value 73 is greater than maximum 72"},
		"username limits":              {"POST", "/api/v2/connections", with(object{"validation": object{"username": object{"min": 1}}}), "Missing required property: max"},
		"policy":                       {"POST", "/api/v2/connections", with(object{"passwordPolicy": "great"}), "No enum match for"},
		"boolean":                      {"POST", "/api/v2/connections", with(object{"import_mode": "yes"}), "Expected type boolean but found type string"},
		"attributes and validation":    {"POST", "/api/v2/connections", with(object{"attributes": attributes, "validation": object{"username": object{"min": 1, "max": 9}}}), "Cannot set both options.attributes and options.validation"},
		"attributes and username":      {"POST", "/api/v2/connections", with(object{"attributes": attributes, "requires_username": true}), "Cannot set both options.attributes and options.requires_username"},
		"no identifier":                {"POST", "/api/v2/connections", with(object{"attributes": object{"email": object{"identifier": object{"active": false}}}}), "attributes must contain one active identifier"},
		"required but not at sign-up":  {"POST", "/api/v2/connections", with(object{"attributes": object{"email": object{"identifier": object{"active": true}}, "phone_number": object{"profile_required": true, "signup": object{"status": "inactive"}}}}), "attribute phone_number must also be required on signup"},
		"both password settings":       {"POST", "/api/v2/connections", with(object{"passwordPolicy": "good", "password_options": object{}}), "Cannot set both options.password_options and options.passwordPolicy"},
		"update: non-unique email":     {"PATCH", connectionPath(plain), object{"options": object{"attributes": object{"email": object{"identifier": object{"active": true}, "unique": false}}}}, "cannot add non-unique email attribute"},
		"update: context switched off": {"PATCH", connectionPath(c), object{"options": object{"enable_script_context": false}}, "enable_script_context cannot be disabled once enabled"},
	} {
		t.Run(name, func(t *testing.T) {
			code := "invalid_body"
			if name == "not JSON" {
				code = ""
			}
			api(t, tenant, tc.method, tc.path, tc.body).wantError(t, 400, code, tc.message)
		})
	}
	if got := api(t, tenant, "PATCH", connectionPath(c), object{"options": object{}}).want(t, 200).object(t); got["options"].(object)["enable_script_context"] != true {
		t.Errorf("the context was switched off by leaving it out: %v", got)
	}
}

func TestEmailUniqueCannotChange(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	email := func(unique any) object {
		attribute := object{"identifier": object{"active": true}}
		if unique != nil {
			attribute["unique"] = unique
		}
		return object{"attributes": object{"email": attribute}}
	}
	c := create(t, tenant, "users", email(false))
	api(t, tenant, "PATCH", connectionPath(c), object{"options": email(nil)}).wantError(t, 400, "invalid_body", "cannot patch unique property on email attribute")
	api(t, tenant, "PATCH", connectionPath(c), object{"options": email(false)}).want(t, 200)
}

func TestMalformedID(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		api(t, tenant, method, "/api/v2/connections/users", object{"metadata": object{}}).wantError(t, 400, "invalid_uri", "Path validation error")
	}
	for _, method := range []string{"GET", "PATCH"} {
		api(t, tenant, method, "/api/v2/connections/con_0123456789abcdef", object{"metadata": object{}}).wantError(t, 404, "inexistent_connection", "The connection does not exist")
	}
}

func manyKeys(n int) object {
	o := object{}
	for i := range n {
		o[fmt.Sprint("k", i)] = "v"
	}
	return o
}

func TestLists(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	ids := map[string]bool{}
	for i := range 5 {
		ids[create(t, tenant, fmt.Sprint("users-", i), nil)["id"].(string)] = true
	}
	list := func(query string) []object {
		t.Helper()
		var got []object
		if err := json.Unmarshal(api(t, tenant, "GET", "/api/v2/connections"+query, nil).want(t, 200).Body, &got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := list(""); len(got) != 5 {
		t.Errorf("all: %d", len(got))
	}
	if a, b := list("?per_page=2&page=0"), list("?per_page=2&page=2"); len(a) != 2 || len(b) != 1 || a[0]["id"] == b[0]["id"] {
		t.Errorf("pages %v and %v", a, b)
	}
	if got := list("?name=users-3"); len(got) != 1 || got[0]["name"] != "users-3" {
		t.Errorf("by name %v", got)
	}
	if got := list("?name=users"); len(got) != 0 {
		t.Errorf("unknown name %v", got)
	}
	if got := list("?strategy=auth0&strategy=samlp"); len(got) != 5 {
		t.Errorf("by strategy: %d", len(got))
	}
	if got := list("?strategy=samlp"); len(got) != 0 {
		t.Errorf("other strategy: %d", len(got))
	}
	if got := list("?fields=name&per_page=1")[0]; len(got) != 5 || got["options"] != nil || got["id"] == nil || got["authentication"] == nil {
		t.Errorf("fields %v", got)
	}
	if got := list("?fields=options,realms&include_fields=false&per_page=1")[0]; got["options"] != nil || got["realms"] != nil || got["strategy"] == nil {
		t.Errorf("without fields %v", got)
	}
	totals := api(t, tenant, "GET", "/api/v2/connections?include_totals=true&per_page=2&page=1", nil).object(t)
	if totals["total"] != 5.0 || totals["start"] != 2.0 || totals["limit"] != 2.0 || len(totals["connections"].([]any)) != 2 {
		t.Errorf("totals %v", totals)
	}

	seen := map[string]bool{}
	for next, pages := "", 0; ; pages++ {
		query := "/api/v2/connections?take=2&include_totals=true&per_page=50"
		if next != "" {
			query += "&from=" + next
		}
		page := api(t, tenant, "GET", query, nil).want(t, 200).object(t)
		for _, item := range page["connections"].([]any) {
			seen[item.(object)["id"].(string)] = true
		}
		if page["total"] != nil || pages > 3 {
			t.Fatalf("page %v", page)
		}
		if next, _ = page["next"].(string); next == "" {
			break
		}
		if ids[next] {
			t.Errorf("next is a plain id: %s", next)
		}
	}
	if !equal(seen, ids) {
		t.Errorf("seen %v, want %v", seen, ids)
	}
	for _, query := range []string{"?per_page=101", "?per_page=0", "?take=101", "?page=-1", "?page=x", "?take=2&from=***"} {
		api(t, tenant, "GET", "/api/v2/connections"+query, nil).wantError(t, 400, "invalid_query_string", "")
	}
	api(t, tenant, "GET", "/api/v2/connections?page=10&per_page=100", nil).wantError(t, 400, "invalid_paging", "Checkpoint pagination must be used")
}

func TestNewConnectionsMayBeMissingFromLists(t *testing.T) {
	now := time.Now()
	tenant := start(t, localtenant.Options{ListDelay: time.Second, Now: func() time.Time { return now }})
	c := create(t, tenant, "users", nil)
	api(t, tenant, "GET", connectionPath(c), nil).want(t, 200)
	if got := api(t, tenant, "GET", "/api/v2/connections", nil); string(got.Body) != "[]" {
		t.Errorf("got %s", got.Body)
	}
	now = now.Add(time.Second)
	if got := api(t, tenant, "GET", "/api/v2/connections?name=users", nil); !strings.Contains(string(got.Body), c["id"].(string)) {
		t.Errorf("got %s", got.Body)
	}
}

func TestEnabledClients(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	c := create(t, tenant, "users", nil)
	var ids []string
	for i := range 51 {
		id, _ := tenant.AddClient(fmt.Sprint("app-", i))
		ids = append(ids, id)
	}
	change := func(status bool, ids ...string) []object {
		var body []object
		for _, id := range ids {
			body = append(body, object{"client_id": id, "status": status})
		}
		return body
	}
	path := connectionPath(c) + "/clients"
	if got := api(t, tenant, "PATCH", path, change(true, ids[:50]...)).want(t, 204); len(got.Body) > 0 {
		t.Errorf("body %s", got.Body)
	}
	api(t, tenant, "PATCH", path, change(true, ids[50])).want(t, 204)
	api(t, tenant, "PATCH", path, change(true, ids...)).wantError(t, 400, "invalid_body", "Array is too long (51), maximum 50")
	api(t, tenant, "PATCH", path, []object{}).wantError(t, 400, "invalid_body", "Array is too short (0), minimum 1")
	api(t, tenant, "PATCH", path, change(false, ids[0], "unknown")).wantError(t, 404, "inexistent_client", "The client does not exist")

	first := api(t, tenant, "GET", path, nil).want(t, 200).object(t)
	second := api(t, tenant, "GET", path+"?from="+first["next"].(string), nil).want(t, 200).object(t)
	if len(first["clients"].([]any)) != 50 || len(second["clients"].([]any)) != 1 || second["next"] != nil {
		t.Errorf("pages of %d and %d", len(first["clients"].([]any)), len(second["clients"].([]any)))
	}
	api(t, tenant, "PATCH", path, change(false, ids[1:]...)).want(t, 204)
	if got := api(t, tenant, "GET", path, nil).object(t); !equal(got, object{"clients": []object{{"client_id": ids[0]}}}) {
		t.Errorf("got %v", got)
	}
	if got := api(t, tenant, "GET", connectionPath(c), nil).object(t); !equal(got["enabled_clients"], ids[:1]) {
		t.Errorf("enabled_clients %v", got["enabled_clients"])
	}
	byClient := api(t, tenant, "GET", "/api/v2/clients/"+ids[0]+"/connections", nil).want(t, 200).object(t)
	if list := byClient["connections"].([]any); len(list) != 1 || list[0].(object)["id"] != c["id"] {
		t.Errorf("connections of the client %v", byClient)
	}
	api(t, tenant, "DELETE", "/api/v2/clients/"+ids[0], nil).want(t, http.StatusNoContent)
	if got := api(t, tenant, "GET", path, nil).object(t); !equal(got, object{"clients": []object{}}) {
		t.Errorf("after the client is gone %v", got)
	}
}
