// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"context"
	"errors"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// changePassword is POST /dbconnections/change_password: it starts a reset. The
// answer is the same whether or not the user exists.
func (t *Tenant) changePassword(w http.ResponseWriter, r *http.Request) {
	body, c, err := t.dbConnection(r)
	var e *signupError
	switch {
	case errors.As(err, &e):
		writeJSON(w, e.status, e.body())
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	email := body.string("email")
	found, err := t.resetTarget(r.Context(), c, email)
	switch {
	case err != nil:
		t.log("fcpr", c, "", scriptMessage(err))
	case found == "":
		t.log("fcpr", c, "", "user does not exist")
	default:
		t.log("scpr", c, "", "")
		t.send(ResetPassword, "/u/reset-verify", c, found, "")
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, "We've just sent you an email to reset your password.")
}

// resetTarget returns the address to which a reset is mailed, empty when there
// is no such user.
func (t *Tenant) resetTarget(ctx context.Context, c *connection, email string) (string, error) {
	if !c.legacy() {
		if u := t.find(c, email); u != nil {
			return u.email(), nil
		}
	}
	if !c.custom() {
		return "", nil
	}
	profile, err := t.runProfile(ctx, c, "get_user", email)
	if err != nil || profile == nil {
		return "", err
	}
	if found := profile.string("email"); found != "" {
		return found, nil
	}
	return email, nil
}

// resetPassword is POST on the link of a reset: it sets the new password.
func (t *Tenant) resetPassword(w http.ResponseWriter, r *http.Request) {
	params, err := parameters(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	secret, password := r.URL.Query().Get("ticket"), params.Get("password")
	t.mu.Lock()
	waiting := t.tickets[secret]
	t.mu.Unlock()
	if waiting != nil && !waiting.used {
		if c := t.snapshot(func(c *connection) bool { return c.id == waiting.connection }); c != nil {
			// A weak password does not use up the link.
			var e *signupError
			if errors.As(c.checkPassword(password, newObject("email", waiting.email)), &e) {
				writeJSON(w, e.status, e.body())
				return
			}
		}
	}
	redeemed, c, ok := t.redeem(secret, ResetPassword)
	if !ok {
		http.Error(w, "The link is not valid any more.", http.StatusBadRequest)
		return
	}
	err = t.setPassword(r.Context(), c, redeemed.email, password, true)
	if err != nil {
		t.log("fcp", c, "", scriptMessage(err))
		t.redirect(w, r, redeemed, scriptMessage(err), false)
		return
	}
	t.log("scp", c, "", "")
	t.redirect(w, r, redeemed, "Your password has been changed", true)
}

// setPassword gives the user of an address a new password: through the scripts
// where the users are behind them, else in the tenant's own store, into which
// import mode brings a user that is not there yet from get_user's profile.
func (t *Tenant) setPassword(ctx context.Context, c *connection, email, password string, verified bool) error {
	if c.legacy() {
		profile, err := t.runProfile(ctx, c, "get_user", email)
		if err != nil {
			return err
		}
		if profile == nil {
			return errNoUser
		}
		changed, details, err := t.runDone(ctx, c, "change_password", email, password)
		if err != nil {
			return err
		}
		if !changed {
			return &ScriptError{Name: "Error", Message: "The password was not changed"}
		}
		u := t.remember(c, c.persistent(profile))
		t.change(u.id, func(u *user) {
			if details.date("last_password_reset", &u.lastReset); details != nil && details.has("email_verified") {
				u.profile.set("email_verified", details.get("email_verified"))
			}
		})
		return nil
	}
	u := t.find(c, email)
	if u == nil && c.imports() {
		profile, err := t.runProfile(ctx, c, "get_user", email)
		if err != nil {
			return err
		}
		if profile != nil {
			if u, err = t.admit(c, profile, password); err != nil {
				return err
			}
		}
	}
	if u == nil {
		return errNoUser
	}
	var failed error
	t.change(u.id, func(u *user) {
		failed = u.setPassword(password)
		u.lastReset = t.options.Now()
		if verified {
			u.profile.set("email_verified", true)
		}
	})
	return failed
}

// date reads a time: milliseconds or text, as scripts give it.
func (o *object) date(key string, into *time.Time) {
	if o == nil || !o.has(key) {
		return
	}
	if text, ok := o.get(key).(string); ok {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			*into = at
		}
		return
	}
	if ms := wholeNumber(o.get(key)); ms > 0 {
		*into = time.UnixMilli(int64(ms))
	}
}

// verifyEmail is the link that confirms an address. In a connection whose users
// are behind scripts only what login and get_user say of email_verified counts.
func (t *Tenant) verifyEmail(w http.ResponseWriter, r *http.Request) {
	redeemed, c, ok := t.redeem(r.URL.Query().Get("ticket"), VerifyEmail)
	if !ok {
		http.Error(w, "The link is not valid any more.", http.StatusBadRequest)
		return
	}
	var err error
	if c.legacy() {
		var done bool
		done, _, err = t.runDone(r.Context(), c, "verify", redeemed.email)
		if err == nil && !done {
			err = &ScriptError{Name: "Error", Message: "This URL can be used only once"}
		}
	} else if t.change(redeemed.userID, func(u *user) { u.profile.set("email_verified", true) }) == nil {
		err = errNoUser
	}
	if err != nil {
		t.log("fv", c, redeemed.userID, scriptMessage(err))
		t.redirect(w, r, redeemed, scriptMessage(err), false)
		return
	}
	t.log("sv", c, redeemed.userID, "")
	t.redirect(w, r, redeemed, "Your email was verified. You can continue using the application.", true)
}

// redirect sends the browser on with the outcome in the query, where the
// platform puts it.
func (t *Tenant) redirect(w http.ResponseWriter, r *http.Request, redeemed *ticket, message string, success bool) {
	query := url.Values{"email": {redeemed.email}, "message": {message}, "success": {"false"}}
	if success {
		query.Set("success", "true")
	}
	target := redeemed.result
	if target == "" {
		target = t.url + "/result"
	}
	separator := "?"
	if strings.Contains(target, "?") {
		separator = "&"
	}
	http.Redirect(w, r, target+separator+query.Encode(), http.StatusFound)
}

// result is the page at the end of a link.
func (t *Tenant) result(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, "<!doctype html><title>Result</title><p>"+html.EscapeString(r.URL.Query().Get("message"))+"</p>\n")
}

// resetForm is GET on the link of a reset.
func (t *Tenant) resetForm(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(
		w,
		`<!doctype html><title>Change password</title><form method="post"><input type="password" name="password"><button>Change</button></form>`+"\n",
	)
}

// scriptMessage is what an error says to users.
func scriptMessage(err error) string {
	var script *ScriptError
	if errors.As(err, &script) {
		return script.Message
	}
	var api *apiError
	if errors.As(err, &api) {
		return api.message
	}
	return err.Error()
}

func parseForm(data []byte) (url.Values, error) {
	return url.ParseQuery(strings.TrimSpace(string(data)))
}
