// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// A rehearsal is what the rendered scripts can do: the same statements in each mode, and a value for whatever a
// look-up or a change needs.
func TestRehearsalIsWhatTheScriptsRun(t *testing.T) {
	functions := storeWith().Through("auth0")
	for name, o := range map[string]Options{
		"table":     {Store: storeWith()},
		"functions": {Store: functions, RehashOnLogin: true},
		"import":    {Store: storeWith(), ImportMode: true},
		"untold":    {Store: storeWith(store.ID, store.Email, store.Password, store.LastLogin), ImportMode: true},
	} {
		operations := Rendered(o.ImportMode, o.Store)
		steps, err := Rehearse(o, operations, "abcdefghijkl")
		if err != nil {
			t.Fatal(err)
		}
		rendered, err := RenderAll(o, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range operations {
			if n := strings.Count(rendered[op], "readOnly: "); n != countOf(steps, op) {
				t.Errorf("%s: %s has %d statements, its rehearsal %d", name, op, n, countOf(steps, op))
			}
		}
		for _, step := range steps {
			if !strings.Contains(rendered[step.Operation], step.Statement.SQL) {
				t.Errorf("%s: the script %s does not run %s", name, step.Operation, step.Statement.SQL)
			}
			for i, param := range step.Statement.Params {
				if step.Values[i] == nil && step.Operation != Create {
					t.Errorf("%s: %s has no value for %s", name, step.Statement.Name, param.Name)
				}
				if param.Name == "id" && *step.For("7")[i] != "7" {
					t.Errorf("%s: %s is not for the user that was found", name, step.Statement.Name)
				}
			}
		}
	}
}

func countOf(steps []Step, op Operation) int {
	return len(slices.DeleteFunc(slices.Clone(steps), func(step Step) bool { return step.Operation != op || step.Expect == FindsChanged }))
}
