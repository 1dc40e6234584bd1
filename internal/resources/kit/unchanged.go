// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Unchanging is a resource of which there are many, and most of the time nothing has changed about them. It says so by
// itself: the framework walks over the schema dozens of times before it finds that out.
type Unchanging interface {
	resource.ResourceWithConfigure
	// Refreshed returns the state after a refresh that finds nothing changed, without a diagnostic. ok is false where it
	// finds anything, or takes a call to find out.
	Refreshed(ctx context.Context, state tftypes.Value, private PrivateReader) (refreshed tftypes.Value, ok bool)
	// PlannedAsIs reports whether a plan leaves the state as it is, without a diagnostic, where Terraform itself and the
	// schema's defaults have nothing to change.
	PlannedAsIs(ctx context.Context, state, config tftypes.Value, private PrivateReader) bool
}

// StoredPrivate is private state as Terraform keeps it.
type StoredPrivate map[string][]byte

// ParsePrivate reads what Terraform keeps; ok is false for what is no private state.
func ParsePrivate(text []byte) (private StoredPrivate, ok bool) {
	if len(text) == 0 {
		return nil, true
	}
	return private, json.Unmarshal(text, &private) == nil
}

// GetKey returns what is kept under a key.
func (p StoredPrivate) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) {
	return p[key], nil
}
