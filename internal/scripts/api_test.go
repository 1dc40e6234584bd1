// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// What each operation sends: the path, and all arguments that are documented, null where there is no value.
func TestAPIRequests(t *testing.T) {
	forEachAPI(t, func(t *testing.T, reach store.API) {
		b := newAPIBench(t, reach)
		asked := reach.PasswordCheck == store.ByAPI
		password := map[bool]string{true: `"correct horse"`, false: `null`}[asked]
		hash := map[bool]string{true: `null`, false: `"HASH"`}[asked]
		rpcPassword := map[bool]string{true: `"correct horse"`, false: `"HASH"`}[asked]
		rpcLogin := map[bool]string{true: `,"password":"correct horse"`, false: ``}[asked]
		texts := `"email":"New@example.com","username":"new","name":null,"nickname":null,"given_name":null,"family_name":null,"picture":null,` +
			`"phone_number":null,"user_metadata":{"a":{"b":1}},"app_metadata":{}`
		for _, test := range []struct {
			op       scripts.Operation
			args     []any
			context  any
			web, rpc string
		}{
			{scripts.Login, []any{"ada@example.com", "correct horse"}, nil, `login {"identifier":"ada@example.com","password":` + password + `}`,
				`login {"identifier":"ada@example.com"` + rpcLogin + `}`},
			{scripts.GetUser, []any{"ada@example.com"}, nil, `get_user {"identifier":"ada@example.com","user_id":null}`,
				`get_user {"identifier":"ada@example.com"}`},
			{scripts.GetUser, []any{"1"}, map[string]any{"identifierType": "user_id"}, `get_user {"identifier":null,"user_id":"1"}`,
				`get_user_find_by_id {"wanted_id":"1"}`},
			{scripts.Create, []any{map[string]any{
				"email": "New@example.com", "password": "correct horse", "username": "new", "user_metadata": map[string]any{"a": map[string]any{"b": 1}},
				"blocked": true, "email_verified": true,
			}}, nil, `create {"user":{` + texts + `},"password":` + password + `,"password_hash":` + hash + `}`,
				`create {` + texts + `,"password":` + rpcPassword + `}`},
			{scripts.Verify, []any{"ada@example.com"}, nil, `verify {"email":"ada@example.com"}`, `verify {"email":"ada@example.com"}`},
			{scripts.ChangePassword, []any{"ada@example.com", "correct horse"}, nil,
				`change_password {"email":"ada@example.com","password":` + password + `,"password_hash":` + hash + `}`,
				`change_password {"email":"ada@example.com","password":` + rpcPassword + `}`},
			{scripts.ChangeEmail, []any{"ada@example.com", "new@example.com", false}, nil,
				`change_email {"email":"ada@example.com","new_email":"new@example.com","verified":false}`,
				`change_email {"email":"ada@example.com","new_email":"new@example.com","verified":false}`},
			{scripts.ChangeUsername, []any{"ada", "countess"}, nil, `change_username {"username":"ada","new_username":"countess"}`,
				`change_username {"username":"ada","new_username":"countess"}`},
			{scripts.Delete, []any{"1"}, nil, `delete {"user_id":"1"}`, `delete {"id":"1"}`},
		} {
			b.context = test.context
			if outcome := b.run(test.op, test.args...); outcome.Err != nil {
				t.Errorf("%s: %+v %q", test.op, outcome.Err, outcome.Console)
			}
			path, body, _ := strings.Cut(test.web, " ")
			path = "/v1/" + path
			if b.rpc() {
				path, body, _ = strings.Cut(test.rpc, " ")
				path = "/rpc/" + path
			}
			sent := b.last()
			for _, holder := range []string{"password", "password_hash"} {
				if text, ok := sent.body[holder].(string); ok && strings.HasPrefix(text, "$2b$04$") {
					sent.body[holder] = "HASH"
				}
			}
			var want map[string]any
			if err := json.Unmarshal([]byte(body), &want); err != nil {
				t.Fatal(err)
			}
			if sent.path != path || !reflect.DeepEqual(sent.body, want) || sent.authorization != "Bearer token-1" ||
				sent.schema != map[bool]string{true: "auth0"}[b.rpc()] {
				t.Errorf("%s sends %+v\nwant %s %v", test.op, sent, path, want)
			}
		}
		b.context = nil
		b.wrong("1", "ada@example.com", wrongPassword(b))
		if issued := b.issued.Load(); issued != 1 {
			t.Errorf("%d tokens were asked for", issued)
		}
	})
}

// wrongPassword makes the API say so, where that is its affair.
func wrongPassword(b *apiBench) string {
	user := strings.ReplaceAll(fmt.Sprintf(adaWeb, adaHash), `"password_matches":true`, `"password_matches":false`)
	if b.rpc() {
		user = strings.ReplaceAll(fmt.Sprintf(adaRPC, adaHash), `"password_matches":true`, `"password_matches":false`)
	}
	b.answers(b.withUsers(user))
	return "incorrect horse"
}

// changed puts other JSON into Ada, in the names of either contract.
func changed(old, other string) func(b *apiBench) http.HandlerFunc {
	return func(b *apiBench) http.HandlerFunc {
		user, old, other := fmt.Sprintf(adaWeb, adaHash), old, other
		if b.rpc() {
			names := strings.NewReplacer(`"user_id"`, `"id"`, `"password_hash"`, `"password"`)
			user, old, other = fmt.Sprintf(adaRPC, adaHash), names.Replace(old), names.Replace(other)
		}
		if !strings.Contains(user, old) {
			b.t.Fatalf("Ada has no %s", old)
		}
		return b.withUsers(strings.Replace(user, old, other, 1))
	}
}

func always(h http.HandlerFunc) func(*apiBench) http.HandlerFunc {
	return func(*apiBench) http.HandlerFunc { return h }
}

const (
	notNow  = "The user database cannot be used at the moment. Please try again later."
	tooLate = "The user database took too long to answer. Please try again later."
	noFit   = "The user database does not accept these values."
	several = "Several accounts share this address. Please contact support."
)

// Whoever is blocked stays out, also where nobody has named the part, and whatever an API takes for true.
func TestAPIBlockedUsers(t *testing.T) {
	t.Parallel()
	forEachAPI(t, func(t *testing.T, reach store.API) {
		for _, blocked := range []string{"true", `"true"`, "1", "{}"} {
			b := newAPIBench(t, reach)
			delete(b.options.Store.Columns, store.Blocked)
			b.answers(changed(`"blocked":false`, `"blocked":`+blocked)(b))
			b.fails("UnauthorizedError", "unauthorized", scripts.Login, "ada@example.com", "correct horse")
			if profile := b.profile(scripts.GetUser, "ada@example.com"); profile["blocked"] != true {
				t.Errorf("blocked as %s: %v", blocked, profile)
			}
		}
	})
}
