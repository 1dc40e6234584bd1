// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

// scriptsWorkspace is one connection in a folder of its own, to be planned and applied by whole commands.
type scriptsWorkspace struct {
	*connectionTest
	*acctest.Workspace
}

func newScriptsWorkspace(t *testing.T, attributes string) scriptsWorkspace {
	t.Helper()
	c := newConnectionTest(t)
	w := scriptsWorkspace{c, acctest.NewWorkspace(t, map[string]string{"main.tf": required + c.config(unprotected+attributes)})}
	w.MustRun("apply", "-auto-approve")
	return w
}

func (w scriptsWorkspace) configure(attributes string) {
	w.Write("main.tf", required+w.config(unprotected+attributes))
}

// planned is script_changes as a plan with these arguments has it.
func (w scriptsWorkspace) planned(args ...string) map[string]any {
	w.Workspace.MustRun(append([]string{"plan", "-out=plan"}, args...)...)
	var plan struct {
		Changes []struct {
			Change struct{ After map[string]any }
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(w.MustRun("show", "-json", "plan")), &plan); err != nil || len(plan.Changes) != 1 {
		w.Fatalf("the plan cannot be read: %v, %d objects", err, len(plan.Changes))
	}
	changes, _ := plan.Changes[0].Change.After["script_changes"].(map[string]any)
	return changes
}

// unchanged wants each kind of plan to find nothing to do.
func (w scriptsWorkspace) unchanged() {
	w.Helper()
	for _, arg := range []string{"-refresh=false", "-refresh=true"} {
		if output, exit := w.Run("plan", "-detailed-exitcode", arg); exit != 0 {
			w.Fatalf("plan %s finds something to do: %s", arg, output)
		}
	}
}

func (w scriptsWorkspace) wantDiff(changes map[string]any, op string, lines ...string) {
	w.Helper()
	diff, _ := changes[op].(string)
	for _, line := range append([]string{"--- tenant", "+++ planned"}, lines...) {
		if !strings.Contains("\n"+diff, "\n"+line+"\n") {
			w.Errorf("the change of %s does not have the line %q:\n%s", op, line, diff)
		}
	}
}

// A plan shows scripts line by line, from state, private state and configuration alone: each kind of plan shows the same,
// and what is saved applies in another process.
func TestConnectionScriptChanges(t *testing.T) {
	t.Parallel()
	w := newScriptsWorkspace(t, "")
	if size := len(w.Read("terraform.tfstate")); size > 12_000 {
		t.Errorf("the state of one connection has %d bytes", size)
	}
	w.unchanged()
	w.configure("scripts { pool_max = 6 }")
	plain := w.planned()
	if len(plain) != 7 {
		t.Errorf("%d scripts change, want all", len(plain))
	}
	w.wantDiff(plain, "login", `-    "poolMax": 5,`, `+    "poolMax": 6,`)
	if text := w.MustRun("show", "-no-color", "plan"); !strings.Contains(text, `-    "poolMax": 5,`) {
		t.Errorf("a reader does not see the lines: %s", text)
	}
	stale := w.planned("-refresh=false")
	if err := expect("the plan without a refresh", stale, plain); err != nil {
		t.Error(err)
	}
	w.MustRun("apply", "plan")
	w.unchanged()

	// Only what a refresh would take away is left of it.
	if output, exit := w.Run("plan", "-refresh-only", "-detailed-exitcode"); exit != 2 || !strings.Contains(output, "script_changes") {
		t.Errorf("a plan of the refresh alone ends with %d: %s", exit, output)
	}
	w.MustRun("apply", "-refresh-only", "-auto-approve")
	w.unchanged()

	// Something else changes, and no script.
	w.configure("scripts { pool_max = 6 }\n  disable_signup = true")
	if changes := w.planned(); changes != nil {
		t.Errorf("nothing about the scripts changes, and the plan shows %v", changes)
	}
	w.configure("scripts { pool_max = 6 }\n  import_mode = true")
	changes := w.planned()
	w.wantDiff(changes, "login", `+    "importMode": true`)
	if removed, _ := changes["delete"].(string); !strings.HasPrefix(removed, "removed: function deleteUser(userId, ...rest), ") {
		t.Errorf("what the plan says of a script that goes: %q", removed)
	}
	w.MustRun("apply", "plan")
	w.unchanged()
}

// edited is a script that somebody has put a line into.
func edited(text string) string {
	return strings.Replace(text, "\n", "\n  console.log('by hand');\n", 1)
}

func (w scriptsWorkspace) script(op string) string {
	text, _ := member(w.options(), "customScripts", op).(string)
	return text
}

// What was edited in the dashboard is shown before it is lost, never lost unseen, and can be had back.
func TestConnectionScriptsEditedElsewhere(t *testing.T) {
	t.Parallel()
	w := newScriptsWorkspace(t, "")
	ours := w.script("login")
	edit := w.change(func(options map[string]any) {
		scripts, _ := options["customScripts"].(map[string]any)
		scripts["login"] = edited(ours)
	})

	w.configure("disable_signup = true")
	w.planned()
	edit()
	if output, exit := w.Run("apply", "plan"); exit == 0 || !strings.Contains(output, "Connection Changed Since Plan") || !strings.Contains(output, "login") {
		t.Fatalf("a plan of before the edit applies with %d: %s", exit, output)
	}
	if w.script("login") != edited(ours) {
		t.Fatal("the edit is lost")
	}
	changes := w.planned()
	w.wantDiff(changes, "login", "-  console.log('by hand');")
	if len(changes) != 1 {
		t.Errorf("%d scripts change, want login alone", len(changes))
	}
	w.MustRun("apply", "plan")
	if w.script("login") != ours {
		t.Error("the script is not put back")
	}

	// The way back, and forth.
	w.configure("disable_signup = true\n  use_former_scripts = true")
	w.wantDiff(w.planned(), "login", "+  console.log('by hand');")
	w.MustRun("apply", "plan")
	if w.script("login") != edited(ours) {
		t.Error("the former script is not uploaded")
	}
	w.unchanged()
	w.configure("disable_signup = true")
	w.MustRun("apply", "-auto-approve")
	if w.script("login") != ours {
		t.Error("the configured script is not uploaded again")
	}
	w.unchanged()
}

// The former scripts are those of before the last change of scripts, whatever else was applied since, and whole sets of
// them: with what an override was, without what came.
func TestConnectionFormerScripts(t *testing.T) {
	t.Parallel()
	own := `function login(email, password, callback) {\n  callback(new WrongUsernameOrPasswordError(email));\n}\n`
	override := `scripts { overrides = { login = "` + own + `" } }`
	w := newScriptsWorkspace(t, override+"\n  import_mode = true")
	before := member(w.options(), "customScripts")
	w.configure("use_former_scripts = true\n  import_mode = true\n  " + override)
	if output, exit := w.Run("plan"); exit == 0 || !strings.Contains(output, "No Former Scripts") {
		t.Errorf("nothing was uploaded before, and the plan ends with %d: %s", exit, output)
	}
	w.configure("")
	w.MustRun("apply", "-auto-approve")
	w.configure("disable_signup = true")
	w.MustRun("apply", "-auto-approve")
	w.configure("disable_signup = true\n  use_former_scripts = true")
	w.MustRun("apply", "-auto-approve")
	if err := expect("the scripts", member(w.options(), "customScripts"), before); err != nil {
		t.Error(err)
	}
	w.unchanged()
}
