// SPDX-License-Identifier: MPL-2.0

package check

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// stored is a hash as it is in the store, with the salt of another column.
type stored struct{ hash, salt string }

// ErrNoTurn is returned where a hash would have to wait for too long.
var ErrNoTurn = errors.New("no turn for a hash in time")

// Match is what came of a comparison.
type Match struct {
	// Fits tells whether the password is the one.
	Fits bool
	// Usual means that new hashes are of the same format and cost no more.
	Usual bool
	// Cannot says why a meaning of the value was not compared; "" where all were.
	Cannot string
}

// Compare compares a password with a user's hash. For nobody, hash is "". A hash that costs less than that of most users,
// or none at all, costs as much in addition: time tells neither from the others.
func (c *Checker) Compare(ctx context.Context, password, hash, salt string) (match Match, err error) {
	text := password
	if !isText(password, maxPassword) {
		text = " "
	}
	known := c.meanings(text, stored{hash, salt})
	usual := c.usual.hash(stored{hash, salt}, work(known))
	var dummies []Meaning
	if dummy := c.meanings(text, usual); work(known) < work(dummy) {
		dummies = dummy
	}
	for _, m := range dummies {
		if _, err := c.fits(ctx, m); err != nil {
			return Match{}, err
		}
	}
	for _, m := range known {
		if m.Cannot != "" {
			match.Cannot = m.Format + ": " + m.Cannot
			continue
		}
		fits, err := c.fits(ctx, m)
		if err != nil {
			return Match{}, err
		}
		if fits {
			match.Fits = text == password
			match.Usual = m.Format == c.format.Name && m.Work >= c.work
		}
	}
	return match, nil
}

// work is what comparing all of the meanings takes.
func work(all []Meaning) (sum int) {
	for _, m := range all {
		if m.Cannot == "" {
			sum += m.Work
		}
	}
	return sum
}

func (c *Checker) fits(ctx context.Context, m Meaning) (fits bool, err error) {
	if m.fits == nil {
		return false, nil
	}
	err = c.turns.take(ctx, m.Work, func() { fits = m.fits() })
	return fits, err
}

// usual chooses the hash that stands in for that of a user who is not there: one of the cost that most users have who
// have logged in, or tried to. What takes more than a second is not taken for usual.
type usual struct {
	start stored

	mu   sync.Mutex
	seen map[int]*seen
}

type seen struct {
	stored
	count int
}

func (u *usual) hash(s stored, work int) stored {
	u.mu.Lock()
	defer u.mu.Unlock()
	if work > 0 && work <= muchWork {
		if u.seen == nil || len(u.seen) > 20 {
			u.seen = map[int]*seen{}
		}
		if u.seen[work] == nil {
			u.seen[work] = &seen{}
		}
		u.seen[work].stored = s
		u.seen[work].count++
	}
	most := seen{stored: u.start}
	for _, next := range u.seen {
		if next.count > most.count {
			most = *next
		}
	}
	if most.salt == "" {
		most.salt = "salt"
	}
	return most.stored
}

// muchWork is what takes seconds.
const muchWork = 16384

// turns lets hashes be computed in turn: as many as there are processors of those that cost no more than new ones, one
// that costs more, and one that takes seconds, so that no stored hash holds up who has a usual one.
type turns struct {
	usual int // the work of a new hash
	lanes [3]chan struct{}
}

// patience is how long a hash waits for its turn.
const patience = 4 * time.Second

func newTurns(usual int) *turns {
	t := &turns{usual: usual}
	for i, free := range []int{max(2, runtime.GOMAXPROCS(0)), 1, 1} {
		t.lanes[i] = make(chan struct{}, free)
	}
	return t
}

func (t *turns) lane(work int) chan struct{} {
	switch {
	case work > max(t.usual, muchWork):
		return t.lanes[2]
	case work > t.usual:
		return t.lanes[1]
	}
	return t.lanes[0]
}

// take computes when it is its turn. What has waited for too long, or whose caller has gone, is not begun.
func (t *turns) take(ctx context.Context, work int, compute func()) error {
	if work == 0 {
		compute()
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	lane := t.lane(work)
	select {
	case lane <- struct{}{}:
	case <-waiting.Done():
		return errors.Join(ErrNoTurn, ctx.Err())
	}
	defer func() { <-lane }()
	if ctx.Err() != nil {
		return errors.Join(ErrNoTurn, ctx.Err())
	}
	compute()
	return nil
}
