// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// object is a JSON object that keeps the order of its keys, as the real API's
// answer to a create does. Values are *object, []any, string, json.Number, bool
// or nil.
type object struct {
	keys   []string
	values map[string]any
}

// newObject returns an object of the given keys and values in turn.
func newObject(pairs ...any) *object {
	o := &object{values: map[string]any{}}
	for i := 0; i < len(pairs); i += 2 {
		o.set(pairs[i].(string), pairs[i+1])
	}
	return o
}

func (o *object) has(key string) bool {
	_, ok := o.values[key]
	return ok
}

func (o *object) get(key string) any { return o.values[key] }

func (o *object) set(key string, value any) {
	if !o.has(key) {
		o.keys = append(o.keys, key)
	}
	o.values[key] = value
}

// setDefault sets the key unless the object has it.
func (o *object) setDefault(key string, value any) {
	if !o.has(key) {
		o.set(key, value)
	}
}

func (o *object) remove(key string) {
	if o.has(key) {
		delete(o.values, key)
		o.keys = slices.DeleteFunc(o.keys, func(k string) bool { return k == key })
	}
}

// object returns the value as an object, nil when it is none.
func (o *object) object(key string) *object {
	child, _ := o.values[key].(*object)
	return child
}

func (o *object) string(key string) string {
	s, _ := o.values[key].(string)
	return s
}

func (o *object) bool(key string) bool {
	b, _ := o.values[key].(bool)
	return b
}

// path follows keys through nested objects, nil where there is nothing.
func (o *object) path(keys ...string) any {
	var value any = o
	for _, key := range keys {
		child, ok := value.(*object)
		if !ok || child == nil {
			return nil
		}
		value = child.get(key)
	}
	return value
}

// MarshalJSON writes the keys in their order.
func (o *object) MarshalJSON() ([]byte, error) {
	if o == nil {
		return []byte("null"), nil
	}
	var out bytes.Buffer
	out.WriteByte('{')
	for i, key := range o.keys {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := encodeJSON(key)
		if err != nil {
			return nil, err
		}
		value, err := encodeJSON(o.values[key])
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// encodeJSON is json.Marshal without the escaping of <, > and &, so that
// scripts come back as they were sent.
func encodeJSON(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// decodeJSON reads one JSON value with the order of the keys kept. A key that
// occurs twice has its last value, at its first place.
func decodeJSON(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	value, err := decodeValue(decoder)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("unexpected data after the JSON value")
	}
	return value, nil
}

func decodeValue(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	switch delim {
	case '{':
		o := newObject()
		for decoder.More() {
			key, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			value, err := decodeValue(decoder)
			if err != nil {
				return nil, err
			}
			o.set(key.(string), value)
		}
		_, err := decoder.Token()
		return o, err
	case '[':
		list := []any{}
		for decoder.More() {
			value, err := decodeValue(decoder)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err := decoder.Token()
		return list, err
	default:
		return nil, fmt.Errorf("unexpected %v", delim)
	}
}

// clone copies a JSON value.
func clone(value any) any {
	switch v := value.(type) {
	case *object:
		c := newObject()
		for _, key := range v.keys {
			c.set(key, clone(v.values[key]))
		}
		return c
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = clone(item)
		}
		return list
	default:
		return value
	}
}

// stored copies a JSON value with its keys in the order in which a jsonb column
// gives them back: shorter keys first, then by bytes.
func stored(value any) any {
	switch v := value.(type) {
	case *object:
		keys := slices.Clone(v.keys)
		slices.SortFunc(keys, func(a, b string) int {
			if len(a) != len(b) {
				return len(a) - len(b)
			}
			return strings.Compare(a, b)
		})
		c := newObject()
		for _, key := range keys {
			c.set(key, stored(v.values[key]))
		}
		return c
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = stored(item)
		}
		return list
	default:
		return value
	}
}

// plain converts a value into the types that encoding/json gives for any.
func plain(value any) any {
	switch v := value.(type) {
	case *object:
		m := make(map[string]any, len(v.keys))
		for key, item := range v.values {
			m[key] = plain(item)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = plain(item)
		}
		return list
	case json.Number:
		f, _ := v.Float64()
		return f
	default:
		return value
	}
}

// strings returns the strings of a list.
func stringsOf(value any) []string {
	list, _ := value.([]any)
	out := []string{}
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func listOf(values []string) []any {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return list
}
