// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// Options of a connection are JSON that nobody can list in full: the platform adds keys of
// its own. These helpers change and compare the part that is configured and
// leave the rest as it came. Numbers are json.Number, so that none is rounded.

// decodeObject reads one JSON object and nothing behind it.
func decodeObject(text string) (map[string]any, bool) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil || object == nil {
		return nil, false
	}
	_, err := decoder.Token()
	return object, err == io.EOF
}

// cloneJSON copies a value deeply.
func cloneJSON(value any) any {
	switch v := value.(type) {
	case map[string]any:
		clone := make(map[string]any, len(v))
		for key, member := range v {
			clone[key] = cloneJSON(member)
		}
		return clone
	case []any:
		clone := make([]any, len(v))
		for i, element := range v {
			clone[i] = cloneJSON(element)
		}
		return clone
	}
	return value
}

// overlayJSON puts what is wanted over what is stored: objects member by member, anything else
// as a whole. A null takes the key away; no null is ever sent.
func overlayJSON(stored, wanted map[string]any) {
	for key, want := range wanted {
		object, isObject := want.(map[string]any)
		inner, hasInner := stored[key].(map[string]any)
		switch {
		case want == nil:
			delete(stored, key)
		case isObject && hasInner:
			overlayJSON(inner, object)
		case isObject:
			fresh := map[string]any{}
			overlayJSON(fresh, object)
			stored[key] = fresh
		default:
			stored[key] = cloneJSON(want)
		}
	}
}

// dropNulls takes the keys away that are null, at every depth.
func dropNulls(object map[string]any) {
	for key, value := range object {
		if value == nil {
			delete(object, key)
		} else if inner, ok := value.(map[string]any); ok {
			dropNulls(inner)
		}
	}
}

// coversJSON reports whether all that is wanted is stored, whatever else is.
func coversJSON(stored, wanted any) bool {
	object, ok := wanted.(map[string]any)
	if !ok {
		return equalJSON(stored, wanted)
	}
	inner, ok := stored.(map[string]any)
	if !ok {
		return false
	}
	for key, want := range object {
		if want == nil {
			if inner[key] != nil {
				return false
			}
			continue
		}
		if have, exists := inner[key]; !exists || !coversJSON(have, want) {
			return false
		}
	}
	return true
}

// projectJSON is the part of what is stored that has the shape's keys.
func projectJSON(stored, shape map[string]any) map[string]any {
	part := map[string]any{}
	for key, want := range shape {
		have, exists := stored[key]
		inner, isObject := have.(map[string]any)
		innerShape, wantsObject := want.(map[string]any)
		switch {
		case !exists || have == nil:
			if want == nil {
				part[key] = nil
			}
		case isObject && wantsObject:
			part[key] = projectJSON(inner, innerShape)
		default:
			part[key] = have
		}
	}
	return part
}

func equalJSON(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for key, member := range x {
			if other, exists := y[key]; !exists || !equalJSON(member, other) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i, element := range x {
			if !equalJSON(element, y[i]) {
				return false
			}
		}
		return true
	case json.Number:
		y, ok := b.(json.Number)
		if !ok {
			return false
		}
		if x == y {
			return true
		}
		// Different notations of one number; large integers differ in their digits.
		if _, err := x.Int64(); err == nil {
			if _, err := y.Int64(); err == nil {
				return false
			}
		}
		f, errX := x.Float64()
		g, errY := y.Float64()
		return errX == nil && errY == nil && f == g
	}
	return a == b
}

// toJSON is an attribute's value as JSON. Members that are null or unknown are left out: they are not
// configured.
func toJSON(value attr.Value) any {
	if value.IsNull() || value.IsUnknown() {
		return nil
	}
	switch v := value.(type) {
	case types.Bool:
		return v.ValueBool()
	case types.Int64:
		return json.Number(strconv.FormatInt(v.ValueInt64(), 10))
	case types.String:
		return v.ValueString()
	case jsontypes.Normalized:
		if object, ok := decodeObject(v.ValueString()); ok {
			return object
		}
	case types.Object:
		return membersJSON(v.Attributes())
	case types.Map:
		return membersJSON(v.Elements())
	case types.List:
		return elementsJSON(v.Elements())
	case types.Set:
		return elementsJSON(v.Elements())
	}
	return nil
}

func membersJSON(values map[string]attr.Value) map[string]any {
	object := map[string]any{}
	for name, value := range values {
		if member := toJSON(value); member != nil {
			object[name] = member
		}
	}
	return object
}

func elementsJSON(values []attr.Value) []any {
	array := []any{}
	for _, value := range values {
		array = append(array, toJSON(value))
	}
	return array
}

// fromJSON is the attribute value of a type for JSON; null where the JSON is of another kind.
func fromJSON(typ attr.Type, value any) attr.Value {
	switch t := typ.(type) {
	case basetypes.BoolType:
		if b, ok := value.(bool); ok {
			return types.BoolValue(b)
		}
		return types.BoolNull()
	case basetypes.Int64Type:
		if n, ok := value.(json.Number); ok {
			if i, err := n.Int64(); err == nil {
				return types.Int64Value(i)
			}
		}
		return types.Int64Null()
	case jsontypes.NormalizedType:
		if object, ok := value.(map[string]any); ok {
			if text, err := json.Marshal(object); err == nil {
				return jsontypes.NewNormalizedValue(string(text))
			}
		}
		return jsontypes.NewNormalizedNull()
	case basetypes.StringType:
		if s, ok := value.(string); ok {
			return types.StringValue(s)
		}
		return types.StringNull()
	case basetypes.ObjectType:
		object, ok := value.(map[string]any)
		if !ok {
			return types.ObjectNull(t.AttrTypes)
		}
		members := map[string]attr.Value{}
		for name, memberType := range t.AttrTypes {
			members[name] = fromJSON(memberType, object[name])
		}
		return types.ObjectValueMust(t.AttrTypes, members)
	case basetypes.MapType:
		object, ok := value.(map[string]any)
		if !ok {
			return types.MapNull(t.ElemType)
		}
		members := map[string]attr.Value{}
		for name, member := range object {
			members[name] = fromJSON(t.ElemType, member)
		}
		return types.MapValueMust(t.ElemType, members)
	case basetypes.ListType:
		array, ok := value.([]any)
		if !ok {
			return types.ListNull(t.ElemType)
		}
		return types.ListValueMust(t.ElemType, elementsFromJSON(t.ElemType, array))
	case basetypes.SetType:
		array, ok := value.([]any)
		if !ok {
			return types.SetNull(t.ElemType)
		}
		return types.SetValueMust(t.ElemType, elementsFromJSON(t.ElemType, array))
	}
	panic("no JSON form for " + typ.String())
}

func elementsFromJSON(typ attr.Type, array []any) []attr.Value {
	elements := []attr.Value{}
	for _, element := range array {
		elements = append(elements, fromJSON(typ, element))
	}
	return elements
}
