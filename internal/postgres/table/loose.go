// SPDX-License-Identifier: MPL-2.0

package table

import (
	"regexp"
	"strconv"
	"strings"
)

var levelsUp = regexp.MustCompile(`:varlevelsup (\d+)`)

// isLoose reports whether a sub-select right in the expression names no column of the row: one that was meant to say
// whose row it is reads somebody else's. What stands in front of IN or = ANY counts as comparing.
func isLoose(tree string) bool {
	type node struct {
		label string
		start int
		bound bool // of a sub-select: it has named the row
	}
	var open []node
	queries := 0
	for i := 0; i < len(tree); i++ {
		switch tree[i] {
		case '\\':
			i++ // what follows is part of a name or a constant
		case '{':
			label, _, _ := strings.Cut(tree[i+1:min(i+32, len(tree))], " ")
			open = append(open, node{label: label, start: i})
			if label == "QUERY" {
				queries++
			}
		case '}':
			if len(open) == 0 {
				return false
			}
			last := open[len(open)-1]
			open = open[:len(open)-1]
			switch last.label {
			case "QUERY":
				queries--
			case "SUBLINK":
				if queries == 1 && !last.bound {
					return true
				}
			case "VAR":
				level, err := strconv.Atoi(firstGroup(levelsUp, tree[last.start:i]))
				if err != nil || queries-level != 1 {
					continue
				}
				for n := range open {
					open[n].bound = true
				}
			}
		}
	}
	return false
}

func firstGroup(pattern *regexp.Regexp, text string) string {
	if found := pattern.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}
