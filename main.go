// SPDX-License-Identifier: MPL-2.0

// The Terraform provider for Auth0 custom databases on PostgreSQL.
package main

import (
	"flag"
	"log"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "run under a debugger such as delve")
	flag.Parse()
	if !logged() {
		// The framework writes at level trace, a fifth of the provider's time, for Terraform to throw away.
		_ = os.Setenv("TF_LOG_SDK", "OFF") // fails on malformed names only
	}
	var options []tf6server.ServeOpt
	if *debug {
		options = append(options, tf6server.WithManagedDebug())
	}
	// Not providerserver.Serve, which holds protocol 5 too: more than a megabyte that Terraform never asks for.
	serve := func() tfprotov6.ProviderServer { return provider.Server(version) }
	if err := tf6server.Serve(provider.Address, serve, options...); err != nil {
		log.Fatal(err)
	}
}

// logged reports whether anybody asked for a log. Terraform's variables all begin alike.
func logged() bool {
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "TF_LOG") && name != "TF_LOG_PATH" &&
			value != "" {
			return true
		}
	}
	return false
}
