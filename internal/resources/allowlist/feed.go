// SPDX-License-Identifier: MPL-2.0

package allowlist

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/ipranges"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// feeds remembers the last answer of each live feed for the life of the process. Every
// use asks the server whether it is still the newest.
var feeds = ipranges.NewClient("terraform-provider-auth0pg")

// The values of the attribute source.
const (
	sourceSnapshot = "snapshot"
	sourceLive     = "live"
)

// ranges is a list of addresses with where it came from.
type ranges struct {
	networks      []netip.Prefix
	lastUpdatedAt string
	source        string
}

// answer is what a live feed said when it was asked. The allowlist keeps it in its
// private state between refresh and plan, so that plan and apply see the same list.
type answer struct {
	URL string `json:"url"`
	// Feed is the feed in its own format, absent when there was a failure.
	Feed json.RawMessage `json:"feed,omitempty"`
	// Failure says why the feed could not be used.
	Failure string `json:"failure,omitempty"`
	// Refused is set when the feed was reached and lists nothing: it is then not replaced
	// by another list, since nobody knows what the empty list means.
	Refused bool `json:"refused,omitempty"`
	// Anew is set when no answer was kept from the refresh: at apply, Terraform then plans
	// withPlace an answer of its own.
	Anew bool `json:"-"`
}

// askFeed fetches the feed at url. An error is returned only when the context ended.
func askFeed(ctx context.Context, url string) (answer, error) {
	feed, err := feeds.Fetch(ctx, url)
	if ctx.Err() != nil {
		return answer{}, ctx.Err()
	}
	said := answer{URL: url}
	if err != nil {
		var empty *ipranges.EmptyError
		said.Failure, said.Refused = err.Error(), errors.As(err, &empty)
		return said, nil
	}
	said.Feed, err = json.Marshal(feed)
	return said, err
}

// feed returns the list that was answered; ok is false after a failure.
func (a answer) feed() (feed ipranges.Feed, ok bool) {
	if a.Failure != "" {
		return ipranges.Feed{}, false
	}
	feed, err := ipranges.Parse(a.Feed)
	return feed, err == nil
}

// addFeedCancelled reports that the context ended while the feed was read.
func addFeedCancelled(diags *diag.Diagnostics, err error) {
	diags.AddError("Live Feed Not Read", fmt.Sprintf("Reading the list of Auth0's addresses was cancelled: "+
		"%v.\n\nRun the command again.", err))
}

// addFeedRefused reports a feed that was reached and lists nothing.
func addFeedRefused(diags *diag.Diagnostics, a answer) {
	diags.AddAttributeError(path.Root("url"), "Feed Is Empty", fmt.Sprintf(
		"The live list of Auth0's addresses was read from %s and is refused: %s.\n\n"+
			"Nothing was changed. Set live = false to use the list bundled with this provider, or try "+
			"again once the feed is repaired.", a.URL, a.Failure))
}

// addFeedFallback warns that another list stands in for the live one.
func addFeedFallback(diags *diag.Diagnostics, a answer, instead string) {
	detail := fmt.Sprintf("The live list of Auth0's addresses could not be "+
		"read: %s.\n\nUsed instead: %s.", a.Failure, instead)
	if a.Anew {
		detail += " Should Terraform report an inconsistent final plan besides, the feed could still be read when that " +
			"plan was made: nothing was changed; plan and apply again."
	}
	diags.AddAttributeWarning(path.Root("live"), "Live Feed Not Used", detail)
}

// checkShrunken refuses a list with fewer addresses than before, which is far more often
// a broken feed than a change that Auth0 made.
func checkShrunken(
	diags *diag.Diagnostics,
	feed ipranges.Feed,
	what, beforeIs string,
	before, after []netip.Prefix,
) bool {
	if !ipranges.Shrunken(before, after) {
		return true
	}
	lost := ipranges.Lost(before, after)
	detail := fmt.Sprintf("The live feed lists fewer addresses for %s than %s: %d networks instead of %d. Missing: %s.",
		what, beforeIs, len(after), len(before), strings.Join(ipranges.Strings(lost), ", "))
	if announced := feed.Announced(lost); len(announced) > 0 {
		var dates []string
		for _, change := range announced {
			dates = append(dates, change.Date)
		}
		detail += fmt.Sprintf(" The feed's changelog announces removals on %s.", kit.List(dates))
	}
	diags.AddAttributeError(path.Root("allow_shrink"), "Feed Lost Addresses", detail+
		"\n\nCalls from a missing address would be refused. If Auth0 has given these addresses up, set "+
		"allow_shrink = true and apply again.")
	return false
}

// snapshotNote names the bundled list in a message.
func snapshotNote() string {
	return "the list bundled with this provider, of " + ipranges.Snapshot().LastUpdatedAt
}

// listMap makes a map of lists of strings.
func listMap(lists map[string]types.List) types.Map {
	elements := make(map[string]attr.Value, len(lists))
	for key, list := range lists {
		elements[key] = list
	}
	return types.MapValueMust(types.ListType{ElemType: types.StringType}, elements)
}
