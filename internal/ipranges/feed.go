// SPDX-License-Identifier: MPL-2.0

// Package ipranges knows the addresses from which Auth0 calls a custom database: the
// format in which Auth0 publishes them, a bundled snapshot, the live feed, and the
// region that a tenant's domain belongs to.
package ipranges

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// Feed is the published list. Regions are upper-case; the networks of each are valid,
// free of duplicates and sorted by address.
type Feed struct {
	// LastUpdatedAt is the feed's own timestamp as it stands there, "" when it has none.
	LastUpdatedAt string
	Regions       map[string][]netip.Prefix
	// Changelog is what the feed says about its own changes. It serves explanations
	// only: entries that cannot be read are left out.
	Changelog []Change
}

// Change is one entry of the feed's changelog.
type Change struct {
	Date   string         `json:"date"`
	Region string         `json:"region"`
	Action string         `json:"action"`
	CIDRs  []netip.Prefix `json:"ipv4_cidrs"`
}

// FeedError is a document that is not a usable list.
type FeedError struct {
	// Reason says what is wrong and where.
	Reason string
	err    error
}

func (e *FeedError) Error() string {
	if e.err != nil {
		return fmt.Sprintf("%s: %v", e.Reason, e.err)
	}
	return e.Reason
}

func (e *FeedError) Unwrap() error { return e.err }

// EmptyError is a list without a single address.
type EmptyError struct {
	// Region is "" when the whole feed is empty.
	Region string
}

func (e *EmptyError) Error() string {
	if e.Region == "" {
		return "the feed lists no address at all"
	}
	return fmt.Sprintf("the feed lists no address for region %s", e.Region)
}

// UnknownRegionError is a region that the feed does not list.
type UnknownRegionError struct {
	Region string
	Known  []string
}

func (e *UnknownRegionError) Error() string {
	return fmt.Sprintf("there is no region %q; known regions are %s", e.Region, strings.Join(e.Known, ", "))
}

// document is the feed on the wire. Keys that it does not name are ignored.
type document struct {
	LastUpdatedAt json.RawMessage                       `json:"last_updated_at"`
	Regions       map[string]map[string]json.RawMessage `json:"regions"`
	Changelog     json.RawMessage                       `json:"changelog"`
}

// regionName is what a key of "regions" may look like: a region, or one of its
// sub-localities ("US-3").
var regionName = regexp.MustCompile(`^[A-Z]{2,8}(-[0-9A-Z]{1,8})?$`)

// The widest networks that a list of single hosts can plausibly hold. A wider one would
// open the database to a good part of the Internet.
const (
	widestIPv4 = 8
	widestIPv6 = 16
)

// Parse reads a feed. It is tolerant of what may come (more regions, more keys, another
// letter case, no timestamp) and strict about what would end up in a firewall: every
// network must be valid, without host bits, and no region may be empty.
func Parse(text []byte) (Feed, error) {
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil {
		return Feed{}, &FeedError{Reason: "the feed is not the JSON document that it should be", err: err}
	}
	feed := Feed{Regions: map[string][]netip.Prefix{}, Changelog: changes(doc.Changelog)}
	// A timestamp of another type is as good as none.
	_ = json.Unmarshal(doc.LastUpdatedAt, &feed.LastUpdatedAt)

	for key, lists := range doc.Regions {
		region := strings.ToUpper(strings.TrimSpace(key))
		if !regionName.MatchString(region) {
			return Feed{}, &FeedError{Reason: fmt.Sprintf("the feed has a region with the unusable name %.40q", key)}
		}
		networks, err := regionNetworks(region, lists)
		if err != nil {
			return Feed{}, err
		}
		// Two keys may differ in letter case only.
		feed.Regions[region] = Sorted(append(feed.Regions[region], networks...))
	}
	if len(feed.Regions) == 0 {
		return Feed{}, &EmptyError{}
	}
	for _, region := range feed.Names() {
		if len(feed.Regions[region]) == 0 {
			return Feed{}, &EmptyError{Region: region}
		}
	}
	return feed, nil
}

// regionNetworks reads "ipv4_cidrs" and "ipv6_cidrs" of one region.
func regionNetworks(region string, lists map[string]json.RawMessage) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for key, raw := range lists {
		key = strings.ToLower(key)
		if key != "ipv4_cidrs" && key != "ipv6_cidrs" {
			continue
		}
		var texts []string
		if err := json.Unmarshal(raw, &texts); err != nil {
			return nil, &FeedError{Reason: fmt.Sprintf("%s of region %s is not a list of strings", key, region), err: err}
		}
		for _, text := range texts {
			network, err := netip.ParsePrefix(text)
			switch {
			case err != nil:
				return nil, &FeedError{Reason: fmt.Sprintf("region %s lists %.60q, which is not a network", region, text)}
			case network != network.Masked():
				return nil, &FeedError{Reason: fmt.Sprintf("region %s lists %s, which has bits set right of its prefix",
					region, network)}
			case network.Addr().Is4In6() || network.Addr().Is4() != (key == "ipv4_cidrs"):
				return nil, &FeedError{Reason: fmt.Sprintf("region %s lists %s under %s", region, network, key)}
			case TooWide(network):
				return nil, &FeedError{Reason: fmt.Sprintf("region %s lists %s, which is far too "+
					"wide for a list of Auth0's hosts", region, network)}
			}
			networks = append(networks, network)
		}
	}
	return networks, nil
}

