// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// verdict is what became of a recorded call.
type verdict int

const (
	equal verdict = iota
	different
	// seeded is an answer about something that the recording does not make: it was
	// put into the tenant as the recording shows it, so that it cannot differ by much.
	seeded
	notServed
)

// areas are the parts of the API that the tenant is about. Calls of all others are
// not served, even where an empty list is answered.
var areas = []struct {
	name string
	path *regexp.Regexp
	// byDate and byRecording are the shares of the calls replayed that must be
	// equal, served is the share of all calls that must be replayed.
	byDate, byRecording, served float64
}{
	{"connections", regexp.MustCompile(`^/api/v2/connections(/[^/]+(/(clients|users|status))?)?$`), 0.97, 1, 0.25},
	{"clients", regexp.MustCompile(`^/api/v2/clients(/[^/]+(/(connections|credentials(/[^/]*)?))?)?$`), 0.84, 0.998, 0.9},
	{"users", regexp.MustCompile(`^/api/v2/users(-by-email|/[^/]+)?$`), 0.9, 1, 0.9},
	{"resource servers", regexp.MustCompile(`^/api/v2/(resource-servers(/.+)?|client-grants(/[^/]+)?)$`), 0.8, 0.97, 0.9},
	{"jobs, tickets", regexp.MustCompile(`^/api/v2/(jobs|tickets)/`), 0.9, 1, 0.5},
	{"authentication", regexp.MustCompile(`^/(oauth/token|dbconnections/.*|userinfo)$`), 0.9, 1, 0},
}

const elsewhere = "elsewhere"

func (i *interaction) area() string {
	for _, area := range areas {
		if area.path.MatchString(i.path) {
			return area.name
		}
	}
	return elsewhere
}

// mustBeEqual says whether the call is of an area whose calls are all equal.
func (i *interaction) mustBeEqual() bool {
	for _, area := range areas {
		if area.path.MatchString(i.path) {
			return area.byRecording == 1
		}
	}
	return false
}

// tally counts the calls of an area by what became of them.
type tally map[string]*counts

type counts struct {
	of      [notServed + 1]int
	reasons map[string]int // of those not served
}

func (c tally) add(i *interaction, v verdict, reason string) {
	area := i.area()
	if c[area] == nil {
		c[area] = &counts{reasons: map[string]int{}}
	}
	c[area].of[v]++
	if v == notServed && area != elsewhere {
		c[area].reasons[reason]++
	}
}

// replayed is how many calls could have differed.
func (c *counts) replayed() int { return c.of[equal] + c.of[different] }

func (c *counts) all() int { return c.replayed() + c.of[seeded] + c.of[notServed] }

func (c *counts) share() float64 { return float64(c.of[equal]) / float64(max(1, c.replayed())) }

// figures is a table: of each area the calls equal with defaults by date and by
// recording, those whose answer was put in beforehand, and those not served.
func figures(byDate, byRecording tally) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%-18s %8s %8s %13s %7s %11s\n", "", "replayed", "by date", "by recording", "seeded", "not served")
	for _, area := range slices.Sorted(maps.Keys(byRecording)) {
		dated, read := byDate[area], byRecording[area]
		fmt.Fprintf(&out, "%-18s %8d %8d %13d %7d %11d\n", area, read.replayed(), dated.of[equal], read.of[equal], read.of[seeded], read.of[notServed])
		for _, reason := range slices.Sorted(maps.Keys(read.reasons)) {
			fmt.Fprintf(&out, "    not served: %s (%d)\n", reason, read.reasons[reason])
		}
	}
	return out.String()
}

// short names the areas whose figures are below their bounds.
func short(byDate, byRecording tally) (problems []string) {
	for _, area := range areas {
		dated, read := byDate[area.name], byRecording[area.name]
		if read == nil {
			continue
		}
		if got := dated.share(); dated.replayed() > 0 && got < area.byDate {
			problems = append(problems, fmt.Sprintf("%s: %.3f of the calls are equal with defaults by date, bound %.3f", area.name, got, area.byDate))
		}
		if got := read.share(); read.replayed() > 0 && got < area.byRecording {
			problems = append(problems, fmt.Sprintf("%s: %.3f of the calls are equal with defaults by recording, bound %.3f", area.name, got, area.byRecording))
		}
		if got := 1 - float64(read.of[notServed])/float64(read.all()); got < area.served {
			problems = append(problems, fmt.Sprintf("%s: %.3f of the calls are served, bound %.3f", area.name, got, area.served))
		}
	}
	return problems
}
