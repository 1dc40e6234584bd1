// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
)

// recover gives up batches whose answer was lost, once no job of theirs can be running: their users, who are not marked,
// are asked for again.
func (e *engine) recover(ctx context.Context) error {
	if len(e.lost) == 0 {
		return nil
	}
	tflog.Info(ctx, "waiting until no job can be running whose answer was lost", map[string]any{"batches": len(e.lost)})
	if err := e.untilNoJobRuns(ctx); err != nil {
		return err
	}
	for _, batch := range e.lost {
		if err := e.db.Release(ctx, batch); err != nil {
			return err
		}
	}
	e.lost, e.again = nil, true
	return nil
}

// probe is a file that brings nobody in.
const probe = `[{"email":"nobody"}]`

// untilNoJobRuns waits until two jobs of ours have both of the tenant's places at a time: then no other job has one.
// None of the known jobs is running. Jobs that end before they can be looked at tell nothing; then a lost one is given
// the time of patience.
func (e *engine) untilNoJobRuns(ctx context.Context) error {
	for begin := time.Now(); ; {
		alone, err := e.holdBothPlaces(ctx)
		if err != nil || alone || time.Since(begin) > e.patience {
			return err
		}
		if err := e.wait(ctx); err != nil {
			return err
		}
	}
}

func (e *engine) holdBothPlaces(ctx context.Context) (alone bool, err error) {
	var first *auth0.Job
	for range auth0.MaxImports {
		job, err := e.tenant.ImportUsers(ctx, auth0.UsersImport{ConnectionID: e.connectionID, Users: []byte(probe),
			ExternalID: "auth0pg probe"})
		var failed *auth0.Error
		switch {
		case ctx.Err() != nil:
			return false, err
		case errors.As(err, &failed) && (failed.RateLimited() || failed.Uncertain()):
			return false, nil
		case err != nil:
			return false, err
		}
		if first == nil {
			first = job
		}
	}
	now, err := e.tenant.Job(ctx, first.ID)
	if err != nil {
		return false, err
	}
	return !now.Over(), nil
}
