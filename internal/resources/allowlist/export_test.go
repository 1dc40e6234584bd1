// SPDX-License-Identifier: MPL-2.0

package allowlist

import (
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/ipranges"
)

// LimitFeeds gives live feeds another time limit until the test ends.
func LimitFeeds(t *testing.T, limit time.Duration) {
	before := feeds
	feeds = ipranges.NewClient("test")
	feeds.Timeout = limit
	t.Cleanup(func() { feeds = before })
}
