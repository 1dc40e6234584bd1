// SPDX-License-Identifier: MPL-2.0

// Demo shows the main job from end to end on one machine: it builds the provider, starts a
// private PostgreSQL and a local tenant, applies examples/complete, and then acts as the
// end users who sign up and log in. When that is destroyed it does the same in short with
// examples/with-module. It exits with 1 if anything differs from what it should be.
//
//	go run ./internal/demo [-keep]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// errDiffers is the result of a demo that ran to its end with a step that went wrong.
var errDiffers = errors.New("the demo did not go as it should: see the steps marked with ✗ above")

func main() {
	keep := flag.Bool("keep", false, "leave everything running and print how to reach it")
	background := flag.Bool("background", false, "used by -keep for the process that stays")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	do := func() error { return run(ctx, *keep) }
	if *keep && !*background {
		do = func() error { return keepRunning(ctx) }
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, "\n"+err.Error())
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, keep bool) (err error) {
	began := time.Now()
	stage, err := newStage(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.close()) }()

	var report report
	fmt.Println("Applying examples/complete …")
	report.step("read the plan", planRead, func() (string, error) { return stage.readPlan(ctx) })
	applied := report.step("apply", "succeeds", func() (string, error) { return stage.complete.apply(ctx) })
	if applied {
		actAsUsers(ctx, &report, stage)
		report.step("plan", "no changes", func() (string, error) { return stage.complete.plan(ctx) })
		report.step(
			"destroy, guards up",
			"refused, says how to proceed",
			func() (string, error) { return stage.destroyRefused(ctx) },
		)
	}
	if keep && applied {
		report.print(os.Stdout, time.Since(began))
		stage.describe(os.Stdout)
		if !report.ok() {
			return errDiffers
		}
		return stayInBackground(ctx)
	}
	if applied {
		report.step("lift the guards, destroy", "succeeds", func() (string, error) { return stage.destroy(ctx) })
		report.step("after destroy", "no table, no role, no connection", func() (string, error) { return stage.remains(ctx) })
		fmt.Println("Applying examples/with-module …")
		useModule(ctx, &report, stage)
	}
	report.print(os.Stdout, time.Since(began))
	if !report.ok() {
		return errDiffers
	}
	return nil
}
