// SPDX-License-Identifier: MPL-2.0

package ipranges

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const small = `{"last_updated_at": "2026-09-01T00:00:00.000Z", "regions": {"EU": {"ipv4_cidrs": ["192.0.2.1/32"]}}}`

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL + "/ip-ranges.json"
}

func TestFetchRevalidates(t *testing.T) {
	var full, notModified atomic.Int32
	content := atomic.Value{}
	content.Store(small)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		text := content.Load().(string)
		etag := fmt.Sprintf(`"%d"`, len(text))
		if r.Header.Get("If-None-Match") == etag {
			notModified.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if r.UserAgent() != "test-agent" {
			t.Errorf("user agent %q", r.UserAgent())
		}
		full.Add(1)
		w.Header().Set("ETag", etag)
		fmt.Fprint(w, text)
	})
	client := NewClient("test-agent")
	for range 3 {
		feed, err := client.Fetch(t.Context(), url)
		if err != nil || len(feed.Regions["EU"]) != 1 {
			t.Fatalf("%+v, %v", feed, err)
		}
	}
	if full.Load() != 1 || notModified.Load() != 2 {
		t.Errorf("%d full answers, %d not modified, want 1 and 2", full.Load(), notModified.Load())
	}
	content.Store(strings.Replace(small, `"192.0.2.1/32"`, `"192.0.2.1/32", "192.0.2.2/32"`, 1))
	if feed, err := client.Fetch(t.Context(), url); err != nil || len(feed.Regions["EU"]) != 2 {
		t.Errorf("after a change: %+v, %v", feed, err)
	}
}

func TestFetchTriesAgain(t *testing.T) {
	var asked atomic.Int32
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, small)
	})
	if _, err := NewClient("test").Fetch(t.Context(), url); err != nil || asked.Load() != 2 {
		t.Errorf("%d requests, %v", asked.Load(), err)
	}
}

func TestFetchFails(t *testing.T) {
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		status  int
		want    string
		asked   int32
	}{
		"server error": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, 500, "answered 500 Internal Server Error", 2},
		"forbidden":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, 403, "answered 403 Forbidden", 1},
		"304 unasked":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, 304, "answered 304", 1},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, small)
		}, 0, "unexpected EOF", 2},
		"to plain HTTP": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1/ip-ranges.json", http.StatusFound)
		}, 0, "not https", 2},
		"in circles": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, 0, "too many redirects", 10},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				test.handler(w, r)
			})
			_, err := NewClient("test").Fetch(t.Context(), url+"?token=hidden")
			var failed *FetchError
			if !errors.As(err, &failed) || failed.Status != test.status || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want a FetchError with status %d and %q", err, test.status, test.want)
			}
			if strings.Contains(err.Error(), "hidden") {
				t.Errorf("%v shows the query", err)
			}
			if asked.Load() != test.asked {
				t.Errorf("%d requests, want %d", asked.Load(), test.asked)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		server := httptest.NewServer(nil)
		server.Close()
		_, err := NewClient("test").Fetch(t.Context(), server.URL+"/?token=hidden")
		var failed *FetchError
		if !errors.As(err, &failed) || failed.Status != 0 || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%v, want a FetchError without status and query", err)
		}
	})
}

func TestFetchRefusesContent(t *testing.T) {
	var wrong *FeedError
	html := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>log in to the Wi-Fi</html>") })
	if _, err := NewClient("test").Fetch(t.Context(), html); !errors.As(err, &wrong) {
		t.Errorf("HTML: %v, want a FeedError", err)
	}
	large := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, small+strings.Repeat(" ", maxFeedSize))
	})
	if _, err := NewClient("test").Fetch(t.Context(), large); !errors.As(err, &wrong) || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("large: %v, want a FeedError", err)
	}
	var empty *EmptyError
	nothing := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"regions": {}}`) })
	if _, err := NewClient("test").Fetch(t.Context(), nothing); !errors.As(err, &empty) {
		t.Errorf("empty: %v, want an EmptyError", err)
	}
}

func TestFetchGivesUp(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-release
	})
	client := NewClient("test")
	client.Timeout = 200 * time.Millisecond

	start := time.Now()
	_, err := client.Fetch(t.Context(), url)
	var failed *FetchError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "no answer within 200ms") {
		t.Errorf("%v, want a FetchError that names the limit", err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %s", took)
	}

	client.Timeout = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := client.Fetch(ctx, url); !errors.Is(err, context.DeadlineExceeded) || errors.As(err, &failed) {
		t.Errorf("%v, want the caller's own deadline", err)
	}
}

func TestCheckURL(t *testing.T) {
	for _, url := range []string{DefaultURL, "https://mirror.example.com:8443/a/ip-ranges.json?x=1", "http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]:1/x"} {
		if err := CheckURL(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	for url, want := range map[string]string{
		"http://mirror.example.com/x":             "not https",
		"http://127.0.0.1.example.com/x":          "not https",
		"https://user:hidden@mirror.example.com/": "credentials",
		"file:///etc/ip-ranges.json":              "no host",
		"ftp://mirror.example.com/x":              "another scheme",
		"mirror.example.com/x":                    "no host",
		"":                                        "no host",
		"https://hidden\x7f/":                     "cannot be parsed",
	} {
		var wrong *URLError
		err := CheckURL(url)
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
		if _, fetched := NewClient("test").Fetch(t.Context(), url); !errors.As(fetched, &wrong) {
			t.Errorf("Fetch(%s): %v, want a URLError", url, fetched)
		}
	}
}
