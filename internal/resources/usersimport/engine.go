// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/bulkimport"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// tenant is what an import asks of Auth0; [*auth0.Client] does it.
type tenant interface {
	ImportUsers(ctx context.Context, users auth0.UsersImport) (*auth0.Job, error)
	Job(ctx context.Context, id string) (*auth0.Job, error)
	RefusedUsers(ctx context.Context, job string) ([]auth0.RefusedUser, error)
	User(ctx context.Context, id string) (*auth0.User, error)
}

// settings are those of one import.
type settings struct {
	connectionID, connectionName string
	upsert, completionEmail      bool
	firstBatch, maxFailed        int
	// total is how many users were left at the beginning, for the progress.
	total int64
	// poll is the longest time between two looks at the jobs; while something happens it is shorter.
	poll time.Duration
	// patience is how long a job may run of which only its loss is known, where looking does not tell.
	patience time.Duration
}

const (
	defaultPoll     = 4 * time.Second
	defaultPatience = 10 * time.Minute
	// maxPasses is how often everybody who is left is asked for, since answers were lost.
	maxPasses = 20
	// morePasses is how often it is looked whether somebody was added meanwhile.
	morePasses = 3
	// shownRefusals is how many refused users are listed.
	shownRefusals = 100
)

// report is what came of an import, as far as it got.
type report struct {
	imported, alreadyThere int64
	// refused are all whom Auth0 did not take, no more than max_failed and two batches.
	refused []migration.Refusal
	held    map[string]int64
}

// engine imports users: rows in the order of their ids, batch by batch, no more than two jobs at a time. Each user's id is
// that of the table, and nothing is updated, so that a batch which is sent twice makes nobody twice; who is answered to be
// there already is looked up by that id before it is believed.
type engine struct {
	settings
	tenant  tenant
	db      *migration.Session
	convert *bulkimport.Converter

	page  []migration.User // read and not sent
	after string           // the last id that was read
	ended bool             // there is no further page

	running []*migration.Batch
	lost    []*migration.Batch
	again   bool             // batches were released that this pass has gone by
	first   *migration.Batch // the one whose users are all looked up
	checked bool             // the first batch was
	sent    int              // batches of this pass
	asked   map[string]bool  // whom this run has asked for and Auth0 refused
	report  report
	began   time.Time
	pause   time.Duration
}

// stoppedError is an import that went no further because of what Auth0 answered.
type stoppedError struct{ reason string }

func (e *stoppedError) Error() string { return e.reason }

// run goes on where a former run stopped, then imports who is left.
func (e *engine) run(ctx context.Context) (report, error) {
	e.asked, e.began = map[string]bool{}, time.Now()
	if err := e.resume(ctx); err != nil {
		return e.report, err
	}
	// Who was added behind the place where a pass was comes with the next one.
	for passes := 1; passes == 1 || e.again || e.sent > 0 && passes <= morePasses; passes++ {
		if passes > maxPasses {
			return e.report, &stoppedError{fmt.Sprintf("answers of Auth0 were lost %d times", passes-1)}
		}
		e.page, e.after, e.ended, e.again, e.sent = nil, "", false, false, 0
		e.report.held = map[string]int64{}
		err := e.pass(ctx)
		if err == nil {
			err = e.drain(ctx)
		}
		if err == nil {
			err = e.recover(ctx)
		}
		if err != nil {
			return e.report, err
		}
	}
	return e.report, nil
}

// resume finds out what came of batches that a former run has left.
func (e *engine) resume(ctx context.Context) error {
	open, err := e.db.OpenBatches(ctx)
	if err != nil {
		return err
	}
	for _, batch := range open {
		switch {
		case batch.ConnectionID != e.connectionID: // another connection's users say nothing of this one's
			if err := e.db.Release(ctx, &batch); err != nil {
				return err
			}
		case batch.State == migration.Sending:
			e.lost = append(e.lost, &batch)
		default:
			e.running = append(e.running, &batch)
		}
	}
	if len(open) > 0 {
		tflog.Info(ctx, "the import goes on where a former run stopped", map[string]any{"batches": len(open)})
	}
	if err := e.drain(ctx); err != nil {
		return err
	}
	return e.recover(ctx)
}

// pass sends everybody who is left, the first batch alone.
func (e *engine) pass(ctx context.Context) error {
	if !e.checked {
		sent, err := e.next(ctx, e.firstBatch)
		if err != nil || !sent {
			return err
		}
		if len(e.running) > 0 { // its answer was not lost
			e.first = e.running[0]
		}
		if err := e.drain(ctx); err != nil || len(e.lost) > 0 || e.again {
			return err
		}
		e.checked = true
	}
	for {
		for len(e.running) >= auth0.MaxImports {
			if err := e.settleSome(ctx); err != nil {
				return err
			}
		}
		if sent, err := e.next(ctx, 0); err != nil || !sent {
			return err
		}
	}
}

