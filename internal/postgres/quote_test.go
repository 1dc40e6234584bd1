// SPDX-License-Identifier: MPL-2.0

package postgres

import "testing"

func TestQuoteLiteral(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{``: `''`, `a'b`: `'a''b'`, `a\b'`: `E'a\\b'''`} {
		if got := QuoteLiteral(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
