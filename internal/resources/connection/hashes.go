// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// hashModel are the members of the `scripts` block that say how passwords are hashed.
type hashModel struct {
	PasswordHash     types.String `tfsdk:"password_hash"`
	BcryptRounds     types.Int64  `tfsdk:"bcrypt_rounds"`
	BcryptPrefix     types.String `tfsdk:"bcrypt_prefix"`
	PBKDF2Iterations types.Int64  `tfsdk:"pbkdf2_iterations"`
	Argon2Memory     types.Int64  `tfsdk:"argon2_memory"`
	Argon2Passes     types.Int64  `tfsdk:"argon2_passes"`
	LegacyHashes     types.Set    `tfsdk:"legacy_hashes"`
	PepperKey        types.String `tfsdk:"pepper_key"`
	SignerKey        types.String `tfsdk:"signer_key"`
}

var hashTypes = map[string]attr.Type{
	"password_hash": types.StringType, "bcrypt_rounds": types.Int64Type, "bcrypt_prefix": types.StringType,
	"pbkdf2_iterations": types.Int64Type, "argon2_memory": types.Int64Type, "argon2_passes": types.Int64Type,
	"legacy_hashes": types.SetType{
		ElemType: types.StringType,
	}, "pepper_key": types.StringType, "signer_key": types.StringType,
}

// hashValues are the members for the options of rendered scripts.
func hashValues(o scripts.Options) map[string]attr.Value {
	text := func(value string) types.String {
		if value == "" {
			return types.StringNull()
		}
		return types.StringValue(value)
	}
	iterations, formats := types.Int64Null(), types.SetNull(types.StringType)
	if o.Iterations != 0 {
		iterations = types.Int64Value(int64(o.Iterations))
	}
	if len(o.LegacyHashes) > 0 {
		formats = stringSet(o.LegacyHashes)
	}
	return map[string]attr.Value{
		"password_hash": types.StringValue(o.PasswordHash), "bcrypt_rounds": types.Int64Value(int64(o.BcryptRounds)),
		"bcrypt_prefix": types.StringValue(o.BcryptPrefix), "pbkdf2_iterations": iterations,
		"argon2_memory": types.Int64Value(int64(o.Argon2Memory)), "argon2_passes": types.Int64Value(int64(o.Argon2Passes)),
		"legacy_hashes": formats, "pepper_key": text(o.PepperKey), "signer_key": text(o.SignerKey),
	}
}

// setOptions fills in the options of the scripts.
func (m hashModel) setOptions(o *scripts.Options) {
	for _, format := range hashes.Optional() { // in this order, whatever that of the set
		if slices.Contains(m.LegacyHashes.Elements(), attr.Value(types.StringValue(format))) {
			o.LegacyHashes = append(o.LegacyHashes, format)
		}
	}
	o.PasswordHash, o.BcryptPrefix = m.PasswordHash.ValueString(), m.BcryptPrefix.ValueString()
	o.BcryptRounds, o.Iterations = int(m.BcryptRounds.ValueInt64()), int(m.PBKDF2Iterations.ValueInt64())
	o.Argon2Memory, o.Argon2Passes = int(m.Argon2Memory.ValueInt64()), int(m.Argon2Passes.ValueInt64())
	o.PepperKey, o.SignerKey = m.PepperKey.ValueString(), m.SignerKey.ValueString()
}

// known reports whether all of them are.
func (m hashModel) known() bool {
	for _, value := range []attr.Value{
		m.PasswordHash, m.BcryptRounds, m.BcryptPrefix, m.PBKDF2Iterations, m.Argon2Memory, m.Argon2Passes, m.PepperKey, m.SignerKey, m.LegacyHashes,
	} {
		if value.IsUnknown() {
			return false
		}
	}
	return !kit.UnknownElement(m.LegacyHashes)
}

