// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"net/http"
	"slices"
	"testing"
)

// A job whose rows went in, or that failed as a whole, has no list of errors: the answer is empty.
func TestErrorsOfAJob(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   []RefusedUser
	}{
		"none":     {answers(204, ``), nil},
		"no rows":  {answers(200, `[]`), nil},
		"refused":  {answers(200, `[{"user":{"user_id":"7"},"errors":[{"code":"DUPLICATED_USER"},{"code":"NEW"}]}]`), []RefusedUser{{"7", []string{"DUPLICATED_USER", "NEW"}}}},
		"no users": {answers(200, `[{"errors":[{"code":"INVALID_FORMAT"}]}]`), []RefusedUser{{"", []string{"INVALID_FORMAT"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			tn.on("GET /api/v2/jobs/job_1/errors", test.answer)
			c, _ := tn.client(t)
			got, err := c.RefusedUsers(t.Context(), "job_1")
			same := func(a, b RefusedUser) bool { return a.UserID == b.UserID && slices.Equal(a.Codes, b.Codes) }
			if err != nil || !slices.EqualFunc(got, test.want, same) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// A user's id has a bar, which a path escapes.
func TestUserWhoIsNotThere(t *testing.T) {
	tn := newTenant(t)
	tn.on("GET /api/v2/users/auth0|7", answers(200, `{"user_id":"auth0|7","identities":[{"connection":"legacy","user_id":"7"}]}`))
	tn.on("GET /api/v2/users/auth0|8", answers(404, `{}`))
	c, _ := tn.client(t)
	if user, err := c.User(t.Context(), "auth0|7"); err != nil || !user.In("legacy") {
		t.Errorf("%+v, %v", user, err)
	}
	if user, err := c.User(t.Context(), "auth0|8"); user != nil || err != nil {
		t.Errorf("a user who is not there: %+v, %v", user, err)
	}
}
