// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
)

// Test does with a case of one resource what terraform-plugin-testing does, by a Core and not by some ten commands for
// each step, and holds the provider to what Terraform holds it to. Each phase has a provider of its own, as each command
// has. What only Terraform does, such as references, is an error: those tests use resource.Test.
func Test(t testing.TB, c resource.TestCase) {
	t.Helper()
	Steps(t, c.Steps...)
	if c.CheckDestroy != nil {
		if err := c.CheckDestroy(flatState("", Object{})); err != nil {
			t.Errorf("after the destroy: %v", err)
		}
	}
}

// Steps is Test of a case that has nothing but steps.
func Steps(t testing.TB, steps ...resource.TestStep) {
	t.Helper()
	s := &stepped{TB: t}
	defer s.destroy()
	for i, step := range steps {
		if err := s.step(step); err != nil {
			t.Fatalf("step %d of %d: %v", i+1, len(steps), err)
		}
	}
}

type stepped struct {
	testing.TB
	configuration

	object Object
	// tainted says that the creation failed half-way, so that the object is made anew.
	tainted bool
}

// saidError is an error of the provider's, which a step may expect.
type saidError struct{ text string }

func (e *saidError) Error() string { return e.text }

func (s *stepped) step(step resource.TestStep) error {
	if step.PreConfig != nil {
		step.PreConfig()
	}
	s.tainted = s.tainted || len(step.Taint) > 0
	turn := s.turn
	if step.ImportState {
		turn = s.imported
	}
	err := turn(step)
	if step.ExpectError == nil {
		return err
	}
	if said := new(saidError); !errors.As(err, &said) {
		return fmt.Errorf("expected an error like %s, got %w", step.ExpectError, errors.Join(errors.New("another end"), err))
	}
	if !step.ExpectError.MatchString(err.Error()) {
		return fmt.Errorf("expected an error like %s, got\n%w", step.ExpectError, err)
	}
	return nil
}

// turn plans, applies and plans again.
func (s *stepped) turn(step resource.TestStep) error {
	if err := s.read(step); err != nil {
		return err
	}
	if !step.PlanOnly {
		if err := s.apply(step); err != nil {
			return err
		}
	}
	return s.settled(step)
}

// read takes the step's configuration, if it has one, in place of the one before.
func (s *stepped) read(step resource.TestStep) error {
	if step.Config == "" && s.typ != "" {
		return nil
	}
	read, err := parse(step.Config)
	if err != nil {
		return &saidError{err.Error()}
	}
	if read.typ == "" {
		read.typ, read.name = s.typ, s.name
	}
	if s.typ != "" && read.typ != s.typ {
		return fmt.Errorf("the resource is of type %s by now", read.typ)
	}
	s.configuration = read
	if read.forgets {
		s.object, s.tainted = Object{}, false
	}
	return nil
}

// imported takes the object over once more and compares, as the step says, with the state or with the configuration.
func (s *stepped) imported(step resource.TestStep) error {
	if err := s.read(step); err != nil {
		return err
	}
	core, wanted, err := s.core()
	if err != nil {
		return err
	}
	id := cmp.Or(step.ImportStateId, attributes(s.object)["id"])
	if step.ImportStateIdFunc != nil {
		if id, err = step.ImportStateIdFunc(flatState(s.name, s.object)); err != nil {
			return err
		}
	}
	object, diags := core.Import(s.typ, id)
	switch {
	case diags.Failed():
		return &saidError{diags.String()}
	case object.State.IsNull():
		return &saidError{"Cannot import non-existent remote object " + id}
	case step.ImportStateKind == resource.ImportBlockWithID:
		planned, diags := core.plan(object, wanted)
		if diags.Failed() {
			return &saidError{diags.String()}
		}
		if !actions(object, planned).NoOp() {
			return fmt.Errorf("the plan after the import is not empty:\n%s", Changes(object, planned))
		}
	case step.ImportStateVerify:
		return sameBut(step.ImportStateVerifyIgnore, attributes(s.object), attributes(object))
	}
	return nil
}

// sameBut compares attributes by their paths. What has no members is the same as what is not there.
func sameBut(ignored []string, have, found map[string]string) error {
	var differs []string
	all := maps.Clone(have)
	maps.Copy(all, found)
	for at := range all {
		attribute, _, nested := strings.Cut(at, ".")
		if slices.Contains(ignored, attribute) || slices.Contains(ignored, at) || (nested && (strings.HasSuffix(at, "#") || strings.HasSuffix(at, "%"))) {
			continue
		}
		if have[at] != found[at] {
			differs = append(differs, fmt.Sprintf("%s is %q and was %q", at, found[at], have[at]))
		}
	}
	if len(differs) > 0 {
		slices.Sort(differs)
		return fmt.Errorf("an import differs:\n%s", strings.Join(differs, "\n"))
	}
	return nil
}

// core is the provider of one command, and what is configured.
func (s *stepped) core() (*Core, tftypes.Value, error) {
	core := newCore(s, provider.Server("test"))
	settings, err := evaluate(core.provider, s.provider)
	if err != nil {
		return nil, settings, &saidError{err.Error()}
	}
	if diags := core.configure(settings); diags.Failed() {
		return nil, settings, &saidError{diags.String()}
	}
	if s.object.Type == "" {
		s.object = core.New(s.typ)
	}
	if s.resource == nil {
		return core, core.null(s.typ), nil
	}
	wanted, err := evaluate(core.schemas[s.typ].Block, s.resource)
	if err != nil {
		return nil, wanted, &saidError{err.Error()}
	}
	return core, wanted, nil
}

