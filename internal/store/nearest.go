// SPDX-License-Identifier: MPL-2.0

package store

import "fmt"

// Nearest is the part whose name is most like the text, for a text that is none; "" where none is like it.
func Nearest(text string) Part {
	names := make([]string, 0, len(Parts()))
	for _, spec := range Parts() {
		names = append(names, string(spec.Part))
	}
	return Part(NearestName(text, names))
}

// NearestName is the name that a text was most likely meant to be; "" where none is like it.
func NearestName(text string, names []string) string {
	best, least := "", 0
	for _, name := range names {
		if changes := distance(text, name); Near(text, name) && (best == "" || changes < least) {
			best, least = name, changes
		}
	}
	return best
}

// Near reports whether the one text may have been meant to be the other.
func Near(text, name string) bool { return distance(text, name) <= max(1, len(name)/3) }

// distance is how many characters have to be put in, taken out or replaced to make one text of the other, two that
// changed places being one.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	rows := make([][]int, len(from)+1)
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(from); i++ {
		for j := 1; j <= len(to); j++ {
			replaced := rows[i-1][j-1]
			if from[i-1] != to[j-1] {
				replaced++
			}
			rows[i][j] = min(replaced, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(from)][len(to)]
}

// UnknownPartError is returned for a name that is no part.
type UnknownPartError struct {
	Name string
	// Nearest is the part that was most likely meant, "" where none is like it.
	Nearest Part
}

func unknownPart(p Part) error {
	return &UnknownPartError{Name: string(p), Nearest: Nearest(string(p))}
}

func (e *UnknownPartError) Error() string {
	text := fmt.Sprintf("columns names the part %q, and there is no such part", e.Name)
	if e.Nearest != "" {
		text += fmt.Sprintf("; the nearest is %q", e.Nearest)
	}
	return text
}
