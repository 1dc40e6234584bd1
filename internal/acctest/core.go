// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Core does for one resource what Terraform does, over the provider's protocol and in this process: a thousandth of the
// time of the command line. It is for tables of cases about one object; what several objects do together, and whether
// Terraform agrees, the command line tests.
type Core struct {
	t        testing.TB
	server   tfprotov6.ProviderServer
	provider *tfprotov6.SchemaBlock
	schemas  map[string]*tfprotov6.Schema
}

// Unknown is a configured value that only an apply knows.
const Unknown = "\x00unknown"

// Object is a resource's state; zero for none.
type Object struct {
	Type    string
	State   tftypes.Value
	Private []byte
	// Replaces says of what is planned that it takes the place of what is there.
	Replaces bool
}

// Diagnostics are what the provider has said.
type Diagnostics []*tfprotov6.Diagnostic

// NewCore configures the provider with the settings of its blocks.
func NewCore(t testing.TB, server tfprotov6.ProviderServer, provider map[string]any) *Core {
	t.Helper()
	c := newCore(t, server)
	c.configure(valueOf(c.provider.ValueType(), provider)).None(t)
	return c
}

func newCore(t testing.TB, server tfprotov6.ProviderServer) *Core {
	t.Helper()
	got, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return &Core{t, server, got.Provider.Block, got.ResourceSchemas}
}