// plan reads the object, unless that is left out, and plans.
func (s *stepped) plan(refresh, destroy bool) (before, after Object, err error) {
	core, wanted, err := s.core()
	if err != nil {
		return before, after, err
	}
	before = s.object
	var diags Diagnostics
	switch {
	case before.State.IsNull() && s.imports != "" && !destroy:
		before, diags = core.Import(s.typ, s.imports)
	case refresh && !before.State.IsNull():
		before, diags = core.Refresh(before)
	}
	if diags.Failed() {
		return before, after, &saidError{diags.String()}
	}
	if destroy {
		wanted = core.null(s.typ)
	}
	if wanted.IsNull() && before.State.IsNull() {
		return before, before, nil
	}
	prior, again := before, s.tainted && !wanted.IsNull()
	if again {
		prior = core.New(s.typ)
	}
	if after, diags = core.plan(prior, wanted); diags.Failed() {
		return before, after, &saidError{diags.String()}
	}
	after.Replaces = after.Replaces || again
	return before, after, nil
}

// apply plans and applies, in two commands.
func (s *stepped) apply(step resource.TestStep) error {
	before, after, err := s.plan(true, step.Destroy)
	if err != nil {
		return err
	}
	if err := checkPlan(step.ConfigPlanChecks.PreApply, s.name, before, after); err != nil {
		return err
	}
	if err := s.carryOut(before, after); err != nil {
		return err
	}
	if step.PostApplyFunc != nil {
		step.PostApplyFunc()
	}
	for _, check := range step.ConfigStateChecks {
		var answer statecheck.CheckStateResponse
		check.CheckState(context.Background(), statecheck.CheckStateRequest{State: shownState(s.name, s.object)}, &answer)
		if answer.Error != nil {
			return answer.Error
		}
	}
	if step.Check != nil {
		return step.Check(flatState(s.name, s.object))
	}
	return nil
}

// carryOut does what was planned, planning it once more as Terraform does.
func (s *stepped) carryOut(before, after Object) error {
	core, wanted, err := s.core()
	if err != nil {
		return err
	}
	s.object = before
	if before.State.Equal(after.State) && !after.Replaces {
		return nil
	}
	if after.Replaces {
		if s.object, err = s.carryOutOne(core, before, core.New(s.typ), core.null(s.typ)); err != nil {
			return err
		}
		s.tainted = false
	}
	if after.State.IsNull() {
		wanted = after.State
	}
	creates := s.object.State.IsNull()
	s.object, err = s.carryOutOne(core, s.object, after, wanted)
	s.tainted = err != nil && creates && !s.object.State.IsNull()
	return err
}

func (s *stepped) carryOutOne(core *Core, before, after Object, wanted tftypes.Value) (Object, error) {
	planned := after
	if !wanted.IsNull() {
		var diags Diagnostics
		if planned, diags = core.plan(before, wanted); diags.Failed() {
			return before, &saidError{diags.String()}
		}
		if differs := contradicts(after, planned); differs != "" {
			return before, fmt.Errorf("the provider produced an inconsistent final plan:\n%s", differs)
		}
	}
	applied, diags := core.applyPlanned(before, planned, wanted)
	if diags.Failed() {
		return applied, &saidError{diags.String()}
	}
	if differs := contradicts(planned, applied); differs != "" {
		return applied, fmt.Errorf("the provider produced an inconsistent result after apply:\n%s", differs)
	}
	return applied, nil
}

// contradicts lists where a value that was known has become another one.
func contradicts(planned, later Object) string {
	differences, err := planned.State.Diff(later.State)
	if err != nil {
		return err.Error()
	}
	found := ""
	for _, d := range differences {
		if d.Value1 != nil && d.Value1.IsFullyKnown() {
			found += d.String() + "\n"
		}
	}
	return found
}

// settled plans with and without reading first: nothing is left to do.
func (s *stepped) settled(step resource.TestStep) error {
	for _, refresh := range []bool{false, true} {
		before, after, err := s.plan(refresh, step.Destroy)
		if err != nil {
			return err
		}
		checks := step.ConfigPlanChecks.PostApplyPreRefresh
		if refresh {
			checks = step.ConfigPlanChecks.PostApplyPostRefresh
		}
		if err := checkPlan(checks, s.name, before, after); err != nil {
			return err
		}
		if nothing := actions(before, after).NoOp(); !nothing && !step.ExpectNonEmptyPlan {
			return fmt.Errorf("after applying this step, the plan is not empty:\n%s", Changes(before, after))
		} else if nothing && refresh && step.ExpectNonEmptyPlan {
			return errors.New("expected a plan that is not empty")
		}
	}
	return nil
}

func checkPlan(checks []plancheck.PlanCheck, name string, before, after Object) error {
	for _, check := range checks {
		var answer plancheck.CheckPlanResponse
		check.CheckPlan(context.Background(), plancheck.CheckPlanRequest{Plan: shownPlan(name, before, after)}, &answer)
		if answer.Error != nil {
			return answer.Error
		}
	}
	return nil
}

// destroy ends the object of the last step.
func (s *stepped) destroy() {
	s.Helper()
	if s.object.Type == "" || s.object.State.IsNull() {
		return
	}
	before, after, err := s.plan(true, true)
	if err == nil {
		err = s.carryOut(before, after)
	}
	if err != nil {
		s.Errorf("the destroy after the test: %v", err)
	}
}
