// SPDX-License-Identifier: MPL-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// report is the table of what was done, what should have come of it and what came of it.
type report struct {
	rows []row
}

type row struct {
	step, expected, got string
	took                time.Duration
	ok                  bool
}

// step does one thing. It went well if the outcome is what was expected.
func (r *report) step(name, expected string, do func() (got string, err error)) bool {
	began := time.Now()
	got, err := do()
	if err != nil {
		got = "error: " + err.Error()
	}
	r.rows = append(r.rows, row{name, expected, got, time.Since(began), err == nil && got == expected})
	return err == nil && got == expected
}

func (r *report) ok() bool {
	for _, row := range r.rows {
		if !row.ok {
			return false
		}
	}
	return len(r.rows) > 0
}

// print writes the table. An outcome that differs is written whole below it, so that
// the table stays readable.
func (r *report) print(w io.Writer, total time.Duration) {
	heads := [3]string{"step", "expected", "got"}
	var widths [3]int
	cells := func(row row) [3]string {
		got, _, _ := strings.Cut(row.got, "\n")
		return [3]string{row.step, row.expected, shorten(got, 48)}
	}
	for i, head := range heads {
		widths[i] = utf8.RuneCountInString(head)
	}
	for _, row := range r.rows {
		for i, cell := range cells(row) {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	line := func(mark string, cells [3]string, took string) {
		fmt.Fprintf(w, "%s  ", mark)
		for i, cell := range cells {
			fmt.Fprintf(w, "%s%s  ", cell, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
		}
		fmt.Fprintf(w, "%9s\n", took)
	}
	fmt.Fprintln(w)
	line(" ", heads, "time")
	failed := 0
	for _, row := range r.rows {
		mark := "✓"
		if !row.ok {
			mark = "✗"
			failed++
		}
		line(mark, cells(row), row.took.Round(time.Millisecond).String())
	}
	for _, row := range r.rows {
		if !row.ok {
			fmt.Fprintf(w, "\n✗ %s\n  expected: %s\n  got: "+
				"%s\n", row.step, row.expected, strings.ReplaceAll(row.got, "\n", "\n  "))
		}
	}
	fmt.Fprintf(w, "\n%d passed, %d failed\n(%s in all)\n", len(r.rows)-failed, failed, total.Round(time.Second))
}

func shorten(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}