func (c *Core) configure(settings tftypes.Value) Diagnostics {
	c.t.Helper()
	configured, err := c.server.ConfigureProvider(context.Background(), &tfprotov6.ConfigureProviderRequest{
		Config: c.encode(c.provider.ValueType(), settings),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return configured.Diagnostics
}

// Auth0 are the settings of a tenant, for NewCore.
func (h *TenantHandle) Auth0() map[string]any {
	settings := map[string]any{}
	for _, setting := range h.settings() {
		settings[setting[0]] = setting[1]
	}
	return map[string]any{"auth0": settings}
}

// Import takes an object over and reads it.
func (c *Core) Import(typ, id string) (Object, Diagnostics) {
	c.t.Helper()
	got, err := c.server.ImportResourceState(
		context.Background(),
		&tfprotov6.ImportResourceStateRequest{TypeName: typ, ID: id},
	)
	if err != nil {
		c.t.Fatal(err)
	}
	if len(got.ImportedResources) != 1 {
		return Object{Type: typ, State: c.null(typ)}, got.Diagnostics
	}
	imported := got.ImportedResources[0]
	read, diags := c.Refresh(Object{Type: typ, State: c.decode(typ, imported.State), Private: imported.Private})
	return read, append(got.Diagnostics, diags...)
}

// Move takes the state of another provider's resource over, as a moved block does, and reads the object.
func (c *Core) Move(typ string, from tfprotov6.MoveResourceStateRequest) (Object, Diagnostics) {
	c.t.Helper()
	from.TargetTypeName = typ
	got, err := c.server.MoveResourceState(context.Background(), &from)
	if err != nil {
		c.t.Fatal(err)
	}
	if got.TargetState == nil {
		return Object{Type: typ, State: c.null(typ)}, got.Diagnostics
	}
	read, diags := c.Refresh(Object{Type: typ, State: c.decode(typ, got.TargetState), Private: got.TargetPrivate})
	return read, append(got.Diagnostics, diags...)
}

// Refresh reads an object.
func (c *Core) Refresh(o Object) (Object, Diagnostics) {
	c.t.Helper()
	got, err := c.server.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{
		TypeName: o.Type, CurrentState: c.encode(c.typ(o.Type), o.State), Private: o.Private,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	if got.NewState == nil {
		return o, got.Diagnostics
	}
	return Object{Type: o.Type, State: c.decode(o.Type, got.NewState), Private: got.Private}, got.Diagnostics
}

// Plan validates a configuration, nil for none, and plans it; its object is what is planned.
func (c *Core) Plan(o Object, config map[string]any) (Object, Diagnostics) {
	c.t.Helper()
	return c.plan(o, valueOf(c.typ(o.Type), config))
}

func (c *Core) plan(o Object, wanted tftypes.Value) (Object, Diagnostics) {
	c.t.Helper()
	said := c.validate(o.Type, wanted)
	if said.Failed() {
		return o, said
	}
	got, err := c.server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: o.Type, Config: c.encode(c.typ(o.Type), wanted), PriorState: c.encode(c.typ(o.Type), o.State), PriorPrivate: o.Private,
		ProposedNewState: c.encode(c.typ(o.Type), proposed(c.schemas[o.Type].Block, o.State, wanted)),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	diags := append(said, got.Diagnostics...)
	if got.PlannedState == nil || diags.Failed() {
		return o, diags
	}
	planned := Object{Type: o.Type, State: c.decode(o.Type, got.PlannedState), Private: got.PlannedPrivate}
	if len(got.RequiresReplace) == 0 || o.State.IsNull() {
		return planned, diags
	}
	planned, diags = c.plan(c.New(o.Type), wanted)
	planned.Replaces = true
	return planned, diags
}

// validate checks a configuration; Terraform checks none that is not there.
func (c *Core) validate(typ string, wanted tftypes.Value) Diagnostics {
	c.t.Helper()
	if wanted.IsNull() {
		return nil
	}
	validated, err := c.server.ValidateResourceConfig(context.Background(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: typ, Config: c.encode(c.typ(typ), wanted),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return validated.Diagnostics
}

// Apply plans and applies.
func (c *Core) Apply(o Object, config map[string]any) (Object, Diagnostics) {
	c.t.Helper()
	planned, diags := c.Plan(o, config)
	if diags.Failed() {
		return o, diags
	}
	applied, further := c.ApplyPlanned(o, planned, config)
	return applied, append(diags, further...)
}

// ApplyPlanned applies what Plan has returned.
func (c *Core) ApplyPlanned(o, planned Object, config map[string]any) (Object, Diagnostics) {
	c.t.Helper()
	return c.applyPlanned(o, planned, valueOf(c.typ(o.Type), config))
}

func (c *Core) applyPlanned(o, planned Object, wanted tftypes.Value) (Object, Diagnostics) {
	c.t.Helper()
	got, err := c.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: o.Type, Config: c.encode(c.typ(o.Type), wanted), PriorState: c.encode(c.typ(o.Type), o.State),
		PlannedState: c.encode(c.typ(o.Type), planned.State), PlannedPrivate: planned.Private,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return Object{Type: o.Type, State: c.decode(o.Type, got.NewState), Private: got.Private}, got.Diagnostics
}

// New is an object that is not there yet.
func (c *Core) New(typ string) Object { return Object{Type: typ, State: c.null(typ)} }

// JSON is the state as Terraform writes it.
func (o Object) JSON() map[string]any {
	decoded, _ := plain(o.State).(map[string]any)
	return decoded
}

// Bytes is the size of the object in a state file.
func (o Object) Bytes() int {
	text, err := json.MarshalIndent(map[string]any{"attributes": o.JSON(), "private": o.Private}, "          ", "  ")
	if err != nil {
		panic(err) // plain values encode
	}
	return len(text)
}

// Changes are the paths at which two objects differ, one a line.
func Changes(a, b Object) string {
	differences, err := a.State.Diff(b.State)
	if err != nil {
		return err.Error()
	}
	var lines []string
	for _, d := range differences {
		lines = append(lines, d.String())
	}
	return strings.Join(lines, "\n")
}

// Failed reports whether there is an error.
func (d Diagnostics) Failed() bool {
	for _, one := range d {
		if one.Severity == tfprotov6.DiagnosticSeverityError {
			return true
		}
	}
	return false
}

// String has them one after the other.
func (d Diagnostics) String() string {
	var texts []string
	for _, one := range d {
		at := ""
		if one.Attribute != nil {
			at = " at " + one.Attribute.String()
		}
		texts = append(texts, fmt.Sprintf("%s: %s%s\n%s", one.Severity, one.Summary, at, one.Detail))
	}
	return strings.Join(texts, "\n")
}

// None fails the test where there is one.
func (d Diagnostics) None(t testing.TB) {
	t.Helper()
	if len(d) > 0 {
		t.Fatal(d)
	}
}

func (c *Core) typ(name string) tftypes.Type { return c.schemas[name].ValueType() }

func (c *Core) null(name string) tftypes.Value { return tftypes.NewValue(c.typ(name), nil) }

func (c *Core) encode(typ tftypes.Type, value tftypes.Value) *tfprotov6.DynamicValue {
	c.t.Helper()
	encoded, err := tfprotov6.NewDynamicValue(typ, value)
	if err != nil {
		c.t.Fatal(err)
	}
	return &encoded
}

func (c *Core) decode(name string, value *tfprotov6.DynamicValue) tftypes.Value {
	c.t.Helper()
	decoded, err := value.Unmarshal(c.typ(name))
	if err != nil {
		c.t.Fatal(err)
	}
	return decoded
}

// valueOf makes a value of this type of Go's: nil, string, bool, int, map, slice.
func valueOf(typ tftypes.Type, value any) tftypes.Value {
	if value == nil || isNilMap(value) {
		return tftypes.NewValue(typ, nil)
	}
	if value == Unknown {
		return tftypes.NewValue(typ, tftypes.UnknownValue)
	}
	switch typ := typ.(type) {
	case tftypes.Object:
		given, members := asMap(value), map[string]tftypes.Value{}
		for name, member := range typ.AttributeTypes {
			members[name] = valueOf(member, given[name])
			delete(given, name)
		}
		if len(given) > 0 {
			panic(fmt.Sprintf("no attributes: %v", given))
		}
		return tftypes.NewValue(typ, members)
	case tftypes.Map:
		members := map[string]tftypes.Value{}
		for name, member := range asMap(value) {
			members[name] = valueOf(typ.ElementType, member)
		}
		return tftypes.NewValue(typ, members)
	case tftypes.Set:
		return tftypes.NewValue(typ, elementsOf(typ.ElementType, value))
	case tftypes.List:
		return tftypes.NewValue(typ, elementsOf(typ.ElementType, value))
	}
	return tftypes.NewValue(typ, value)
}

func isNilMap(value any) bool {
	m, ok := value.(map[string]any)
	return ok && m == nil
}

func asMap(value any) map[string]any {
	members := map[string]any{}
	switch m := value.(type) {
	case map[string]any:
		for name, member := range m {
			members[name] = member
		}
	case map[string]string:
		for name, member := range m {
			members[name] = member
		}
	default:
		panic(fmt.Sprintf("not a map: %T", value))
	}
	return members
}

func elementsOf(typ tftypes.Type, value any) []tftypes.Value {
	elements := []tftypes.Value{}
	for _, element := range value.([]string) { //nolint:forcetypeassert // other lists have no test yet
		elements = append(elements, valueOf(typ, element))
	}
	return elements
}

// proposed is what Terraform proposes before the provider plans: what is configured, and of what is computed the state.
func proposed(block *tfprotov6.SchemaBlock, prior, config tftypes.Value) tftypes.Value {
	if config.IsNull() {
		return config
	}
	before, wanted := membersOf(prior), membersOf(config)
	for _, attribute := range block.Attributes {
		wanted[attribute.Name] = proposedAttribute(attribute, before[attribute.Name], wanted[attribute.Name])
	}
	for _, nested := range block.BlockTypes {
		wanted[nested.TypeName] = proposed(nested.Block, before[nested.TypeName], wanted[nested.TypeName])
	}
	return tftypes.NewValue(config.Type(), wanted)
}

func proposedAttribute(attribute *tfprotov6.SchemaAttribute, before, wanted tftypes.Value) tftypes.Value {
	switch {
	case wanted.IsNull() && attribute.Computed && before.Type() != nil:
		return before
	case wanted.IsNull(),
		!wanted.IsKnown(),
		attribute.NestedType == nil,
		attribute.NestedType.Nesting != tfprotov6.SchemaObjectNestingModeSingle:
		return wanted
	}
	inner, members := membersOf(before), membersOf(wanted)
	for _, member := range attribute.NestedType.Attributes {
		members[member.Name] = proposedAttribute(member, inner[member.Name], members[member.Name])
	}
	return tftypes.NewValue(wanted.Type(), members)
}

func membersOf(value tftypes.Value) map[string]tftypes.Value {
	var members map[string]tftypes.Value
	if value.Type() == nil || value.IsNull() || !value.IsKnown() || value.As(&members) != nil {
		return map[string]tftypes.Value{}
	}
	return maps.Clone(members) // As gives the value's own
}

// plain is a value as JSON has it.
func plain(value tftypes.Value) any {
	if value.IsNull() || !value.IsKnown() {
		return nil
	}
	switch typ := value.Type(); {
	case typ.Is(tftypes.Object{}), typ.Is(tftypes.Map{}):
		members := map[string]any{}
		for name, member := range membersOf(value) {
			members[name] = plain(member)
		}
		return members
	case typ.Is(tftypes.Set{}), typ.Is(tftypes.List{}):
		var elements []tftypes.Value
		_ = value.As(&elements) // a list
		list := []any{}
		for _, element := range elements {
			list = append(list, plain(element))
		}
		if typ.Is(tftypes.Set{}) {
			slices.SortFunc(list, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
		return list
	case typ.Is(tftypes.Bool):
		var truth bool
		_ = value.As(&truth) // a bool
		return truth
	case typ.Is(tftypes.Number):
		number := new(big.Float)
		_ = value.As(&number) // a number
		rounded, _ := number.Float64()
		return rounded
	}
	var text string
	_ = value.As(&text) // a string
	return text
}
