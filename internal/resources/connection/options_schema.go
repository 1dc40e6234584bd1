// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Every option is optional and computed: what the configuration leaves out is never planned to change, whatever the
// tenant makes of it. A connection that is made here shows nothing of it, one that was imported the tenant's value.

const unmanagedNote = " A change is an update in place. Without this attribute the option is left as it is, and is null " +
	"unless the connection was imported."

// managed adds what holds for every top-level option.
func managed(description string) string { return description + unmanagedNote }

func boolOption(description string) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional: true, Computed: true, MarkdownDescription: description,
		PlanModifiers: []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
	}
}

// stating puts what an attribute takes in front of what a change of it does.
func stating(description, taken string) string {
	what, change, _ := strings.Cut(description, " A change ")
	return what + " " + taken + " A change " + change
}

func oneOf(values []string) string { return "One of `" + strings.Join(values, "`, `") + "`." }

func int64Option(low, high int64, description string) schema.Int64Attribute {
	return schema.Int64Attribute{
		Optional: true, Computed: true, MarkdownDescription: stating(description, fmt.Sprintf("From %d to %d.", low, high)),
		Validators:    []validator.Int64{int64validator.Between(low, high)},
		PlanModifiers: []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
	}
}

func choiceOption(description string, values ...string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, MarkdownDescription: stating(description, oneOf(values)),
		Validators:    []validator.String{stringvalidator.OneOf(values...)},
		PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
}

func setOption(description string, most, longest int, more ...validator.Set) schema.SetAttribute {
	return schema.SetAttribute{
		Optional: true, Computed: true, ElementType: types.StringType, MarkdownDescription: description,
		Validators: append(
			more,
			setvalidator.SizeAtMost(most),
			setvalidator.ValueStringsAre(stringvalidator.LengthBetween(1, longest)),
		),
		PlanModifiers: []planmodifier.Set{setplanmodifier.UseStateForUnknown()},
	}
}

func objectOption(description string, attributes map[string]schema.Attribute) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true, Computed: true, MarkdownDescription: description, Attributes: attributes,
		PlanModifiers: []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
	}
}

// connectionOptionAttributes are the options that have an attribute of their own.
func connectionOptionAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"disable_signup":                       boolOption(managed("Whether nobody can sign up through this connection.")),
		"disable_self_service_change_password": boolOption(managed("Whether the login page offers no \"Forgot password\".")),
		"requires_username": boolOption(managed("Whether users have a username besides their e-mail " +
			"address; the store then needs the part `username`. Not together with `attributes`.")),
		"brute_force_protection": boolOption(managed("Whether an account is blocked " +
			"after repeated failed logins.")),
		"enable_script_context": boolOption(managed("Whether the scripts get a context argument. Auth0 " +
			"cannot switch it off again, so that is refused.")),
		"realm_fallback": boolOption(managed("Whether Auth0 falls back to this " +
			"connection when a realm is not found.")),
		"strategy_version": int64Option(1, 100, managed("The version of the database strategy.")),
		"set_user_root_attributes": choiceOption(managed("When name, nickname and picture are taken "+
			"over from the scripts' profile."),
			"on_each_login", "on_first_login", "never_on_login"),
		"non_persistent_attrs": setOption(managed("Profile fields that Auth0 does not store."), 96, 256),
		"precedence": schema.ListAttribute{
			Optional: true, Computed: true, ElementType: types.StringType,
			MarkdownDescription: managed("The order in which identifiers are tried: `email`, " +
				"`phone_number` and `username`, each once."),
			Validators: []validator.List{
				listvalidator.SizeBetween(3, 3), listvalidator.UniqueValues(),
				listvalidator.ValueStringsAre(stringvalidator.OneOf("email", "phone_number", "username")),
			},
			PlanModifiers: []planmodifier.List{listplanmodifier.UseStateForUnknown()},
		},
		"upstream_params": schema.StringAttribute{
			Optional: true, Computed: true, CustomType: jsontypes.NormalizedType{},
			MarkdownDescription: managed("Parameters passed on to an upstream provider, as a JSON object."),
			Validators:          []validator.String{jsonObjectValidator{}},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"mfa": objectOption(managed("Multi-factor authentication with this connection."), map[string]schema.Attribute{
			"active": boolOption("Whether multi-factor authentication is active. A " +
				"change is an update in place."),
			"return_enroll_settings": boolOption("Whether enrolment settings are returned. A change is an update in place."),
		}),
		"custom_password_hash": objectOption(managed("How imported password hashes "+
			"of other formats are verified."), map[string]schema.Attribute{
			"action_id": schema.StringAttribute{Required: true, MarkdownDescription: "The id of the action that verifies " +
				"them. A change is an update in place."},
		}),
		"authentication_methods": authenticationMethodsOption(),
		"passkey_options": objectOption(managed("How users are asked for passkeys."), map[string]schema.Attribute{
			"challenge_ui": choiceOption("Where the login page asks for a passkey. A "+
				"change is an update in place.", "both", "autofill", "button"),
			"local_enrollment_enabled": boolOption("Whether users are asked to add a passkey of the device they are on. " +
				"A change is an update in place."),
			"progressive_enrollment_enabled": boolOption("Whether users are asked to add a passkey after another login. A " +
				"change is an update in place."),
		}),
		"attributes":       attributesOption(),
		"validation":       validationOption(),
		"password_options": passwordOptionsOption(),
		"password_policy": choiceOption(managed("The strength that passwords need, in the old form. Not "+
			"together with `password_options`."), "none", "low", "fair", "good", "excellent"),
		"password_complexity_options": objectOption(managed("The length that passwords need, in the old form. Not "+
			"together with `password_options`."), map[string]schema.Attribute{"min_length": int64Option(1, 128, "The least length. A change is an update in place.")}),
		"password_history": objectOption(managed("Whether old passwords are refused, in the old form. Not "+
			"together with `password_options`."), map[string]schema.Attribute{
			"enable": schema.BoolAttribute{Required: true, MarkdownDescription: "Whether they are. A change is an update in place."},
			"size":   int64Option(0, 24, "How many old passwords count. A change is an update in place."),
		}),
		"password_no_personal_info": objectOption(managed("Whether passwords with personal data are refused, in the old "+
			"form. Not together with `password_options`."), map[string]schema.Attribute{
			"enable": schema.BoolAttribute{Required: true, MarkdownDescription: "Whether they are. A change is an update in place."},
		}),
		"password_dictionary": objectOption(managed("Whether common passwords are refused, in the old form. Not "+
			"together with `password_options`."), map[string]schema.Attribute{
			"enable":     schema.BoolAttribute{Required: true, MarkdownDescription: "Whether they are. A change is an update in place."},
			"dictionary": setOption("Further words to refuse, at most 200. A change is an update in place.", 200, 50),
		}),
	}
}

