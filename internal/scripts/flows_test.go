// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// TestLifeOfAUser goes through every script in the order in which users meet
// them, over every shape that a table can have. Prefix and context vary along,
// so that each meets each of the others.
func TestLifeOfAUser(t *testing.T) {
	t.Parallel()
	for _, lookup := range store.EmailLookups() {
		t.Run(string(lookup), func(t *testing.T) {
			t.Parallel()
			db := pgtest.Database(t)
			number := 0
			for _, idType := range []string{"uuid", "bigint", "text"} {
				for _, parts := range [][]store.Part{minimalParts, standardParts, allParts()} {
					for _, quoted := range []bool{false, true} {
						number++
						for _, prefix := range []string{"", "legacy"} {
							withContext := (prefix == "") == (number%2 == 0)
							name := fmt.Sprintf("%s/%d parts/quoted=%t/prefix=%s/context=%t", idType, len(parts), quoted, prefix, withContext)
							t.Run(name, func(t *testing.T) {
								b := newBench(t, db, shape{lookup: lookup, idType: idType, parts: parts, quoted: quoted})
								b.options.UserIDPrefix = prefix
								if withContext {
									b.context = map[string]any{"organization": map[string]any{"id": "org_1"}}
								}
								lifeOfAUser(b)
							})
						}
					}
				}
			}
		})
	}
}

