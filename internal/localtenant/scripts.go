// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// ScriptRun is a script that the tenant has run for a flow.
type ScriptRun struct {
	Connection string
	Script     string // the key in customScripts
	Time       time.Time
	Outcome    Outcome
}

// ScriptRuns lists the scripts that flows have run, the oldest first.
func (t *Tenant) ScriptRuns() []ScriptRun {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.runs)
}

// RecycleContainer ends the script container, as the platform does from time to
// time.
func (t *Tenant) RecycleContainer() {
	t.scriptsMu.Lock()
	defer t.scriptsMu.Unlock()
	if t.container != nil {
		t.container.Recycle()
	}
}

// custom says whether the connection has its users behind scripts.
func (c *connection) custom() bool { return c.options.bool("enabledDatabaseCustomization") }

// imports says whether the users move into the tenant's own store one by one.
func (c *connection) imports() bool { return c.custom() && c.options.bool("import_mode") }

// legacy says whether the users stay behind the scripts.
func (c *connection) legacy() bool { return c.custom() && !c.options.bool("import_mode") }

// errTimedOut is what the platform says of a script that exceeds its time.
var errTimedOut = &ScriptError{Name: "Error", Message: "Request to Webtask exceeded allowed execution time"}

// missingScript is what the platform's placeholder says where there is no script.
func missingScript(key string) *ScriptError {
	if key == "change_email" || key == "change_username" {
		return &ScriptError{Name: "Error", Message: key + " script does not exist"}
	}
	titles := map[string]string{
		"login": "Login", "get_user": "Get User", "create": "Create", "verify": "Verify",
		"change_password": "Change Password", "delete": "Delete",
	}
	return &ScriptError{
		Name: "Error",
		Message: "Sandbox Error: Please implement the " + titles[key] + " script for this database connection at " +
			"https://manage.auth0.com/#/connections/database",
	}
}

// run calls a script of a connection and returns the first result of its
// callback, nil when there is none. A *ScriptError is one that the script gave
// or the platform gives for it. The tenant is not locked.
func (t *Tenant) run(ctx context.Context, c *connection, key string, args ...any) (json.RawMessage, error) {
	text, _ := c.options.path("customScripts", key).(string)
	if text == "" {
		return nil, missingScript(key)
	}
	inv := Invocation{Script: text, Args: args, Configuration: c.secrets, Timeout: t.options.ScriptTimeout}
	change := key == "change_email" || key == "change_username"
	if c.options.bool("enable_script_context") && (!change || t.options.ContextForChanges) {
		inv.Context = map[string]any{}
	}
	container, err := t.scriptContainer(ctx)
	if err != nil {
		return nil, err
	}
	out, err := container.Run(ctx, inv)
	if err != nil {
		if errors.Is(err, ErrScriptTooLarge) {
			return nil, &ScriptError{Name: "Error", Message: err.Error()}
		}
		return nil, err
	}
	t.mu.Lock()
	t.runs = append(t.runs, ScriptRun{Connection: c.name, Script: key, Time: t.options.Now(), Outcome: out})
	t.mu.Unlock()

	switch {
	case out.Err != nil:
		return nil, out.Err
	case out.Calls > 0:
		if len(out.Results) == 0 || bytes.Equal(out.Results[0], []byte("null")) {
			return nil, nil
		}
		return out.Results[0], nil
	case out.TimedOut:
		return nil, errTimedOut
	default:
		return nil, &ScriptError{Name: "Error", Message: "Script generated an unhandled exception.", Stack: out.Uncaught}
	}
}

func (t *Tenant) scriptContainer(ctx context.Context) (*Container, error) {
	t.scriptsMu.Lock()
	defer t.scriptsMu.Unlock()
	if t.container == nil {
		container, err := NewContainer(ctx, ContainerOptions{ModulesDir: t.options.ModulesDir, Node: t.options.Node})
		if err != nil {
			return nil, err
		}
		t.container = container
	}
	return t.container, nil
}

// runProfile calls login or get_user and returns the profile, nil when there is
// none.
func (t *Tenant) runProfile(ctx context.Context, c *connection, key string, args ...any) (*object, error) {
	result, err := t.run(ctx, c, key, args...)
	if err != nil || result == nil {
		return nil, err
	}
	value, err := decodeJSON(result)
	if err != nil {
		return nil, err
	}
	profile, ok := value.(*object)
	if !ok {
		if value == false {
			return nil, nil
		}
		return nil, &ScriptError{Name: "Error", Message: "The " + key + " script did not return a profile"}
	}
	if email, given := profile.get("email").(string); given && email == "" {
		return nil, &ScriptError{Name: "Error", Message: "The profile of the " + key + " script has an empty email"}
	}
	if profileID(profile) == "" {
		return nil, &ScriptError{Name: "Error", Message: "The profile of the " + key + " script has no user_id"}
	}
	if c.options.bool("requires_username") && profile.string("username") == "" {
		return nil, &ScriptError{Name: "Error", Message: "The profile of the " + key + " script has no username, which the " +
			"connection requires"}
	}
	return profile, nil
}

// runDone calls a script that answers true, or false when nothing was changed.
// An object counts as true and is returned.
func (t *Tenant) runDone(ctx context.Context, c *connection, key string, args ...any) (bool, *object, error) {
	result, err := t.run(ctx, c, key, args...)
	if err != nil || result == nil {
		return false, nil, err
	}
	value, err := decodeJSON(result)
	if err != nil {
		return false, nil, err
	}
	switch v := value.(type) {
	case bool:
		return v, nil, nil
	case *object:
		return true, v, nil
	default:
		return true, nil, nil
	}
}

// profileID is the id in a profile: user_id, or id in older scripts.
func profileID(profile *object) string {
	for _, key := range []string{"user_id", "id"} {
		switch v := profile.get(key).(type) {
		case string:
			if v != "" {
				return v
			}
		case json.Number:
			return v.String()
		}
	}
	return ""
}
