// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// LogDone says in one line of the log what was done and how long it took. The lines of an apply are its story, so
// there is one for each thing done, with names alone: no script's text and no value of the configuration.
func LogDone(ctx context.Context, began time.Time, what string, fields map[string]any) {
	fields["duration_ms"] = time.Since(began).Milliseconds()
	tflog.Info(ctx, what, fields)
}

// NamesIn lists the keys of a map for the log.
func NamesIn[V any](values map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(values)), ", ")
}

// ChangedIn lists, for the log, the keys whose values are others than before; gone ones are among them.
func ChangedIn(before, after map[string]attr.Value) string {
	changed := map[string]bool{}
	for key, value := range after {
		if old, ok := before[key]; !ok || !old.Equal(value) {
			changed[key] = true
		}
	}
	for key := range before {
		if _, ok := after[key]; !ok {
			changed[key] = true
		}
	}
	return NamesIn(changed)
}
