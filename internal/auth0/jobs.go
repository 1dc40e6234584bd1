// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/auth0/go-auth0/v3/management"
)

// Limits of the jobs that import users.
const (
	// MaxImportBytes is how large a request may be.
	MaxImportBytes = 500_000
	// MaxImports is how many jobs a tenant runs at a time.
	MaxImports = 2
)

// importOverhead is more than a request holds beside the users: headers of five parts and their values.
const importOverhead = 2_000

// MaxImportedUsers is how large the JSON of the users in one job may be, in bytes.
const MaxImportedUsers = MaxImportBytes - importOverhead

// UsersImport is what a job brings in.
type UsersImport struct {
	ConnectionID string
	// Users is a JSON array of no more than [MaxImportedUsers].
	Users []byte
	// ExternalID comes back in the job.
	ExternalID          string
	Upsert              bool
	SendCompletionEmail bool
}

// Job is work that the tenant does after its call was answered.
type Job struct {
	ID string `json:"id"`
	// Status is pending, processing, completed or failed. Rows that are refused do not make a job fail.
	Status  string `json:"status"`
	Details string `json:"status_details"`
	// Percentage and SecondsLeft are the tenant's own estimate, nil where it has none.
	Percentage  *float64 `json:"percentage_done"`
	SecondsLeft *float64 `json:"time_left_seconds"`
	Summary     struct {
		Total    int `json:"total"`
		Failed   int `json:"failed"`
		Inserted int `json:"inserted"`
		Updated  int `json:"updated"`
	} `json:"summary"`
}

// Over reports that nothing more comes of the job.
func (j *Job) Over() bool { return j.Status == "completed" || j.Status == "failed" }

// RefusedUser is a user whom a job did not bring in.
type RefusedUser struct {
	// UserID is what the job was given, without the strategy.
	UserID string
	// Codes are the tenant's, such as DUPLICATED_USER.
	Codes []string
}

// User is what an import looks at.
type User struct {
	ID         string `json:"user_id"`
	Verified   bool   `json:"email_verified"`
	Identities []struct {
		Connection string `json:"connection"`
		UserID     string `json:"user_id"`
	} `json:"identities"`
}

// In reports whether the user is one of the connection.
func (u *User) In(connection string) bool {
	for _, identity := range u.Identities {
		if identity.Connection == connection {
			return true
		}
	}
	return false
}

// ImportUsers starts a job. After an error that is [Error.Uncertain] it may run all the same.
func (c *Client) ImportUsers(ctx context.Context, users UsersImport) (*Job, error) {
	var started Job
	err := c.do(ctx, call{operation: fmt.Sprintf("import users into connection %s",
		users.ConnectionID), scopes: []string{"create:users"}}, &started, func(ctx context.Context) error {
		_, err := c.usersImports.Create(ctx, &management.CreateImportUsersRequestContent{
			Users: bytes.NewReader(users.Users), ConnectionID: users.ConnectionID, ExternalID: &users.ExternalID,
			Upsert: &users.Upsert, SendCompletionEmail: &users.SendCompletionEmail,
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return &started, nil
}

// Job reads a job, whose data the tenant keeps for a day; see [IsNotFound].
func (c *Client) Job(ctx context.Context, id string) (*Job, error) {
	var found Job
	err := c.get(
		ctx,
		call{operation: fmt.Sprintf("read job %s", id), scopes: []string{"create:users", "read:users"}},
		"/jobs/"+url.PathEscape(id),
		nil,
		&found,
	)
	if err != nil {
		return nil, err
	}
	return &found, nil
}

// RefusedUsers lists those whom a job did not bring in.
func (c *Client) RefusedUsers(ctx context.Context, job string) ([]RefusedUser, error) {
	var raw []struct {
		User   map[string]json.RawMessage `json:"user"`
		Errors []struct {
			Code string `json:"code"`
		} `json:"errors"`
	}
	operation := call{
		operation: fmt.Sprintf("read the errors of job %s", job),
		scopes:    []string{"create:users", "read:users"},
		empty:     true,
	}
	err := c.get(ctx, operation, "/jobs/"+url.PathEscape(job)+"/errors", nil, &raw)
	if err != nil {
		return nil, err
	}
	refused := make([]RefusedUser, len(raw))
	for i, row := range raw {
		_ = json.Unmarshal(row.User["user_id"], &refused[i].UserID) // one without is nobody's
		for _, e := range row.Errors {
			refused[i].Codes = append(refused[i].Codes, e.Code)
		}
	}
	return refused, nil
}

// User reads a user by the whole id, as in auth0|7; nil when there is none.
func (c *Client) User(ctx context.Context, id string) (*User, error) {
	var found User
	query := url.Values{"fields": {"user_id,email_verified,identities"}}
	err := c.get(
		ctx,
		call{operation: "read a user", scopes: []string{"read:users"}},
		"/users/"+url.PathEscape(id),
		query,
		&found,
	)
	if IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &found, nil
}
