// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// What a plan shows of the scripts is a function of state, private state and configuration: Terraform plans once more
// while it applies, and takes anything else for a bug.

// changes is the attribute script_changes: of each script that is not as the state has it a unified diff; of one that
// comes or goes, a line. One that is not known yet is unknown.
func (r resolved) changes(
	prior *connectionModel,
	private connectionPrivate,
	digests types.Map,
	wanted map[string]string,
) types.Map {
	before, texts := map[string]string{}, map[string]string{}
	if prior != nil {
		before, texts = plainValues(prior.ScriptDigests), prior.storedTexts(private.Stored)
	}
	changes := map[string]attr.Value{}
	for op, digest := range digests.Elements() {
		digest, _ := digest.(types.String)
		former, had := before[op]
		switch {
		case digest.IsUnknown():
			changes[op] = types.StringUnknown()
		case !had:
			changes[op] = types.StringValue(r.summary(scripts.Operation(op), wanted[op]))
		case former != digest.ValueString():
			changes[op] = types.StringValue(difference(former, digest.ValueString(), texts[op], wanted[op]))
		}
	}
	for op := range before {
		if _, stays := digests.Elements()[op]; !stays {
			changes[op] = types.StringValue(strings.TrimSuffix("removed: "+size(texts[op]), ": "))
		}
	}
	return types.MapValueMust(types.StringType, changes)
}

// difference is a unified diff, or the digests where the former text is not known.
func difference(from, to, former, wanted string) string {
	if former == "" {
		return fmt.Sprintf("digest %s -> %s; refresh to see the lines", from, to)
	}
	return udiff.Unified("tenant", "planned", scripts.Normalize(former)+"\n", scripts.Normalize(wanted)+"\n")
}

// summary says in a line what a new script is: its function, its size, and the SQL that it runs in full.
func (r resolved) summary(op scripts.Operation, text string) string {
	parts := []string{size(text)}
	if _, overridden := r.overrides[op]; overridden {
		return strings.Join(append(parts, "an override"), ", ")
	}
	if r.settings.ImportFinished.ValueBool() {
		return strings.Join(append(parts, "knows nobody"), ", ")
	}
	statements, err := scripts.Statements(r.store, op, r.options().Features()...)
	if err != nil {
		return parts[0]
	}
	lines := strings.NewReplacer("\n  ", " ", "\n", " ")
	var sql []string
	for _, statement := range statements {
		sql = append(sql, lines.Replace(statement.SQL))
	}
	return strings.Join(parts, ", ") + ": " + strings.Join(sql, "; ")
}

// functionHead is a function's name and parameters.
var functionHead = regexp.MustCompile(`(?:async\s+)?function\b[^(]*\([^)]*\)`)

// size names a script's function, as far as it has one, and its size.
func size(text string) string {
	if text == "" {
		return ""
	}
	kilobytes := fmt.Sprintf("%.1f kB", float64(len(text))/1000)
	if head := functionHead.FindString(text); head != "" {
		return strings.Join(strings.Fields(head), " ") + ", " + kilobytes
	}
	return kilobytes
}

// namesOf lists operations in their order.
func namesOf(operations []string) string {
	slices.Sort(operations)
	return kit.List(operations)
}
