// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"fmt"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func ComputedStrings(description string) resourceschema.ListAttribute {
	return resourceschema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
}

// uploadNote is what a description says about a change, which a data source has none of.
var uploadNote = regexp.MustCompile(` A change uploads [a-z ]+\.`)

// InDataSource turns an attribute of a resource into the input of a data source, with the same meaning and checks.
// Defaults are left to what reads it.
func InDataSource(attribute resourceschema.Attribute) schema.Attribute {
	description := uploadNote.ReplaceAllString(attribute.GetMarkdownDescription(), "")
	switch a := attribute.(type) {
	case resourceschema.BoolAttribute:
		return schema.BoolAttribute{Required: a.Required, Optional: a.Optional, MarkdownDescription: description, Validators: a.Validators}
	case resourceschema.Int64Attribute:
		return schema.Int64Attribute{Required: a.Required, Optional: a.Optional, MarkdownDescription: description, Validators: a.Validators}
	case resourceschema.StringAttribute:
		return schema.StringAttribute{CustomType: a.CustomType, Required: a.Required, Optional: a.Optional, MarkdownDescription: description, Validators: a.Validators}
	case resourceschema.SetAttribute:
		return schema.SetAttribute{Required: a.Required, Optional: a.Optional, MarkdownDescription: description, Validators: a.Validators, ElementType: a.ElementType}
	case resourceschema.MapAttribute:
		return schema.MapAttribute{Required: a.Required, Optional: a.Optional, MarkdownDescription: description, Validators: a.Validators, ElementType: a.ElementType}
	case resourceschema.MapNestedAttribute:
		return schema.MapNestedAttribute{Required: a.Required, Optional: a.Optional, MarkdownDescription: description, Validators: a.Validators,
			NestedObject: schema.NestedAttributeObject{Attributes: allInDataSource(a.NestedObject.Attributes)}}
	case resourceschema.SingleNestedAttribute:
		return schema.SingleNestedAttribute{Required: a.Required, Optional: a.Optional, MarkdownDescription: description, Validators: a.Validators,
			Attributes: allInDataSource(a.Attributes)}
	}
	panic(fmt.Sprintf("no data source has an attribute like %T yet",
		attribute)) // seen by every test that reads the schema
}

func allInDataSource(attributes map[string]resourceschema.Attribute) map[string]schema.Attribute {
	all := map[string]schema.Attribute{}
	for name, attribute := range attributes {
		all[name] = InDataSource(attribute)
	}
	return all
}
