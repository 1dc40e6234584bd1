// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRefreshReadsPages(t *testing.T) {
	tn := newTenant(t)
	const n = 230
	page := func(from, to int, next string) http.HandlerFunc {
		var entries []string
		for i := from; i < to; i++ {
			entries = append(entries, fmt.Sprintf(`{"id":"con_%d","name":"c%d","strategy":"auth0","options":{"i":%d}}`, i, i, i))
		}
		return answers(200, fmt.Sprintf(`{"connections":[%s]%s}`, strings.Join(entries, ","), next))
	}
	tn.on("GET /api/v2/connections", page(0, 100, `,"next":"1"`), page(100, 200, `,"next":"2"`), page(200, n, ``))
	for i := range n {
		tn.on(fmt.Sprintf("GET /api/v2/connections/con_%d", i), answers(200, fmt.Sprintf(`{"id":"con_%d","name":"c%d","strategy":"auth0","options":{"i":%d}}`, i, i, i)))
	}
	c, _ := tn.client(t)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			got, err := c.RefreshedConnection(t.Context(), fmt.Sprintf("con_%d", i))
			if err != nil || fmt.Sprint(got.Options["i"]) != fmt.Sprint(i) {
				t.Errorf("connection %d: got %v, %v", i, got, err)
			}
		})
	}
	group.Wait()
	if reads := len(tn.requests) - tn.tokens; reads > 3+3 {
		t.Errorf("%d connections were refreshed with %d reads, want at most 6", n, reads)
	}
	// What this client changes is read anew.
	tn.on("PATCH /api/v2/connections/con_7", answers(200, connectionJSON))
	tn.on("GET /api/v2/connections/con_7", answers(200, `{"id":"con_7","name":"c7","strategy":"auth0","options":{"i":"new"}}`))
	if _, err := c.UpdateConnection(t.Context(), "con_7", map[string]any{"display_name": "x"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := c.RefreshedConnection(t.Context(), "con_7"); err != nil || got.Options["i"] != "new" {
			t.Errorf("got %v, %v after an update", got, err)
		}
		c.refresh.at = time.Time{} // the next list may still show what was before
		tn.on("GET /api/v2/connections", page(0, 100, ``))
	}
	if _, err := c.RefreshedConnection(t.Context(), "con_gone"); !IsNotFound(err) {
		t.Errorf("got %v for a connection that is not in the list", err)
	}
}

func TestNamesAreLookedUpInPages(t *testing.T) {
	tn := newTenant(t)
	tn.on("GET /api/v2/connections", answers(200, `{"connections":[]}`), answers(200, `{"connections":[]}`), answers(200, `{"connections":[]}`), answers(200, `{"connections":[`+connectionJSON+`]}`))
	tn.on("PATCH /api/v2/connections/con_1", answers(200, connectionJSON))
	c, _ := tn.client(t)
	for i := range 20 {
		if found, err := c.ListedByName(t.Context(), fmt.Sprint("free-", i)); err != nil || found != nil {
			t.Errorf("got %v, %v", found, err)
		}
	}
	if found, err := c.ListedByName(t.Context(), "legacy"); err != nil || found == nil || found.ID != "con_1" {
		t.Errorf("got %v, %v", found, err)
	}
	if n := len(tn.calls("GET /api/v2/connections")); n != 4 {
		t.Errorf("21 names were looked up with %d reads, want 4", n)
	}
	if _, err := c.UpdateConnection(t.Context(), "con_1", map[string]any{"display_name": "x"}); err != nil {
		t.Fatal(err)
	}
	if found, err := c.ListedByName(t.Context(), "legacy"); err != nil || found == nil || len(tn.calls("GET /api/v2/connections")) != 5 {
		t.Errorf("got %v, %v after an update, want it read anew", found, err)
	}
}

