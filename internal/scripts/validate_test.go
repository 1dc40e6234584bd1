// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"strings"
	"testing"
)

func TestValidateAccepts(t *testing.T) {
	for name, text := range map[string]string{
		"without context":        "function login(id, password, callback) { callback(null, null); }",
		"with context":           "function login(id, password, context, callback) { callback(null, null); }",
		"async":                  "async function login(id, password, callback) { await 1; callback(null, null); }",
		"rest":                   "function login(id, password, ...rest) { rest.pop()(null, null); }",
		"only rest":              "function login(...all) { all.pop()(null, null); }",
		"in parentheses":         "(function login(id, password, callback) { callback(null, null); })",
		"comments, spaces":       "\n// mine\n/* and more */\nfunction login(id, password, callback) { callback(null, null); };\r\n// end\n",
		"pool.connect":           "function login(id, password, callback) { const pg = new (require('pg').Pool)(); pg.connect().then(callback); }",
		"url from configuration": "function login(id, password, callback) { connect(`postgres://${configuration.u}:${configuration.p}@h/d`); }",
		"url with a port":        "function login(id, password, callback) { fetch('https://api.example.com:8443/users?at=a@b'); }",
		"url without password":   "function login(id, password, callback) { connect('postgres://u@h/d'); }",
	} {
		if problems := Validate(Login, text); len(problems) > 0 {
			t.Errorf("%s: %+v", name, problems)
		}
	}
}

func TestValidateRefuses(t *testing.T) {
	const secret = "s3cr3t-in-the-text"
	for name, test := range map[string]struct {
		op            Operation
		text, summary string
		detail        string
	}{
		"syntax": {Login, "function login(id, password, callback) {\n  " + secret + " const;\n}", "Script Does Not Parse", "line 2"},
		"empty":  {Login, "", "Script Is Not One Function", "0 functions"},
		"two functions": {Login, "function login(a, b, callback) {}\nfunction helper() {}",
			"Script Is Not One Function", "2 functions"},
		"variable beside": {Login, "const x = '" + secret + "';\nfunction login(a, b, callback) {}",
			"Script Is Not One Function", "1 other"},
		"no function": {Login, "'" + secret + "';", "Script Is Not One Function", "0 functions"},
		"module":      {Login, "module.exports = function login(a, b, callback) {};", "Script Is Not One Function", "0 functions"},
		"called at once": {Login, "(function login(a, b, callback) {})()",
			"Script Is Not One Function", "0 functions"},
		"anonymous":              {Login, "function (a, b, callback) { return '" + secret + "'; }", "Script Function Has No Name", "for example login"},
		"arrow":                  {GetUser, "(email, callback) => callback(null)", "Script Function Has No Name", "for example getUser"},
		"too few":                {Login, "function login(id, callback) {}", "Wrong Number Of Parameters", "declare 3 or 4"},
		"too many":               {GetUser, "function getUser(a, b, c, d) {}", "Wrong Number Of Parameters", "has 4"},
		"too large":              {Login, "function login(a, b, callback) { /*" + strings.Repeat("x", MaxScriptBytes) + "*/ }", "Script Too Large", "accepts 100000"},
		"credentials":            {Login, "function login(a, b, callback) {\n  c('postgres://me:" + secret + "@h/d'); }", "Credentials In Script", "Line 2"},
		"credentials of MongoDB": {GetUser, "function getByEmail(email, callback) {\n  const uri = 'mongodb://user:" + secret + "@mymongoserver.com/my-db';\n}", "Credentials In Script", "Line 2"},
		"credentials of an API":  {Login, "function login(a, b, callback) {\n\n  fetch(\"https://me:" + secret + "@api.example.com/\"); }", "Credentials In Script", "Line 3"},
		"mongodb+srv":            {Login, "function login(a, b, callback) { c(`mongodb+srv://u:" + secret + "@h`); }", "Credentials In Script", "Line 1"},
		"required connect": {Login, "function login(a, b, callback) { const db = require('pg@7'); db.connect('x', callback); }",
			"Removed Database Call", "version 7"},
		"inline connect": {Login, "function login(a, b, callback) { require('pg').connect('x', callback); }",
			"Removed Database Call", "version 7"},
		"global connect": {Login, "function login(a, b, callback) { postgres.connect('x', callback); }",
			"Removed Database Call", "version 7"},
		"no operation": {"log_in", "function login(a, b, callback) {}", "Unknown Operation", "log_in"},
	} {
		problems := Validate(test.op, test.text)
		if len(problems) != 1 || problems[0].Summary != test.summary || !strings.Contains(problems[0].Detail, test.detail) {
			t.Errorf("%s: got %+v", name, problems)
		}
		for _, problem := range problems {
			if strings.Contains(problem.Detail+problem.Summary, secret) {
				t.Errorf("%s: the message shows the script: %+v", name, problem)
			}
		}
	}
}

