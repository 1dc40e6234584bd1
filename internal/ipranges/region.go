// SPDX-License-Identifier: MPL-2.0

package ipranges

import (
	"fmt"
	"regexp"
	"strings"
)

// DomainKind says why no region follows from a domain.
type DomainKind int

const (
	// Malformed is a text that is no domain name.
	Malformed DomainKind = iota
	// NotATenant is a name below auth0.com that is no tenant's domain.
	NotATenant
	// PrivateCloud is a domain below auth0app.com.
	PrivateCloud
	// CustomDomain is a domain that is not Auth0's.
	CustomDomain
)

// DomainError is a domain from which no region follows.
type DomainError struct {
	Domain string
	Kind   DomainKind
	// Reason says what is wrong with a malformed domain.
	Reason string
}

func (e *DomainError) Error() string {
	switch e.Kind {
	case NotATenant:
		return fmt.Sprintf("%q is not a tenant's domain: that is <tenant>.auth0.com for the oldest tenants of the US "+
			"region, or <tenant>.<region>.auth0.com, for example acme.eu.auth0.com", e.Domain)
	case PrivateCloud:
		return fmt.Sprintf("%q belongs to a private cloud, which does not call from the public regions' addresses. Its own "+
			"are listed for each environment in Auth0's Support Center as Primary Egress IPs", e.Domain)
	case CustomDomain:
		return fmt.Sprintf("%q is not below auth0.com, and a custom domain does not tell the region of its tenant. Use the "+
			"tenant's canonical domain, for example acme.eu.auth0.com, or name the region", e.Domain)
	case Malformed:
	}
	return fmt.Sprintf("%q is not a domain name: %s", e.Domain, e.Reason)
}

var (
	// label is one label of a host name.
	label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	// regionLabel is a region, or a sub-locality, in a tenant's domain.
	regionLabel = regexp.MustCompile(`^[a-z]{2}(-[0-9]{1,3})?$`)
)

// RegionOfDomain returns the region, in upper case, in which the tenant with this
// canonical domain lives. The labels are compared one by one: a tenant may itself be
// called "eu", and eu.auth0.com is a tenant of the US region. A region that is not known
// yet is returned as it stands. The error is a *DomainError.
//
// Letter case, a trailing dot, and the "https://" and final "/" of an issuer are ignored.
func RegionOfDomain(domain string) (string, error) {
	labels, err := labels(domain)
	if err != nil {
		return "", err
	}
	n := len(labels)
	below := func(apex string) bool { return n >= 2 && labels[n-2]+"."+labels[n-1] == apex }
	switch {
	case below("auth0app.com"):
		return "", &DomainError{Domain: domain, Kind: PrivateCloud}
	case !below("auth0.com"):
		return "", &DomainError{Domain: domain, Kind: CustomDomain}
	case n == 3:
		return "US", nil
	case n == 4 && regionLabel.MatchString(labels[1]):
		return BaseRegion(labels[1]), nil
	}
	return "", &DomainError{Domain: domain, Kind: NotATenant}
}

// labels parts a domain name into its labels, in lower case.
func labels(domain string) ([]string, error) {
	malformed := func(reason string) error { return &DomainError{Domain: domain, Kind: Malformed, Reason: reason} }

	name := strings.ToLower(strings.TrimSpace(domain))
	for _, scheme := range []string{"https://", "http://"} {
		if rest, found := strings.CutPrefix(name, scheme); found {
			name = strings.TrimSuffix(rest, "/")
			break
		}
	}
	name = strings.TrimSuffix(name, ".")
	switch {
	case name == "":
		return nil, malformed("it is empty")
	case strings.ContainsAny(name, "/?#"):
		return nil, malformed("give the name alone, without a path")
	case strings.Contains(name, "@"):
		return nil, malformed("give the name alone, without a user")
	case strings.Contains(name, ":"):
		return nil, malformed("give the name alone, without a port")
	case len(name) > 253:
		return nil, malformed("it is longer than 253 characters")
	}
	parts := strings.Split(name, ".")
	for _, part := range parts {
		if !label.MatchString(part) {
			return nil, malformed(fmt.Sprintf("the part %q may only hold letters, digits and inner hyphens, at most 63", part))
		}
	}
	return parts, nil
}