// next sends one batch of no more than so many users, 0 for as many as fit; sent is false when nobody is left.
func (e *engine) next(ctx context.Context, limit int) (sent bool, err error) {
	file := []byte{'['}
	var ids []string
	for limit == 0 || len(ids) < limit {
		u, err := e.peek(ctx)
		if err != nil {
			return false, err
		}
		if u == nil {
			break
		}
		row := e.convert.User(u)
		if row.Held == "" && !e.asked[u.ID()] {
			if len(file)+len(row.JSON)+2 > auth0.MaxImportedUsers {
				break
			}
			if len(ids) > 0 {
				file = append(file, ',')
			}
			file, ids = append(file, row.JSON...), append(ids, u.ID())
		} else if row.Held != "" {
			e.report.held[row.Held]++
		}
		e.page = e.page[1:]
	}
	if len(ids) == 0 {
		return false, nil
	}
	return true, e.send(ctx, ids, append(file, ']'))
}

// peek is the next user, nil when there is none.
func (e *engine) peek(ctx context.Context) (migration.User, error) {
	if len(e.page) == 0 && !e.ended {
		page, err := e.db.Page(ctx, e.after, bulkimport.PageSize)
		if err != nil {
			return nil, err
		}
		if len(page) > 0 {
			e.after = page[len(page)-1].ID()
		}
		e.page, e.ended = page, len(page) < bulkimport.PageSize || e.after == "" // rows without an id come last, and are held back
	}
	if len(e.page) == 0 {
		return nil, nil
	}
	return e.page[0], nil
}

// send starts a job. What it may have started is noted before.
func (e *engine) send(ctx context.Context, ids []string, file []byte) error {
	e.sent++
	digest := sha256.Sum256(file)
	batch := &migration.Batch{ConnectionID: e.connectionID, IDs: ids, Digest: hex.EncodeToString(digest[:])}
	if err := e.db.Begin(ctx, batch); err != nil {
		return err
	}
	for {
		job, err := e.tenant.ImportUsers(ctx, auth0.UsersImport{
			ConnectionID: e.connectionID, Users: file, Upsert: e.upsert, SendCompletionEmail: e.completionEmail,
			ExternalID: fmt.Sprintf("auth0pg batch %d", batch.Number),
		})
		var failed *auth0.Error
		switch {
		case err == nil:
			e.running = append(e.running, batch)
			return e.db.Started(ctx, batch, job.ID)
		case ctx.Err() != nil:
			return err
		case errors.As(err, &failed) && failed.RateLimited(): // nothing has happened
			tflog.Info(ctx, "other jobs of the tenant are running, waiting")
			if err := e.wait(ctx); err != nil {
				return err
			}
		case failed != nil && failed.Uncertain():
			tflog.Warn(ctx, "the answer to a batch was lost; it is asked for again at the end",
				map[string]any{"batch": batch.Number, "error": err.Error()})
			e.lost = append(e.lost, batch)
			return nil
		default:
			return errors.Join(err, e.db.Release(ctx, batch))
		}
	}
}

// drain waits until no job of ours is running.
func (e *engine) drain(ctx context.Context) error {
	for len(e.running) > 0 {
		if err := e.settleSome(ctx); err != nil {
			return err
		}
	}
	return nil
}

// settleSome looks at each job once and notes what came of those that are over. It waits where none is.
func (e *engine) settleSome(ctx context.Context) error {
	var left []*migration.Batch
	var stop error
	for i, batch := range e.running {
		over, err := e.settle(ctx, batch)
		var stopped *stoppedError
		if err != nil && !errors.As(err, &stopped) {
			e.running = append(left, e.running[i:]...)
			return err
		}
		stop = errors.Join(stop, err)
		if !over {
			left = append(left, batch)
		}
	}
	none := len(left) == len(e.running)
	e.running = left
	if stop != nil {
		if err := e.drain(ctx); err != nil { // the other one's users are marked, too
			return errors.Join(stop, err)
		}
		return stop
	}
	if none {
		return e.wait(ctx)
	}
	e.pause = 0
	e.progress(ctx)
	return nil
}