func lifeOfAUser(b *bench) {
	b.t.Helper()
	signUp := map[string]any{
		"tenant": "acme", "client_id": "client", "connection": "legacy-users",
		"email": "Ada.Lovelace@Example.com", "password": "correct horse", "username": "Ada",
		"nickname": "ada", "name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace",
		"picture": "https://example.org/ada.png", "phone_number": "+441234567",
		"email_verified": true, "blocked": true, "phone_verified": true,
		"user_metadata": map[string]any{"theme": "dark"}, "app_metadata": map[string]any{"plan": "gold"},
	}
	b.gives(nil, scripts.GetUser, "ada.lovelace@example.com")
	b.wrong("", "ada.lovelace@example.com", "correct horse")
	b.gives(nil, scripts.Create, signUp)
	signUp["email"] = "ADA.lovelace@example.com"
	b.fails("ValidationError", "user_exists", scripts.Create, signUp)
	signUp["email"] = "ada.byron@example.com"
	if b.store.Has(store.Username) {
		b.fails("ValidationError", "user_exists", scripts.Create, signUp)
	}

	// The same profile from both, under any case of the address.
	profile := b.profile(scripts.Login, "ADA.LOVELACE@example.COM", "correct horse")
	found := b.profile(scripts.GetUser, "ada.Lovelace@example.com")
	if fmt.Sprint(profile) != fmt.Sprint(found) {
		b.t.Errorf("login gives %v, get_user %v", profile, found)
	}
	id := b.users.ids()[0]
	userID := id
	if b.options.UserIDPrefix != "" {
		userID = b.options.UserIDPrefix + "|" + id
	}
	want := map[string]any{"user_id": userID, "email": "ada.lovelace@example.com"}
	for part, value := range map[store.Part]any{
		store.EmailVerified: false, store.PhoneVerified: false, store.Blocked: false,
		store.Username: "Ada", store.Nickname: "ada", store.Name: "Ada Lovelace", store.GivenName: "Ada",
		store.FamilyName: "Lovelace", store.Picture: "https://example.org/ada.png", store.PhoneNumber: "+441234567",
		store.UserMetadata: map[string]any{"theme": "dark"}, store.AppMetadata: map[string]any{"plan": "gold"},
	} {
		if b.store.Has(part) {
			want[string(part)] = value
		}
	}
	if fmt.Sprint(profile) != fmt.Sprint(want) {
		b.t.Errorf("the profile is %v, want %v", profile, want)
	}
	b.wrong(userID, "ada.lovelace@example.com", "incorrect horse")
	if b.store.Has(store.Username) {
		if byName := b.profile(scripts.Login, "Ada", "correct horse"); byName["user_id"] != userID {
			b.t.Errorf("by user name: %v", byName)
		}
		b.profile(scripts.GetUser, "Ada")
	}

	if b.store.Has(store.EmailVerified) {
		b.gives(true, scripts.Verify, "Ada.lovelace@EXAMPLE.com")
		b.gives(true, scripts.Verify, "ada.lovelace@example.com") // a second click
		b.gives(false, scripts.Verify, "nobody@example.com")
		for _, op := range []scripts.Operation{scripts.Login, scripts.GetUser} {
			if verified := b.profile(op, "ada.lovelace@example.com", "correct horse")["email_verified"]; verified != true {
				b.t.Errorf("%s says verified: %v", op, verified)
			}
		}
	}

	changed := b.run(scripts.ChangePassword, "ADA.lovelace@example.com", "another correct horse")
	if b.store.Has(store.LastPasswordReset) {
		answer, _ := result(changed).(map[string]any)
		at, err := time.Parse(time.RFC3339, fmt.Sprint(answer["last_password_reset"]))
		if err != nil || time.Since(at).Abs() > time.Minute {
			b.t.Errorf("change_password gives %v", result(changed))
		}
	} else if result(changed) != true {
		b.t.Errorf("change_password gives %v, error %v", result(changed), changed.Err)
	}
	b.gives(false, scripts.ChangePassword, "nobody@example.com", "another correct horse")
	b.wrong(userID, "ada.lovelace@example.com", "correct horse")
	b.profile(scripts.Login, "ada.lovelace@example.com", "another correct horse")

	b.gives(true, scripts.ChangeEmail, "Ada.Lovelace@example.com", "Countess@Example.com", false)
	b.gives(false, scripts.ChangeEmail, "ada.lovelace@example.com", "x@example.com", false)
	b.gives(nil, scripts.GetUser, "ada.lovelace@example.com")
	moved := b.profile(scripts.Login, "countess@example.com", "another correct horse")
	if moved["user_id"] != userID || moved["email"] != "countess@example.com" {
		b.t.Errorf("after the change of address: %v", moved)
	}
	if b.store.Has(store.EmailVerified) {
		if moved["email_verified"] != false {
			b.t.Errorf("a new address counts as verified: %v", moved)
		}
		b.gives(true, scripts.ChangeEmail, "countess@example.com", "countess@example.com", true)
		if now := b.profile(scripts.GetUser, "countess@example.com"); now["email_verified"] != true {
			b.t.Errorf("the changed status is lost: %v", now)
		}
	}

	signUp["email"], signUp["username"], signUp["phone_number"] = "second@example.com", "second", "+441234568"
	b.gives(nil, scripts.Create, signUp)
	taken := b.fails("Error", "", scripts.ChangeEmail, "second@example.com", "COUNTESS@example.com", true)
	if !strings.Contains(taken.Err.Message, "Another user") {
		b.t.Errorf("a taken address gives %q", taken.Err.Message)
	}
	if b.store.Has(store.Username) {
		b.gives(true, scripts.ChangeUsername, "Ada", "Countess")
		b.gives(false, scripts.ChangeUsername, "Ada", "Other")
		b.profile(scripts.Login, "Countess", "another correct horse")
		taken := b.fails("Error", "", scripts.ChangeUsername, "second", "Countess")
		if !strings.Contains(taken.Err.Message, "Another user") {
			b.t.Errorf("a taken user name gives %q", taken.Err.Message)
		}
	}
	if b.db != nil {
		checkTimes(b)
	}

	b.gives(nil, scripts.Delete, userID)
	b.gives(nil, scripts.Delete, userID) // nobody is left to delete
	b.gives(nil, scripts.GetUser, "countess@example.com")
	if left := b.users.ids(); len(left) != 1 || left[0] == id {
		b.t.Errorf("the users %v are left, want the second one", left)
	}
	if b.options.UserIDPrefix != "" {
		foreign := b.fails("Error", "", scripts.Delete, "other|"+id)
		if !strings.Contains(foreign.Err.Message, "another connection") {
			b.t.Errorf("a foreign id gives %q", foreign.Err.Message)
		}
	}
}

// checkTimes looks at the times that the scripts keep, after all of them have run.
func checkTimes(b *bench) {
	b.t.Helper()
	for _, part := range []store.Part{store.CreatedAt, store.UpdatedAt, store.LastLogin, store.LastPasswordReset} {
		if b.store.Has(part) && !b.db.QueryBool("SELECT bool_or("+b.column(part)+" > now() - interval '1 minute') FROM "+b.table()) {
			b.t.Errorf("%s was not kept", part)
		}
	}
	if b.store.Has(store.UpdatedAt) && !b.db.QueryBool("SELECT bool_or("+b.column(store.UpdatedAt)+" > "+b.column(store.CreatedAt)+") FROM "+b.table()) {
		b.t.Error("updated_at never moved")
	}
	if b.store.Has(store.MigratedAt) && b.db.QueryBool("SELECT bool_or("+b.column(store.MigratedAt)+" IS NOT NULL) FROM "+b.table()) {
		b.t.Error("without automatic migration nobody is migrated")
	}
}
