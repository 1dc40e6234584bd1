// SPDX-License-Identifier: MPL-2.0

package ipranges

import (
	_ "embed"
	"fmt"
	"sync"
)

// snapshotText is Auth0's published list as of the date in it, in the feed's own format.
// It is replaced by a newer copy of the feed at each release.
//
//go:embed snapshot.json
var snapshotText []byte

// Snapshot returns the list that is bundled with this release.
var Snapshot = sync.OnceValue(func() Feed {
	feed, err := Parse(snapshotText)
	if err != nil {
		// The file is part of the program and tested.
		panic(fmt.Sprintf("bundled IP ranges: %v", err))
	}
	return feed
})