func authenticationMethodsOption() schema.SingleNestedAttribute {
	method := func(name string, more map[string]schema.Attribute) schema.SingleNestedAttribute {
		attributes := map[string]schema.Attribute{
			"enabled": boolOption("Whether " + name + " are enabled. A change is an update in place."),
		}
		for key, attribute := range more {
			attributes[key] = attribute
		}
		return objectOption("Logins with "+name+". A change is an update in place.", attributes)
	}
	return objectOption(managed("The methods by which users log in."), map[string]schema.Attribute{
		"password": method("passwords", map[string]schema.Attribute{
			"api_behavior": choiceOption("Whether a user created over the API needs a password. A "+
				"change is an update in place.", "required", "optional"),
			"signup_behavior": choiceOption("Whether users may sign up with a password. A "+
				"change is an update in place.", "allow", "block"),
		}),
		"passkey":   method("passkeys", nil),
		"email_otp": method("one-time codes by e-mail", nil),
		"phone_otp": method("one-time codes by phone", nil),
	})
}

func attributesOption() schema.SingleNestedAttribute {
	const status = "Whether the attribute is asked for at sign-up. A change is an update in place."
	signup := objectOption("The attribute at sign-up. A change is an update in place.", map[string]schema.Attribute{
		"status": choiceOption(status, "required", "optional", "inactive"),
		"verification": objectOption("Verification at sign-up. A change is an update in place.", map[string]schema.Attribute{
			"active": boolOption("Whether it is verified. A change is an update in place."),
		}),
	})
	identifier := func(methods ...string) schema.SingleNestedAttribute {
		return objectOption("The attribute as an identifier. A change is an update in place.", map[string]schema.Attribute{
			"active":         boolOption("Whether users can log in with it. A change is an update in place."),
			"default_method": choiceOption("The method offered first. A change is an update in place.", methods...),
		})
	}
	profile := boolOption("Whether every user must have it. A change is an update in place.")
	return objectOption(managed("The attributes that users have and log in with (flexible identifiers). Not together "+
		"with `validation` and `requires_username`."), map[string]schema.Attribute{
		"email": objectOption("The e-mail address. A change is an update in place.", map[string]schema.Attribute{
			"identifier":          identifier("password", "email_otp"),
			"profile_required":    profile,
			"verification_method": choiceOption("How the address is verified. A change is an update in place.", "link", "otp"),
			"signup":              signup,
			"unique": boolOption("Whether two users may not share an address. Auth0 accepts no " +
				"change of it, so that is refused."),
		}),
		"phone_number": objectOption("The phone number. A change is an update in place.", map[string]schema.Attribute{
			"identifier": identifier("password", "phone_otp"), "profile_required": profile, "signup": signup,
		}),
		"username": objectOption("The username. A change is an update in place.", map[string]schema.Attribute{
			"identifier": objectOption("The username as an identifier. A "+
				"change is an update in place.", map[string]schema.Attribute{
				"active": boolOption("Whether users can log in with it. A change is an update in place."),
			}),
			"profile_required": profile,
			"signup": objectOption("The username at sign-up. A change is an update in place.", map[string]schema.Attribute{
				"status": choiceOption(status, "required", "optional", "inactive"),
			}),
			"validation": objectOption("The form of usernames. A change is an update in place.", map[string]schema.Attribute{
				"min_length": int64Option(1, 128, "The least length. A change is an update in place."),
				"max_length": int64Option(1, 128, "The greatest length. A change is an update in place."),
				"allowed_types": objectOption("What a username may look like. A "+
					"change is an update in place.", map[string]schema.Attribute{
					"email":        boolOption("Whether it may be an e-mail address. A change is an update in place."),
					"phone_number": boolOption("Whether it may be a phone number. A change is an update in place."),
				}),
			}),
		}),
	})
}

