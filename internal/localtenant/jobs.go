// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"net/http"
	"time"
)

const (
	// defaultImportDelay is how long a job goes on.
	defaultImportDelay = 100 * time.Millisecond
	// jobLifetime is how long the data of a job is kept.
	jobLifetime = 24 * time.Hour
)

// job is work that goes on after its call was answered.
type job struct {
	id      string
	shown   *object
	created time.Time
	timer   *time.Timer
	imports *importJob // nil for other kinds
}

func (j *job) over() bool {
	status := j.shown.string("status")
	return status == "completed" || status == "failed"
}

// newJob registers a job that is about to start. The tenant is locked.
func (t *Tenant) newJob(kind string, about *object) *job {
	now := t.options.Now()
	j := &job{id: t.newID("job", func() string { return "job_" + randomID(16) }), created: now}
	j.shown = newObject("type", kind, "status", "pending")
	for _, key := range about.keys {
		j.shown.set(key, about.get(key))
	}
	j.shown.set("created_at", timestamp(now))
	j.shown.set("id", j.id)
	t.jobs[j.id] = j
	return j
}

// schedule runs a job after a while, at once where there is none. The tenant is
// locked, and is while the job runs.
func (t *Tenant) schedule(j *job, delay time.Duration, run func(*job)) {
	if delay < 0 {
		run(j)
		return
	}
	if delay == 0 {
		delay = defaultImportDelay
	}
	j.timer = time.AfterFunc(delay, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.closed {
			run(j)
		}
	})
	// Halfway it is at work.
	time.AfterFunc(delay/2, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !j.over() {
			j.shown.set("status", "processing")
			j.shown.set("percentage_done", 50)
			j.shown.set("time_left_seconds", int(delay.Seconds()/2))
		}
	})
}

// job finds the job that a call names. Its data is gone after a day. The tenant is
// locked.
func (t *Tenant) job(c *call) (*job, error) {
	found := t.jobs[c.PathValue("id")]
	if found == nil || t.options.Now().Sub(found.created) > jobLifetime {
		delete(t.jobs, c.PathValue("id"))
		return nil, &apiError{status: http.StatusNotFound, message: "The job does not exist", code: "inexistent_job"}
	}
	return found, nil
}

func (t *Tenant) getJob(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.job(c)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, clone(found.shown), nil
}

// jobErrors is GET /api/v2/jobs/{id}/errors: the rows that were refused, nothing where
// there are none.
func (t *Tenant) jobErrors(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.job(c)
	if err != nil {
		return 0, nil, err
	}
	if found.imports == nil || len(found.imports.failures) == 0 {
		return http.StatusNoContent, nil, nil
	}
	return http.StatusOK, clone(found.imports.failures), nil
}

// sendVerification is POST /api/v2/jobs/verification-email.
func (t *Tenant) sendVerification(c *call) (int, any, error) {
	body, err := c.object(&schema{
		types: []string{"object"}, required: []string{"user_id"}, properties: map[string]*schema{"user_id": text},
	})
	if err != nil {
		return 0, nil, err
	}
	t.mu.Lock()
	u := copied(t.users[body.string("user_id")])
	t.mu.Unlock()
	if u == nil {
		return 0, nil, errNoUser
	}
	verified := u.profile.bool("email_verified")
	if conn := t.snapshotNamed(u.connection); conn != nil && u.email() != "" && !verified {
		t.send(VerifyEmail, "/u/email-verification", conn, u.email(), u.id)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	started := t.newJob("verification_email", newObject())
	answer := clone(started.shown)
	// There is nothing to confirm for an address that is.
	started.shown.set("status", map[bool]string{true: "failed", false: "completed"}[verified])
	return http.StatusCreated, answer, nil
}
