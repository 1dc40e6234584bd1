// SPDX-License-Identifier: MPL-2.0

package pgtest

import (
	"iter"
	"maps"
	"slices"
	"testing"
)

// each is how many cases stand for one of them with -short.
const each = 3

// Some returns the cases of a long test: with -short every third, from the first on, and all otherwise. It is for cases
// that run through the same code in many ways, minutes of them; what is the only one of its kind runs always.
func Some[T any](cases []T) []T {
	if !testing.Short() {
		return cases
	}
	var some []T
	for i := 0; i < len(cases); i += each {
		some = append(some, cases[i])
	}
	return some
}

// SomeOf is Some for cases by name, in the order of the names.
func SomeOf[T any](cases map[string]T) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for _, name := range Some(slices.Sorted(maps.Keys(cases))) {
			if !yield(name, cases[name]) {
				return
			}
		}
	}
}
