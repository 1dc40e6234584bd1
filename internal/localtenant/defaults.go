// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"encoding/json"
	"time"
)

// Defaults says what the server adds to a connection by itself. It changed over
// the years, and for a while differed between tenants: each field is one such
// change. The zero value is the server of 2022.
type Defaults struct {
	// Methods adds authentication_methods and passkey_options.
	Methods bool
	// OTPMethods adds email_otp and phone_otp where authentication_methods is
	// sent without them.
	OTPMethods bool
	// OTPMethodsAlways adds them where authentication_methods is not sent, too.
	OTPMethodsAlways bool
	// APIBehavior adds authentication_methods.password.api_behavior.
	APIBehavior bool
	// SignupBehavior adds authentication_methods.password.signup_behavior.
	SignupBehavior bool
	// Purposes adds authentication and connected_accounts beside the options.
	Purposes bool
	// UsernameValidation adds attributes.username.validation.
	UsernameValidation bool
	// VerificationMethod adds attributes.email.verification_method.
	VerificationMethod bool
	// EmailUnique adds attributes.email.unique.
	EmailUnique bool
	// PasswordOptions completes password_options where a part of it is sent.
	PasswordOptions bool
	// PasswordOptionsAlways adds password_options in place of passwordPolicy.
	PasswordOptionsAlways bool
	// Ciphertext is the form in which configuration is shown.
	Ciphertext CiphertextForm
	// UpdatesEnabledClients accepts enabled_clients in an update of a connection.
	UpdatesEnabledClients bool
	// CrossOriginKey is the key of a new client that says whether cross-origin
	// authentication is on; none when empty.
	CrossOriginKey string
	// ApprovalChannels adds async_approval_notification_channels to a new client, as some
	// tenants do.
	ApprovalChannels bool
	// NullExpiry shows expires_at as null where a client's credential has none.
	NullExpiry bool
	// SubjectPolicies adds subject_type_authorization to a new resource server.
	SubjectPolicies bool
	// GrantSubjects adds subject_type to a new client grant.
	GrantSubjects bool
}

// LatestDefaults is the server of August 2026.
func LatestDefaults() Defaults {
	return DefaultsAt(time.Date(2026, time.August, 31, 0, 0, 0, 0, time.UTC))
}

