// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func parsed(t *testing.T, text string) map[string]any {
	t.Helper()
	o, ok := decodeObject(text)
	if !ok {
		t.Fatalf("%s is no object", text)
	}
	return o
}

func encoded(t *testing.T, value any) string {
	t.Helper()
	bytes, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes)
}

func TestOverlayChangesWhatIsWantedOnly(t *testing.T) {
	tests := []struct{ stored, wanted, result string }{
		{`{"a":1,"b":{"c":[1,2],"d":true}}`, `{"b":{"c":[3]}}`, `{"a":1,"b":{"c":[3],"d":true}}`},
		{`{"a":{"b":1,"c":2}}`, `{"a":{"b":null}}`, `{"a":{"c":2}}`},
		{`{"a":1}`, `{"a":null,"b":null}`, `{}`},
		{`{"a":1}`, `{"a":{"b":{"c":null,"d":1}}}`, `{"a":{"b":{"d":1}}}`},
		{`{"n":9007199254740993}`, `{"m":9007199254740995}`, `{"m":9007199254740995,"n":9007199254740993}`},
		{`{"a":{"b":1}}`, `{"a":[]}`, `{"a":[]}`},
	}
	for _, test := range tests {
		stored, wanted := parsed(t, test.stored), parsed(t, test.wanted)
		overlayJSON(stored, wanted)
		if got := encoded(t, stored); got != test.result {
			t.Errorf("%s over %s is %s, want %s", test.wanted, test.stored, got, test.result)
		}
		if got := encoded(t, wanted); got != encoded(t, parsed(t, test.wanted)) {
			t.Errorf("%s was changed to %s", test.wanted, got)
		}
		if !coversJSON(stored, wanted) {
			t.Errorf("%s does not cover %s after the overlay", encoded(t, stored), test.wanted)
		}
	}
}

func TestCoversAndProject(t *testing.T) {
	tests := []struct {
		stored, wanted string
		covers         bool
		part           string
	}{
		{`{"b":{"d":2,"c":1},"a":0}`, `{"b":{"c":1}}`, true, `{"b":{"c":1}}`},
		{`{"a":{"c":2}}`, `{"a":{"c":1}}`, false, `{"a":{"c":2}}`},
		{`{"x":1}`, `{"a":{"c":1}}`, false, `{}`},
		{`{"x":1}`, `{"a":null}`, true, `{"a":null}`},
		{`{"a":1}`, `{"a":null}`, false, `{"a":1}`},
		{`{"a":null}`, `{"a":null}`, true, `{"a":null}`},
		{`{"a":1.50}`, `{"a":1.5}`, true, `{"a":1.50}`},
		{`{"a":9007199254740993}`, `{"a":9007199254740992}`, false, `{"a":9007199254740993}`},
		{`{"a":[{"b":1,"c":2}]}`, `{"a":[{"b":1}]}`, false, `{"a":[{"b":1,"c":2}]}`},
		{`{"a":"1"}`, `{"a":1}`, false, `{"a":"1"}`},
		{`{"a":[]}`, `{"a":{}}`, false, `{"a":[]}`},
		{`{"a":1e999999999}`, `{"a":2}`, false, `{"a":1e999999999}`},
	}
	for _, test := range tests {
		stored, wanted := parsed(t, test.stored), parsed(t, test.wanted)
		if got := coversJSON(stored, wanted); got != test.covers {
			t.Errorf("%s covers %s: %v", test.stored, test.wanted, got)
		}
		if got := encoded(t, projectJSON(stored, wanted)); got != test.part {
			t.Errorf("%s of %s is %s, want %s", test.wanted, test.stored, got, test.part)
		}
	}
}

func TestOnlyOneObjectIsDecoded(t *testing.T) {
	for _, bad := range []string{``, `null`, `[]`, `"x"`, `{`, `{} {}`, `{}]`, `{"a":1}x`} {
		if _, ok := decodeObject(bad); ok {
			t.Errorf("%q was taken for an object", bad)
		}
	}
}

func TestPasswordOptionsOfOneForm(t *testing.T) {
	both := `{"passwordPolicy":"low","password_history":{"enable":true},"password_options":{"history":{"size":3}}}`
	for wanted, result := range map[string]string{
		`{}`:                        `{"passwordPolicy":"low","password_history":{"enable":true}}`,
		`{"passwordPolicy":"fair"}`: `{"passwordPolicy":"fair","password_history":{"enable":true}}`,
		`{"password_options":{"history":{"active":false}}}`: `{"password_options":{"history":{"active":false,"size":3}}}`,
	} {
		merged, want := parsed(t, both), parsed(t, wanted)
		overlayJSON(merged, want)
		for _, key := range superseded(merged, want) {
			delete(merged, key)
		}
		if got := encoded(t, merged); got != result {
			t.Errorf("%s gives %s, want %s", wanted, got, result)
		}
	}
	if got := superseded(parsed(t, `{"password_options":{}}`), nil); len(got) != 0 {
		t.Errorf("%v leave although they are alone", got)
	}
	identifiers := parsed(t, `{"attributes":{},"validation":{},"requires_username":false}`)
	for wanted, gone := range map[string]string{
		`{}`: "[]", `{"attributes":{"email":{}}}`: "[validation requires_username]", `{"requires_username":true}`: "[attributes]", `{"requires_username":false}`: "[]",
	} {
		if got := fmt.Sprint(superseded(identifiers, parsed(t, wanted))); got != gone {
			t.Errorf("%s takes away %s, want %s", wanted, got, gone)
		}
	}
}

