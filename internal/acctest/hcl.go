// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	"github.com/zclconf/go-cty/cty/msgpack"
)

// configuration is what a file of one provider and one resource says.
type configuration struct {
	provider *hclsyntax.Body
	resource *hclsyntax.Body
	// typ and name are the resource's; "" where there is none.
	typ, name string
	// imports is the id of the object that is taken over; forgets says that one is given up and not deleted.
	imports string
	forgets bool
}

// functions are those that a configuration of Steps may call.
var functions = &hcl.EvalContext{Functions: map[string]function.Function{
	"jsonencode": stdlib.JSONEncodeFunc, "merge": stdlib.MergeFunc, "join": stdlib.JoinFunc,
}}

// parse takes a configuration apart. What Terraform alone can do, such as references, is an error.
func parse(text string) (configuration, error) {
	file, diags := hclsyntax.ParseConfig([]byte(text), "main.tf", hcl.InitialPos)
	if diags.HasErrors() {
		return configuration{}, diags
	}
	c := configuration{provider: &hclsyntax.Body{}}
	for _, block := range file.Body.(*hclsyntax.Body).Blocks { //nolint:forcetypeassert // the parser's own
		switch {
		case block.Type == "provider":
			c.provider = block.Body
		case block.Type == "resource" && c.resource == nil:
			c.resource, c.typ, c.name = block.Body, block.Labels[0], block.Labels[1]
		case block.Type == "import" && c.imports == "":
			id, diags := block.Body.Attributes["id"].Expr.Value(functions)
			if diags.HasErrors() {
				return c, diags
			}
			c.imports = id.AsString()
		case block.Type == "removed":
			c.forgets = true
		default:
			return c, fmt.Errorf("main.tf has a block %s %q: Steps is for one resource of one provider", block.Type, block.Labels)
		}
	}
	return c, nil
}

// evaluate is the value that a body gives a block of this schema.
func evaluate(block *tfprotov6.SchemaBlock, body *hclsyntax.Body) (tftypes.Value, error) {
	value, err := evaluateBlock(block, body)
	if err != nil {
		return tftypes.Value{}, err
	}
	encoded, err := msgpack.Marshal(value, value.Type())
	if err != nil {
		return tftypes.Value{}, fmt.Errorf("encode the configuration: %w", err)
	}
	return (&tfprotov6.DynamicValue{MsgPack: encoded}).Unmarshal(block.ValueType())
}

func evaluateBlock(block *tfprotov6.SchemaBlock, body *hclsyntax.Body) (cty.Value, error) {
	given, members := maps.Clone(body.Attributes), map[string]cty.Value{}
	for _, attribute := range block.Attributes {
		typ := ctyType(attribute)
		members[attribute.Name] = cty.NullVal(typ.WithoutOptionalAttributesDeep())
		if expression, ok := given[attribute.Name]; ok {
			value, diags := expression.Expr.Value(functions)
			if diags.HasErrors() {
				return cty.NilVal, diags
			}
			var err error
			if members[attribute.Name], err = convert.Convert(value, typ); err != nil {
				return cty.NilVal, fmt.Errorf("incorrect attribute value type: %s: %w", attribute.Name, err)
			}
			delete(given, attribute.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		return cty.NilVal, fmt.Errorf("unsupported argument: %s", name)
	}
	known := func(inner *hclsyntax.Block) bool {
		return slices.ContainsFunc(block.BlockTypes, func(b *tfprotov6.SchemaNestedBlock) bool { return b.TypeName == inner.Type })
	}
	if i := slices.IndexFunc(body.Blocks, func(b *hclsyntax.Block) bool { return !known(b) }); i >= 0 {
		return cty.NilVal, fmt.Errorf("unsupported block type: %s", body.Blocks[i].Type)
	}
	for _, nested := range block.BlockTypes {
		members[nested.TypeName] = cty.NullVal(convertType(nested.Block.ValueType()))
		for _, inner := range body.Blocks {
			if inner.Type == nested.TypeName {
				var err error
				if members[nested.TypeName], err = evaluateBlock(nested.Block, inner.Body); err != nil {
					return cty.NilVal, err
				}
			}
		}
	}
	return cty.ObjectVal(members), nil
}

// ctyType is the type that a configuration is converted to: what a nested attribute leaves out is null.
func ctyType(attribute *tfprotov6.SchemaAttribute) cty.Type {
	nested := attribute.NestedType
	if nested == nil {
		return convertType(attribute.Type)
	}
	members, optional := map[string]cty.Type{}, []string{}
	for _, member := range nested.Attributes {
		members[member.Name] = ctyType(member)
		if !member.Required {
			optional = append(optional, member.Name)
		}
	}
	object := cty.ObjectWithOptionalAttrs(members, optional)
	switch nested.Nesting {
	case tfprotov6.SchemaObjectNestingModeMap:
		return cty.Map(object)
	case tfprotov6.SchemaObjectNestingModeList:
		return cty.List(object)
	case tfprotov6.SchemaObjectNestingModeSet:
		return cty.Set(object)
	default:
		return object
	}
}

// convertType is the same type in the words of the configuration language.
func convertType(typ tftypes.Type) cty.Type {
	switch typ := typ.(type) {
	case tftypes.List:
		return cty.List(convertType(typ.ElementType))
	case tftypes.Set:
		return cty.Set(convertType(typ.ElementType))
	case tftypes.Map:
		return cty.Map(convertType(typ.ElementType))
	case tftypes.Object:
		members := map[string]cty.Type{}
		for name, member := range typ.AttributeTypes {
			members[name] = convertType(member)
		}
		return cty.Object(members)
	}
	switch {
	case typ.Is(tftypes.String):
		return cty.String
	case typ.Is(tftypes.Bool):
		return cty.Bool
	case typ.Is(tftypes.Number):
		return cty.Number
	}
	return cty.DynamicPseudoType
}
