// SPDX-License-Identifier: MPL-2.0

package store

// Part is one thing that is known about a user. The names are those of Auth0's
// user profile where Auth0 has one.
type Part string

// The parts, see [Parts] for their default columns.
const (
	ID                Part = "id"
	Email             Part = "email"
	EmailVerified     Part = "email_verified"
	Password          Part = "password"
	PasswordSalt      Part = "password_salt"
	TOTP              Part = "totp"
	Nickname          Part = "nickname"
	Username          Part = "username"
	Name              Part = "name"
	GivenName         Part = "given_name"
	FamilyName        Part = "family_name"
	Picture           Part = "picture"
	PhoneNumber       Part = "phone_number"
	PhoneVerified     Part = "phone_verified"
	Blocked           Part = "blocked"
	UserMetadata      Part = "user_metadata"
	AppMetadata       Part = "app_metadata"
	CreatedAt         Part = "created_at"
	UpdatedAt         Part = "updated_at"
	LastLogin         Part = "last_login"
	LastPasswordReset Part = "last_password_reset"
	MigratedAt        Part = "migrated_at"
)

// PartSpec is a part with the column that it gets when the configuration names it and says nothing else.
type PartSpec struct {
	Part Part
	// Required means that no login works without the part.
	Required bool
	// Type is a Postgres type.
	Type     string
	Nullable bool
	// Default is an SQL expression, "" for none.
	Default string
	// Description is what the part means to Auth0, one sentence.
	Description string
}

// Parts lists every part in the order in which a new table's columns stand.
func Parts() []PartSpec {
	return []PartSpec{
		{ID, true, "uuid", false, "gen_random_uuid()", "The user's stable identifier and the table's primary key; Auth0 " +
			"sees it, with the prefix of the connection, as `user_id`."},
		{Email, true, "text", false, "", "The e-mail address, unique under the chosen `email_lookup`."},
		{EmailVerified, false, "boolean", false, "false", "Whether the address was verified; `verify` sets it and both " +
			"`login` and `get_user` return it."},
		{Password, true, "text", false, "", "The password's hash, never the password."},
		{PasswordSalt, false, "text", true, "", "The salt of a password's hash, where it has a column of its own; `login` " +
			"reads it, and scripts write it only with `write`."},
		{TOTP, false, "text", true, "", "The secret of the user's one-time passwords in base32, as an authenticator app has it; only " +
			"`auth0pg_users_import` reads it."},
		{Nickname, false, "text", true, "", "The name shown for the user when there is no full name."},
		{Username, false, "text", true, "", "The name a user may log in with instead of the e-mail address; unique."},
		{Name, false, "text", true, "", "The full name."},
		{GivenName, false, "text", true, "", "The given name."},
		{FamilyName, false, "text", true, "", "The family name."},
		{Picture, false, "text", true, "", "The address of the user's picture."},
		{PhoneNumber, false, "text", true, "", "The phone number in E.164 form."},
		{PhoneVerified, false, "boolean", false, "false", "Whether the phone number was verified."},
		{Blocked, false, "boolean", false, "false", "Whether the user is refused at login."},
		{UserMetadata, false, "jsonb", true, "", "Data about the user that the user may change."},
		{AppMetadata, false, "jsonb", true, "", "Data about the user that only applications may change."},
		{CreatedAt, false, "timestamp with time zone", false, "now()", "When the row was created."},
		{UpdatedAt, false, "timestamp with time zone", false, "now()", "When one of the scripts last changed the row."},
		{LastLogin, false, "timestamp with time zone", true, "", "When the user last logged in through the scripts."},
		{LastPasswordReset, false, "timestamp with time zone", true, "", "When the password was last changed through the scripts."},
		{MigratedAt, false, "timestamp with time zone", true, "", "When the user was handed to Auth0 by automatic migration."},
	}
}

// Spec returns the part's defaults; ok is false for a name that is no part.
func Spec(p Part) (spec PartSpec, ok bool) {
	for _, spec := range Parts() {
		if spec.Part == p {
			return spec, true
		}
	}
	return PartSpec{}, false
}

// Required lists the parts without which no login works.
func Required() []Part {
	var required []Part
	for _, spec := range Parts() {
		if spec.Required {
			required = append(required, spec.Part)
		}
	}
	return required
}
