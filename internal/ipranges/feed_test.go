// SPDX-License-Identifier: MPL-2.0

package ipranges

import (
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func networks(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

func TestParse(t *testing.T) {
	feed, err := Parse([]byte(`{
		"last_updated_at": "2025-07-07T12:00:00.000Z",
		"some_new_key": {"a": 1},
		"regions": {
			"us":   {"ipv4_cidrs": ["52.2.61.131/32", "3.20.16.23/32", "52.2.61.131/32"], "log_streaming": "later"},
			"US":   {"ipv4_cidrs": ["174.129.105.183/32"]},
			"EU-2": {"ipv4_cidrs": ["18.197.9.11/32"], "ipv6_cidrs": ["2001:db8:1::/64", "2001:DB8::/64"]},
			"SG":   {"ipv4_cidrs": ["203.0.113.0/28"]}
		},
		"changelog": [
			{"date": "2025-07-07", "region": "us", "action": "remove", "ipv4_cidrs": ["54.183.64.135/32"]},
			{"date": 7}, "odd",
			{"date": "2025-07-07", "region": "US", "action": "add", "ipv4_cidrs": ["3.20.16.23/32"]}
		]
	}`))
	if err != nil {
		t.Fatal(err)
	}
	if feed.LastUpdatedAt != "2025-07-07T12:00:00.000Z" {
		t.Errorf("last updated %q", feed.LastUpdatedAt)
	}
	if got := strings.Join(feed.Names(), " "); got != "EU-2 SG US" {
		t.Errorf("regions %q", got)
	}
	for region, want := range map[string][]string{
		"US":   {"3.20.16.23/32", "52.2.61.131/32", "174.129.105.183/32"}, // by address, not by text
		"us-3": {"3.20.16.23/32", "52.2.61.131/32", "174.129.105.183/32"},
		"eu":   {"18.197.9.11/32", "2001:db8::/64", "2001:db8:1::/64"},
		"SG":   {"203.0.113.0/28"},
	} {
		got, err := feed.Region(region)
		if err != nil || !slices.Equal(Strings(got), want) {
			t.Errorf("Region(%q) = %v, %v, want %v", region, got, err, want)
		}
	}
	var unknown *UnknownRegionError
	if _, err := feed.Region("AU"); !errors.As(err, &unknown) || !slices.Equal(unknown.Known, feed.Names()) {
		t.Errorf("Region(AU): %v", err)
	}
	if got := len(feed.All()); got != 7 {
		t.Errorf("All() has %d networks, want 7", got)
	}
	if got := feed.Announced(networks("54.183.64.135/32", "3.20.16.23/32")); len(got) != 1 || got[0].Region != "US" || got[0].Date != "2025-07-07" {
		t.Errorf("Announced() = %v, want the removal alone", got)
	}
}

func TestParseToleratesOddTimestampAndChangelog(t *testing.T) {
	for _, extra := range []string{``, `"last_updated_at": 1751889600,`, `"last_updated_at": null, "changelog": null,`, `"changelog": {"a": 1},`} {
		feed, err := Parse([]byte(`{` + extra + `"regions": {"EU": {"ipv4_cidrs": ["18.197.9.11/32"]}}}`))
		if err != nil || feed.LastUpdatedAt != "" || len(feed.Changelog) != 0 || len(feed.Regions["EU"]) != 1 {
			t.Errorf("%s: %+v, %v", extra, feed, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	region := func(content string) string { return `{"regions": {"EU": {` + content + `}}}` }
	for name, test := range map[string]struct {
		text, want string
	}{
		"HTML":            {"<!doctype html><html></html>", "not the JSON document"},
		"nothing":         {"", "not the JSON document"},
		"cut off":         {`{"regions": {"EU": {"ipv4_cidrs": ["18.197.9.11/32"`, "not the JSON document"},
		"list":            {`[]`, "not the JSON document"},
		"two documents":   {region(`"ipv4_cidrs": ["18.197.9.11/32"]`) + "{}", "not the JSON document"},
		"regions as list": {`{"regions": [{"region": "EU"}]}`, "not the JSON document"},
		"no CIDR":         {region(`"ipv4_cidrs": ["18.197.9.11"]`), `"18.197.9.11", which is not a network`},
		"no address":      {region(`"ipv4_cidrs": ["300.1.1.1/32"]`), "not a network"},
		"host bits":       {region(`"ipv4_cidrs": ["18.197.9.11/24"]`), "bits set"},
		"everything":      {region(`"ipv4_cidrs": ["0.0.0.0/0"]`), "too wide"},
		"half of IPv4":    {region(`"ipv4_cidrs": ["128.0.0.0/1"]`), "too wide"},
		"all of IPv6":     {region(`"ipv6_cidrs": ["::/0"]`), "too wide"},
		"mixed families":  {region(`"ipv4_cidrs": ["2001:db8::/32"]`), "under ipv4_cidrs"},
		"mapped":          {region(`"ipv6_cidrs": ["::ffff:10.0.0.0/120"]`), "under ipv6_cidrs"},
		"text for list":   {region(`"ipv4_cidrs": "18.197.9.11/32"`), "not a list of strings"},
		"number in list":  {region(`"ipv4_cidrs": [1]`), "not a list of strings"},
		"odd region":      {`{"regions": {"EU\nall": {"ipv4_cidrs": ["18.197.9.11/32"]}}}`, "unusable name"},
	} {
		_, err := Parse([]byte(test.text))
		var wrong *FeedError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want a FeedError with %q", name, err, test.want)
		}
	}
	for name, test := range map[string]struct {
		text, region string
	}{
		"no regions":      {`{"last_updated_at": "2025-07-07"}`, ""},
		"empty regions":   {`{"regions": {}}`, ""},
		"null":            {`null`, ""},
		"empty region":    {`{"regions": {"US": {"ipv4_cidrs": ["3.20.16.23/32"]}, "EU": {"ipv4_cidrs": []}}}`, "EU"},
		"another key":     {region(`"log_streaming": ["18.197.9.11/32"]`), "EU"},
		"null for a list": {region(`"ipv4_cidrs": null`), "EU"},
		"null region":     {`{"regions": {"EU": null}}`, "EU"},
	} {
		_, err := Parse([]byte(test.text))
		var empty *EmptyError
		if !errors.As(err, &empty) || empty.Region != test.region {
			t.Errorf("%s: %v, want an EmptyError of region %q", name, err, test.region)
		}
	}
}

func TestSnapshot(t *testing.T) {
	feed := Snapshot()
	for region, atLeast := range map[string]int{"US": 49, "EU": 24, "AU": 9, "CA": 6, "JP": 12, "UK": 3} {
		listed, err := feed.Region(region)
		if err != nil || len(listed) < atLeast {
			t.Errorf("region %s: %d networks, %v", region, len(listed), err)
		}
	}
	if feed.LastUpdatedAt < "2026-08-20" {
		t.Errorf("the snapshot is of %q", feed.LastUpdatedAt)
	}
	// AU's first-looking network address is a host.
	if !slices.Contains(Strings(feed.Regions["AU"]), "54.153.131.0/32") {
		t.Error("54.153.131.0/32 is missing")
	}
	again, err := json.Marshal(feed)
	if err != nil {
		t.Fatal(err)
	}
	var want any
	if err := json.Unmarshal(snapshotText, &want); err != nil {
		t.Fatal(err)
	}
	if canonical, _ := json.Marshal(want); !slices.Equal(sortedKeys(t, again), canonical) {
		t.Error("the bundled file does not list its networks sorted and once")
	}
}

// sortedKeys writes JSON with its keys in alphabetical order.
func sortedKeys(t *testing.T, text []byte) []byte {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestShrunkenAndLost(t *testing.T) {
	before := networks("192.0.2.0/32", "192.0.2.1/32", "192.0.2.9/32", "2001:db8::/64")
	for name, test := range map[string]struct {
		after    []netip.Prefix
		shrunken bool
		lost     []string
	}{
		"same":                 {before, false, nil},
		"one more":             {append(networks("192.0.2.77/32"), before...), false, nil},
		"one less":             {networks("192.0.2.0/32", "192.0.2.1/32", "2001:db8::/64"), true, []string{"192.0.2.9/32"}},
		"exchanged":            {networks("192.0.2.0/32", "192.0.2.1/32", "192.0.2.8/32", "2001:db8::/64"), false, []string{"192.0.2.9/32"}},
		"joined":               {networks("192.0.2.0/31", "192.0.2.9/32", "2001:db8::/64"), false, nil},
		"nested counted once":  {networks("192.0.2.0/31", "192.0.2.0/32", "192.0.2.1/32", "2001:db8::/64"), true, []string{"192.0.2.9/32"}},
		"IPv6 gone, IPv4 grew": {networks("192.0.2.0/24"), true, []string{"2001:db8::/64"}},
		"empty":                {nil, true, Strings(before)},
	} {
		if got := Shrunken(before, test.after); got != test.shrunken {
			t.Errorf("%s: Shrunken = %v", name, got)
		}
		if got := Strings(Lost(before, test.after)); !slices.Equal(got, test.lost) && len(got)+len(test.lost) > 0 {
			t.Errorf("%s: Lost = %v, want %v", name, got, test.lost)
		}
	}
	if got := Lost(networks("192.0.2.0/31"), networks("192.0.2.0/32")); len(got) != 1 {
		t.Errorf("narrowed: Lost = %v", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(snapshotText)
	f.Add([]byte(`{"regions": {"us": {"ipv4_cidrs": ["3.20.16.23/32"]}, "US-3": {"ipv6_cidrs": ["2001:db8::/64"]}}}`))
	f.Add([]byte(`{"last_updated_at": 1, "regions": {"EU": {"IPV4_CIDRS": ["10.0.0.0/8", "10.0.0.0/8"]}}, "changelog": [{"action": "remove"}]}`))
	f.Add([]byte(`<html>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		feed, err := Parse(text)
		if err != nil {
			var wrong *FeedError
			var empty *EmptyError
			if !errors.As(err, &wrong) && !errors.As(err, &empty) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		for name, listed := range feed.Regions {
			if len(listed) == 0 || name != strings.ToUpper(name) {
				t.Fatalf("region %q has %d networks", name, len(listed))
			}
			for i, network := range listed {
				if network != network.Masked() || TooWide(network) || i > 0 && listed[i-1].Compare(network) >= 0 {
					t.Fatalf("region %s: %v", name, listed)
				}
			}
			if got, err := feed.Region(strings.ToLower(name)); err != nil || len(Lost(listed, got)) > 0 {
				t.Fatalf("Region(%q) = %v, %v", name, got, err)
			}
		}
		written, err := json.Marshal(feed)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(written)
		if err != nil {
			t.Fatalf("what was written is refused: %v", err)
		}
		if rewritten, _ := json.Marshal(again); !slices.Equal(written, rewritten) {
			t.Fatalf("%s\nbecame\n%s", written, rewritten)
		}
	})
}
