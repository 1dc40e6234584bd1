// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
)

// A statement that is given up says whom it waited for.
func TestUsersTableGivenUpNamesWhoHeldItUp(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	core := acctest.NewCore(t, provider.Server("test"), map[string]any{"postgres": map[string]any{"url": db.URL}})
	db.Exec(plainTable)
	object, diags := core.Import("auth0pg_users_table", "users")
	if diags.Failed() {
		t.Fatal(diags)
	}
	other := db.Conn()
	if _, err := other.Exec(t.Context(), "BEGIN; INSERT INTO users (email, password_hash) VALUES ('a@example.com', 'x')"); err != nil {
		t.Fatal(err)
	}
	pid := other.PgConn().PID()
	ended := time.AfterFunc(3*time.Second, func() { _ = other.Close(context.Background()) }) // what the build has left can be dropped then
	defer ended.Stop()
	_, diags = core.Apply(object, map[string]any{"name": "users", "email_lookup": "lower_index", "index_build_timeout": "1s",
		"columns": map[string]any{"id": map[string]any{}, "email": map[string]any{}, "password": map[string]any{"name": "password_hash"}}})
	said := strings.Join(strings.Fields(diags.String()), " ")
	if want := fmt.Sprintf("held up by process %d of the role %q (idle in transaction", pid, db.QueryString("SELECT current_user")); !diags.Failed() ||
		!strings.Contains(said, "not done after 1s") || !strings.Contains(said, want) {
		t.Errorf("want %s:\n%s", want, said)
	}
}
