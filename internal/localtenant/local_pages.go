// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"net"
	"net/http"
	"strings"
)

// The pages below /local/ are for whoever runs the tenant: what a real one would show in
// its dashboard, or nowhere.

// localPages registers them.
func (t *Tenant) localPages(mux *http.ServeMux) {
	for path, page := range map[string]func(*http.Request) any{
		"/local/{$}": t.localIndex, "/local/runs": t.localRuns, "/local/mails": t.localMails, "/local/logs": t.localLogs,
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			if !t.ownersCall(r) {
				writeJSON(w, http.StatusForbidden, (&apiError{
					status: http.StatusForbidden, message: "These pages are for this machine, or for a token of the Management API",
				}).body())
				return
			}
			w.Header().Set("Cache-Control", "no-store")
			writeJSON(w, http.StatusOK, page(r))
		})
	}
}

// ownersCall says whether a call comes from this machine, and not by way of a page that a
// browser has opened under another name; or has a token of the Management API. Mails have
// links that change passwords.
func (t *Tenant) ownersCall(r *http.Request) bool {
	if _, err := t.authenticate(r); err == nil {
		return true
	}
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if address := net.ParseIP(remote); err != nil || address == nil || !address.IsLoopback() {
		return false
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	address := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || address != nil && address.IsLoopback()
}

func (t *Tenant) localIndex(*http.Request) any {
	return newObject("url", t.url, "warnings", listOf(t.Warnings()), "pages", listOf([]string{
		t.url + "/local/runs", t.url + "/local/mails", t.url + "/local/logs",
	}))
}

// localRuns are the scripts that have run, the newest first, each with its cause of failure
// and what it printed. "connection" and "script" choose some.
func (t *Tenant) localRuns(r *http.Request) any {
	query := r.URL.Query()
	list := []any{}
	runs := t.ScriptRuns()
	for n := len(runs) - 1; n >= 0; n-- {
		run := runs[n]
		if query.Has("connection") && query.Get("connection") != run.Connection ||
			query.Has("script") && query.Get("script") != run.Script {
			continue
		}
		list = append(list, run.show())
	}
	return list
}

func (run ScriptRun) show() *object {
	out := run.Outcome
	o := newObject(
		"time", timestamp(run.Time), "connection", run.Connection, "script", run.Script,
		"duration_ms", out.Duration.Milliseconds(), "callback_calls", out.Calls,
	)
	if out.Err != nil {
		o.set("error", newObject(
			"name",
			out.Err.Name,
			"message",
			out.Err.Message,
			"code",
			out.Err.Code,
			"user_id",
			out.Err.UserID,
			"stack",
			out.Err.Stack,
		))
	}
	if out.Uncaught != "" {
		o.set("uncaught", out.Uncaught)
	}
	if out.TimedOut {
		o.set("timed_out", true)
	}
	if len(out.Results) > 0 {
		results := make([]any, len(out.Results))
		for i, result := range out.Results {
			results[i] = result
		}
		o.set("results", results)
	}
	o.set("console", listOf(out.Console))
	o.set("warnings", listOf(out.Warnings))
	return o
}

// localMails are the mails that a real tenant would have sent, the newest first; "to" chooses
// those to one address.
func (t *Tenant) localMails(r *http.Request) any {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := []any{}
	for n := len(t.mails) - 1; n >= 0; n-- {
		mail := t.mails[n]
		if to := r.URL.Query().Get("to"); to != "" && !sameEmail(to, mail.To) {
			continue
		}
		list = append(list, newObject("time", timestamp(mail.Time), "to", mail.To, "kind", mail.Kind, "link", mail.Link))
	}
	return list
}

// localLogs is the log, the newest entry first.
func (t *Tenant) localLogs(*http.Request) any {
	events := t.Logs()
	list := []any{}
	for n := len(events) - 1; n >= 0; n-- {
		list = append(list, events[n].show(n))
	}
	return list
}
