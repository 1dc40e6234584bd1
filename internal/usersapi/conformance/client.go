// SPDX-License-Identifier: MPL-2.0

package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

type object map[string]any

// client asks an API as the scripts do.
type client struct {
	base          string
	authorization string
	http          *http.Client
}

// patience is after how long the scripts give up.
const patience = 8 * time.Second

func newClient(o Options) (c client, err error) {
	u, err := url.Parse(strings.TrimSuffix(o.URL, "/"))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return c, errors.New("the URL is no address such as https://users.example.com")
	}
	ip := net.ParseIP(u.Hostname())
	if loopback := u.Hostname() == "localhost" || ip.IsLoopback(); u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return c, errors.New("the URL must be https, but for this machine: the check sends credentials")
	}
	c = client{base: u.String(), http: &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	switch {
	case o.Token != "" && o.Username == "" && o.Password == "":
		c.authorization = "Bearer " + o.Token
	case o.Token == "" && o.Username != "" && o.Password != "":
		request := http.Request{Header: http.Header{}}
		request.SetBasicAuth(o.Username, o.Password)
		c.authorization = request.Header.Get("Authorization")
	default:
		return c, errors.New("either a token or a user name with its password is needed")
	}
	return c, nil
}

// answer is what an API says.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// request is what a rule changes of a usual request.
type request struct {
	method, path, body string
	header             http.Header
}

func (c client) send(ctx context.Context, r request) (a answer, err error) {
	if r.method == "" {
		r.method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, strings.NewReader(r.body))
	if err != nil {
		return a, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", c.authorization)
	for name, values := range r.header {
		req.Header[name] = values
	}
	response, err := c.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return a, fmt.Errorf("no answer: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // read
	body, err := io.ReadAll(io.LimitReader(response.Body, 256<<10+1))
	if err == nil && len(body) > 256<<10 {
		err = errors.New("the answer is larger than 256 kB")
	}
	return answer{response.StatusCode, response.Header, body}, err
}

// errNotOffered is of an operation that the API does not have.
const errNotOffered = skip("the API does not offer it")

// ask calls an operation, whose answer has to be 200 and JSON.
func (c client) ask(ctx context.Context, operation string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	a, err := c.send(ctx, request{path: "/v1/" + operation, body: string(text)})
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if a.status != http.StatusOK {
		code, err := a.problem()
		if a.status == http.StatusNotFound && code == "not_offered" {
			return errNotOffered
		}
		if err != nil {
			return fmt.Errorf("%s: %w", operation, err)
		}
		return fmt.Errorf("%s: status %d, error %s; 200 was expected", operation, a.status, code)
	}
	if err := a.json(into); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}

// json reads the body and refuses members that are not documented.
func (a answer) json(into any) error {
	if kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type")); err != nil || kind != "application/json" {
		return fmt.Errorf("status %d, and the Content-Type is %q, not application/json", a.status, a.header.Get("Content-Type"))
	}
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("status %d, and the body is not as documented: %w", a.status, err)
	}
	return nil
}

var codes = []string{
	"bad_request", "unauthorized", "forbidden", "not_offered", "ambiguous", "needed", "too_large", "unfit",
	"too_many_requests", "unavailable", "late", "internal",
}

// problem is the code of an error, whose form is checked.
func (a answer) problem() (code string, err error) {
	var e struct {
		Error   *string `json:"error"`
		Message *string `json:"message"`
	}
	if err := a.json(&e); err != nil {
		return "", err
	}
	if e.Error == nil || e.Message == nil || !slices.Contains(codes, *e.Error) {
		return "", fmt.Errorf("status %d, and the body has no error of the list and message", a.status)
	}
	return *e.Error, nil
}

// refused expects one of these statuses with an error in the documented form.
func (c client) refused(ctx context.Context, r request, statuses ...int) error {
	a, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	if !slices.Contains(statuses, a.status) {
		return fmt.Errorf("status %d; %v was expected", a.status, statuses)
	}
	_, err = a.problem()
	return err
}

// find looks for users by an identifier.
func (r *run) find(ctx context.Context, identifier string) ([]object, error) {
	return r.users(ctx, "get_user", object{"identifier": identifier, "user_id": nil})
}

// users asks for users and checks what each has.
func (r *run) users(ctx context.Context, operation string, body object) ([]object, error) {
	var found struct {
		Users *[]object `json:"users"`
	}
	if err := r.client.ask(ctx, operation, body, &found); err != nil {
		return nil, err
	}
	if found.Users == nil {
		return nil, fmt.Errorf("%s: there is no list of users", operation)
	}
	for _, u := range *found.Users {
		if err := r.checkUser(operation, u); err != nil {
			return nil, fmt.Errorf("%s: %w", operation, err)
		}
	}
	return *found.Users, nil
}

// kinds are the members of a user by what they may be.
var kinds = map[string]string{
	"user_id": "text", "email": "text", "email_verified": "flag", "username": "text", "nickname": "text", "name": "text",
	"given_name": "text", "family_name": "text", "picture": "text", "phone_number": "text", "phone_verified": "flag",
	"blocked": "flag", "user_metadata": "object", "app_metadata": "object", "migrated_ago": "text", "found_by_email": "flag",
}

// checkUser finds what a user may not have, or has to.
func (r *run) checkUser(operation string, u object) error {
	for name, value := range u {
		kind := kinds[name]
		if operation == "login" {
			switch {
			case r.PasswordCheck == "script" && (name == "password_hash" || name == "password_salt"):
				kind = "text"
			case r.PasswordCheck == "api" && name == "password_matches":
				kind = "flag"
			}
		}
		if kind == "" {
			return fmt.Errorf("a user has the member %s, which it may not have here", name)
		}
		_, text := value.(string)
		_, flag := value.(bool)
		_, inner := value.(map[string]any)
		if value != nil && !map[string]bool{"text": text, "flag": flag, "object": inner}[kind] {
			return fmt.Errorf("%s of a user is no %s", name, kind)
		}
	}
	needed := []string{"user_id", "email"}
	if operation == "login" {
		needed = append(needed, map[string]string{"script": "password_hash", "api": "password_matches"}[r.PasswordCheck])
	}
	for _, name := range needed {
		if u[name] == nil {
			return fmt.Errorf("a user has no %s", name)
		}
	}
	return nil
}

// only is the one user whom an identifier finds.
func (r *run) only(ctx context.Context, operation string, body object) (object, error) {
	found, err := r.users(ctx, operation, body)
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("%s finds %d users; one was expected", operation, len(found))
	}
	if err != nil {
		return object{}, err
	}
	return found[0], nil
}

// nobody expects that no user is found.
func (r *run) nobody(ctx context.Context, operation string, body object) error {
	found, err := r.users(ctx, operation, body)
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("%s finds %d users; none was expected", operation, len(found))
	}
	return err
}

// change asks for a change and returns its result.
func (r *run) change(ctx context.Context, operation string, body object) (string, error) {
	var outcome struct {
		Result string `json:"result"`
	}
	if err := r.client.ask(ctx, operation, body, &outcome); err != nil {
		return "", err
	}
	if !slices.Contains([]string{"changed", "none", "conflict"}, outcome.Result) {
		return "", fmt.Errorf("%s: the result is %q, which is none of the list", operation, outcome.Result)
	}
	return outcome.Result, nil
}

// gives expects a result of a change.
func (r *run) gives(ctx context.Context, want, operation string, body object) error {
	got, err := r.change(ctx, operation, body)
	if err == nil && got != want {
		err = fmt.Errorf("%s: the result is %s; %s was expected", operation, got, want)
	}
	return err
}