// Clients that are as they are known cost no calls of their own where the tenant shows them; what it shows is not
// believed where it is something else, or may just be no longer filled in.
func TestRefreshOfClients(t *testing.T) {
	const n = 40
	some := func(i int) string { return `,"enabled_clients":["b","a"]` }
	for name, test := range map[string]struct {
		shown func(i int) string // of each connection
		known []string
		reads int // of clients alone
	}{
		"shown":                {some, []string{"a", "b"}, 0},
		"shown, not known yet": {some, nil, n},
		"shown as others":      {some, []string{"a"}, n},
		"one has others": {func(i int) string {
			if i == 7 {
				return `,"enabled_clients":["a"]`
			}
			return some(i)
		}, []string{"a", "b"}, 1},
		"none, as others have some": {func(i int) string {
			if i == 7 {
				return some(i)
			}
			return `,"enabled_clients":[]`
		}, []string{}, 1},
		// None of them has any, or the tenant does not say any more.
		"none at all":  {func(int) string { return `,"enabled_clients":[]` }, []string{}, n},
		"not shown":    {func(int) string { return "" }, []string{"a", "b"}, n},
		"another form": {func(int) string { return `,"enabled_clients":{"a":true}` }, []string{"a"}, n},
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			var entries []string
			for i := range n {
				entry := fmt.Sprintf(`{"id":"con_%d","name":"c%d","strategy":"auth0","options":{}%s}`, i, i, test.shown(i))
				entries = append(entries, entry)
				tn.on(fmt.Sprintf("GET /api/v2/connections/con_%d", i), answers(200, entry))
				tn.on(fmt.Sprintf("GET /api/v2/connections/con_%d/clients", i), answers(200, `{"clients":[{"client_id":"z"}]}`))
			}
			tn.on("GET /api/v2/connections", answers(200, `{"connections":[`+strings.Join(entries, ",")+`]}`))
			c, _ := tn.client(t)
			clients := make([][]string, n)
			var group sync.WaitGroup
			for i := range n {
				group.Go(func() {
					found, err := c.RefreshedConnection(t.Context(), fmt.Sprintf("con_%d", i))
					if err == nil {
						clients[i], err = c.RefreshedClients(t.Context(), found, test.known)
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			read := 0
			for i := range n {
				calls := len(tn.calls(fmt.Sprintf("GET /api/v2/connections/con_%d/clients", i)))
				read += calls
				want := test.known
				if calls > 0 {
					want = []string{"z"} // what is true, whatever is shown
				}
				if !slices.Equal(clients[i], want) || calls > 1 {
					t.Errorf("connection %d: got %v with %d reads", i, clients[i], calls)
				}
			}
			// The first few reads are single ones, of connections or of clients.
			if all := len(tn.requests) - tn.tokens; read < test.reads || all > test.reads+singleReads+1 {
				t.Errorf("%d reads in all, %d of them of clients, want %d and at most %d others", all, read, test.reads, singleReads+1)
			}
		})
	}
}

// What this client changes is not taken from a list of before.
func TestRefreshOfClientsAfterAChange(t *testing.T) {
	tn := newTenant(t)
	entry := `{"id":"con_1","name":"c1","strategy":"auth0","options":{},"enabled_clients":["a"]}`
	tn.on("GET /api/v2/connections", answers(200, `{"connections":[`+entry+`]}`))
	tn.on("GET /api/v2/connections/con_1", answers(200, strings.Replace(entry, `"a"`, ``, 1)))
	tn.on("GET /api/v2/connections/con_1/clients", answers(200, `{"clients":[]}`))
	tn.on("PATCH /api/v2/connections/con_1/clients", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	c, _ := tn.client(t)
	for range singleReads + 1 { // until there is a list
		if _, err := c.ListedByName(t.Context(), "c1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.SetClients(t.Context(), "con_1", nil, []string{"a"}); err != nil {
		t.Fatal(err)
	}
	found, err := c.RefreshedConnection(t.Context(), "con_1")
	if err != nil {
		t.Fatal(err)
	}
	if clients, err := c.RefreshedClients(t.Context(), found, []string{"a"}); err != nil || len(clients) != 0 {
		t.Errorf("got %v, %v, want none", clients, err)
	}
}
