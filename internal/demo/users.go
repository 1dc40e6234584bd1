// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// endUsers talks to the tenant as browsers and the support desk do.
type endUsers struct {
	tenant     string // base URL
	connection string
	clientID   string // of the application that users log in to
	secret     string // of that application
	management string // token of the support desk
	mailbox    func(address string) (link string, err error)
}

const (
	wrongPassword  = "Wrong email or password."
	address        = "Ada.Lovelace@example.com"
	newAddress     = "ada@example.org"
	password       = "correct horse battery staple 1"
	newPassword    = "another horse, another staple 2"
	loggedIn       = "logged in, e-mail not verified"
	loggedInProved = "logged in, e-mail verified"
)

// actAsUsers goes through a user's whole life.
func actAsUsers(ctx context.Context, r *report, s *stage) {
	u := s.users
	var id string
	login := func(who, secret string) func() (string, error) {
		return func() (string, error) {
			got, subject, err := u.login(ctx, who, secret)
			if subject != "" {
				id = subject
			}
			return got, err
		}
	}
	r.step("sign up", "signed up", func() (string, error) { return u.signUp(ctx, address) })
	r.step("log in", loggedIn, login(address, password))
	r.step("log in with a wrong password", wrongPassword, login(address, newPassword))
	r.step("log in as an unknown user", wrongPassword, login("nobody@example.com", password))
	r.step(
		"sign up again, other case",
		"refused: user exists",
		func() (string, error) { return u.signUp(ctx, strings.ToUpper(address)) },
	)
	r.step("verify the e-mail", "verified", func() (string, error) { return u.verify(ctx, address) })
	r.step("log in again", loggedInProved, login(address, password))
	r.step("change the password", "changed", func() (string, error) { return u.changePassword(ctx, address, newPassword) })
	r.step("log in with the old password", wrongPassword, login(address, password))
	r.step("log in with the new password", loggedInProved, login(address, newPassword))
	r.step("change the e-mail", "changed", func() (string, error) {
		return u.manage(ctx, http.MethodPatch, id, map[string]any{"email": newAddress, "connection": u.connection}, "changed")
	})
	r.step("log in with the old e-mail", wrongPassword, login(address, newPassword))
	r.step("log in with the new e-mail", loggedIn, login(newAddress, newPassword))
	r.step(
		"delete the user",
		"deleted",
		func() (string, error) { return u.manage(ctx, http.MethodDelete, id, nil, "deleted") },
	)
	r.step("log in after the deletion", wrongPassword, login(newAddress, newPassword))
	// One user stays, so that the guards have something to guard.
	r.step("sign up another user", "signed up", func() (string, error) { return u.signUp(ctx, "grace@example.com") })
}

func (u endUsers) signUp(ctx context.Context, email string) (string, error) {
	status, body, err := u.send(ctx, http.MethodPost, "/dbconnections/signup", map[string]any{
		"client_id": u.clientID, "connection": u.connection, "email": email, "password": password,
	}, "")
	switch {
	case err != nil:
		return "", err
	case status == http.StatusOK:
		return "signed up", nil
	case body["code"] == "user_exists" || body["code"] == "invalid_signup":
		return "refused: user exists", nil
	}
	return answer(status, body), nil
}

// login returns what the user sees and, on success, the user's ID.
func (u endUsers) login(ctx context.Context, who, secret string) (got, subject string, err error) {
	status, body, err := u.send(ctx, http.MethodPost, "/oauth/token", map[string]any{
		"grant_type": "http://auth0.com/oauth/grant-type/password-realm", "realm": u.connection, "scope": "openid profile email",
		"client_id": u.clientID, "client_secret": u.secret, "username": who, "password": secret,
	}, "")
	if err != nil {
		return "", "", err
	}
	if status != http.StatusOK {
		if description, ok := body["error_description"].(string); ok {
			return description, "", nil
		}
		return answer(status, body), "", nil
	}
	claims, err := claimsOf(body["id_token"])
	if err != nil {
		return "", "", err
	}
	subject, _ = claims["sub"].(string)
	if claims["email_verified"] == true {
		return loggedInProved, subject, nil
	}
	return loggedIn, subject, nil
}

// verify follows the link in the e-mail that the tenant sent at sign-up.
func (u endUsers) verify(ctx context.Context, email string) (string, error) {
	link, err := u.mailbox(email)
	if err != nil {
		return "", err
	}
	status, body, err := u.follow(ctx, http.MethodGet, link, nil)
	if err != nil || status == http.StatusOK {
		return "verified", err
	}
	return answer(status, body), nil
}

// changePassword asks for the e-mail, follows its link and enters the new password there.
func (u endUsers) changePassword(ctx context.Context, email, secret string) (string, error) {
	status, body, err := u.send(ctx, http.MethodPost, "/dbconnections/change_password", map[string]any{
		"client_id": u.clientID, "connection": u.connection, "email": email,
	}, "")
	if err != nil || status != http.StatusOK {
		return answer(status, body), err
	}
	link, err := u.mailbox(email)
	if err != nil {
		return "", err
	}
	form := url.Values{"password": {secret}}
	status, body, err = u.follow(ctx, http.MethodPost, link, strings.NewReader(form.Encode()))
	if err != nil || status == http.StatusOK {
		return "changed", err
	}
	return answer(status, body), nil
}

// manage is the support desk's call on one user.
func (u endUsers) manage(ctx context.Context, method, id string, change map[string]any, done string) (string, error) {
	status, body, err := u.send(ctx, method, "/api/v2/users/"+url.PathEscape(id), change, u.management)
	if err != nil || status == http.StatusOK || status == http.StatusNoContent {
		return done, err
	}
	return answer(status, body), nil
}

func (u endUsers) send(
	ctx context.Context,
	method, path string,
	body map[string]any,
	token string,
) (int, map[string]any, error) {
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		payload = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.tenant+path, payload)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return do(req)
}

func (u endUsers) follow(ctx context.Context, method, link string, form io.Reader) (int, map[string]any, error) {
	req, err := http.NewRequestWithContext(ctx, method, link, form)
	if err != nil {
		return 0, nil, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return do(req)
}

func do(req *http.Request) (status int, body map[string]any, err error) {
	client := http.Client{Timeout: 30 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return 0, nil, err
	}
	// A page or a bare sentence is shown as it is.
	if json.Unmarshal(text, &body) != nil {
		body = map[string]any{"body": string(text)}
	}
	return resp.StatusCode, body, nil
}

// answer is what the tenant said, cut where it would fill the screen.
func answer(status int, body map[string]any) string {
	return shorten(fmt.Sprintf("HTTP %d %v", status, body), 400)
}

// claimsOf reads an ID token's claims. The token came straight from the tenant, so its
// signature is not checked again.
func claimsOf(token any) (map[string]any, error) {
	text, _ := token.(string)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("the tenant's answer has no ID token")
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, fmt.Errorf("the ID token cannot be decoded: %w", err)
	}
	var claims map[string]any
	err = json.Unmarshal(raw, &claims)
	return claims, err
}
