// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"fmt"
	"maps"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

const (
	maxConnectionName = 128
	maxPrefix         = 64
)

var (
	connectionNameForm   = regexp.MustCompile(`^[a-zA-Z0-9](-[a-zA-Z0-9]|[a-zA-Z0-9])*$`)
	prefixForm           = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?$`)
	configurationKeyForm = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
)

// scriptsModel is the `scripts` block.
type scriptsModel struct {
	UserIDPrefix   types.String `tfsdk:"user_id_prefix"`
	DatabaseURLKey types.String `tfsdk:"database_url_key"`
	CAKey          types.String `tfsdk:"ca_key"`
	PoolMax        types.Int64  `tfsdk:"pool_max"`
	AppMetadataKey types.String `tfsdk:"app_metadata_key"`
	RehashOnLogin  types.Bool   `tfsdk:"rehash_on_login"`
	ImportFinished types.Bool   `tfsdk:"import_finished"`
	ForgetAfter    types.String `tfsdk:"forget_migrated_after"`
	Overrides      types.Map    `tfsdk:"overrides"`
	hashModel
}

var scriptsType = types.ObjectType{AttrTypes: kit.Merged(hashTypes, map[string]attr.Type{
	"user_id_prefix": types.StringType, "database_url_key": types.StringType, "ca_key": types.StringType,
	"pool_max": types.Int64Type, "app_metadata_key": types.StringType,
	"rehash_on_login": types.BoolType, "import_finished": types.BoolType, "forget_migrated_after": types.StringType,
	"overrides": types.MapType{ElemType: types.StringType},
})}

// defaultScripts is what counts where the block is left out, which is null in plan and state.
func defaultScripts() types.Object {
	return types.ObjectValueMust(scriptsType.AttrTypes, scriptsAttributes(scripts.Options{
		PasswordHash: scripts.DefaultPasswordHash, BcryptRounds: scripts.DefaultBcryptRounds, BcryptPrefix: scripts.DefaultBcryptPrefix, DatabaseURLKey: scripts.DefaultDatabaseURLKey,
		CAKey: scripts.DefaultCAKey, PoolMax: scripts.DefaultPoolMax, AppMetadataKey: scripts.DefaultAppMetadataKey,
		Argon2Memory: scripts.DefaultArgon2Memory, Argon2Passes: scripts.DefaultArgon2Passes,
	}))
}

// scriptsAttributes are the members of the block for the options of rendered scripts.
func scriptsAttributes(o scripts.Options) map[string]attr.Value {
	prefix := types.StringNull()
	if o.UserIDPrefix != "" {
		prefix = types.StringValue(o.UserIDPrefix)
	}
	forget := types.StringNull()
	if o.ForgetMigratedAfter != 0 {
		forget = types.StringValue(kit.ShortDuration(o.ForgetMigratedAfter))
	}
	return kit.Merged(hashValues(o), map[string]attr.Value{
		"forget_migrated_after": forget,
		"user_id_prefix":        prefix,
		"database_url_key":      types.StringValue(o.DatabaseURLKey),
		"ca_key":                types.StringValue(o.CAKey),
		"pool_max":              types.Int64Value(int64(o.PoolMax)),
		"app_metadata_key":      types.StringValue(o.AppMetadataKey),
		"rehash_on_login":       types.BoolValue(o.RehashOnLogin),
		"import_finished":       types.BoolValue(o.ImportFinished),
		"overrides":             types.MapNull(types.StringType),
	})
}

func connectionSchema(ctx context.Context) schema.Schema {
	attributes := map[string]schema.Attribute{
		"id": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "The connection's id, `con_…`.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"name": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "The connection's name: letters and digits, with single hyphens between them, at most 128 " +
				"characters. Auth0 cannot rename a connection: a change is refused, " +
				"because a new connection has none of the users, unless `allow_replacement` is set.",
			Validators: []validator.String{
				stringvalidator.LengthBetween(1, maxConnectionName),
				stringvalidator.RegexMatches(connectionNameForm, "must consist of letters and digits, "+
					"with single hyphens between them"),
			},
		},
		"import_mode": schema.BoolAttribute{
			Optional: true, Computed: true, PlanModifiers: kit.ImpliedBool(false),
			MarkdownDescription: "Whether users move to Auth0's own store at their first login (automatic migration). The " +
				"connection then gets the scripts `login` and `get_user` only; " +
				"false, the default, keeps users in your database and gives the connection all scripts. A change uploads " +
				"or removes the other scripts.",
		},
		"store": optionalStore(),
		"operations": schema.SetAttribute{
			Optional: true, Computed: true, ElementType: types.StringType,
			MarkdownDescription: "The operations for which the connection has a script: each is of " +
				"`scripts.overrides` or rendered from `store`. " +
				"By default all of its mode and those of `scripts.overrides`, without `store` only the latter: without the part " +
				"`email_verified` no `verify`, and with `disable_signup = true` no `create` that the store does not take. `login` and " +
				"`get_user` alone are a connection: what Auth0 does " +
				"where a script is missing, the plan says. A change uploads or removes scripts. Without this attribute it is null, unless " +
				"the connection was imported or it was set before.",
			Validators: []validator.Set{
				setvalidator.SizeAtLeast(1),
				setvalidator.ValueStringsAre(stringvalidator.OneOf(kit.OperationNames()...)),
			},
		},
		"manage_scripts": schema.BoolAttribute{
			Optional: true, Computed: true, PlanModifiers: kit.ImpliedBool(true),
			MarkdownDescription: "Whether the scripts are managed here; true by default. With false they stay in the tenant " +
				"as they are, for whatever else deploys them, such as a pipeline; " +
				"`store`, `scripts` and `operations` are then left out. A change to false leaves the scripts in place.",
		},
		"configuration_wo": schema.MapAttribute{
			Optional: true, Sensitive: true, WriteOnly: true, ElementType: types.StringType,
			MarkdownDescription: "The values that the scripts read as `configuration.<key>`, above all the database's URL, or " +
				"the credentials for an API. " +
				"Write-only: they are in neither state nor plan, " +
				"which keep only two bytes of a hash to notice a value that changes by itself. A change takes effect together " +
				"with `configuration_wo_version`. The whole map is sent whenever an option changes, so keep it configured.",
			Validators: []validator.Map{
				mapvalidator.SizeAtLeast(1),
				mapvalidator.KeysAre(stringvalidator.RegexMatches(configurationKeyForm, "must be a name: letters, digits and underscores")),
				mapvalidator.AlsoRequires(path.MatchRoot("configuration_wo_version")),
			},
		},
		"configuration_wo_version": schema.Int64Attribute{
			Optional: true, Computed: true,
			MarkdownDescription: "The version of `configuration_wo`, which a change of it sends. A connection that was " +
				"imported counts as version 1.",
			Validators:    []validator.Int64{int64validator.AtLeast(1)},
			PlanModifiers: []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
		},
		"enabled_clients": schema.SetAttribute{
			Optional: true, Computed: true, ElementType: types.StringType,
			MarkdownDescription: "The ids of exactly the clients that may use the connection. A change enables and disables " +
				"the difference. Without this attribute the clients are not managed. " +
				"A refresh takes them from the list of connections, in tenants that still show them there; otherwise it takes " +
				"one more call for each connection with this attribute.",
			Validators:    []validator.Set{setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
			PlanModifiers: []planmodifier.Set{setplanmodifier.UseStateForUnknown()},
		},
		"options": schema.StringAttribute{
			Optional: true, Computed: true, CustomType: jsontypes.NormalizedType{},
			MarkdownDescription: "Further options of the connection, as a JSON object with Auth0's own keys, laid over the " +
				"stored ones last. Only the keys that stand here are managed, at every depth; " +
				"a key that is null is taken away. A change is an update in place; a key that is removed here keeps its value.",
			Validators:    []validator.String{optionsValidator{}},
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"deletion_protection": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(true),
			MarkdownDescription: "Whether the deletion of the connection is refused; true by default. To delete it, set " +
				"this to false and apply first.",
		},
		"delete_with_users": schema.BoolAttribute{
			Optional: true, Computed: true, PlanModifiers: kit.ImpliedBool(false),
			MarkdownDescription: "Whether the connection may be deleted while it has users. Auth0 deletes their profiles with " +
				"it. False by default; a change counts once it has been applied.",
		},
		"allow_replacement": schema.BoolAttribute{
			Optional: true, Computed: true, PlanModifiers: kit.ImpliedBool(false),
			MarkdownDescription: "Whether a change of `name` may delete this connection and create another. False by default; " +
				"the guards of deletion apply all the same.",
		},
		"preflight": preflightAttribute(),
		"use_former_scripts": schema.BoolAttribute{
			Optional: true, Computed: true, PlanModifiers: kit.ImpliedBool(false),
			MarkdownDescription: "Whether the connection has the scripts of before the last apply that changed them, " +
				"whatever `store` and `scripts` say: " +
				"the way back from a bad upload. False by default. A change uploads them; back at false, those that the " +
				"configuration says. They are not tried. Access functions keep the SQL that they have.",
		},
		"script_digests": schema.MapAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "A hash of each script that the tenant has, or will have after the apply, by operation. Line " +
				"endings and trailing space do not count. " +
				"What was changed or deleted elsewhere is put back. The text is in the data source `auth0pg_scripts`.",
		},
		"script_changes": schema.MapAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "What the plan changes about the scripts, by operation: a unified diff against what the " +
				"tenant has; of a new script its function, its size and its SQL. " +
				"After the apply it stays until the next refresh, and is null then.",
		},
		"configuration_fingerprints": schema.MapAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "A hash of the ciphertext under each key of the stored configuration. It changes with every " +
				"write, so a value that was changed elsewhere shows here and is sent again.",
		},
		"enabled_database_customization": schema.BoolAttribute{
			Computed:            true,
			MarkdownDescription: "Whether the scripts are in use, as they always are after an apply; null as long as nothing else was found.",
		},
	}
	attributes["timeouts"] = timeouts.Attributes(ctx, timeouts.Opts{
		Create: true, Update: true, Delete: true,
		CreateDescription: "How long the creation may take in all, by default `20m`: trying the scripts, waiting out a " +
			"rate limit, and enabling clients.",
		UpdateDescription: "How long a change may take in all, by default `20m`. What a change that is cut off has " +
			"not done, the next apply does.",
		DeleteDescription: "How long the deletion may take in all, by default `10m`. Auth0 deletes users in the " +
			"background, which is waited for: with hundreds of thousands of them it takes longer. It " +
			"counts once it has been applied.",
	})
	maps.Copy(attributes, connectionPropertyAttributes())
	maps.Copy(attributes, connectionOptionAttributes())
	return schema.Schema{
		MarkdownDescription: "A custom database connection: Auth0 asks the scripts, which are rendered from the " +
			"description of the user store, instead of its own user store. " +
			"Whatever is not configured here is left as it is in the tenant.",
		Attributes: attributes,
		// A block refuses misspelt names; a nested attribute would drop them in silence.
		Blocks: map[string]schema.Block{"scripts": scriptsBlock()},
	}
}

func optionalStore() schema.StringAttribute {
	attribute := kit.ConsumedStore("The user store that the scripts are rendered for: the `store` of an " +
		"`auth0pg_users_table`, of `auth0pg_access_functions`, or of a data source: `auth0pg_store`, `auth0pg_api_store` or " +
		"`auth0pg_tenant_store`. Without it the scripts are those of `scripts.overrides`. " +
		"A change renders and uploads the scripts anew.")
	attribute.Required, attribute.Optional = false, true
	return attribute
}

func scriptsBlock() schema.SingleNestedBlock {
	return schema.SingleNestedBlock{
		MarkdownDescription: "How the scripts behave. Without this block every setting has its " +
			"default. A change uploads them anew.",
		Attributes: kit.Merged(hashAttributes(), map[string]schema.Attribute{
			"user_id_prefix": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "A prefix of the ids that Auth0 sees, `auth0|<prefix>|<id>`, which keeps the " +
					"ids of several databases apart. " +
					"A change gives every user another id in Auth0 and so loses what is stored about them there.",
				Validators: []validator.String{
					stringvalidator.LengthBetween(1, maxPrefix),
					stringvalidator.RegexMatches(prefixForm, "must consist of letters, digits, and inside also "+
						"dots, hyphens and underscores"),
				},
			},
			"database_url_key": keyAttribute(scripts.DefaultDatabaseURLKey, "The configuration key that holds the database's URL. "+
				"It is for a store in a database."),
			"ca_key": keyAttribute(scripts.DefaultCAKey, "The configuration key that may hold, in PEM, the "+
				"certificate authority of the database; without it the public ones are trusted. With an API that is `ca_key` of "+
				"`auth0pg_api_store`."),
			"pool_max": schema.Int64Attribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedInt64(scripts.DefaultPoolMax),
				MarkdownDescription: fmt.Sprintf("How many connections each container of the platform keeps to the database at "+
					"most, from 1 to %d; the default is %d. It is for a store in a database. A "+
					"change counts for new containers.", scripts.MaxPoolMax, scripts.DefaultPoolMax),
				Validators: []validator.Int64{int64validator.Between(1, scripts.MaxPoolMax)},
			},
			"app_metadata_key": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedString(scripts.DefaultAppMetadataKey),
				MarkdownDescription: "The name under which the profile carries the part `app_metadata`: `app_metadata`, the " +
					"default, or `metadata`. A change uploads the scripts anew.",
				Validators: []validator.String{stringvalidator.OneOf("app_metadata", "metadata")},
			},
			"rehash_on_login": schema.BoolAttribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedBool(false),
				MarkdownDescription: "Whether a login replaces a hash of another format than `password_hash`, or that costs " +
					"less, by a new one; the scripts' role then needs the privilege for it. Not with " +
					"`import_mode`. A change uploads login anew.",
			},
			"import_finished": schema.BoolAttribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedBool(false),
				MarkdownDescription: "Whether the migration is over: the scripts then know nobody, and Auth0 serves the users " +
					"that it has. Only with `import_mode`. A change uploads the scripts anew.",
			},
			"forget_migrated_after": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How long after a user was marked as migrated login and get_user " +
					"still know them, for example " +
					"`720h`; an hour at least. Without it, the default, they always do, and a user who is deleted in Auth0 comes " +
					"back at the next login with the password of the table. Only with `import_mode` and the part `migrated_at`. " +
					"A change uploads the scripts anew.",
				Validators: []validator.String{kit.Duration{Least: scripts.MinForgetAfter}},
			},
			"overrides": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Scripts of your own by operation, in place of the rendered ones. Each must be one " +
					"JavaScript function with the arguments that the platform passes. A change uploads them.",
				Validators:    []validator.Map{mapvalidator.KeysAre(stringvalidator.OneOf(kit.OperationNames()...))},
				PlanModifiers: []planmodifier.Map{sameScripts{}},
			},
		}),
	}
}

func keyAttribute(standard, description string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, PlanModifiers: kit.ImpliedString(standard),
		MarkdownDescription: description + " The default is `" + standard + "`. A change uploads the scripts anew.",
		Validators: []validator.String{
			stringvalidator.RegexMatches(configurationKeyForm, "must be a name: letters, digits and underscores"),
		},
	}
}

// sameScripts plans the scripts of the state where the configured ones differ from them in line endings and trailing
// space only.
type sameScripts struct{}

func (sameScripts) Description(context.Context) string {
	return "Line endings and trailing space are no change."
}

func (m sameScripts) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (sameScripts) PlanModifyMap(_ context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	stored, wanted := plainValues(req.StateValue), plainValues(req.PlanValue)
	if len(stored) == 0 || hasUnknown(req.PlanValue) {
		return
	}
	same := maps.EqualFunc(stored, wanted, func(a, b string) bool { return scripts.Normalize(a) == scripts.Normalize(b) })
	if same {
		resp.PlanValue = req.StateValue
	}
}
