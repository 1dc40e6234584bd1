// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// ImportName imports an object of the server by its name. What cannot be a name is refused: the server would cut a
// long one off and find another object.
func ImportName(
	ctx context.Context,
	attribute path.Path,
	req resource.ImportStateRequest,
	resp *resource.ImportStateResponse,
) {
	if err := postgres.CheckIdentifier(req.ID); err != nil {
		resp.Diagnostics.AddError("Unexpected Import Identifier", fmt.Sprintf(
			"%q cannot be the name of anything on the server: %v.\n\nImport by the name "+
				"alone, as it is, without quotes.", req.ID, err))
		return
	}
	for _, at := range []path.Path{path.Root("id"), attribute} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, at, req.ID)...)
	}
}
