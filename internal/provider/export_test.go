// SPDX-License-Identifier: MPL-2.0

package provider

import "github.com/hashicorp/terraform-plugin-go/tfprotov6"

// WithFramework is a server of ours with something around the framework's part in it.
func WithFramework(around func(tfprotov6.ProviderServer) tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	s, ok := Server("test").(*server)
	if !ok {
		panic("another server")
	}
	s.ProviderServer = around(s.ProviderServer)
	return s
}