// Right after a moved block the state has the id alone, and a destroy with -refresh=false comes before any read.
func TestConnectionIsNotDeletedUnread(t *testing.T) {
	var diags diag.Diagnostics
	refuseDeletion(t.Context(), nil, &connectionModel{ID: types.StringValue("con_1")}, &diags)
	if !diags.HasError() {
		t.Error("a connection is deleted of which only the id is known")
	}
}

func TestNullsAreNotSentBack(t *testing.T) {
	options := parsed(t, `{"a":null,"b":{"c":null,"d":[null]}}`)
	if dropNulls(options); encoded(t, options) != `{"b":{"d":[null]}}` {
		t.Errorf("got %s", encoded(t, options))
	}
}

func TestAttributesAsJSON(t *testing.T) {
	value := types.ObjectValueMust(map[string]attr.Type{"b": types.BoolType, "n": types.Int64Type, "s": types.SetType{ElemType: types.StringType}, "u": types.StringType, "z": types.StringType}, map[string]attr.Value{
		"b": types.BoolValue(false), "n": types.Int64Value(9007199254740993), "s": types.SetValueMust(types.StringType, []attr.Value{types.StringValue("x")}),
		"u": types.StringUnknown(), "z": types.StringNull(),
	})
	if got, want := encoded(t, toJSON(value)), `{"b":false,"n":9007199254740993,"s":["x"]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	back := fromJSON(value.Type(t.Context()), parsed(t, `{"b":false,"n":9007199254740993,"s":["x"],"other":1,"z":5}`)).(types.Object)
	if got := back.Attributes(); !got["b"].Equal(types.BoolValue(false)) || !got["n"].Equal(types.Int64Value(9007199254740993)) || !got["u"].IsNull() || !got["z"].IsNull() {
		t.Errorf("got %v", back)
	}
	// What is planned stays; what is left open is filled in.
	filled := reconciledValue(value, value.Type(t.Context()), map[string]any{"b": true, "u": "server"}).(types.Object).Attributes()
	if !filled["b"].Equal(types.BoolValue(false)) || !filled["u"].Equal(types.StringValue("server")) {
		t.Errorf("got %v", filled)
	}
}

func TestSentConfigurationIsRecognised(t *testing.T) {
	values := map[string]string{"URL": "postgres://u:secret@h/d", "OTHER": "x"}
	sent := newSentConfiguration(values, parsed(t, `{"configuration":{"URL":"cipher1","OTHER":""}}`))
	same := map[string]attr.Value{"URL": types.StringValue(values["URL"]), "OTHER": types.StringValue("x")}
	if got := sent.differs(same); len(got) != 0 {
		t.Errorf("differs in %v", got)
	}
	changed := map[string]attr.Value{"URL": types.StringValue("postgres://u:other@h/d"), "NEW": types.StringValue("n")}
	if got := strings.Join(sent.differs(changed), " "); got != "NEW OTHER URL" {
		t.Errorf("differs in %s", got)
	}
	if got := sent.differs(map[string]attr.Value{"URL": types.StringUnknown(), "OTHER": types.StringUnknown()}); len(got) != 0 {
		t.Errorf("unknown values differ: %v", got)
	}
	if got := encoded(t, sent); strings.Contains(got, "secret") || strings.Contains(got, "cipher1") {
		t.Errorf("a value is kept: %s", got)
	}
}

// A state confirms no guess: of many values some have the same tag, and however many connections hold a value, its tag
// says no more.
func TestTagsConfirmNothing(t *testing.T) {
	const secret, guesses = "correct horse battery staple", 1 << 18
	same := 0
	for i := range guesses {
		if bytes.Equal(tag(fmt.Sprint("guess ", i)), tag(secret)) {
			same++
		}
	}
	if same > 20 || same == 0 {
		t.Errorf("%d of %d wrong guesses have the tag of the right one, want about 4", same, guesses)
	}
	first, second := newSentConfiguration(map[string]string{"A": secret}, nil), newSentConfiguration(map[string]string{"A": secret}, nil)
	if !bytes.Equal(first.Tags["A"], second.Tags["A"]) {
		t.Error("each further connection with the same value gives away another two bytes")
	}
}

func TestRedact(t *testing.T) {
	secrets := map[string]string{"URL": `postgres://u:p"w@h/d`, "SHORT": "x"}
	got := redact(`found postgres://u:p"w@h/d and postgres://u:p\"w@h/d, x`, secrets)
	if want := `found (sensitive) and (sensitive), x`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
