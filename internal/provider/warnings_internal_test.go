// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Terraform shows one of the warnings that have one summary, so that all of them are in it. Errors it shows one by one.
func TestOneWarningOfEachKind(t *testing.T) {
	t.Parallel()
	warning, failure := tfprotov6.DiagnosticSeverityWarning, tfprotov6.DiagnosticSeverityError
	given := []*tfprotov6.Diagnostic{
		{Severity: warning, Summary: "Blocked", Detail: "one"}, {Severity: failure, Summary: "Blocked", Detail: "two"},
		{Severity: warning, Summary: "Other", Detail: "three"}, {Severity: warning, Summary: "Blocked", Detail: "four"},
		{Severity: failure, Summary: "Blocked", Detail: "five"},
	}
	var got []string
	for _, d := range oneOfEach(given) {
		got = append(got, d.Severity.String()+" "+d.Summary+" "+d.Detail)
	}
	want := "WARNING Blocked one\n\nfour|ERROR Blocked two|WARNING Other three|ERROR Blocked five"
	if strings.Join(got, "|") != want {
		t.Errorf("%q", got)
	}
	if given[0].Detail != "one" || oneOfEach(nil) != nil {
		t.Error("what was given is changed")
	}
}
