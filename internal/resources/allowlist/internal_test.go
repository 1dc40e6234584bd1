// SPDX-License-Identifier: MPL-2.0

package allowlist

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// Warnings cannot be seen in acceptance tests, so that they are tested here.

func hasWarning(t *testing.T, diags diag.Diagnostics, summary string, parts ...string) {
	t.Helper()
	for _, warning := range diags.Warnings() {
		if warning.Summary() != summary {
			continue
		}
		for _, part := range parts {
			if !strings.Contains(warning.Detail(), part) {
				t.Errorf("warning %q lacks %q:\n%s", summary, part, warning.Detail())
			}
		}
		return
	}
	t.Errorf("no warning %q in %v", summary, diags)
}

func TestNetworksValidatorWarns(t *testing.T) {
	validate := func(texts ...string) diag.Diagnostics {
		var elements []attr.Value
		for _, text := range texts {
			elements = append(elements, types.StringValue(text))
		}
		req := validator.SetRequest{Path: path.Root("additional_cidrs"), ConfigValue: types.SetValueMust(types.StringType, elements)}
		var resp validator.SetResponse
		networksValidator{}.ValidateSet(t.Context(), req, &resp)
		return resp.Diagnostics
	}
	for _, wide := range []string{"0.0.0.0/0", "::/0", "128.0.0.0/1", "2000::/3"} {
		diags := validate(wide)
		hasWarning(t, diags, "Network Is Very Wide", wide)
		if diags.HasError() {
			t.Errorf("%s: %v", wide, diags)
		}
	}
	hasWarning(t, validate("10.0.0.0/8", "10.20.0.0/16"), "Networks Overlap", "10.0.0.0/8", "10.20.0.0/16")
	hasWarning(t, validate("10.0.0.7", "10.0.0.7/32"), "Networks Overlap", "10.0.0.7/32")
	if diags := validate("10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"); len(diags) > 0 {
		t.Errorf("nothing is wrong, but: %v", diags)
	}
	diags := validate("10.20.3.4/16", "10.0.0.0/33")
	if diags.ErrorsCount() != 2 {
		t.Errorf("two networks are wrong: %v", diags)
	}
	for _, problem := range diags.Errors() {
		if at, ok := problem.(diag.DiagnosticWithPath); !ok || !strings.HasPrefix(at.Path().String(), "additional_cidrs[Value(") {
			t.Errorf("%v does not point at the element", problem)
		}
	}
}

func TestWarnCovered(t *testing.T) {
	parse := func(texts ...string) (networks []netip.Prefix) {
		for _, text := range texts {
			networks = append(networks, netip.MustParsePrefix(text))
		}
		return networks
	}
	var diags diag.Diagnostics
	warnCovered(&diags, parse("3.8.59.62/32", "3.10.89.10/32"), parse("3.0.0.0/8", "10.0.0.0/8"))
	hasWarning(t, diags, "Networks Overlap", "3.0.0.0/8", "3.8.59.62/32")
	if len(diags) != 1 {
		t.Errorf("one network overlaps: %v", diags)
	}
}

func TestRegionRangesWarnsOfFallback(t *testing.T) {
	plan := allowlistModel{Region: types.StringValue("SG"), Live: types.BoolValue(true)}
	failed := answer{URL: "https://mirror.example.com/x", Failure: "https://mirror.example.com/x answered 500 Internal Server Error"}
	state := &allowlistModel{
		Region: types.StringValue("sg"), Source: types.StringValue(sourceLive), LastUpdatedAt: types.StringValue("2026-09-01T00:00:00.000Z"),
		CIDRs: kit.StringList([]string{"198.51.100.0/24", "203.0.113.7/32"}), AdditionalCIDRs: types.SetValueMust(types.StringType, []attr.Value{types.StringValue("198.51.100.0/24")}),
	}

	var diags diag.Diagnostics
	found, ok := regionRanges(&diags, plan, state, failed)
	if !ok || len(found.networks) != 1 || found.source != sourceLive || found.lastUpdatedAt != "2026-09-01T00:00:00.000Z" {
		t.Errorf("the list in use was not kept: %+v, %v", found, diags)
	}
	hasWarning(t, diags, "Live Feed Not Used", "answered 500", "in use, of 2026-09-01")

	// Nothing is in use for another region: the bundled list stands in.
	plan.Region = types.StringValue("UK")
	diags = nil
	found, ok = regionRanges(&diags, plan, state, failed)
	if !ok || len(found.networks) != 3 || found.source != sourceSnapshot {
		t.Errorf("the bundled list does not stand in: %+v, %v", found, diags)
	}
	hasWarning(t, diags, "Live Feed Not Used", "answered 500", "bundled")
}

