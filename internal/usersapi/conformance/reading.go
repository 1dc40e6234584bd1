// SPDX-License-Identifier: MPL-2.0

package conformance

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// reading are the rules that change nothing.
var reading = []rule{
	{name: "it says that it is healthy and ready", try: healthy},
	{name: "nobody without credentials gets in", try: withoutCredentials},
	{name: "no other credentials get in", try: otherCredentials},
	{name: "no token that was tampered with gets in", try: forgedTokens},
	{name: "get_user finds nobody who is not there", try: func(ctx context.Context, r *run) error {
		return r.nobody(ctx, "get_user", object{"identifier": r.ada.email, "user_id": nil})
	}},
	{name: "get_user finds nobody by an id that no user has", try: unknownIDs},
	{name: "login finds nobody who is not there", try: func(ctx context.Context, r *run) error {
		return r.nobody(ctx, "login", r.login(r.ada.email, r.ada.password))
	}},
	{name: "patterns and SQL are no identifiers", try: patterns},
	{name: "twenty at once are answered", try: atOnce},
	{name: "a member that is not documented is refused", try: refuses(`{"identifier":"x","user_id":null,"admin":true}`)},
	{name: "a member of another type is refused", try: refuses(`{"identifier":1,"user_id":null}`)},
	{name: "a missing identifier is refused", try: refuses(`{"identifier":null,"user_id":null}`)},
	{name: "what is no JSON is refused", try: refuses(`{"identifier":`)},
	{name: "a list in place of an object is refused", try: refuses(`[]`)},
	{name: "NUL is refused", try: refuses(`{"identifier":"a\u0000b","user_id":null}`)},
	{name: "what is no UTF-8 is refused", try: refuses("{\"identifier\":\"a\xff\",\"user_id\":null}")},
	{name: "another Content-Type is refused", try: func(ctx context.Context, r *run) error {
		return r.client.refused(ctx, request{
			path: "/v1/get_user", body: `{"identifier":"x","user_id":null}`, header: http.Header{"Content-Type": {"text/plain"}},
		}, http.StatusUnsupportedMediaType, http.StatusBadRequest)
	}},
	{name: "a body of more than 64 kB is refused", try: func(ctx context.Context, r *run) error {
		body := `{"identifier":"` + strings.Repeat("x", 70<<10) + `","user_id":null}`
		return r.client.refused(ctx, request{path: "/v1/get_user", body: body}, http.StatusRequestEntityTooLarge)
	}},
	{name: "only POST is served", try: func(ctx context.Context, r *run) error {
		return r.client.refused(ctx, request{method: http.MethodGet, path: "/v1/get_user"},
			http.StatusMethodNotAllowed, http.StatusNotFound)
	}},
	{name: "an operation that is none is not there", try: func(ctx context.Context, r *run) error {
		return r.client.refused(ctx, request{path: "/v1/list_users", body: `{}`}, http.StatusNotFound)
	}},
}

// refuses is a rule about a body of get_user.
func refuses(body string) func(context.Context, *run) error {
	return func(ctx context.Context, r *run) error {
		return r.client.refused(ctx, request{path: "/v1/get_user", body: body}, http.StatusBadRequest)
	}
}

func healthy(ctx context.Context, r *run) error {
	for _, path := range []string{"/healthz", "/readyz"} {
		a, err := r.client.send(ctx, request{method: http.MethodGet, path: path, header: http.Header{"Authorization": nil}})
		if err != nil {
			return err
		}
		if a.status != http.StatusOK {
			return fmt.Errorf("%s: status %d; 200 was expected", path, a.status)
		}
	}
	return nil
}

// operations are the paths below /v1, with a body that changes nothing.
func (r *run) operations() map[string]string {
	return map[string]string{
		"login": `{"identifier":"x","password":null}`, "get_user": `{"identifier":"x","user_id":null}`, "create": `{}`, "verify": `{}`,
		"change_password": `{}`, "change_email": `{}`, "change_username": `{}`, "delete": `{}`, "record_login": `{}`, "replace_hash": `{}`,
	}
}

