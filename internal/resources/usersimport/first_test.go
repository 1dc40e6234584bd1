// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// boaster is a tenant that brings in no more than the first few users of a file, and says that all are in.
type boaster struct {
	tenant
	keeps, jobs, lost int
}

func (b *boaster) ImportUsers(ctx context.Context, u auth0.UsersImport) (*auth0.Job, error) {
	var users []json.RawMessage
	if err := json.Unmarshal(u.Users, &users); err != nil {
		return nil, err
	}
	b.jobs++
	b.lost = len(users) - b.keeps
	u.Users, _ = json.Marshal(users[:b.keeps])
	return b.tenant.ImportUsers(ctx, u)
}

func (b *boaster) Job(ctx context.Context, id string) (*auth0.Job, error) {
	job, err := b.tenant.Job(ctx, id)
	if err == nil && job.Over() {
		job.Summary.Total += b.lost
		job.Summary.Inserted += b.lost
	}
	return job, err
}

// The users of the first batch are looked up before they are marked: where one is not there, whatever the job says, the
// import stops with the reason, nobody else is sent, and the next run brings in who is missing.
func TestFirstBatchIsLookedUp(t *testing.T) {
	t.Parallel()
	for _, keeps := range []int{0, 2} {
		s := newSite(t, 12, localtenant.Options{})
		s.settings.maxFailed = 100
		b := &boaster{keeps: keeps}
		got, err := s.importing(t.Context(), func(in tenant) tenant { b.tenant = in; return b })
		var stopped *stoppedError
		if !errors.As(err, &stopped) || !strings.Contains(err.Error(), "the first batch was answered as imported, and its user ") ||
			!strings.Contains(err.Error(), `is not in the connection "legacy-users"`) {
			t.Errorf("of 3 are %d there: it ended with %v", keeps, err)
		}
		marked := s.db.QueryInt("SELECT count(*) FROM public.users WHERE migrated_at IS NOT NULL")
		if marked != keeps || got.imported != int64(keeps) || b.jobs != 1 || len(got.refused) != 3-keeps {
			t.Errorf("of 3 are %d there: %d are marked, %d jobs, report %+v", keeps, marked, b.jobs, got)
		}
		for _, refusal := range got.refused {
			if strings.Join(refusal.Codes, "") != "NOT_IMPORTED" {
				t.Errorf("of 3 are %d there: %+v", keeps, refusal)
			}
		}
		s.imports()
		if wrong := s.settled(12); wrong != "" {
			t.Errorf("of 3 are %d there, then another run: %s", keeps, wrong)
		}
	}
}
