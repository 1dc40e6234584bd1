// SPDX-License-Identifier: MPL-2.0

package ipranges

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// DefaultURL is where Auth0 publishes the list.
const DefaultURL = "https://cdn.auth0.com/ip-ranges.json"

const (
	// maxFeedSize is a hundred times the size of the list of today.
	maxFeedSize = 1 << 20
	// fetchTimeout is the default of a client's Timeout.
	fetchTimeout = 10 * time.Second
	// attempts and retryPause get over a connection that was cut or a cache node that is restarting.
	attempts   = 2
	retryPause = 300 * time.Millisecond
)

// FetchError is a feed that could not be fetched. Its text holds neither the query nor
// credentials of the URL.
type FetchError struct {
	// Address is the URL without its query.
	Address string
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	err    error
}

func (e *FetchError) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("%s answered %d %s", e.Address, e.Status, http.StatusText(e.Status))
	}
	return fmt.Sprintf("%s: %v", e.Address, e.err)
}

func (e *FetchError) Unwrap() error { return e.err }

// URLError is a URL from which no feed is fetched.
type URLError struct{ Reason string }

func (e *URLError) Error() string { return "the URL " + e.Reason }

// CheckURL refuses a URL whose answer could be forged on the way, and one that would show
// a secret in plans. Plain HTTP is for this machine only. The error is a *URLError.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return &URLError{Reason: "cannot be parsed"}
	}
	return checkURL(u)
}

func checkURL(u *url.URL) error {
	switch {
	case u.Host == "":
		return &URLError{Reason: "has no host; write it as https://host/path"}
	case u.User != nil:
		return &URLError{Reason: "holds credentials, which plans would show"}
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return &URLError{Reason: "is not https: anyone on the way could add addresses to the list"}
	}
	return &URLError{Reason: "has another scheme than https"}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Client fetches feeds and remembers the last good one of each URL, so that asking again
// costs a "304 Not Modified". It is safe for concurrent use.
type Client struct {
	http *http.Client
	// Timeout bounds a fetch with all its attempts.
	Timeout time.Duration
	agent   string

	mu     sync.Mutex
	latest map[string]tagged
}

type tagged struct {
	etag string
	feed Feed
}

// NewClient makes a client that introduces itself as agent. No request is made yet.
func NewClient(agent string) *Client {
	return &Client{
		http: &http.Client{CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) >= 5 {
				return errors.New("too many redirects")
			}
			return checkURL(req.URL)
		}},
		Timeout: fetchTimeout,
		agent:   agent,
		latest:  map[string]tagged{},
	}
}

// Fetch reads the feed at address. The error is a *URLError, a *FetchError when there was
// no answer to use, a *FeedError when the answer is no list, or an *EmptyError; a
// cancelled context is reported as such.
func (c *Client) Fetch(ctx context.Context, address string) (Feed, error) {
	u, err := url.Parse(address)
	if err != nil {
		return Feed{}, &URLError{Reason: "cannot be parsed"}
	}
	if err := checkURL(u); err != nil {
		return Feed{}, err
	}
	limited, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("no answer within %s", c.Timeout))
	defer cancel()

	for attempt := 1; ; attempt++ {
		feed, err := c.fetch(limited, u)
		if ctx.Err() != nil {
			return Feed{}, ctx.Err()
		}
		var failed *FetchError
		passing := errors.As(err, &failed) &&
			(failed.Status == 0 || failed.Status == http.StatusTooManyRequests || failed.Status >= 500)
		if !passing || attempt == attempts {
			return feed, err
		}
		select {
		case <-limited.Done():
			return Feed{}, err
		case <-time.After(retryPause):
		}
	}
}

func (c *Client) fetch(ctx context.Context, u *url.URL) (Feed, error) {
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	failed := func(status int, err error) error {
		// The HTTP client's error repeats the whole URL.
		var wrapper *url.Error
		if errors.As(err, &wrapper) {
			err = wrapper.Err
		}
		return &FetchError{Address: shown.String(), Status: status, err: err}
	}

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return Feed{}, failed(0, err)
	}
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Accept", "application/json")
	known, cached := c.last(u.String())
	if cached {
		req.Header.Set("If-None-Match", known.etag)
	}

	resp, err := c.http.Do(req)
	if err != nil {
		return Feed{}, failed(0, err)
	}
	defer resp.Body.Close()
	if cached && resp.StatusCode == http.StatusNotModified {
		return known.feed, nil
	}
	if resp.StatusCode != http.StatusOK {
		return Feed{}, failed(resp.StatusCode, nil)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxFeedSize+1))
	if err != nil {
		return Feed{}, failed(0, err)
	}
	if len(text) > maxFeedSize {
		return Feed{}, &FeedError{Reason: fmt.Sprintf("the feed is larger than %d bytes", maxFeedSize)}
	}
	feed, err := Parse(text)
	if err != nil {
		return Feed{}, err
	}
	if etag := resp.Header.Get("ETag"); etag != "" {
		c.mu.Lock()
		c.latest[u.String()] = tagged{etag, feed}
		c.mu.Unlock()
	}
	return feed, nil
}

func (c *Client) last(address string) (tagged, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.latest[address]
	return known, ok
}
