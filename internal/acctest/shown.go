// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
)

// shownPlan is what `terraform show -json` says of the plan of one resource.
func shownPlan(name string, before, after Object) *tfjson.Plan {
	change := &tfjson.Change{Actions: actions(before, after)}
	if !before.State.IsNull() {
		change.Before = numbered(before.JSON())
	}
	if !after.State.IsNull() {
		change.After, change.AfterUnknown = numbered(after.JSON()), unknowns(after.State)
	}
	return &tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{{
		Address: after.Type + "." + name, Mode: tfjson.ManagedResourceMode, Type: after.Type, Name: name, Change: change,
	}}}
}

func actions(before, after Object) tfjson.Actions {
	switch {
	case before.State.IsNull() && after.State.IsNull():
		return tfjson.Actions{tfjson.ActionNoop}
	case before.State.IsNull():
		return tfjson.Actions{tfjson.ActionCreate}
	case after.State.IsNull():
		return tfjson.Actions{tfjson.ActionDelete}
	case after.Replaces:
		return tfjson.Actions{tfjson.ActionDelete, tfjson.ActionCreate}
	case before.State.Equal(after.State):
		return tfjson.Actions{tfjson.ActionNoop}
	}
	return tfjson.Actions{tfjson.ActionUpdate}
}

// shownState is what `terraform show -json` says of the state.
func shownState(name string, o Object) *tfjson.State {
	module := &tfjson.StateModule{}
	if !o.State.IsNull() {
		values, _ := numbered(o.JSON()).(map[string]any)
		module.Resources = []*tfjson.StateResource{{
			Address: o.Type + "." + name, Mode: tfjson.ManagedResourceMode, Type: o.Type, Name: name, AttributeValues: values,
		}}
	}
	return &tfjson.State{Values: &tfjson.StateValues{RootModule: module}}
}

// flatState is the state in the form of old, in which each value is a text under its path.
func flatState(name string, o Object) *terraform.State {
	root := &terraform.ModuleState{Path: []string{"root"}, Resources: map[string]*terraform.ResourceState{}}
	if !o.State.IsNull() {
		flat := attributes(o)
		root.Resources[o.Type+"."+name] = &terraform.ResourceState{
			Type: o.Type, Primary: &terraform.InstanceState{ID: flat["id"], Attributes: flat},
		}
	}
	return &terraform.State{Modules: []*terraform.ModuleState{root}}
}

// attributes are the texts of an object's values by their paths.
func attributes(o Object) map[string]string {
	flat := map[string]string{}
	flatten(flat, "", numbered(o.JSON()))
	return flat
}

func flatten(flat map[string]string, at string, value any) {
	below := func(key string) string {
		if at == "" {
			return key
		}
		return at + "." + key
	}
	switch value := value.(type) {
	case nil:
	case map[string]any:
		if at != "" {
			flat[below("%")] = strconv.Itoa(len(value))
		}
		for key, member := range value {
			flatten(flat, below(key), member)
		}
	case []any:
		flat[below("#")] = strconv.Itoa(len(value))
		for i, member := range value {
			flatten(flat, below(strconv.Itoa(i)), member)
		}
	default:
		flat[at] = fmt.Sprint(value)
	}
}

// numbered is a decoded value whose numbers are texts, as the checks of terraform-plugin-testing expect them.
func numbered(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // plain values encode
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var again any
	if err := decoder.Decode(&again); err != nil {
		panic(err) // it was just encoded
	}
	return again
}

// unknowns has true where a value is known after the apply alone, and nothing where it is known.
func unknowns(value tftypes.Value) any {
	if !value.IsKnown() {
		return true
	}
	found := map[string]any{}
	for name, member := range membersOf(value) {
		if inner := unknowns(member); inner != nil {
			found[name] = inner
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}
