// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"sync"
	"time"
)

// Cut says when a fault breaks the network connection.
type Cut int

// The moments at which a fault can break the network connection.
const (
	// NoCut leaves the connection alone.
	NoCut Cut = iota
	// CutBefore breaks it before the call is handled: nothing happened.
	CutBefore
	// CutAfter breaks it after the call was handled: it happened, and the
	// caller does not know.
	CutAfter
)

// Fault makes calls go wrong.
type Fault struct {
	// Method of the calls; empty means any.
	Method string
	// Path is matched against the path; nil means any.
	Path *regexp.Regexp
	// Skip lets that many matching calls pass first.
	Skip int
	// Times is how many calls are hit; zero means one, a negative number all.
	Times int
	// Latency is waited before anything else.
	Latency time.Duration
	// Status, when set, is answered instead of handling the call, with Header
	// and Body. An empty body means the API's own error body for the status.
	Status int
	Header http.Header
	Body   string
	// Cut breaks the connection.
	Cut Cut
}

type fault struct {
	Fault
	mu         sync.Mutex
	seen, hits int
}

// Inject puts a fault in force until it is used up or the returned function is
// called.
func (t *Tenant) Inject(f Fault) (remove func()) {
	if f.Times == 0 {
		f.Times = 1
	}
	active := &fault{Fault: f}
	t.faultsMu.Lock()
	defer t.faultsMu.Unlock()
	t.faults = append(t.faults, active)
	return func() {
		t.faultsMu.Lock()
		defer t.faultsMu.Unlock()
		t.faults = slices.DeleteFunc(t.faults, func(other *fault) bool { return other == active })
	}
}

// take says whether the fault hits this call.
func (f *fault) take(r *http.Request) bool {
	if f.Method != "" && f.Method != r.Method || f.Path != nil && !f.Path.MatchString(r.URL.Path) {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen++
	if f.seen <= f.Skip || f.Times > 0 && f.hits >= f.Times {
		return false
	}
	f.hits++
	return true
}

func (t *Tenant) injectFaults(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.faultsMu.Lock()
		faults := slices.Clone(t.faults)
		t.faultsMu.Unlock()
		for _, f := range faults {
			if !f.take(r) {
				continue
			}
			if f.Latency > 0 {
				select {
				case <-time.After(f.Latency):
				case <-r.Context().Done():
					return
				}
			}
			switch {
			case f.Cut == CutBefore:
				cutConnection(w)
				return
			case f.Cut == CutAfter:
				next.ServeHTTP(httptest.NewRecorder(), r)
				cutConnection(w)
				return
			case f.Status != 0:
				f.answer(w)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (f *fault) answer(w http.ResponseWriter) {
	for name, values := range f.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	if f.Body != "" {
		w.WriteHeader(f.Status)
		w.Write([]byte(f.Body))
		return
	}
	e := &apiError{status: f.Status, message: http.StatusText(f.Status)}
	if f.Status == http.StatusTooManyRequests {
		e.message, e.code = "Global limit has been reached", "too_many_requests"
	}
	writeJSON(w, f.Status, e.body())
}

// cutConnection closes the connection without an answer.
func cutConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	conn.Close()
}