// changes reads the changelog entry by entry, so that one odd entry hides no other.
func changes(raw json.RawMessage) []Change {
	var entries []json.RawMessage
	if json.Unmarshal(raw, &entries) != nil {
		return nil
	}
	var log []Change
	for _, entry := range entries {
		var change Change
		if json.Unmarshal(entry, &change) == nil {
			change.Region = strings.ToUpper(change.Region)
			log = append(log, change)
		}
	}
	return log
}

// MarshalJSON writes the feed in its own format, always the same bytes for the same list.
func (f Feed) MarshalJSON() ([]byte, error) {
	type lists struct {
		IPv4 []netip.Prefix `json:"ipv4_cidrs"`
		IPv6 []netip.Prefix `json:"ipv6_cidrs,omitempty"`
	}
	doc := struct {
		LastUpdatedAt string           `json:"last_updated_at"`
		Regions       map[string]lists `json:"regions"`
		Changelog     []Change         `json:"changelog"`
	}{f.LastUpdatedAt, map[string]lists{}, f.Changelog}
	if doc.Changelog == nil {
		doc.Changelog = []Change{}
	}
	for region, networks := range f.Regions {
		ipv4, ipv6 := Families(networks)
		doc.Regions[region] = lists{append([]netip.Prefix{}, ipv4...), ipv6}
	}
	return json.Marshal(doc)
}

// Names lists the regions in alphabetical order.
func (f Feed) Names() []string {
	names := make([]string, 0, len(f.Regions))
	for name := range f.Regions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Region returns the networks of a region, in any letter case. Sub-localities ("EU-2")
// share the list of their region, and no domain tells them apart: asking for either
// gives the region's networks and those of all its sub-localities.
func (f Feed) Region(name string) ([]netip.Prefix, error) {
	base := BaseRegion(name)
	var networks []netip.Prefix
	for key, listed := range f.Regions {
		if BaseRegion(key) == base {
			networks = append(networks, listed...)
		}
	}
	if len(networks) == 0 {
		return nil, &UnknownRegionError{Region: name, Known: f.Names()}
	}
	return Sorted(networks), nil
}

// All returns the networks of every region.
func (f Feed) All() []netip.Prefix {
	var networks []netip.Prefix
	for _, listed := range f.Regions {
		networks = append(networks, listed...)
	}
	return Sorted(networks)
}

// Announced returns the changelog entries that take away one of these networks.
func (f Feed) Announced(lost []netip.Prefix) []Change {
	var found []Change
	for _, change := range f.Changelog {
		if strings.EqualFold(change.Action, "remove") &&
			slices.ContainsFunc(change.CIDRs, func(p netip.Prefix) bool { return slices.Contains(lost, p) }) {
			found = append(found, change)
		}
	}
	return found
}

// BaseRegion is the region that a sub-locality belongs to, in upper case: "EU" for "eu-2".
func BaseRegion(name string) string {
	base, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(name)), "-")
	return base
}

// Sorted returns the networks by family and address, each once.
func Sorted(networks []netip.Prefix) []netip.Prefix {
	sorted := slices.Clone(networks)
	slices.SortFunc(sorted, netip.Prefix.Compare)
	return slices.Compact(sorted)
}

// Families parts the networks into IPv4 and IPv6, keeping their order.
func Families(networks []netip.Prefix) (ipv4, ipv6 []netip.Prefix) {
	for _, network := range networks {
		if network.Addr().Is4() {
			ipv4 = append(ipv4, network)
		} else {
			ipv6 = append(ipv6, network)
		}
	}
	return ipv4, ipv6
}

// Lost returns the networks of before that after does not cover any more.
func Lost(before, after []netip.Prefix) []netip.Prefix {
	var lost []netip.Prefix
	for _, old := range before {
		if !slices.ContainsFunc(
			after,
			func(p netip.Prefix) bool { return p.Bits() <= old.Bits() && p.Contains(old.Addr()) },
		) {
			lost = append(lost, old)
		}
	}
	return lost
}

// Shrunken reports whether a family has fewer addresses than before. A list in which
// addresses were exchanged, or single hosts joined into a network, is not shrunken.
func Shrunken(before, after []netip.Prefix) bool {
	before4, before6 := Families(before)
	after4, after6 := Families(after)
	return size(after4).Cmp(size(before4)) < 0 || size(after6).Cmp(size(before6)) < 0
}

// size counts the addresses in the networks, those in nested networks once.
func size(networks []netip.Prefix) *big.Int {
	total := new(big.Int)
	for i, network := range networks {
		if slices.ContainsFunc(
			networks[:i],
			func(p netip.Prefix) bool { return p.Overlaps(network) && p.Bits() <= network.Bits() },
		) {
			continue
		}
		hosts := network.Addr().BitLen() - network.Bits()
		total.Add(total, new(big.Int).Lsh(big.NewInt(1), uint(hosts)))
	}
	return total
}

// TooWide reports whether a network is wider than any list of hosts would need.
func TooWide(network netip.Prefix) bool {
	if network.Addr().Is4() {
		return network.Bits() < widestIPv4
	}
	return network.Bits() < widestIPv6
}

// Strings writes the networks in CIDR notation.
func Strings(networks []netip.Prefix) []string {
	texts := make([]string, len(networks))
	for i, network := range networks {
		texts[i] = network.String()
	}
	return texts
}
