// SPDX-License-Identifier: MPL-2.0

package localtenant

// legacyPasswordOptions are the settings that password_options replaces.
var legacyPasswordOptions = []string{
	"passwordPolicy", "password_history", "password_dictionary", "password_no_personal_info", "password_complexity_options",
}

// checkOptions applies the rules that span several options. before is nil in a
// create.
func checkOptions(sent, before *object) error {
	if attributes := sent.object("attributes"); attributes != nil {
		if err := checkAttributes(sent, attributes, before); err != nil {
			return err
		}
	}
	if sent.object("password_options") != nil {
		for _, key := range legacyPasswordOptions {
			if sent.get(key) != nil {
				return badBody("Cannot set both options.password_options and options." + key)
			}
		}
	}
	if before != nil && before.bool("enable_script_context") && sent.has("enable_script_context") &&
		!sent.bool("enable_script_context") {
		return badBody("options.enable_script_context cannot be disabled once enabled")
	}
	return nil
}

func checkAttributes(sent, attributes, before *object) error {
	if sent.get("validation") != nil {
		return badBody("Cannot set both options.attributes and options.validation")
	}
	if sent.bool("requires_username") {
		return badBody("Cannot set both options.attributes and options.requires_username")
	}
	active := false
	for _, name := range attributes.keys {
		on, _ := attributes.path(name, "identifier", "active").(bool)
		active = active || on
	}
	if !active {
		return badBody("attributes must contain one active identifier")
	}
	for _, name := range attributes.keys {
		required, _ := attributes.path(name, "profile_required").(bool)
		if status, sent := attributes.path(name, "signup", "status").(string); required && sent && status != "required" {
			return badBody("attribute " + name + " must also be required on signup")
		}
	}
	email := attributes.object("email")
	if email == nil || before == nil {
		return nil
	}
	wanted := uniqueEmail(email)
	stored, _ := before.path("attributes", "email").(*object)
	switch {
	case stored == nil && !wanted:
		return badBody("cannot add non-unique email attribute")
	case stored != nil && uniqueEmail(stored) != wanted:
		return badBody("cannot patch unique property on email attribute")
	}
	return nil
}

// uniqueEmail is the unique setting of an email attribute; one that is not given
// counts as true.
func uniqueEmail(email *object) bool {
	value, given := email.get("unique").(bool)
	return value || !given
}
