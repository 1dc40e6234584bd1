// SPDX-License-Identifier: MPL-2.0

package allowlist_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/allowlist"
)

// A feed that begins to answer and does not go on is given up, and the bundled list takes its place.
func TestAllowlistLiveHangs(t *testing.T) {
	allowlist.LimitFeeds(t, 200*time.Millisecond)
	hang := make(chan struct{})
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-hang
	}))
	defer feed.Close()
	defer close(hang)
	const name = "auth0pg_allowlist.test"
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config: fmt.Sprintf(`
resource "auth0pg_allowlist" "test" {
  region = "JP"
  live   = true
  url    = %q
}`, feed.URL),
			Check: resource.ComposeTestCheckFunc(
				resource.TestCheckResourceAttr(name, "source", "snapshot"), resource.TestCheckResourceAttr(name, "cidrs.#", "12")),
		}},
	})
}