func TestWarnings(t *testing.T) {
	for text, want := range map[string]string{
		"function login(a, b, callback) { const { MongoClient } = require('mongodb@3.1.4'); }":           "mongodb@3.1.4",
		"function login(a, b, callback) { const c = require(\"tedious@1.11.0\").Connection; }":           "tedious@1.11.0",
		"function login(a, b, callback) { const inner = () => require(`request`); }":                     "2025-08-15",
		"function login(a, b, callback) { const pg = require('pg@8.7.1'), x = require('crypto'); }":      "",
		"function login(a, b, callback) { const name = 'request'; require(name); require(`r${name}`); }": "",
		"not a script": "",
	} {
		problems := Warnings(Login, text)
		if want == "" {
			if len(problems) > 0 {
				t.Errorf("%s: got %+v", text, problems)
			}
			continue
		}
		if len(problems) != 1 || problems[0].Summary != "Module Withdrawn" || !strings.Contains(problems[0].Detail, want) {
			t.Errorf("%s: got %+v", text, problems)
		}
		if problems := Validate(Login, text); len(problems) > 0 {
			t.Errorf("%s: a warning is no error: %+v", text, problems)
		}
	}
}

func TestCheckContext(t *testing.T) {
	for name, test := range map[string]struct {
		op      Operation
		params  string
		enabled bool
		want    string
	}{
		"context, off":         {Login, "a, b, context, callback", false, "Script Context Is Off"},
		"context, on":          {Login, "a, b, context, callback", true, ""},
		"no context, on":       {GetUser, "email, callback", true, "Script Context Is On"},
		"no context, off":      {GetUser, "email, callback", false, ""},
		"any number":           {Login, "a, ...rest", false, ""},
		"undocumented":         {ChangeEmail, "a, b, c, context, callback", false, ""},
		"wrong for all, as is": {Login, "a", true, ""},
	} {
		problem := CheckContext(test.op, "function f("+test.params+") { callback(null); }", test.enabled)
		if got := ""; problem != nil {
			if got = problem.Summary; got != test.want || !strings.Contains(problem.Detail, "enable_script_context") {
				t.Errorf("%s: got %+v", name, problem)
			}
		} else if test.want != got {
			t.Errorf("%s: no problem, want %s", name, test.want)
		}
	}
}

func TestNormalize(t *testing.T) {
	if got := Normalize("\r\nfunction a() {  \r\n\tb();\t\r}\n\n"); got != "function a() {\n\tb();\n}" {
		t.Errorf("got %q", got)
	}
	if Normalize("a b") == Normalize("a  b") {
		t.Error("space inside a line must count")
	}
}

func FuzzValidate(f *testing.F) {
	f.Add("function login(a, b, callback) {}")
	f.Add("require('pg').connect(")
	f.Add("((((`${")
	f.Fuzz(func(t *testing.T, text string) {
		Validate(Login, text)
		if once := Normalize(text); Normalize(once) != once {
			t.Errorf("normalising twice differs for %q", text)
		}
	})
}
