// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"reflect"
	"strings"
	"testing"
)

// FuzzOverride hides a secret somewhere in a script of the user's own: whatever is wrong with the script, the message
// does not show it. A script without a problem has none either once its line ends are another system's.
func FuzzOverride(f *testing.F) {
	for _, text := range []string{
		"function login(email, password, callback) {}", "(async function login(email, password, context, callback) { await x; })", "login = (a, b, c) => c(null)",
		"function login(email, password, callback) { const pg = require('pg'); pg.connect('postgres://u:p@h/d', callback); }",
		"function login(...all) { return `${all}`; }", "function login({email}, [password], callback = () => /(?:/u) {}", "function f(\\u0061, b, c) { label: for (;;) {} }", "class A { #x = 1 }",
		"function login(a, b, c) { /* */ // \u2028 }", "((((`${", "'use strict'; function login(a, b, c) {}",
	} {
		f.Add(text, uint16(len(text)/2))
	}
	f.Fuzz(func(t *testing.T, text string, at uint16) {
		const secret = "hunter2hunter2"
		position := min(int(at), len(text))
		for _, op := range Operations() {
			for _, problem := range Validate(op, text[:position]+secret+text[position:]) {
				if strings.Contains(problem.Summary+problem.Detail, secret) {
					t.Errorf("the message shows the script: %+v", problem)
				}
				if problem.Summary == "" || problem.Detail == "" {
					t.Errorf("%+v says too little", problem)
				}
			}
			if len(Validate(op, text)) > 0 || strings.ContainsAny(text, "\r`\\") {
				continue
			}
			if problems := Validate(op, strings.ReplaceAll(text, "\n", "\r\n")); len(problems) > 0 {
				t.Errorf("%q is refused with the line ends of another system: %+v", text, problems)
			}
		}
	})
}

// FuzzRecognise reads from what a script was rendered: whatever stands there, rendering either refuses it or gives a
// script that is recognised as the same and whose SQL is made of quoted names alone.
func FuzzRecognise(f *testing.F) {
	finished := Options{Store: storeWith(), ImportMode: true, ImportFinished: true}
	for _, options := range []Options{{Store: storeWith()}, everyOption(), finished} {
		text, err := Render(Login, options)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add("\n  // store: {}\n  const settings = {}")
	f.Add("\n  // store: {\"columns\":{\"id\":[\"\\u0000\"]}}")
	f.Fuzz(func(t *testing.T, text string) {
		options, ok := Recognise(text)
		if !ok {
			return
		}
		rendered, err := Render(Login, options)
		if err != nil {
			return
		}
		again, ok := Recognise(rendered)
		if !ok || !reflect.DeepEqual(again.Store, options.Store) {
			t.Errorf("%q is recognised as\n%+v, and the script rendered from that as\n%+v", text, options, again)
		}
		if problems := Validate(Login, rendered); len(problems) > 0 {
			t.Errorf("%q leads to a script with %+v", text, problems)
		}
	})
}
