// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/devtools"
)

// longestPlan is how many lines the first plan of four resources may have, with what Terraform says around it. Most are
// the columns, the store that each object takes, and Auth0's addresses.
const longestPlan = 250

// planBegins is Terraform's first line about a plan. What is before it is said of a provider that was built here.
const planBegins = "Terraform used the selected providers"

// shownPlans are the pages with an excerpt of the plan of examples/complete, behind this line.
var shownPlans = []string{"README.md", "templates/index.md.tmpl"}

// planRead is what a plan comes to that is as it should be.
const planRead = "as the README shows it"

const planFollows = "<!-- the plan of examples/complete, which make demo compares -->"

// readPlan wants a plan that can be read, and the documentation's excerpts of it to be true.
func (s *stage) readPlan(ctx context.Context) (string, error) {
	output, exit, err := s.complete.terraform(ctx, "plan")
	if err != nil || exit != 0 {
		return fmt.Sprintf("exit code %d\n%s", exit, output), err
	}
	_, shown, _ := strings.Cut(output, planBegins)
	lines := strings.Split(strings.TrimSpace(shown), "\n")
	if len(lines) > longestPlan {
		return fmt.Sprintf("%d lines\n%s", len(lines), output), nil
	}
	root, err := devtools.ModuleRoot()
	if err != nil {
		return "", err
	}
	for _, page := range shownPlans {
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			return "", err
		}
		if missing := notShown(string(text), lines); missing != "" {
			return fmt.Sprintf("%s shows %q, which is not in the plan, or not there:\n%s", page, missing, output), nil
		}
	}
	return planRead, nil
}

// notShown is the first line of a page's excerpt that the plan does not have behind the lines before it, "" for none.
// Lines that end in an ellipsis are the beginning of one, an ellipsis alone stands for any.
func notShown(page string, plan []string) string {
	_, excerpt, found := strings.Cut(page, planFollows+"\n```text\n")
	excerpt, _, closed := strings.Cut(excerpt, "\n```")
	if !found || !closed {
		return planFollows
	}
	for _, line := range strings.Split(excerpt, "\n") {
		start, cut := strings.CutSuffix(line, "…")
		if cut && strings.TrimSpace(start) == "" {
			continue
		}
		at := 0
		for at < len(plan) && !(plan[at] == line || cut && strings.HasPrefix(plan[at], start)) {
			at++
		}
		if at == len(plan) {
			return line
		}
		plan = plan[at+1:]
	}
	return ""
}