func validationOption() schema.SingleNestedAttribute {
	bound := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{Required: true, MarkdownDescription: description + " From 1 to 128. A change is an " +
			"update in place.", Validators: []validator.Int64{int64validator.Between(1, 128)}}
	}
	return objectOption(managed("The length of usernames, in the old form. "+
		"Not together with `attributes`."), map[string]schema.Attribute{
		"username": objectOption("The length of usernames. A change is an update in place.", map[string]schema.Attribute{
			"min": bound("The least length."), "max": bound("The greatest length."),
		}),
	})
}

func passwordOptionsOption() schema.SingleNestedAttribute {
	return objectOption(managed("What passwords must be like. Not together with `password_policy` and the other "+
		"attributes of the old form, which it replaces."), map[string]schema.Attribute{
		"complexity": objectOption("Length and characters. A change is an update in place.", map[string]schema.Attribute{
			"min_length": int64Option(1, 72, "The least length. A change is an update in place."),
			"character_types": setOption(stating("The types of characters required. A "+
				"change is an update in place.", "Of `"+strings.Join(characterTypes, "`, `")+"`."), 4, 16, setvalidator.ValueStringsAre(stringvalidator.OneOf(characterTypes...))),
			"character_type_rule": choiceOption("Whether all types are required or, of all four, three. A "+
				"change is an update in place.", "all", "three_of_four"),
			"identical_characters": choiceOption("Whether more than two identical characters may follow each other. A "+
				"change is an update in place.", "allow", "block"),
			"sequential_characters": choiceOption("Whether sequences such as 123 are allowed. A "+
				"change is an update in place.", "allow", "block"),
			"max_length_exceeded": choiceOption("Whether longer passwords than can be hashed are cut or refused. A "+
				"change is an update in place.", "truncate", "error"),
		}),
		"profile_data": objectOption("Profile data in passwords. A change is an update in place.",
			map[string]schema.Attribute{
				"active":         boolOption("Whether it is refused. A change is an update in place."),
				"blocked_fields": setOption("The profile fields that count, at most 12. A change is an update in place.", 12, 100),
			}),
		"history": objectOption("Old passwords. A change is an update in place.", map[string]schema.Attribute{
			"active": boolOption("Whether they are refused. A change is an update in place."),
			"size":   int64Option(1, 24, "How many old passwords count. A change is an update in place."),
		}),
		"dictionary": objectOption("Common passwords. A change is an update in place.", map[string]schema.Attribute{
			"active":  boolOption("Whether they are refused. A change is an update in place."),
			"default": choiceOption("The list of common passwords. A change is an update in place.", "en_10k", "en_100k"),
			"custom":  setOption("Further words to refuse, at most 200. A change is an update in place.", 200, 50),
		}),
	})
}

var characterTypes = []string{"uppercase", "lowercase", "number", "special"}

// connectionPropertyAttributes are the attributes of the connection beside its options.
func connectionPropertyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"display_name": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: managed("The name shown to users, at most 128 characters."),
			Validators:          []validator.String{stringvalidator.LengthBetween(1, maxConnectionName)},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"is_domain_connection": boolOption(managed("Whether organizations of other tenants' " +
			"applications may use the connection too.")),
		"show_as_button": boolOption(managed("Whether the login page shows a button for the connection.")),
		"realms": schema.ListAttribute{
			Optional: true, Computed: true, ElementType: types.StringType,
			MarkdownDescription: managed("The realms that lead to this connection, at most 10; the " +
				"connection's name where none is given."),
			Validators: []validator.List{
				listvalidator.SizeBetween(1, 10),
				listvalidator.UniqueValues(),
				listvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1)),
			},
			PlanModifiers: []planmodifier.List{listplanmodifier.UseStateForUnknown()},
		},
		"metadata": schema.MapAttribute{
			Optional: true, Computed: true, ElementType: types.StringType,
			MarkdownDescription: managed("Data attached to the connection, at most 10 keys with " +
				"values of at most 255 characters."),
			Validators: []validator.Map{
				mapvalidator.SizeAtMost(10),
				mapvalidator.ValueStringsAre(stringvalidator.LengthAtMost(255)),
			},
			PlanModifiers: []planmodifier.Map{mapplanmodifier.UseStateForUnknown()},
		},
	}
}
