// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// What drivers share that ask over HTTP, and what takes the place of hashing where passwords are given to whom they ask.
const (
	httpFolder  = "js/drivers/http"
	askedFolder = httpFolder + "/asked"
)

// apiDriver asks an API over HTTPS, and compares passwords with the hashes that it gives out.
var apiDriver = driver{
	folder: "js/drivers/api", shared: httpFolder, heading: "The users behind the API", files: files, fill: fillCalls,
}

// askedDriver gives passwords to the API, and neither reads nor writes a hash.
var askedDriver = driver{
	folder: apiDriver.folder, shared: httpFolder, heading: apiDriver.heading, files: files, fill: fillCalls,
	instead: askedFolder,
}

// apiSettings is what a script knows of the API.
type apiSettings struct {
	URL         string `json:"url"`
	Schema      string `json:"schema,omitempty"`
	UsernameKey string `json:"usernameKey,omitempty"`
	PasswordKey string `json:"passwordKey,omitempty"`
	CAKey       string `json:"caKey,omitempty"`
}

// tokenSettings is for which access token a script asks where.
type tokenSettings struct {
	URL             string `json:"url"`
	Audience        string `json:"audience"`
	Scope           string `json:"scope,omitempty"`
	ClientIDKey     string `json:"clientIdKey"`
	ClientSecretKey string `json:"clientSecretKey"`
}

// newAPISettings is nil for a store that is no API.
func newAPISettings(s store.Store) *apiSettings {
	a, ok := s.API()
	if !ok {
		return nil
	}
	return &apiSettings{
		URL: a.URL, Schema: a.Schema, UsernameKey: a.UsernameKey, PasswordKey: a.PasswordKey, CAKey: a.CAKey,
	}
}

// newTokenSettings is nil for a script that needs no access token.
func newTokenSettings(op Operation, s store.Store) *tokenSettings {
	switch reach := s.Reach.(type) {
	case store.API:
		if reach.Auth == store.ClientCredentials {
			return &tokenSettings{
				reach.TokenURL, reach.Audience, strings.Join(Scopes(s), " "), reach.ClientIDKey, reach.ClientSecretKey,
			}
		}
	case store.Tenant:
		if len(TenantNeeds(s, op).Scopes) > 0 {
			return &tokenSettings{
				reach.URL() + "/oauth/token", reach.Audience(), strings.Join(TenantNeedsTogether(s).Scopes, " "),
				reach.ManagementClientIDKey, reach.ManagementClientSecretKey,
			}
		}
	}
	return nil
}

// Scopes lists what an access token for the API of the store must allow: one scope for each operation that the store
// offers. What follows a login, its record and a new hash, needs that of login.
func Scopes(s store.Store) []string {
	var scopes []string
	for _, op := range scopeOrder {
		if Possible(s, op) {
			scopes = append(scopes, "users:"+string(op))
		}
	}
	return scopes
}

// scopeOrder is the order in which a token is asked for scopes: another one would be another request for the same token.
var scopeOrder = []Operation{Login, GetUser, Create, Verify, ChangePassword, ChangeEmail, ChangeUsername, Delete}

// apiCall is one request to an API.
type apiCall struct {
	// name is that of the statement for which it stands.
	name string
	// path follows the URL of the API.
	path string
	// takes are the arguments by name, each with the name of its value; "" is null.
	takes    map[string]string
	readOnly bool
}

// fillCalls writes the requests that the operation makes.
func fillCalls(op Operation, o Options) (map[string]filling, error) {
	if err := Check(o.Store, op, o.Features()...); err != nil {
		return nil, err
	}
	calls, err := apiCalls(o, op)
	if err != nil {
		return nil, err
	}
	if o.answersProfile(op) {
		reads, err := apiCalls(o, GetUser)
		if err != nil {
			return nil, err
		}
		calls = append(calls, reads[0])
	}
	var out strings.Builder
	out.WriteString("  return {\n")
	for _, call := range calls {
		values := map[string]*string{}
		for name, value := range call.takes {
			values[name] = nil
			if value != "" {
				values[name] = &value
			}
		}
		takes, err := json.Marshal(values)
		if err != nil {
			return nil, fmt.Errorf("encode the arguments: %w", err)
		}
		fmt.Fprintf(&out, "    %s: { path: '%s', readOnly: %t, takes: %s },\n", call.name, call.path, call.readOnly, takes)
	}
	out.WriteString("  };\n")
	return map[string]filling{statementsLine: {text: out.String()}}, nil
}