func TestHBARulesShowWhatIsWrong(t *testing.T) {
	include := postgres.HBAInclude("scripts")
	for want, file := range map[string]postgres.HBAFile{
		"":                               {},
		"pg_hba.conf: " + include + "|a": {Place: postgres.IncludedFirst, Lines: []string{"a"}},
		"pg_hba.conf: " + include + "|a|(not loaded yet)":         {Place: postgres.IncludedFirst, Lines: []string{"a"}, Pending: true},
		"pg_hba.conf, after rules of others: " + include + "|a|b": {Place: postgres.IncludedLate, Lines: []string{"a", "b"}},
		"a": {Lines: []string{"a"}},
	} {
		if got := strings.Join(hbaRules("scripts", &file), "|"); got != want {
			t.Errorf("%+v: %q, want %q", file, got, want)
		}
	}
}

// What is said after a failure is whether the server is as it was, and what to do if not.
func TestEnforcementErrorSaysWhatIsLeft(t *testing.T) {
	lockedOut := fmt.Errorf("%w: connection refused", postgres.ErrLockedOut)
	broken := &postgres.HBAError{File: "pg_hba.conf", Line: 1, Message: "invalid", Ours: true}
	const putBack, kept = "What was there before was put back", "Somebody else edited pg_hba.conf meanwhile"
	for _, c := range []struct {
		name, summary string
		err           error
		says          []string
		omits         string
	}{
		{"put back", "Failed", lockedOut, []string{"connection refused", putBack}, kept},
		{"not put back", "Allowlist Not Put Back", &postgres.RestoreError{Cause: lockedOut, Restore: errors.New("disk full"), ByHand: "Take the line out."},
			[]string{"connection refused", "could not be put back: disk full", "\n\nTake the line out."}, putBack},
		{"bad rules not put back", "Allowlist Not Put Back", &postgres.RestoreError{Cause: broken, Restore: errors.New("disk full"), ByHand: "Take the line out."},
			[]string{"invalid", "disk full", "\n\nTake the line out."}, "bug"},
		{"an edit kept", "Failed", &postgres.HBAEditedError{Cause: lockedOut}, []string{"connection refused", kept}, putBack},
		{"bad rules, an edit kept", "Failed", &postgres.HBAEditedError{Cause: broken}, []string{"does not take the rules", kept}, putBack},
		{"another failure, an edit kept", "Failed", &postgres.HBAEditedError{Cause: errors.New("too slow")}, []string{"too slow", kept}, putBack},
		{"an emptied file", "Failed", postgres.ErrEmptyHBA, []string{"Nothing was changed", "from a backup"}, putBack},
		{"another run", "Failed", postgres.ErrHBABusy, []string{"Nothing was changed", "pg_locks", "pg_terminate_backend"}, putBack},
	} {
		t.Run(c.name, func(t *testing.T) {
			var diags diag.Diagnostics
			enforcementError(&diags, "Failed", "Could not do it", enforcementHBA, c.err)
			if len(diags) != 1 || diags[0].Summary() != c.summary {
				t.Fatalf("want %q: %v", c.summary, diags)
			}
			for _, want := range append(c.says, "Could not do it (enforcement = \"pg_hba\")") {
				if !strings.Contains(diags[0].Detail(), want) {
					t.Errorf("%q is missing in:\n%s", want, diags[0].Detail())
				}
			}
			if strings.Contains(diags[0].Detail(), c.omits) {
				t.Errorf("%q is not true:\n%s", c.omits, diags[0].Detail())
			}
		})
	}
}
