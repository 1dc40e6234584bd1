// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// SearchPath is the one setting of a role whose value is a list of identifiers.
const SearchPath = "search_path"

var timeoutForm = regexp.MustCompile(`^\s*([0-9]+(?:\.[0-9]+)?)\s*(us|ms|s|min|h|d)?\s*$`)

// ParseTimeout reads a duration in Postgres' own notation, for example "5s", "5000ms" or
// "5000", and returns milliseconds. It accepts what is a whole number of milliseconds and
// fits the server's integer.
func ParseTimeout(text string) (milliseconds int64, err error) {
	m := timeoutForm.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("a number with one of the units us, ms, s, min, h, d is expected, for example 5s")
	}
	amount, ok := new(big.Rat).SetString(m[1])
	if !ok {
		return 0, fmt.Errorf("%s is no number", m[1])
	}
	units := map[string]*big.Rat{"": big.NewRat(1, 1), "us": big.NewRat(1, 1000), "ms": big.NewRat(1, 1), "s": big.NewRat(1000, 1),
		"min": big.NewRat(60_000, 1), "h": big.NewRat(3_600_000, 1), "d": big.NewRat(86_400_000, 1)}
	amount.Mul(amount, units[m[2]])
	if !amount.IsInt() {
		return 0, fmt.Errorf("a whole number of milliseconds is expected")
	}
	if !amount.Num().IsInt64() || amount.Num().Int64() > math.MaxInt32 {
		return 0, fmt.Errorf("at most 2147483647ms (about 24 days) is possible")
	}
	return amount.Num().Int64(), nil
}

// ParseIdentifierList reads a list of identifiers as a setting such as search_path keeps it.
// ok is false when the text is no such list.
func ParseIdentifierList(text string) (names []string, ok bool) {
	names = []string{}
	rest := strings.TrimSpace(text)
	if rest == "" {
		return names, true
	}
	for {
		var name string
		if quoted, found := strings.CutPrefix(rest, `"`); found {
			end := 0
			for {
				i := strings.IndexByte(quoted[end:], '"')
				if i < 0 {
					return nil, false
				}
				end += i + 1
				if !strings.HasPrefix(quoted[end:], `"`) {
					break
				}
				end++
			}
			name, rest = strings.ReplaceAll(quoted[:end-1], `""`, `"`), quoted[end:]
		} else {
			end := strings.IndexAny(rest, ", \t\n\"")
			if end < 0 {
				end = len(rest)
			}
			name, rest = strings.ToLower(rest[:end]), rest[end:]
			if name == "" {
				return nil, false
			}
		}
		if name != "" {
			names = append(names, name)
		}
		rest = strings.TrimSpace(rest)
		if rest == "" {
			return names, true
		}
		var comma bool
		if rest, comma = strings.CutPrefix(rest, ","); !comma {
			return nil, false
		}
		rest = strings.TrimSpace(rest)
	}
}

// JoinIdentifierList is the reverse of [ParseIdentifierList].
func JoinIdentifierList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = pgx.Identifier{name}.Sanitize()
	}
	return strings.Join(quoted, ", ")
}

// settingValue is a setting's value as it stands in ALTER ROLE ... SET.
func settingValue(name, value string) string {
	if name == SearchPath && value != "" {
		return value // already a list of quoted identifiers
	}
	return QuoteLiteral(value)
}
