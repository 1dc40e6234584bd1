// SPDX-License-Identifier: MPL-2.0

package ipranges

import (
	"fmt"
	"net/netip"
	"strings"
)

// NetworkError is a text that is not a network in CIDR notation.
type NetworkError struct {
	Text   string
	Reason string
	// Corrected is the network that was probably meant, invalid when there is no guess.
	Corrected netip.Prefix
}

func (e *NetworkError) Error() string {
	if e.Corrected.IsValid() {
		return fmt.Sprintf("%q %s; the network is %s", e.Text, e.Reason, e.Corrected)
	}
	return fmt.Sprintf("%q %s", e.Text, e.Reason)
}

// ParseNetwork reads a network as a person writes it: CIDR notation, or one address alone.
// Bits right of the prefix are refused, since nobody can tell whether the address or the
// prefix was meant. The error is a *NetworkError.
func ParseNetwork(text string) (netip.Prefix, error) {
	trimmed := strings.TrimSpace(text)
	if addr, err := netip.ParseAddr(trimmed); err == nil {
		if addr.Zone() != "" {
			return netip.Prefix{}, &NetworkError{Text: text, Reason: "has a zone, which means nothing to another host"}
		}
		if addr.Is4In6() {
			addr = addr.Unmap()
			return netip.Prefix{}, &NetworkError{Text: text, Reason: "is an IPv4 address in IPv6 notation",
				Corrected: netip.PrefixFrom(addr, addr.BitLen())}
		}
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(trimmed)
	if err != nil {
		return netip.Prefix{}, &NetworkError{Text: text, Reason: "is not a network in CIDR notation, for example " +
			"10.20.0.0/16 or 2001:db8::/32"}
	}
	if network.Addr().Is4In6() {
		// Shorter than 96 bits it is no IPv4 network at all; the correction is then invalid.
		corrected := netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-96).Masked()
		return netip.Prefix{}, &NetworkError{Text: text, Reason: "is an IPv4 network in IPv6 notation", Corrected: corrected}
	}
	if network != network.Masked() {
		return netip.Prefix{}, &NetworkError{Text: text, Reason: "has bits set right of its prefix",
			Corrected: network.Masked()}
	}
	return network, nil
}
