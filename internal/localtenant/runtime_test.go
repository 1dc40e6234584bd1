// SPDX-License-Identifier: MPL-2.0

package localtenant_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

func container(t *testing.T) *localtenant.Container {
	t.Helper()
	return containerWith(t, localtenant.ContainerOptions{})
}

func containerWith(t *testing.T, o localtenant.ContainerOptions) *localtenant.Container {
	t.Helper()
	c, err := localtenant.NewContainer(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func run(t *testing.T, c *localtenant.Container, inv localtenant.Invocation) localtenant.Outcome {
	t.Helper()
	out, err := c.Run(t.Context(), inv)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func result(t *testing.T, out localtenant.Outcome) string {
	t.Helper()
	if out.Err != nil || out.Uncaught != "" || out.TimedOut || len(out.Results) != 1 {
		t.Fatalf("want one result, got %+v", out)
	}
	return string(out.Results[0])
}

func TestRunPassesArgumentsAndProfileThroughJSON(t *testing.T) {
	c := container(t)
	out := run(t, c, localtenant.Invocation{
		Script: `function login(user, list, callback) {
			callback(null, { user, list, at: new Date(0), gone: undefined, f() {}, n: NaN, arity: arguments.length });
		}`,
		Args: []any{map[string]any{"email": "a@example.com"}, []int{1, 2}},
	})
	want := `{"user":{"email":"a@example.com"},"list":[1,2],"at":"1970-01-01T00:00:00.000Z","n":null,"arity":3}`
	if got := result(t, out); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if out.Calls != 1 || out.Duration <= 0 {
		t.Errorf("calls %d, duration %s", out.Calls, out.Duration)
	}
}

func TestRunLeavesOutUndefinedResults(t *testing.T) {
	c := container(t)
	for script, want := range map[string]string{
		`function f(callback) { callback(); }`:                      `[]`,
		`function f(callback) { callback(null); }`:                  `[]`,
		`function f(callback) { callback(null, undefined); }`:       `[]`,
		`function f(callback) { callback(null, null); }`:            `[null]`,
		`function f(callback) { callback(null, false); }`:           `[false]`,
		`function f(callback) { callback(null, undefined, true); }`: `[null,true]`,
		`function f(callback) { callback(null, function () {}); }`:  `[null]`,
	} {
		out := run(t, c, localtenant.Invocation{Script: script})
		got, _ := json.Marshal(out.Results)
		if string(got) != want || out.Err != nil || out.Calls != 1 {
			t.Errorf("%s: got %s and %+v, want %s", script, got, out, want)
		}
	}
}

func TestRunPlacesContextBeforeCallback(t *testing.T) {
	c := container(t)
	script := `function f() {
		var args = Array.prototype.slice.call(arguments), callback = args.pop();
		callback(null, args);
	}`
	for _, tc := range []struct {
		context any
		want    string
	}{
		{nil, `["a"]`},
		{map[string]any{}, `["a",{}]`},
		{map[string]any{"organization": map[string]any{"id": "org_1"}}, `["a",{"organization":{"id":"org_1"}}]`},
	} {
		out := run(t, c, localtenant.Invocation{Script: script, Args: []any{"a"}, Context: tc.context})
		if got := result(t, out); got != tc.want {
			t.Errorf("got %s, want %s", got, tc.want)
		}
	}
}

func TestRunGivesFrozenConfiguration(t *testing.T) {
	c := container(t)
	out := run(t, c, localtenant.Invocation{
		Script: `function f(callback) {
			configuration.A = 'changed';
			configuration.B = 'added';
			callback(null, [configuration, Object.isFrozen(configuration), typeof configuration.A]);
		}`,
		Configuration: map[string]string{"A": "1"},
	})
	if got, want := result(t, out), `[{"A":"1"},true,"string"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestErrorClassesHaveThePlatformsFields(t *testing.T) {
	c := container(t)
	for expression, want := range map[string]string{
		`new WrongUsernameOrPasswordError('a@example.com', 'no')`: `{"code":"wrongusernameorpassword","message":"no","name":"WrongUsernameOrPasswordError","statusCode":400,"user_id":"a@example.com"}`,
		`new ValidationError('user_exists', 'taken')`:             `{"code":"user_exists","description":"taken","message":"taken","name":"ValidationError","statusCode":400}`,
		`new UnauthorizedError('go away')`:                        `{"code":"unauthorized","description":"go away","message":"go away","name":"UnauthorizedError","statusCode":401}`,
	} {
		out := run(t, c, localtenant.Invocation{Script: `function f(callback) {
			var error = ` + expression + `, fields = {};
			Object.keys(error).sort().forEach(function (key) { fields[key] = error[key]; });
			callback(null, [fields, error instanceof Error, error instanceof error.constructor, error.constructor.name === error.name, !!error.stack]);
		}`})
		if got, want := result(t, out), `[`+want+`,true,true,true,true]`; got != want {
			t.Errorf("%s:\n got %s\nwant %s", expression, got, want)
		}
	}
}

func TestErrorsAreReducedToSevenKeys(t *testing.T) {
	c := container(t)
	for expression, want := range map[string]localtenant.ScriptError{
		`Object.assign(new Error('dup'), { code: '23505', detail: 'secret', constraint: 'k', statusCode: 500 })`: {Name: "Error", Message: "dup", Code: "23505"},
		`Object.assign(new Error('x'), { status_code: 503, user_id: 7 })`:                                        {Name: "Error", Message: "x", StatusCode: 503, UserID: "7"},
		`new WrongUsernameOrPasswordError(null, 'no')`:                                                           {Name: "WrongUsernameOrPasswordError", Message: "no", Code: "wrongusernameorpassword"},
		`new ValidationError('user_exists', 'taken')`:                                                            {Name: "ValidationError", Message: "taken", Code: "user_exists", Description: "taken"},
		`'plain text'`:        {Message: "plain text"},
		`{ message: 'bare' }`: {Name: "Error", Message: "bare"},
		`42`:                  {Message: "42"},
		`true`:                {Message: "true"},
	} {
		out := run(t, c, localtenant.Invocation{Script: `function f(callback) { callback(` + expression + `, { ignored: true }); }`})
		if out.Err == nil {
			t.Errorf("%s: no error in %+v", expression, out)
			continue
		}
		got := *out.Err
		if strings.Contains(expression, "Error(") && !strings.Contains(got.Stack, "script.js") {
			t.Errorf("%s: stack %q", expression, got.Stack)
		}
		got.Stack = ""
		if got != want || len(out.Results) != 0 {
			t.Errorf("%s: got %+v and %v, want %+v", expression, got, out.Results, want)
		}
	}
}

func TestProfileThatIsNotJSONIsAnError(t *testing.T) {
	c := container(t)
	out := run(t, c, localtenant.Invocation{Script: `function f(callback) { var a = {}; a.a = a; callback(null, a); }`})
	if out.Err == nil || out.Err.Name != "TypeError" || !strings.Contains(out.Err.Message, "circular") {
		t.Errorf("got %+v", out)
	}
}

func TestCallbacksAreCounted(t *testing.T) {
	c := container(t)
	for script, want := range map[string]int{
		`function f(callback) { callback(null, 1); callback(null, 2); }`:                                               2,
		`function f(callback) { callback(null, 1); setTimeout(function () { callback(new Error('late')); }, 5); }`:     2,
		`function f(callback) { setTimeout(function () { callback(null, 1); }, 5); }`:                                  1,
		`async function f(callback) { await null; callback(null, 1); await null; callback(null, 2); callback(null); }`: 3,
	} {
		out := run(t, c, localtenant.Invocation{Script: script})
		if out.Calls != want || string(out.Results[0]) != "1" || out.Err != nil {
			t.Errorf("%s: got %+v, want %d calls", script, out, want)
		}
	}
}

func TestScriptIsAnExpression(t *testing.T) {
	c := container(t)
	for script, want := range map[string]string{
		"function f(callback) { callback(null, 'named'); }":                          "named",
		"function (callback) { callback(null, 'anonymous'); }":                       "anonymous",
		"(callback) => callback(null, 'arrow')":                                      "arrow",
		"async function f(callback) { callback(null, 'async'); }":                    "async",
		"// comment\nfunction f(callback) { callback(null, 'lead'); }":               "lead",
		"function f(callback) { callback(null, 'trail'); } // the end":               "trail",
		"\uFEFFfunction f(callback) { callback(null, 'mark'); }":                     "mark",
		"function f(callback) { callback(null, 'semicolon'); };":                     "semicolon",
		"function f(callback) { callback(null, typeof f === 'function' && 'own'); }": "own",
	} {
		out := run(t, c, localtenant.Invocation{Script: script})
		if got := result(t, out); got != fmt.Sprintf("%q", want) {
			t.Errorf("%q: got %s", script, got)
		}
	}
	for script, want := range map[string]string{
		"const pg = require('pg'); function f(callback) { callback(); }": "SyntaxError",
		"function f(callback) { callback(); } function g() {}":           "SyntaxError",
		"function f(callback) { callback();":                             "SyntaxError",
		"function f(callback) { callback(); }}); (function () {":         "SyntaxError",
		"":                                       "SyntaxError",
		"'use strict'; function f(cb) { cb(); }": "TypeError",
		"myFunction":                             "ReferenceError",
		"function f(callback) { throw new RangeError('boom'); }": "RangeError: boom",
	} {
		out := run(t, c, localtenant.Invocation{Script: script})
		if !strings.HasPrefix(out.Uncaught, want) && !strings.Contains(out.Uncaught, "\n"+want) || out.Calls != 0 {
			t.Errorf("%q: got %+v, want %s", script, out, want)
		}
	}
}

func TestExceptionAfterCallbackIsReported(t *testing.T) {
	c := container(t)
	out := run(t, c, localtenant.Invocation{Script: `function f(callback) { callback(null, 1); throw new Error('after'); }`})
	if out.Calls != 1 || !strings.Contains(out.Uncaught, "after") {
		t.Errorf("got %+v", out)
	}
}

func TestUncaughtExceptionEndsTheContainer(t *testing.T) {
	for name, script := range map[string]string{
		"exception": `function f(callback) { setTimeout(function () { throw new Error('boom'); }, 1); }`,
		"rejection": `async function f(callback) { throw new Error('boom'); }`,
		"emitter":   `function f(callback) { setImmediate(function () { new (require('events'))().emit('error', new Error('boom')); }); }`,
	} {
		t.Run(name, func(t *testing.T) {
			c := container(t)
			first := c.PID()
			run(t, c, localtenant.Invocation{Script: `function f(callback) { global.kept = 1; callback(); }`})
			out := run(t, c, localtenant.Invocation{Script: script})
			if out.Calls != 0 || out.TimedOut || !strings.Contains(out.Uncaught, "Error: boom") {
				t.Errorf("got %+v", out)
			}
			out = run(t, c, localtenant.Invocation{Script: `function f(callback) { callback(null, typeof global.kept); }`})
			if got := result(t, out); got != `"undefined"` || c.PID() == first {
				t.Errorf("the container lives on: global.kept is %s, process %d was %d", got, c.PID(), first)
			}
		})
	}
}

func TestProcessExitIsReported(t *testing.T) {
	c := container(t)
	out := run(t, c, localtenant.Invocation{Script: `function f(callback) { process.exit(3); }`})
	if !strings.Contains(out.Uncaught, "exit status 3") || out.Duration <= 0 {
		t.Errorf("got %+v", out)
	}
}

func TestTimeoutRecyclesTheContainer(t *testing.T) {
	for name, script := range map[string]string{
		"no callback":  `function f(callback) { console.log('here'); }`,
		"blocked loop": `function f(callback) { console.log('here'); for (;;) {} }`,
	} {
		t.Run(name, func(t *testing.T) {
			c := container(t)
			first := c.PID()
			out := run(t, c, localtenant.Invocation{Script: script, Timeout: time.Second})
			if !out.TimedOut || out.Calls != 0 || out.Duration < time.Second || len(out.Console) != 1 {
				t.Errorf("got %+v", out)
			}
			waitGone(t, first)
			if got := result(t, run(t, c, localtenant.Invocation{Script: `function f(callback) { callback(null, 1); }`})); got != "1" {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestTimeoutLeavesOthersToFinish(t *testing.T) {
	c := container(t)
	slow := make(chan localtenant.Outcome)
	go func() {
		out, _ := c.Run(context.Background(), localtenant.Invocation{Script: `function f(callback) { setTimeout(callback, 800, null, 'slow'); }`})
		slow <- out
	}()
	time.Sleep(100 * time.Millisecond)
	if out := run(t, c, localtenant.Invocation{Script: `function f(callback) {}`, Timeout: 100 * time.Millisecond}); !out.TimedOut {
		t.Errorf("got %+v", out)
	}
	if got := result(t, <-slow); got != `"slow"` {
		t.Errorf("got %s", got)
	}
}

// TestBlockedContainerTimesOutOthers gives a container that does not read more
// than a pipe holds.
func TestBlockedContainerTimesOutOthers(t *testing.T) {
	c := container(t)
	var group sync.WaitGroup
	group.Go(func() {
		out, err := c.Run(context.Background(), localtenant.Invocation{Script: `function f(callback) { for (;;) {} }`, Timeout: 2 * time.Second})
		if err != nil || !out.TimedOut {
			t.Errorf("got %+v, %v", out, err)
		}
	})
	time.Sleep(200 * time.Millisecond)
	large := []any{strings.Repeat("x", 1<<20)}
	for range 2 {
		group.Go(func() {
			out, err := c.Run(context.Background(), localtenant.Invocation{Script: `function f(text, callback) { callback(); }`, Args: large, Timeout: time.Second})
			if err != nil || !out.TimedOut {
				t.Errorf("got %+v, %v", out, err)
			}
		})
	}
	group.Wait()
	if got := result(t, run(t, c, localtenant.Invocation{Script: `function f(callback) { callback(null, 1); }`})); got != "1" {
		t.Errorf("got %s", got)
	}
}

func TestRunStopsWithItsContext(t *testing.T) {
	c := container(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := c.Run(ctx, localtenant.Invocation{Script: `function f(callback) {}`}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestGlobalLivesUntilRecycled(t *testing.T) {
	c := container(t)
	count := localtenant.Invocation{Script: `function f(callback) { global.count = (global.count || 0) + 1; callback(null, global.count); }`}
	for _, want := range []string{"1", "2", "3"} {
		if got := result(t, run(t, c, count)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	c.Recycle()
	if got := result(t, run(t, c, count)); got != "1" {
		t.Errorf("global survived the recycling: %s", got)
	}
}

func TestParallelInvocationsStayApart(t *testing.T) {
	c := container(t)
	script := `function f(name, callback) {
		console.log('start', name);
		global.peak = Math.max(global.peak || 0, global.now = (global.now || 0) + 1);
		(function end() {
			if (global.peak < 2) { // nobody else has begun yet
				setTimeout(end, 5);
				return;
			}
			global.now -= 1;
			console.error('end', configuration.NAME);
			callback(null, { name: name, secret: configuration.NAME, peak: global.peak });
		})();
	}`
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			name := fmt.Sprintf("run-%d", i)
			out, err := c.Run(context.Background(), localtenant.Invocation{
				Script: script, Args: []any{name}, Configuration: map[string]string{"NAME": name},
			})
			if err != nil || len(out.Results) != 1 {
				t.Errorf("%s: %+v, %v", name, out, err)
				return
			}
			var got struct {
				Name, Secret string
				Peak         int
			}
			if err := json.Unmarshal(out.Results[0], &got); err != nil || got.Name != name || got.Secret != name || got.Peak < 2 {
				t.Errorf("%s: got %s", name, out.Results[0])
			}
			if want := []string{"start " + name, "end " + name}; fmt.Sprint(out.Console) != fmt.Sprint(want) {
				t.Errorf("console %q, want %q", out.Console, want)
			}
		})
	}
	group.Wait()
}

func TestOutputNeverMixesIntoTheProtocol(t *testing.T) {
	c := container(t)
	out := run(t, c, localtenant.Invocation{Script: `function f(callback) {
		console.log('{"id":1,"type":"end"}');
		process.stdout.write('{"id":1,"type":"callback"}\n');
		process.stderr.write('to stderr');
		require('fs').writeSync(1, '{"id":1,"type":"callback","results":["forged"]}\n');
		console.log('%s is %d', 'a', 1);
		setTimeout(callback, 10, null, 'true result');
	}`})
	if got := result(t, out); got != `"true result"` || out.Calls != 1 {
		t.Errorf("got %+v", out)
	}
	want := []string{`{"id":1,"type":"end"}`, `{"id":1,"type":"callback"}`, "to stderr", "a is 1"}
	if fmt.Sprint(out.Console) != fmt.Sprint(want) {
		t.Errorf("console %q, want %q", out.Console, want)
	}
}

func TestModulesWithAndWithoutVersion(t *testing.T) {
	c := container(t)
	out := run(t, c, localtenant.Invocation{Script: `function f(callback) {
		var bcrypt = require('bcrypt@5.0.1');
		callback(null, [typeof require('pg').Pool, require('pg@8.7.1') === require('pg'), require('pg@8.7.1/package.json').version,
			bcrypt.compareSync('secret', bcrypt.hashSync('secret', 4)), typeof require('crypto').scrypt]);
	}`})
	if got, want := result(t, out), `["function",true,"8.23.1",true,"function"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := strings.Join(out.Warnings, "\n"); !strings.Contains(got, "require('pg@8.7.1') was given version 8.23.1") ||
		!strings.Contains(got, "require('bcrypt@5.0.1') was given version 6.0.0") || len(out.Warnings) != 2 {
		t.Errorf("warnings %q", out.Warnings)
	}
	out = run(t, c, localtenant.Invocation{Script: `function f(callback) { require('request@2.56.0'); }`})
	if !strings.Contains(out.Uncaught, "Cannot find module 'request'") || len(out.Warnings) != 2 ||
		!strings.Contains(out.Warnings[0], "withdrew the module request") || !strings.Contains(out.Warnings[1], "not installed here") {
		t.Errorf("got %+v", out)
	}
}

// TestModulesOfOnesOwn gives a script the version that it asks for where a folder has several.
func TestModulesOfOnesOwn(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "node_modules")
	for where, is := range map[string]string{"thing": "thing 1.2.3", "thing-2": "thing 2.0.1", "@own/thing": "@own/thing 3.0.0", "mongodb": "mongodb 3.1.4"} {
		name, version, _ := strings.Cut(is, " ")
		write := func(file, content string) {
			path := filepath.Join(folder, where, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		write("package.json", fmt.Sprintf(`{"name": %q, "version": %q, "main": "index.js"}`, name, version))
		write("index.js", fmt.Sprintf("module.exports = %q;", is))
		write("lib/inner.js", fmt.Sprintf("module.exports = 'inside ' + %q;", is))
	}
	c := containerWith(t, localtenant.ContainerOptions{ModulesDir: folder})
	for required, want := range map[string]string{
		"thing": "thing 1.2.3", "thing@1.2.3": "thing 1.2.3", "thing@2.0.1": "thing 2.0.1", "thing@2": "thing 2.0.1", "thing@9.9.9": "thing 1.2.3",
		"thing@2.0.1/lib/inner": "inside thing 2.0.1", "@own/thing@3.0.0": "@own/thing 3.0.0", "mongodb@3.1.4": "mongodb 3.1.4",
	} {
		out := run(t, c, localtenant.Invocation{Script: `function f(callback) { callback(null, require('` + required + `')); }`})
		if got := result(t, out); got != `"`+want+`"` {
			t.Errorf("%s: got %s", required, got)
		}
		warned := map[string]string{"thing@9.9.9": "was given version 1.2.3", "mongodb@3.1.4": "2025-08-15"}[required]
		if got := strings.Join(out.Warnings, "\n"); (got == "") != (warned == "") || !strings.Contains(got, warned) {
			t.Errorf("%s: warnings %q", required, out.Warnings)
		}
	}
}

// TestScriptsRunAsOnThePlatform: its major version, no files written, no processes.
func TestScriptsRunAsOnThePlatform(t *testing.T) {
	c := container(t)
	if warning := c.Warning(); warning != "" {
		t.Skip("this machine has no such Node.js: " + warning)
	}
	out := run(t, c, localtenant.Invocation{Script: `function f(callback) {
		const code = (run) => { try { run(); return 'done'; } catch (error) { return error.code; } };
		callback(null, [process.versions.node.split('.')[0],
			code(() => require('fs').writeFileSync('/tmp/auth0pg-written', 'x')),
			code(() => require('fs').mkdtempSync('/tmp/auth0pg-')),
			code(() => require('child_process').execSync('true')),
			code(() => require('fs').readFileSync('/etc/hostname'))]);
	}`})
	if got, want := result(t, out), `["22","ERR_ACCESS_DENIED","ERR_ACCESS_DENIED","ERR_ACCESS_DENIED","done"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestAnotherNodeIsWarnedAbout runs scripts in whatever Node.js is given.
func TestAnotherNodeIsWarnedAbout(t *testing.T) {
	pretender := filepath.Join(t.TempDir(), "node")
	if err := os.WriteFile(pretender, []byte("#!/bin/sh\nif [ \"$1\" = --version ]; then echo v18.20.1; else exec node \"$@\"; fi\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := containerWith(t, localtenant.ContainerOptions{Node: pretender})
	if got := c.Warning(); !strings.Contains(got, "Node.js 18.20.1, Auth0's in 22") || !strings.Contains(got, "writing files is not refused") {
		t.Errorf("warning %q", got)
	}
	result(t, run(t, c, localtenant.Invocation{Script: `function f(callback) { callback(null, 1); }`}))
}

func TestEnvironmentIsNotInherited(t *testing.T) {
	t.Setenv("PGPASSWORD", "of-the-parent")
	c := containerWith(t, localtenant.ContainerOptions{Env: []string{"GIVEN=1"}})
	out := run(t, c, localtenant.Invocation{Script: `function f(callback) { callback(null, [process.env.PGPASSWORD === undefined, process.env.GIVEN]); }`})
	if got, want := result(t, out), `[true,"1"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestScriptSize(t *testing.T) {
	c := container(t)
	script := `function f(callback) { callback(null, 1); }`
	fits := script + strings.Repeat(" ", localtenant.MaxScriptSize-len(script))
	if got := result(t, run(t, c, localtenant.Invocation{Script: fits})); got != "1" {
		t.Errorf("got %s", got)
	}
	if _, err := c.Run(t.Context(), localtenant.Invocation{Script: fits + " "}); !errors.Is(err, localtenant.ErrScriptTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestCloseEndsTheProcess(t *testing.T) {
	c := container(t)
	pid := c.PID()
	done := make(chan localtenant.Outcome)
	go func() {
		out, _ := c.Run(context.Background(), localtenant.Invocation{Script: `function f(callback) {}`})
		done <- out
	}()
	time.Sleep(300 * time.Millisecond)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	waitGone(t, pid)
	if out := <-done; out.Uncaught == "" {
		t.Errorf("an invocation in flight ended as %+v", out)
	}
	if _, err := c.Run(t.Context(), localtenant.Invocation{Script: `function f(callback) { callback(); }`}); !errors.Is(err, localtenant.ErrContainerClosed) {
		t.Errorf("got %v", err)
	}
}

// TestContainerDiesWithItsParent kills a process that has a container whose
// script blocks the event loop: nothing in the container can notice the end of
// stdin then.
func TestContainerDiesWithItsParent(t *testing.T) {
	if os.Getenv("LOCALTENANT_ORPHAN") != "" {
		c := container(t)
		fmt.Printf("container %d\n", c.PID())
		_, err := c.Run(context.Background(), localtenant.Invocation{Script: os.Getenv("LOCALTENANT_ORPHAN")})
		t.Fatal("the invocation came to an end", err)
	}
	for name, script := range map[string]string{
		"idle":    `function f(callback) {}`,
		"blocked": `function f(callback) { for (;;) {} }`,
	} {
		t.Run(name, func(t *testing.T) {
			var output bytes.Buffer
			cmd := exec.Command(os.Args[0], "-test.run", "^TestContainerDiesWithItsParent$")
			cmd.Env = append(os.Environ(), "LOCALTENANT_ORPHAN="+script)
			pipe, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var pid int
			if _, err := fmt.Fscanf(pipe, "container %d\n", &pid); err != nil {
				t.Fatal(err, output.String())
			}
			time.Sleep(300 * time.Millisecond)
			if !alive(pid) {
				t.Fatal("the container ended before its parent")
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // killed, so it reports an error
			waitGone(t, pid)
		})
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func waitGone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); alive(pid); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d is still alive", pid)
		}
	}
}