// settle notes what came of a job that is over.
func (e *engine) settle(ctx context.Context, batch *migration.Batch) (over bool, err error) {
	job, err := e.tenant.Job(ctx, batch.JobID)
	switch {
	case auth0.IsNotFound(err): // its data is kept for a day, and it runs no longer than that
		e.again = true
		return true, e.db.Release(ctx, batch)
	case err != nil:
		return false, err
	case !job.Over():
		return false, nil
	}
	outcome, err := e.outcome(ctx, batch, job)
	if err != nil {
		return false, err
	}
	if err := e.db.Settle(ctx, batch, outcome); err != nil {
		return false, err
	}
	e.report.imported += int64(len(outcome.There) - outcome.AlreadyThere)
	e.report.alreadyThere += int64(outcome.AlreadyThere)
	e.report.refused = append(e.report.refused, outcome.Refused...)
	for _, refusal := range outcome.Refused {
		e.asked[refusal.ID] = true
	}
	switch {
	case job.Status == "failed":
		return true, &stoppedError{fmt.Sprintf("Auth0 says that the job %s failed: %s", job.ID, job.Details)}
	case batch == e.first && missing(outcome.Refused) != nil:
		return true, &stoppedError{fmt.Sprintf("the first batch was answered as imported, and %s is not in "+
			"the connection %q", oneUser(missing(outcome.Refused).ID), e.connectionName)}
	case len(e.report.refused) > e.maxFailed:
		return true, &stoppedError{fmt.Sprintf("Auth0 refused %s, more than max_failed = %d",
			kit.Counted(len(e.report.refused), "user"), e.maxFailed)}
	}
	return true, nil
}

// notImported is the code of who was not refused and is not there all the same.
const notImported = "NOT_IMPORTED"

// missing is one such user, nil where there is none.
func missing(refused []migration.Refusal) *migration.Refusal {
	for i, refusal := range refused {
		if slices.Contains(refusal.Codes, notImported) {
			return &refused[i]
		}
	}
	return nil
}

// outcome tells who of a batch is with Auth0. Who was refused, and everybody of the first batch or where the job's figures
// do not fit together, is looked up before anybody is marked: somebody may have logged in meanwhile, or reset the password
// before.
func (e *engine) outcome(ctx context.Context, batch *migration.Batch, job *auth0.Job) (o migration.Outcome, err error) {
	rows, err := e.tenant.RefusedUsers(ctx, job.ID)
	if err != nil && job.Status != "failed" {
		return o, err
	}
	codes := map[string][]string{}
	for _, row := range rows {
		if id := e.convert.TableID(row.UserID); slices.Contains(batch.IDs, id) { // another's does not say who was refused
			codes[id] = row.Codes
		}
	}
	doubt := batch == e.first || job.Status == "failed" || job.Summary.Total != len(batch.IDs) || job.Summary.Failed != len(codes)
	for _, id := range batch.IDs {
		why, refused := codes[id]
		if !refused && !doubt {
			o.There = append(o.There, id)
			continue
		}
		there, err := e.isThere(ctx, id)
		switch {
		case err != nil:
			return o, err
		case there:
			o.There = append(o.There, id)
			if refused {
				o.AlreadyThere++
			}
		default:
			if why == nil {
				why = []string{notImported}
			}
			o.Refused = append(o.Refused, migration.Refusal{ID: id, Codes: why})
		}
	}
	return o, nil
}

func (e *engine) isThere(ctx context.Context, id string) (bool, error) {
	u, err := e.tenant.User(ctx, e.convert.Auth0ID(id))
	return u != nil && u.In(e.connectionName), err
}

// opaqueID are ids that say nothing of a person: UUIDs and numbers that are too short for a telephone.
var opaqueID = regexp.MustCompile(`^([1-9][0-9]{0,8}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$`)

// oneUser names a user for a message, which has no personal data: an id may be an address.
func oneUser(id string) string {
	if opaqueID.MatchString(id) {
		return "its user " + id
	}
	return "one of its users"
}

// wait is longer from one time to the next, until something has happened.
func (e *engine) wait(ctx context.Context) error {
	e.pause = min(2*e.pause+e.poll/16, e.poll)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(e.pause):
		return nil
	}
}

// progress tells how far the import has come.
func (e *engine) progress(ctx context.Context) {
	done := e.report.imported + e.report.alreadyThere + int64(len(e.report.refused))
	fields := map[string]any{"imported": e.report.imported, "already_there": e.report.alreadyThere,
		"refused": len(e.report.refused)}
	if e.total > 0 && done > 0 {
		fields["percent"] = min(100*done/e.total, 100)
		fields["time_left"] = (time.Since(e.began) / time.Duration(done) * time.Duration(max(e.total-done,
			0))).Round(time.Second).String()
	}
	tflog.Info(ctx, "users are being imported", fields)
}
