// SPDX-License-Identifier: MPL-2.0

package localtenant

import "regexp"

// The limits of the published API description.
var (
	namePattern = regexp.MustCompile(`^[a-zA-Z0-9](-[a-zA-Z0-9]|[a-zA-Z0-9])*$`)

	boolean = typed("boolean")
	text    = typed("string")

	activeSchema = closedObject(map[string]*schema{"active": boolean}, "active")
	statusSchema = enumOf("required", "optional", "inactive")

	signupSchema         = closedObject(map[string]*schema{"status": statusSchema})
	signupVerifiedSchema = closedObject(map[string]*schema{
		"status":       statusSchema,
		"verification": closedObject(map[string]*schema{"active": boolean}),
	})

	attributesSchema = &schema{
		types: []string{"object"}, closed: true, minProps: 1,
		properties: map[string]*schema{
			"email": closedObject(map[string]*schema{
				"identifier": closedObject(
					map[string]*schema{"active": boolean, "default_method": enumOf("password", "email_otp")},
				),
				"unique":              boolean,
				"profile_required":    boolean,
				"verification_method": enumOf("link", "otp"),
				"signup":              signupVerifiedSchema,
			}),
			"phone_number": closedObject(map[string]*schema{
				"identifier": closedObject(
					map[string]*schema{"active": boolean, "default_method": enumOf("password", "phone_otp")},
				),
				"profile_required": boolean,
				"signup":           signupVerifiedSchema,
			}),
			"username": closedObject(map[string]*schema{
				"identifier":       closedObject(map[string]*schema{"active": boolean, "default_method": enumOf("password")}),
				"profile_required": boolean,
				"signup":           signupSchema,
				"validation": closedObject(map[string]*schema{
					"min_length":    numberIn("number", 1, 128),
					"max_length":    numberIn("number", 1, 128),
					"allowed_types": closedObject(map[string]*schema{"email": boolean, "phone_number": boolean}),
				}),
			}),
		},
	}

	scriptsSchema = &schema{types: []string{"object"}, properties: scriptProperties()}

	methodsSchema = orNull(closedObject(map[string]*schema{
		"password": closedObject(map[string]*schema{
			"enabled":         boolean,
			"api_behavior":    enumOf("required", "optional"),
			"signup_behavior": enumOf("allow", "block"),
		}),
		"passkey":   closedObject(map[string]*schema{"enabled": boolean}),
		"email_otp": closedObject(map[string]*schema{"enabled": boolean}),
		"phone_otp": closedObject(map[string]*schema{"enabled": boolean}),
	}))

	passwordOptionsSchema = closedObject(map[string]*schema{
		"complexity": closedObject(map[string]*schema{
			"min_length":            numberIn("integer", 1, 72),
			"character_types":       {types: []string{"array"}, items: enumOf("uppercase", "lowercase", "number", "special")},
			"character_type_rule":   enumOf("all", "three_of_four"),
			"identical_characters":  enumOf("allow", "block"),
			"sequential_characters": enumOf("allow", "block"),
			"max_length_exceeded":   enumOf("truncate", "error"),
		}),
		"dictionary": closedObject(map[string]*schema{
			"active":  boolean,
			"custom":  {types: []string{"array"}, maxItems: 200, items: &schema{types: []string{"string"}, maxLength: 50}},
			"default": enumOf("en_10k", "en_100k"),
		}),
		"history": closedObject(map[string]*schema{"active": boolean, "size": numberIn("integer", 1, 24)}),
		"profile_data": closedObject(map[string]*schema{
			"active": boolean,
			"blocked_fields": {
				types:    []string{"array"},
				maxItems: 12,
				items:    &schema{types: []string{"string"}, maxLength: 100},
			},
		}),
	})

	optionsSchema = &schema{
		types: []string{"object"},
		properties: map[string]*schema{
			"validation": orNull(closedObject(map[string]*schema{
				"username": orNull(closedObject(map[string]*schema{
					"min": numberIn("integer", 1), "max": numberIn("integer", 1, 128),
				}, "max", "min")),
			})),
			"non_persistent_attrs": {types: []string{"array", "null"}, items: text, maxItems: 96},
			"precedence": {
				types:    []string{"array"},
				minItems: 3,
				maxItems: 3,
				unique:   true,
				items:    enumOf("email", "phone_number", "username"),
			},
			"attributes":                   attributesSchema,
			"enable_script_context":        boolean,
			"enabledDatabaseCustomization": boolean,
			"import_mode":                  boolean,
			"configuration":                {types: []string{"object", "null"}, additional: typed("string", "null")},
			"customScripts":                scriptsSchema,
			"authentication_methods":       methodsSchema,
			"passkey_options": orNull(closedObject(map[string]*schema{
				"challenge_ui":                   enumOf("both", "autofill", "button"),
				"progressive_enrollment_enabled": boolean,
				"local_enrollment_enabled":       boolean,
			})),
			"passwordPolicy": {types: []string{"string", "null"}, enum: []string{"none", "low", "fair", "good", "excellent"}},
			"password_complexity_options": orNull(closedObject(map[string]*schema{
				"min_length": numberIn("integer", 1, 128),
			})),
			"password_history": orNull(closedObject(map[string]*schema{
				"enable": boolean, "size": numberIn("integer", 0, 24),
			}, "enable")),
			"password_no_personal_info": orNull(closedObject(map[string]*schema{"enable": boolean}, "enable")),
			"password_dictionary": orNull(closedObject(map[string]*schema{
				"enable":     boolean,
				"dictionary": {types: []string{"array"}, maxItems: 200, items: &schema{types: []string{"string"}, maxLength: 50}},
			}, "enable")),
			"password_options":                     passwordOptionsSchema,
			"disable_self_service_change_password": boolean,
			"disable_signup":                       boolean,
			"requires_username":                    boolean,
			"brute_force_protection":               boolean,
			"set_user_root_attributes":             enumOf("on_each_login", "on_first_login", "never_on_login"),
			"upstream_params":                      typed("object", "null"),
		},
	}

	connectionProperties = map[string]*schema{
		"display_name": {
			types:       []string{"string"},
			maxLength:   128,
			description: "Connection name used in the new universal login experience",
		},
		"options":              optionsSchema,
		"is_domain_connection": boolean,
		"show_as_button":       boolean,
		"realms":               {types: []string{"array"}, maxItems: 10, items: text},
		"metadata": {
			types:      []string{"object"},
			maxProps:   10,
			additional: &schema{types: []string{"string", "null"}, maxLength: 255},
		},
		"authentication": activeSchema,
		"connected_accounts": closedObject(
			map[string]*schema{"active": boolean, "cross_app_access": boolean},
			"active",
		),
		"cross_app_access_requesting_app": closedObject(map[string]*schema{"active": boolean}, "active"),
	}

	createSchema = closedObject(merged(connectionProperties, map[string]*schema{
		"name": {
			types:     []string{"string"},
			maxLength: 128,
			pattern:   namePattern,
			description: "The name of the connection. Must start and end with an alphanumeric character and can only contain " +
				"alphanumeric characters and '-'. Max length 128",
		},
		"strategy":        text,
		"options":         orNull(optionsSchema),
		"enabled_clients": {types: []string{"array"}, items: text},
	}), "name", "strategy")

	updateSchema = &schema{
		types: []string{"object"}, closed: true, minProps: 1,
		properties: merged(connectionProperties, map[string]*schema{"options": orNull(optionsSchema)}),
	}

	// updateWithClientsSchema is the update before enabled_clients moved to an
	// endpoint of its own.
	updateWithClientsSchema = &schema{
		types: []string{"object"}, closed: true, minProps: 1,
		properties: merged(updateSchema.properties, map[string]*schema{
			"enabled_clients": {types: []string{"array", "null"}, items: text},
		}),
	}

	enabledClientsSchema = &schema{
		types: []string{"array"}, minItems: 1, maxItems: 50,
		items: closedObject(map[string]*schema{"client_id": text, "status": boolean}, "client_id", "status"),
	}
)

func scriptProperties() map[string]*schema {
	properties := map[string]*schema{}
	for _, key := range []string{
		"login", "get_user", "delete", "change_password", "verify", "create", "change_username", "change_email", "change_phone_number",
	} {
		properties[key] = &schema{types: []string{"string"}, minLength: 1}
	}
	return properties
}

func merged(base, more map[string]*schema) map[string]*schema {
	all := make(map[string]*schema, len(base)+len(more))
	for key, s := range base {
		all[key] = s
	}
	for key, s := range more {
		all[key] = s
	}
	return all
}