func hashAttributes() map[string]schema.Attribute {
	keyForm := stringvalidator.RegexMatches(configurationKeyForm, "must be a name: letters, digits and underscores")
	return map[string]schema.Attribute{
		"password_hash": schema.StringAttribute{
			Optional: true, Computed: true, PlanModifiers: kit.ImpliedString(scripts.DefaultPasswordHash),
			MarkdownDescription: "The format in which the scripts write new password hashes, and " +
				"which login reads beside bcrypt: " + kit.Code(hashes.Writable()) +
				"; the default is `" + scripts.DefaultPasswordHash + "`. The guide *Password hashes* describes each. " +
				"An unknown user takes as long to be refused as a hash of this format and cost, so name what the table has. " +
				"A change counts for passwords that are set from then on.",
			Validators: []validator.String{writtenHash{}},
		},
		"bcrypt_rounds": schema.Int64Attribute{
			Optional: true, Computed: true, PlanModifiers: kit.ImpliedInt64(scripts.DefaultBcryptRounds),
			MarkdownDescription: fmt.Sprintf("The cost of new hashes with bcrypt, from %d to %d; the default is %d. A change "+
				"counts for passwords that are set from then on.",
				scripts.MinBcryptRounds, scripts.MaxBcryptRounds, scripts.DefaultBcryptRounds),
			Validators: []validator.Int64{int64validator.Between(scripts.MinBcryptRounds, scripts.MaxBcryptRounds)},
		},
		"bcrypt_prefix": schema.StringAttribute{
			Optional: true, Computed: true, PlanModifiers: kit.ImpliedString(scripts.DefaultBcryptPrefix),
			MarkdownDescription: "The version that new hashes with bcrypt name: `2b`, the default, `2a` (the only one that " +
				"pgcrypto knows) or `2y`. A change counts for passwords that are set from then on.",
			Validators: []validator.String{stringvalidator.OneOf("2b", "2a", "2y")},
		},
		"pbkdf2_iterations": schema.Int64Attribute{
			Optional: true,
			MarkdownDescription: fmt.Sprintf("The iterations of new hashes with PBKDF2, from %d to %d; by default 210000 for "+
				"`aspnet_identity` and 600000 for the others. A change counts for passwords that are set from then on.",
				hashes.MinIterations, hashes.MaxIterations),
			Validators: []validator.Int64{int64validator.Between(hashes.MinIterations, hashes.MaxIterations)},
		},
		"argon2_memory": schema.Int64Attribute{
			Optional: true, Computed: true, PlanModifiers: kit.ImpliedInt64(scripts.DefaultArgon2Memory),
			MarkdownDescription: fmt.Sprintf("The memory of new hashes with Argon2id, in KiB, from %d to %d; the default is "+
				"%d. A change counts for passwords that are set from then on.",
				hashes.MinArgon2Memory, hashes.MaxArgon2Memory, scripts.DefaultArgon2Memory),
			Validators: []validator.Int64{int64validator.Between(hashes.MinArgon2Memory, hashes.MaxArgon2Memory)},
		},
		"argon2_passes": schema.Int64Attribute{
			Optional: true, Computed: true, PlanModifiers: kit.ImpliedInt64(scripts.DefaultArgon2Passes),
			MarkdownDescription: fmt.Sprintf("How often new hashes with Argon2id go through that memory, from %d to %d; the "+
				"default is %d. A change counts for passwords that are set from then on.",
				hashes.MinArgon2Passes, hashes.MaxArgon2Passes, scripts.DefaultArgon2Passes),
			Validators: []validator.Int64{int64validator.Between(hashes.MinArgon2Passes, hashes.MaxArgon2Passes)},
		},
		"legacy_hashes": schema.SetAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "The formats of password hashes that login accepts beside bcrypt, " +
				"several in one table if need be: " + kit.QuotedFormats() +
				". The guide *Password hashes* describes each. A change uploads login anew.",
			Validators: []validator.Set{
				setvalidator.SizeAtLeast(1),
				setvalidator.ValueStringsAre(stringvalidator.OneOf(hashes.Optional()...)),
			},
		},
		"pepper_key": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The configuration key that holds the pepper, a secret that the " +
				"application adds to every password, " +
				"or the key of `hmac`; the formats `bcrypt_pepper` and `hmac` need it. A change uploads the scripts anew.",
			Validators: []validator.String{keyForm},
		},
		"signer_key": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The configuration key that holds what Firebase shows as its project's `hash_config`, or " +
				"the `base64_signer_key` alone; " +
				"the format `firebase` needs it. A change uploads the scripts anew.",
			Validators: []validator.String{keyForm},
		},
	}
}

// writtenHash accepts the formats that the scripts write.
type writtenHash struct{}

func (writtenHash) Description(context.Context) string { return "a format that the scripts write" }

func (v writtenHash) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (writtenHash) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() ||
		slices.Contains(hashes.Writable(), req.ConfigValue.ValueString()) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Hash Format Not Written", fmt.Sprintf(
		"The scripts do not write new hashes of the format %q. They write %s. Hashes of other formats that are in the "+
			"table already are read through legacy_hashes: %s.\n\n"+
			"Name one of those that are written, or leave the attribute out.",
		req.ConfigValue.ValueString(), strings.Join(hashes.Writable(), ", "), strings.Join(hashes.Optional(), ", ")))
}
