// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// A plan refuses the URLs that the scripts would refuse, and no others.
func TestDatabaseURLsAreRefusedAtPlanAsInScripts(t *testing.T) {
	b := newBench(t, pgtest.Database(t), shape{})
	notUsable := regexp.MustCompile(`is not set or no URL|must be a postgresql:// URL|sslmode in configuration`)
	for text, usable := range map[string]bool{
		"postgres://u:hunter2@127.0.0.1:1/d":                        true,
		"postgresql://u@127.0.0.1:1/d":                              true,
		"postgres://u%40x:p%2Fw%25@127.0.0.1:1/d%20b?sslmode=allow": true,
		"postgres://u:hunter2@[::1]:1/d":                            true,
		"postgres://u:hunter2@127.0.0.1:1/d?sslmode=":               true,
		"postgres://u:hunter2@127.0.0.1:1/d?sslmode=no-verify":      true,
		"postgres://u:hunter2@127.0.0.1:1/d?connect_timeout=3":      true,
		"":                                                       false,
		"hunter2":                                                false,
		"mysql://u:hunter2@127.0.0.1:1/d":                        false,
		"postgres://u:hunter2@127.0.0.1:1":                       false,
		"postgres://u:hunter2@127.0.0.1:1/":                      false,
		"postgres://127.0.0.1:1/d":                               false,
		"postgres://:hunter2@127.0.0.1:1/d":                      false,
		"postgres://u:hunter2@/d":                                false,
		"postgres://u:hunter2@h1:1,h2:1/d":                       false,
		"postgres://u:hunter2@127.0.0.1:x/d":                     false,
		"postgres://u:hun%zz@127.0.0.1:1/d":                      false,
		"postgres://u:hun%ff@127.0.0.1:1/d":                      false,
		"postgres://u:hunter2@127.0.0.1:1/d?sslmode=verify_full": false,
		"postgres://u:hunter2@127.0.0.1:1/d?sslmode=Require":     false,
	} {
		err := scripts.CheckDatabaseURL(text)
		if (err == nil) != usable {
			t.Errorf("%s: %v", text, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error repeats the password", text)
		}
		b.at(text)
		console := strings.Join(b.run(scripts.Login, "ada@example.com", "correct horse").Console, "\n")
		if refused := notUsable.MatchString(console); refused == usable {
			t.Errorf("%s: the script says %q", text, console)
		}
	}
}
