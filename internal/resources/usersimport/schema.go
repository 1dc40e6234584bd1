// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

type usersImportModel struct {
	ID           types.String   `tfsdk:"id"`
	ConnectionID types.String   `tfsdk:"connection_id"`
	Store        kit.StoreValue `tfsdk:"store"`
	UserIDPrefix types.String   `tfsdk:"user_id_prefix"`
	Where        types.String   `tfsdk:"where"`
	HashFormats  types.Set      `tfsdk:"hash_formats"`
	SaltPosition types.String   `tfsdk:"salt_position"`
	PepperWO     types.String   `tfsdk:"pepper_wo"`
	Upsert       types.Bool     `tfsdk:"upsert"`
	SendEmail    types.Bool     `tfsdk:"send_completion_email"`
	FirstBatch   types.Int64    `tfsdk:"first_batch"`
	MaxFailed    types.Int64    `tfsdk:"max_failed"`
	Version      types.Int64    `tfsdk:"version"`
	Ledger       types.Object   `tfsdk:"ledger"`
	Imported     types.Int64    `tfsdk:"imported"`
	AlreadyThere types.Int64    `tfsdk:"already_there"`
	Failed       types.List     `tfsdk:"failed"`
	FailedQuery  types.String   `tfsdk:"failed_query"`
	SuggestedDDL types.List     `tfsdk:"suggested_ddl"`

	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

var failedType = types.ObjectType{AttrTypes: map[string]attr.Type{"id": types.StringType, "code": types.StringType}}

func (r *usersImport) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	flag := func(description string) schema.BoolAttribute {
		return schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: description}
	}
	number := func(standard, least int64, description string) schema.Int64Attribute {
		return schema.Int64Attribute{
			Optional: true, Computed: true, Default: int64default.StaticInt64(standard),
			MarkdownDescription: description,
			Validators:          []validator.Int64{int64validator.AtLeast(least)},
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Brings the users of a table who are not with Auth0 yet, those without `migrated_at`, " +
			"into a connection in import mode, with their ids and password hashes, by Auth0's import jobs. " +
			"Creating it imports them; a higher `version` imports those who are left then. The plan says in a " +
			"warning how many would go, by format of their hash, and who cannot and why; it sends nothing.\n\n" +
			"What was sent is noted in a ledger, a table beside the users. An import that was cut off, by whatever " +
			"it was, goes on with the next apply, nobody comes twice, and nobody is lost. " +
			"Deleting it deletes nobody: users stay in Auth0, and the ledger stays in the database.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "The connection's id.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"connection_id": schema.StringAttribute{
				Required: true, MarkdownDescription: "The id of the connection, which must be in import mode. A " +
					"change imports anew, into the other connection, who is not marked.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				Validators:    []validator.String{connectionIDValidator{}},
			},
			"store": kit.ConsumedDatabaseStore("The users: the `store` of an `auth0pg_users_table`, or of an `auth0pg_store` for a view or "+
				"a table of somebody else's, with the part `migrated_at`. A change counts for the next `version`.",
				"An import reads the rows of a users table and marks them",
				"Leave the import out: users behind an API or in another tenant move at their first login, with `import_mode` of "+
					"the connection"),
			"user_id_prefix": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The `user_id_prefix` of the connection's scripts; by default it is taken " +
					"from its `login`, which must then be a rendered one. A change counts for the next `version`.",
			},
			"where": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "SQL over one row, as in a `row_filter`: who is imported, in addition to what " +
					"the store says. All by default. A change counts for the next `version`.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"hash_formats": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Default: setdefault.StaticValue(types.SetValueMust(types.StringType,
					[]attr.Value{types.StringValue(hashes.Bcrypt)})),
				MarkdownDescription: "The formats that the password hashes have, of " + kit.QuotedFormats() +
					" and `bcrypt`, which alone is the default. Of formats that look alike name one: who has a " +
					"hash that " +
					"none of them reads, two of them read, or Auth0 cannot import is held back. A change counts " +
					"for the next `version`.",
				Validators: []validator.Set{setvalidator.SizeAtLeast(1),
					setvalidator.ValueStringsAre(stringvalidator.OneOf(append(hashes.Optional(), hashes.Bcrypt)...))},
			},
			"salt_position": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Where the salt of plain digests and HMACs stood when they were made: " +
					"`prefix`, before the password, or `suffix`. Without it, who has such a salt is held back. A " +
					"change counts for the next `version`.",
				Validators: []validator.String{stringvalidator.OneOf(string(hashes.Prefix),
					string(hashes.Suffix))},
			},
			"pepper_wo": schema.StringAttribute{
				Optional: true, Sensitive: true, WriteOnly: true,
				MarkdownDescription: "The pepper of `bcrypt_pepper`, or the key of `hmac`; it is kept nowhere " +
					"(write-only), and Auth0 gets it with each such hash. A change counts for the next `version`.",
			},
			"upsert": flag("Whether a user whose address is known in the connection is updated, " +
				"metadata included; `false` by default. A hash that was imported is replaced by no import. A " +
				"change counts for the next `version`."),
			"send_completion_email": flag("Whether Auth0 sends the tenant's owners an e-mail for each job; `false` " +
				"by default. A change counts for the next `version`."),
			"first_batch": number(10, 1, "How many users go first, alone, and are looked up in Auth0 "+
				"before anybody else goes; 10 by default. A change counts for the next `version`."),
			"max_failed": number(0, 0, "How many users Auth0 may refuse before the import stops; 0 by "+
				"default. They stay unmarked and are listed in `failed`. A change counts for the next `version`."),
			"version": number(1, 1, "Raise it to import who is left; 1 by default. A lower one "+
				"imports nobody."),
			"ledger": schema.SingleNestedAttribute{
				Optional: true,
				MarkdownDescription: "The table in which is noted what was sent; it is created where it is " +
					"missing. A change counts for the next `version`: what the former one has open is not seen any " +
					"more.",
				Attributes: map[string]schema.Attribute{
					"schema": schema.StringAttribute{Optional: true, MarkdownDescription: "Its schema, by default " +
						"that of the users table. A change is one of ledgers."},
					"name": schema.StringAttribute{Optional: true, MarkdownDescription: "Its name, by default " +
						"`auth0pg_import`. A change is one of ledgers."},
				},
			},
			"imported": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many users the last " +
				"import has brought in."},
			"already_there": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many of the others it " +
				"found in Auth0 with their id, and marked: they had logged in meanwhile, or reset their password before."},
			"failed": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "Whom Auth0 refused in the last import, the first 100: they " +
					"are in the connection under no id of the table.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id": schema.StringAttribute{Computed: true, MarkdownDescription: "The id in the table."},
					"code": schema.StringAttribute{Computed: true, MarkdownDescription: "Auth0's reason, such as " +
						"`DUPLICATED_USER`, or `NOT_IMPORTED` of who is not there although the job does not say why."},
				}},
			},
			"failed_query": schema.StringAttribute{Computed: true, MarkdownDescription: "The SQL that lists all " +
				"whom Auth0 has refused, from the ledger."},
			"suggested_ddl": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The statements that create the ledger, for a database in which the provider " +
					"may not, or for your own migrations. The provider's role then needs SELECT, INSERT and UPDATE on it.",
			},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Update: true,
				CreateDescription: "How long the import may take in all, by default `12h`. One that is cut off " +
					"goes on with the next apply.",
				UpdateDescription: "How long an import by a higher `version` may take in all, by default `12h`.",
			}),
		},
	}
}

// connectionIDValidator refuses what is no id, such as the connection's name.
type connectionIDValidator struct{}

func (connectionIDValidator) Description(context.Context) string { return "an id, con_…" }

func (v connectionIDValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

func (connectionIDValidator) ValidateString(
	_ context.Context,
	req validator.StringRequest,
	resp *validator.StringResponse,
) {
	id := req.ConfigValue.ValueString()
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || strings.HasPrefix(id, "con_") {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Not A Connection Id", fmt.Sprintf(
		"%q is no id of a connection: those begin with con_.\n\nWrite the id, not the name: "+
			"auth0pg_connection.<name>.id of a "+
			"connection that is managed here, or the id that the dashboard shows.", id))
}