// DefaultsAt is the server at a time: each change is placed between the last
// recording that is without it and the first that shows it.
func DefaultsAt(at time.Time) Defaults {
	since := func(year int, month time.Month, day int) bool {
		return !at.Before(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
	}
	d := Defaults{
		Methods:               since(2023, time.October, 1),
		OTPMethods:            since(2026, time.March, 10),
		APIBehavior:           since(2025, time.December, 1),
		SignupBehavior:        since(2026, time.February, 15),
		Purposes:              since(2025, time.October, 1),
		UsernameValidation:    since(2024, time.July, 1),
		VerificationMethod:    since(2024, time.October, 1),
		EmailUnique:           since(2025, time.December, 1),
		PasswordOptions:       since(2026, time.April, 1),
		PasswordOptionsAlways: since(2026, time.August, 1),
		UpdatesEnabledClients: !since(2026, time.July, 13),
		CrossOriginKey:        "cross_origin_authentication",
		NullExpiry:            !since(2025, time.January, 1),
		SubjectPolicies:       since(2025, time.July, 1),
		GrantSubjects:         since(2025, time.July, 1),
	}
	switch {
	case since(2024, time.October, 1):
		d.Ciphertext = MessageCiphertext
	case since(2024, time.September, 1):
		d.Ciphertext = DoubleCiphertext
	}
	switch {
	case !since(2023, time.April, 1):
		d.CrossOriginKey = "cross_origin_auth"
	case !since(2024, time.November, 1):
		d.CrossOriginKey = ""
	}
	return d
}

// num is a whole number as JSON decoding gives it.
func num(n string) json.Number { return json.Number(n) }

func defaultMFA() *object { return newObject("active", true, "return_enroll_settings", true) }

func defaultPasskeyOptions() *object {
	return newObject("challenge_ui", "both", "progressive_enrollment_enabled", true, "local_enrollment_enabled", true)
}

func (d Defaults) password() *object {
	password := newObject("enabled", true)
	d.completePassword(password)
	return password
}

func (d Defaults) completePassword(password *object) {
	if d.APIBehavior {
		password.setDefault("api_behavior", "required")
	}
	if d.SignupBehavior {
		password.setDefault("signup_behavior", "allow")
	}
}

func (d Defaults) methods() *object {
	methods := newObject("password", d.password(), "passkey", newObject("enabled", false))
	if d.OTPMethodsAlways {
		completeOTP(methods)
	}
	return methods
}

func completeOTP(methods *object) {
	methods.setDefault("email_otp", newObject("enabled", false))
	methods.setDefault("phone_otp", newObject("enabled", false))
}

// completeMethods fills in what a sent authentication_methods leaves out.
func (d Defaults) completeMethods(methods *object) {
	if password := methods.object("password"); password != nil {
		d.completePassword(password)
	} else {
		methods.set("password", d.password())
	}
	methods.setDefault("passkey", newObject("enabled", false))
	if d.OTPMethods || d.OTPMethodsAlways {
		completeOTP(methods)
	}
}

func passwordOptionsDefaults() *object {
	return newObject(
		"complexity", newObject(
			"character_type_rule", "all",
			"identical_characters", "allow",
			"sequential_characters", "allow",
			"max_length_exceeded", "error",
			"min_length", num("15"),
			"character_types", []any{},
		),
		"profile_data", newObject(
			"active", false,
			"blocked_fields", listOf([]string{
				"name", "username", "nickname", "email", "phone_number",
				"user_metadata.name", "user_metadata.first", "user_metadata.last",
			}),
		),
		"history", newObject("active", false, "size", num("3")),
		"dictionary", newObject("active", false, "custom", []any{}, "default", "en_100k"),
	)
}

// completePasswordOptions is the defaults with what was sent laid over them.
func completePasswordOptions(sent *object) *object {
	all := passwordOptionsDefaults()
	for _, part := range sent.keys {
		values := sent.object(part)
		target := all.object(part)
		if values == nil || target == nil {
			all.set(part, sent.get(part))
			continue
		}
		for _, key := range values.keys {
			target.set(key, values.get(key))
		}
	}
	return all
}

func (d Defaults) completeAttributes(attributes *object) {
	if email := attributes.object("email"); email != nil {
		if d.VerificationMethod {
			email.setDefault("verification_method", "link")
		}
		if d.EmailUnique {
			email.setDefault("unique", true)
		}
	}
	if username := attributes.object("username"); username != nil && d.UsernameValidation {
		username.setDefault("validation", newObject(
			"min_length", num("1"), "max_length", num("15"),
			"allowed_types", newObject("email", false, "phone_number", false),
		))
	}
}

// completeSent fills in the parts of options that are completed wherever they
// are sent, in a create and in an update.
func (d Defaults) completeSent(options *object) {
	if attributes := options.object("attributes"); attributes != nil {
		d.completeAttributes(attributes)
	}
	if methods := options.object("authentication_methods"); methods != nil && d.Methods {
		d.completeMethods(methods)
	}
	if sent := options.object("password_options"); sent != nil && d.PasswordOptions {
		options.set("password_options", completePasswordOptions(sent))
	}
}

// created is the options of a new connection.
func (d Defaults) created(sent *object) *object {
	options := newObject("mfa", defaultMFA())
	if !d.PasswordOptionsAlways && !sent.has("password_options") {
		options.set("passwordPolicy", "good")
	}
	for _, key := range sent.keys {
		options.set(key, sent.get(key))
	}
	d.completeSent(options)
	if d.PasswordOptionsAlways {
		options.setDefault("password_options", passwordOptionsDefaults())
	}
	options.setDefault("strategy_version", num("2"))
	if d.Methods {
		options.setDefault("authentication_methods", d.methods())
		options.setDefault("passkey_options", defaultPasskeyOptions())
	}
	options.setDefault("brute_force_protection", true)
	return options
}

// kept lists the options that an update without them leaves in place, while
// every other option that is not sent is lost.
func (d Defaults) kept() []string {
	if d.Methods {
		return []string{"passkey_options", "authentication_methods", "brute_force_protection"}
	}
	return []string{"brute_force_protection"}
}

// updated is the options after an update: what was sent, and the kept ones as
// they were, or, under redefault, as in a new connection.
func (d Defaults) updated(before, sent *object, redefault bool) *object {
	options := clone(sent).(*object)
	d.completeSent(options)
	fresh := d.created(newObject())
	for _, key := range d.kept() {
		if redefault || !before.has(key) {
			options.setDefault(key, fresh.get(key))
		} else {
			options.setDefault(key, clone(before.get(key)))
		}
	}
	return options
}