// kept expects 401 of every operation.
func (r *run) kept(ctx context.Context, authorization ...string) error {
	for operation, body := range r.operations() {
		a, err := r.client.send(ctx, request{
			path: "/v1/" + operation, body: body, header: http.Header{"Authorization": authorization},
		})
		if err != nil {
			return err
		}
		if a.status == http.StatusNotFound {
			continue // one that is not offered
		}
		if a.status != http.StatusUnauthorized {
			return fmt.Errorf("%s: status %d; 401 was expected", operation, a.status)
		}
		if a.header.Get("WWW-Authenticate") == "" {
			return fmt.Errorf("%s: 401 without WWW-Authenticate", operation)
		}
		if _, err := a.problem(); err != nil {
			return fmt.Errorf("%s: %w", operation, err)
		}
	}
	return nil
}

func withoutCredentials(ctx context.Context, r *run) error { return r.kept(ctx) }

func otherCredentials(ctx context.Context, r *run) error {
	basic := func(username, password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))
	}
	for _, authorization := range []string{
		"Bearer x", "Bearer e30.e30.e30", "Basic x", basic("", ""), basic(r.Username, ""), basic(r.Username, r.Password+"x"),
		basic(r.Username+"x", r.Password),
	} {
		if err := r.kept(ctx, authorization); err != nil {
			return fmt.Errorf("with other credentials, %w", err)
		}
	}
	return nil
}

// forgedTokens changes the token that is good.
func forgedTokens(ctx context.Context, r *run) error {
	if r.Token == "" {
		return skip("no token is given")
	}
	pieces := strings.Split(r.Token, ".")
	if len(pieces) != 3 {
		return errors.New("the token that is given is no signed token")
	}
	part := func(change func(object)) (string, string) {
		var header, claims object
		for i, into := range []*object{&header, &claims} {
			text, err := base64.RawURLEncoding.DecodeString(pieces[i])
			if err == nil {
				_ = json.Unmarshal(text, into)
			}
			if *into == nil {
				*into = object{}
			}
		}
		encode := func(o object) string {
			text, _ := json.Marshal(o)
			return base64.RawURLEncoding.EncodeToString(text)
		}
		change(header)
		change(claims)
		return encode(header), encode(claims)
	}
	none, same := part(func(o object) {
		if o["alg"] != nil {
			o["alg"] = "none"
		}
	})
	_, other := part(func(o object) { o["scope"], o["forged"] = "users:login users:get_user users:delete", true })
	for what, token := range map[string]string{
		"without a signature": pieces[0] + "." + pieces[1] + ".", "with the algorithm none": none + "." + same + ".",
		"with other claims":      pieces[0] + "." + other + "." + pieces[2],
		"with another signature": pieces[0] + "." + pieces[1] + "." + strings.Repeat("A", len(pieces[2])),
	} {
		if err := r.kept(ctx, "Bearer "+token); err != nil {
			return fmt.Errorf("a token %s: %w", what, err)
		}
	}
	return nil
}

func unknownIDs(ctx context.Context, r *run) error {
	for _, id := range []string{"x", "-1", "0x10", "99999999999999999999", "00000000-0000-0000-0000-000000000000", "1' or '1'='1"} {
		if err := r.nobody(ctx, "get_user", object{"identifier": nil, "user_id": id}); err != nil {
			return fmt.Errorf("the id %s: %w", id, err)
		}
	}
	return nil
}

func patterns(ctx context.Context, r *run) error {
	for _, identifier := range []string{"%", "_", "*", "%@%", "*@*", ".*", "' or '1'='1", `" or ""="`, "x'; --", "*)(uid=*", `{"$ne":null}`} {
		if err := r.nobody(ctx, "get_user", object{"identifier": identifier, "user_id": nil}); err != nil {
			return fmt.Errorf("the identifier %s: %w", identifier, err)
		}
	}
	return nil
}

func atOnce(ctx context.Context, r *run) error {
	failures := make([]error, 20)
	var all sync.WaitGroup
	for i := range failures {
		all.Go(func() { failures[i] = r.nobody(ctx, "get_user", object{"identifier": r.grace.email, "user_id": nil}) })
	}
	all.Wait()
	return errors.Join(failures...)
}
