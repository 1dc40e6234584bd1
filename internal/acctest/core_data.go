// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Data validates the configuration of a data source and reads it. What is read is nil where there are errors.
func (c *Core) Data(typ string, config map[string]any) (read map[string]any, diags Diagnostics) {
	c.t.Helper()
	got, err := c.server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		c.t.Fatal(err)
	}
	shape := got.DataSourceSchemas[typ].ValueType()
	wanted := c.encode(shape, valueOf(shape, config))
	validated, err := c.server.ValidateDataResourceConfig(context.Background(), &tfprotov6.ValidateDataResourceConfigRequest{
		TypeName: typ, Config: wanted,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	if diags = validated.Diagnostics; diags.Failed() {
		return nil, diags
	}
	answer, err := c.server.ReadDataSource(context.Background(), &tfprotov6.ReadDataSourceRequest{TypeName: typ, Config: wanted})
	if err != nil {
		c.t.Fatal(err)
	}
	if diags = append(diags, answer.Diagnostics...); diags.Failed() {
		return nil, diags
	}
	state, err := answer.State.Unmarshal(shape)
	if err != nil {
		c.t.Fatal(err)
	}
	read, _ = plain(state).(map[string]any)
	return read, diags
}
