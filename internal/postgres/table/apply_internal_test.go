// SPDX-License-Identifier: MPL-2.0

package table

import (
	"testing"
)

// The counts are those that a build shows one after the other: blocks, tuples, lockers.
func TestPercentOfAPhase(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		counts []int64
		want   int64
	}{
		{[]int64{0, 0, 0, 0, 0, 0}, 0},
		{[]int64{250, 1000, 0, 0, 0, 0}, 25},
		{[]int64{1000, 1000, 10, 200, 0, 0}, 5},
		{[]int64{1000, 1000, 200, 200, 1, 2}, 50},
		{[]int64{1001, 1000}, 100},
	} {
		if got := percent(test.counts...); got != test.want {
			t.Errorf("%v is %d %%, want %d %%", test.counts, got, test.want)
		}
	}
}
