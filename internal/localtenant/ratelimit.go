// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// RateLimit is a token bucket over all calls of the Management API.
type RateLimit struct {
	// Burst is how many calls may come at once.
	Burst int
	// PerSecond is how fast the bucket fills again.
	PerSecond float64
}

// FreeTenantLimit is the documented limit of a free tenant.
var FreeTenantLimit = RateLimit{Burst: 2, PerSecond: 2}

type limiter struct {
	limit RateLimit

	mu     sync.Mutex
	tokens float64
	last   time.Time
}

func newLimiter(limit RateLimit) *limiter {
	return &limiter{limit: limit, tokens: float64(limit.Burst)}
}

// allow takes a token and sets the headers. The reset header is the second in
// which the next call is allowed again.
func (l *limiter) allow(header http.Header, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.last.IsZero() {
		l.tokens = math.Min(float64(l.limit.Burst), l.tokens+now.Sub(l.last).Seconds()*l.limit.PerSecond)
	}
	l.last = now
	allowed := l.tokens >= 1
	if allowed {
		l.tokens--
	}
	reset := now
	if l.tokens < 1 {
		reset = now.Add(time.Duration((1 - l.tokens) / l.limit.PerSecond * float64(time.Second)))
	}
	header.Set("X-RateLimit-Limit", strconv.Itoa(l.limit.Burst))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(int(l.tokens)))
	header.Set(
		"X-RateLimit-Reset",
		strconv.FormatInt(int64(math.Ceil(float64(reset.UnixNano())/float64(time.Second))), 10),
	)
	return allowed
}
