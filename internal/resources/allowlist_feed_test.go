// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/ipranges"
)

// feedServer is a live feed whose answer a test changes between steps.
type feedServer struct {
	URL string

	mu       sync.Mutex
	answer   http.HandlerFunc
	requests int
	full     int
}

// newFeedServer serves the bundled list with a further region, SG, of these networks.
func newFeedServer(t *testing.T, networks ...string) *feedServer {
	t.Helper()
	feed := &feedServer{}
	feed.list(t, "2026-09-01T00:00:00.000Z", "SG", networks...)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		feed.mu.Lock()
		answer := feed.answer
		feed.requests++
		feed.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	feed.URL = server.URL + "/ip-ranges.json"
	return feed
}

// list makes the server list these networks for the region, and the bundled list besides.
func (f *feedServer) list(t *testing.T, date, region string, networks ...string) {
	t.Helper()
	feed := ipranges.Feed{LastUpdatedAt: date, Regions: maps.Clone(ipranges.Snapshot().Regions)}
	feed.Regions[region] = nil
	for _, network := range networks {
		feed.Regions[region] = append(feed.Regions[region], netip.MustParsePrefix(network))
	}
	text, err := json.Marshal(feed)
	if err != nil {
		t.Fatal(err)
	}
	etag := fmt.Sprintf(`"%x"`, sha256.Sum256(text))
	f.answerWith(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		f.mu.Lock()
		f.full++
		f.mu.Unlock()
		w.Header().Set("ETag", etag)
		_, _ = w.Write(text)
	})
}

func (f *feedServer) answerWith(answer http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *feedServer) fail() {
	f.answerWith(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
}

func (f *feedServer) say(text string) {
	f.answerWith(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
}

// counts returns how often the feed was asked and how often it answered in full.
func (f *feedServer) counts() (requests, full int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests, f.full
}
