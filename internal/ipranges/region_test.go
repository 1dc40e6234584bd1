// SPDX-License-Identifier: MPL-2.0

package ipranges

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestRegionOfDomain(t *testing.T) {
	for domain, want := range map[string]string{
		"acme.auth0.com":            "US",
		"acme.us.auth0.com":         "US",
		"acme.eu.auth0.com":         "EU",
		"acme.au.auth0.com":         "AU",
		"acme.ca.auth0.com":         "CA",
		"acme.jp.auth0.com":         "JP",
		"acme.uk.auth0.com":         "UK",
		"acme.us-3.auth0.com":       "US",
		"acme.eu-2.auth0.com":       "EU",
		"acme.sg.auth0.com":         "SG", // a region that may come
		"eu.auth0.com":              "US", // a tenant called eu
		"eu.au.auth0.com":           "AU",
		"us-3.auth0.com":            "US",
		"acme-dev.eu.auth0.com":     "EU",
		"ACME.EU.Auth0.COM":         "EU",
		"acme.eu.auth0.com.":        "EU",
		" acme.eu.auth0.com ":       "EU",
		"https://acme.eu.auth0.com": "EU",
		// The issuer in a token has the final slash.
		"https://acme.eu.auth0.com/": "EU",
	} {
		if got, err := RegionOfDomain(domain); err != nil || got != want {
			t.Errorf("RegionOfDomain(%q) = %q, %v, want %s", domain, got, err, want)
		}
	}
}

func TestRegionOfDomainRefuses(t *testing.T) {
	for domain, kind := range map[string]DomainKind{
		"":                                Malformed,
		" ":                               Malformed,
		".":                               Malformed,
		"https://":                        Malformed,
		"acme.eu.auth0.com/":              Malformed, // a path without a scheme
		"https://acme.eu.auth0.com/api":   Malformed,
		"https://acme.eu.auth0.com//":     Malformed,
		"acme.eu.auth0.com:443":           Malformed,
		"user@acme.eu.auth0.com":          Malformed,
		"acme.eu.auth0.com?x=1":           Malformed,
		"acme..auth0.com":                 Malformed,
		"-acme.eu.auth0.com":              Malformed,
		"ac me.eu.auth0.com":              Malformed,
		"acmé.eu.auth0.com":               Malformed,
		"ftp://acme.eu.auth0.com":         Malformed,
		strings.Repeat("a", 64) + ".com":  Malformed,
		strings.Repeat("a.", 127) + "com": Malformed,
		"auth0.com":                       NotATenant,
		"a.b.eu.auth0.com":                NotATenant,
		"acme.europe.auth0.com":           NotATenant,
		"acme.e1.auth0.com":               NotATenant,
		"acme.auth0app.com":               PrivateCloud,
		"auth0app.com":                    PrivateCloud,
		"a.b.c.auth0app.com":              PrivateCloud,
		"id.example.com":                  CustomDomain,
		"acme.eu.auth0.com.evil.example":  CustomDomain,
		"acme.eu.notauth0.com":            CustomDomain,
		"auth0.com.eu":                    CustomDomain,
		"localhost":                       CustomDomain,
		"127.0.0.1":                       CustomDomain,
	} {
		region, err := RegionOfDomain(domain)
		var wrong *DomainError
		if !errors.As(err, &wrong) || wrong.Kind != kind || wrong.Domain != domain {
			t.Errorf("RegionOfDomain(%q) = %q, %v, want an error of kind %d", domain, region, err, kind)
		}
	}
	for kind, want := range map[DomainKind]string{Malformed: "port", PrivateCloud: "Primary Egress IPs", CustomDomain: "canonical domain", NotATenant: "acme.eu.auth0.com"} {
		err := &DomainError{Domain: "x", Kind: kind, Reason: "give the name alone, without a port"}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("kind %d: %q lacks %q", kind, err.Error(), want)
		}
	}
}

func FuzzRegionOfDomain(f *testing.F) {
	for _, domain := range []string{"acme.eu.auth0.com", "eu.auth0.com", "https://a.us-3.auth0.com/", "x.auth0app.com", "id.example.com", "a..b", ""} {
		f.Add(domain)
	}
	region := regexp.MustCompile(`^[A-Z]{2}$`)
	f.Fuzz(func(t *testing.T, domain string) {
		got, err := RegionOfDomain(domain)
		if err != nil {
			var wrong *DomainError
			if !errors.As(err, &wrong) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if !region.MatchString(got) || !strings.Contains(strings.ToLower(domain), ".auth0.com") {
			t.Fatalf("RegionOfDomain(%q) = %q", domain, got)
		}
		if strings.Contains(domain, "/") {
			return
		}
		// The tenant's name has no say.
		if again, err := RegionOfDomain("x" + strings.TrimSpace(domain)); err == nil && again != got {
			t.Fatalf("%q gives %q, with another tenant name %q", domain, got, again)
		}
	})
}

func TestParseNetwork(t *testing.T) {
	for text, want := range map[string]string{
		"10.20.0.0/16":    "10.20.0.0/16",
		" 10.20.0.0/16 ":  "10.20.0.0/16",
		"10.20.0.7":       "10.20.0.7/32",
		"2001:DB8:0:0::":  "2001:db8::/128",
		"2001:DB8::/32":   "2001:db8::/32",
		"0.0.0.0/0":       "0.0.0.0/0",
		"::/0":            "::/0",
		"10.20.0.7/32":    "10.20.0.7/32",
		"255.255.255.255": "255.255.255.255/32",
	} {
		if got, err := ParseNetwork(text); err != nil || got.String() != want {
			t.Errorf("ParseNetwork(%q) = %v, %v, want %s", text, got, err, want)
		}
	}
	for text, corrected := range map[string]string{
		"10.20.3.4/16":         "10.20.0.0/16",
		"2001:db8::1/64":       "2001:db8::/64",
		"::ffff:10.20.3.4/112": "10.20.0.0/16",
		"::ffff:10.20.3.4":     "10.20.3.4/32",
		"::ffff:0:0/90":        "",
		"fe80::1%eth0":         "",
		"10.20.0.0/33":         "",
		"10.20.0.0/":           "",
		"10.20.0/16":           "",
		"10.020.0.0/16":        "",
		"010.20.0.0":           "",
		"db.example.com":       "",
		"":                     "",
		"10.20.0.0/16,::/0":    "",
	} {
		_, err := ParseNetwork(text)
		var wrong *NetworkError
		if !errors.As(err, &wrong) {
			t.Errorf("ParseNetwork(%q): %v, want a NetworkError", text, err)
			continue
		}
		got := ""
		if wrong.Corrected.IsValid() {
			got = wrong.Corrected.String()
		}
		if got != corrected || corrected != "" && !strings.Contains(err.Error(), corrected) {
			t.Errorf("ParseNetwork(%q): %v, want the correction %q", text, err, corrected)
		}
	}
}
