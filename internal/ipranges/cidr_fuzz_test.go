// SPDX-License-Identifier: MPL-2.0

package ipranges

import "testing"

// FuzzParseNetwork reads the networks that a user adds.
func FuzzParseNetwork(f *testing.F) {
	for _, text := range []string{"10.20.0.0/16", " 10.20.0.7 ", "2001:DB8:0:0::", "::ffff:10.0.0.1/128", "fe80::1%eth0/64", "0.0.0.0/0", "::/0", "010.1.1.1", "10.0.0.1/24", "10.0.0.0/08", "1/8", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		network, err := ParseNetwork(text)
		if err != nil {
			return
		}
		if !network.IsValid() || network != network.Masked() || network.Addr().Is4In6() || network.Addr().Zone() != "" {
			t.Errorf("%q is read as %s", text, network)
		}
		if again, err := ParseNetwork(network.String()); err != nil || again != network {
			t.Errorf("%q is read as %s, and that as %s: %v", text, network, again, err)
		}
	})
}