// apiCalls are the requests of an operation, the one that it is about first.
func apiCalls(o Options, op Operation) ([]apiCall, error) {
	a, _ := o.Store.API()
	if a.Contract == store.RPC {
		return rpcCalls(o, a, op)
	}
	return webCalls(a, op), nil
}

// webCalls are those of the documented contract. Where the API checks passwords it gets them, and no hash.
func webCalls(a store.API, op Operation) []apiCall {
	password, hash := "", "password"
	if a.PasswordCheck == store.ByAPI {
		password, hash = hash, password
	}
	find := func(name, path string, takes map[string]string) apiCall {
		return apiCall{name: name, path: "v1/" + path, takes: takes, readOnly: true}
	}
	changes := func(name string, takes map[string]string) []apiCall {
		return []apiCall{{name: name, path: "v1/" + string(op), takes: takes}}
	}
	switch op {
	case Login:
		return []apiCall{
			find("find", "login", map[string]string{"identifier": "identifier", "password": password}),
			{name: "record", path: "v1/record_login", takes: map[string]string{"user_id": "id"}},
			{name: "rehash", path: "v1/replace_hash", takes: map[string]string{
				"user_id": "id", "old_password_hash": "old_password", "password_hash": "password",
			}},
		}
	case GetUser:
		return []apiCall{
			find("find", "get_user", map[string]string{"identifier": "identifier", "user_id": ""}),
			find("find_by_id", "get_user", map[string]string{"identifier": "", "user_id": "id"}),
		}
	case Create:
		return changes("insert", map[string]string{"user": "profile", "password": password, "password_hash": hash})
	case Verify:
		return changes("mark_verified", map[string]string{"email": "email"})
	case ChangePassword:
		return changes("set_password", map[string]string{"email": "email", "password": password, "password_hash": hash})
	case ChangeEmail:
		return changes("set_email", map[string]string{"email": "email", "new_email": "new_email", "verified": "verified"})
	case ChangeUsername:
		return changes("set_username", map[string]string{"username": "username", "new_username": "new_username"})
	default: // Delete, the only one left
		return changes("delete", map[string]string{"user_id": "id"})
	}
}

// rpcCalls are those of the access functions: what is behind them here is a table with all parts of the store, as
// their names and arguments hardly depend on it.
func rpcCalls(o Options, a store.API, op Operation) ([]apiCall, error) {
	behind := store.Store{EmailLookup: store.LowerIndex, Columns: map[store.Part]store.Column{}, Reach: store.Table{}}
	for _, part := range o.Store.Parts() {
		known, _ := store.Spec(part)
		behind.Columns[part] = store.Column{Name: string(part), Type: known.Type}
	}
	functions, err := Functions(behind, op, o.Features()...)
	if err != nil {
		return nil, err
	}
	statements := make([]Statement, len(functions))
	for i, f := range functions {
		statements[i] = f.Statement
	}
	var calls []apiCall
	for _, f := range functions {
		if o.skips(f.Statement, statements) {
			continue
		}
		call := apiCall{
			name: f.Statement.Name, path: "rpc/" + f.Name, takes: map[string]string{}, readOnly: f.Statement.ReadOnly,
		}
		if slices.Contains([]string{recordLoginName, recordMigrationName}, call.name) {
			call.name = "record"
		}
		for _, argument := range f.Arguments {
			call.takes[argument.Name] = strings.TrimPrefix(argument.Name, "wanted_")
		}
		if op == Login && call.name == "find" && a.PasswordCheck == store.ByAPI {
			call.takes["password"] = "password"
		}
		calls = append(calls, call)
	}
	return calls, nil
}
