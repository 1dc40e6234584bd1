// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

func TestCheckExpression(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"now()", "'a''b'", "'(('", `'\'`, `E'\'('`, "e'a\\\\'", `"odd)"()`, "$$;)$$", "$a$ $b$ ; $a$", "a$1$", "(1)", "ARRAY[1, 2]", "f(1, 2)", "1 -- one\n", "1 /* a /* ) */ ; */", "numeric(10, 2)", "U&'\\0061'", "'ü'",
	} {
		if err := postgres.CheckExpression(text); err != nil {
			t.Errorf("%q is refused: %v", text, err)
		}
	}
	for _, text := range []string{
		"", "  ", "1;", "1, 2", "1) , x int DEFAULT (2", ")", "(", "(]", "'a", `"a`, "$$a", "$a$ $b$", "/* /* */", "1 -- one", `E'\'`, "E'a'\n'b\\')'", "a\x00", "\xff", "'a' ) --",
	} {
		if postgres.CheckExpression(text) == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestQualifiedNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"users": {"users"}, "public.users": {"public", "users"}, `"User Accounts"`: {"User Accounts"}, "a.User Accounts": {"a", "User Accounts"},
		`"sch.ema"."t"`: {"sch.ema", "t"}, `"a""b".c`: {`a"b`, "c"}, "ä.ö": {"ä", "ö"},
	} {
		got, ok := postgres.ParseQualifiedName(text)
		if !ok || !slices.Equal(got, want) {
			t.Errorf("%q is %v, %t", text, got, ok)
		}
		if len(want) == 2 {
			if again, ok := postgres.ParseQualifiedName(postgres.QualifiedName(want[0], want[1])); !ok || !slices.Equal(again, want) {
				t.Errorf("%v does not come back: %v", want, again)
			}
		}
	}
	for _, text := range []string{"", ".", "a.", ".a", `"a`, `a"`, `"a"b`, `""`, strings.Repeat("x", 64), "a\x00"} {
		if got, ok := postgres.ParseQualifiedName(text); ok {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}
