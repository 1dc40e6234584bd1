// SPDX-License-Identifier: MPL-2.0

// Command auth0pg-users-api is an API in front of the users of a PostgreSQL database, for the action scripts of a custom
// database, and the check of any other that keeps the same contract.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set when a release is built.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errFailed):
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "auth0pg-users-api:", err)
		os.Exit(2)
	}
}

const usage = `auth0pg-users-api is an API in front of the users, for the action scripts of an Auth0 custom database.

  auth0pg-users-api serve    serve the users behind the access functions of a schema
  auth0pg-users-api check    try whether an API keeps the contract
  auth0pg-users-api version  print the version

Each has -help. Every flag is also an environment variable, AUTH0PG_API_ and its name in capitals; flags go first.
`

func run(ctx context.Context, args, environment []string, out, log io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("say what to do\n\n%s", usage)
	}
	switch args[0] {
	case "serve":
		return serve(ctx, args[1:], environment, log)
	case "check":
		return checkAPI(ctx, args[1:], environment, out, log)
	case "version", "-version", "--version":
		_, err := fmt.Fprintln(out, version)
		return err
	case "help", "-h", "-help", "--help":
		_, err := fmt.Fprint(out, usage)
		return err
	}
	return fmt.Errorf("%q is nothing to do\n\n%s", args[0], usage)
}
