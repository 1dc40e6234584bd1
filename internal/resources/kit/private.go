// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// PrivateReader is the part of the framework's private state that reads.
type PrivateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// PrivateState is the part of the framework's private state that writes.
type PrivateState interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// Private reads and writes.
type Private interface {
	PrivateReader
	PrivateState
}

// GetPrivate returns what is kept beside an object under the key, nil when there is nothing.
func GetPrivate[T any](ctx context.Context, private PrivateReader, key string, diags *diag.Diagnostics) *T {
	text, found := private.GetKey(ctx, key)
	diags.Append(found...)
	if len(text) == 0 {
		return nil
	}
	value := new(T)
	if err := json.Unmarshal(text, value); err != nil {
		PrivateStateNotReadable(diags, err)
		return nil
	}
	return value
}

// SetPrivate keeps a value beside an object under the key, as JSON.
func SetPrivate(ctx context.Context, private PrivateState, key string, value any, diags *diag.Diagnostics) {
	text, err := json.Marshal(value)
	if err != nil {
		PrivateStateNotWritten(diags, err)
		return
	}
	diags.Append(private.SetKey(ctx, key, text)...)
}

// PrivateStateNotReadable reports what the provider has kept beside an object and cannot read any more.
func PrivateStateNotReadable(diags *diag.Diagnostics, err error) {
	diags.AddError("Private State Not Readable", fmt.Sprintf(
		"What the provider has recorded beside the object's state cannot be read: %v.\n\n"+
			"Remove the object from the state and import it again.", err))
}

// PrivateStateNotWritten reports a value that could not be kept.
func PrivateStateNotWritten(diags *diag.Diagnostics, err error) {
	diags.AddError("Private State Not Written", fmt.Sprintf("This is a bug in the provider, please report it: %v.", err))
}
