// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

var (
	_ datasource.DataSourceWithConfigure      = (*describedStore)(nil)
	_ datasource.DataSourceWithValidateConfig = (*describedStore)(nil)
)

// NewStore returns the auth0pg_store data source.
func NewStore() datasource.DataSource { return &describedStore{} }

type describedStore struct{ data *kit.Data }

type storeModel struct {
	Schema       types.String   `tfsdk:"schema"`
	Name         types.String   `tfsdk:"name"`
	Columns      types.Map      `tfsdk:"columns"`
	ExtraColumns types.Map      `tfsdk:"extra_columns"`
	RowFilter    types.String   `tfsdk:"row_filter"`
	OnDelete     types.Map      `tfsdk:"on_delete"`
	EmailLookup  types.String   `tfsdk:"email_lookup"`
	NotBlocking  types.Set      `tfsdk:"not_blocking"`
	LegacyHashes types.Set      `tfsdk:"legacy_hashes"`
	Kind         types.String   `tfsdk:"kind"`
	Operations   types.Set      `tfsdk:"operations"`
	Impossible   types.Map      `tfsdk:"impossible_operations"`
	Problems     types.List     `tfsdk:"problems"`
	SuggestedDDL types.List     `tfsdk:"suggested_ddl"`
	Store        kit.StoreValue `tfsdk:"store"`
}

// storePartModel is a part as the data source has it.
type storePartModel struct {
	Name       types.String `tfsdk:"name"`
	Expression types.String `tfsdk:"expression"`
	Write      types.String `tfsdk:"write"`
}

// storeFillModel is a column that is no part as the data source has it.
type storeFillModel struct {
	OnCreate types.String `tfsdk:"on_create"`
	OnChange types.String `tfsdk:"on_change"`
}

var problemType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"kind": types.StringType, "attribute": types.StringType, "what": types.StringType, "settle": types.StringType,
	"count": types.Int64Type, "query": types.StringType,
}}

func (d *describedStore) Metadata(_ context.Context, req datasource.MetadataRequest,
	resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_store"
}

func (d *describedStore) Configure(_ context.Context, req datasource.ConfigureRequest,
	resp *datasource.ConfigureResponse) {
	d.data = kit.ConfigureDataSource(req, resp)
}

func (d *describedStore) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Users in a relation that Terraform does not manage: a table of an application's own " +
			"migrations, a view, a foreign table, a partitioned table. " +
			"It is described as [`auth0pg_users_table`](../resources/users_table.md) describes one, nothing about it is ever " +
			"changed, and the `store` goes to the role, the access functions and the connection.\n\n" +
			"It is read at each plan. The rows are looked at as far as `problems` needs it: the first 100000, for three " +
			"seconds at most, in a transaction that changes nothing; no personal data is in the result.",
		Attributes: map[string]schema.Attribute{
			"schema": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "The schema of the relation, by default `public`.",
				Validators: []validator.String{identifierValidator{}},
			},
			"name": schema.StringAttribute{
				Required: true, MarkdownDescription: "The relation's name, taken as it is, upper case and blanks included.",
				Validators: []validator.String{identifierValidator{}},
			},
			"columns": schema.MapNestedAttribute{
				Required: true,
				MarkdownDescription: "What each part of a user is read from, by the parts' names: " + kit.Code(partNames()) +
					". `id`, `email` and `password` must be named; a part that is not named does not exist. " +
					"A part with the name of its column is `{}`.",
				Validators: []validator.Map{partsValidator{}},
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"name": schema.StringAttribute{
						Optional: true, MarkdownDescription: "The column's name, by default that of the part, and none for a part " +
							"with an `expression`.",
						Validators: []validator.String{identifierValidator{}},
					},
					"expression": schema.StringAttribute{
						Optional: true, MarkdownDescription: "One SQL expression over a row, through which the part is read; with " +
							"`name` beside it the part is still written to that column. See `expression` of `auth0pg_users_table`.",
						Validators: []validator.String{expressionValidator{}},
					},
					"write": schema.StringAttribute{
						Optional: true, MarkdownDescription: writeDescription,
						Validators: []validator.String{expressionValidator{}},
					},
				}},
			},
			"extra_columns": schema.MapNestedAttribute{
				Optional: true, MarkdownDescription: "What the scripts put into columns that are no parts, by their names; " +
					"into none by default.",
				Validators: []validator.Map{mapvalidator.KeysAre(identifierValidator{})},
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"on_create": schema.StringAttribute{
						Optional: true, MarkdownDescription: strings.TrimSpace(onCreateDescription),
						Validators: []validator.String{expressionValidator{}},
					},
					"on_change": schema.StringAttribute{
						Optional: true, MarkdownDescription: strings.TrimSpace(onChangeDescription),
						Validators: []validator.String{expressionValidator{}},
					},
				}},
			},
			"on_delete": schema.MapAttribute{
				Optional: true, ElementType: types.StringType, MarkdownDescription: onDeleteDescription,
				Validators: onDeleteValidators(),
			},
			"row_filter": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Which rows are users: one SQL condition over a row, by default none, and " +
					"all rows are. See `row_filter` of `auth0pg_users_table`.",
				Validators: []validator.String{expressionValidator{}},
			},
			"email_lookup": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "How an e-mail address is compared: `lower_index` (`lower(email)`), `citext` (a column of " +
					"that type), `exact` (a column that holds addresses in lower case), " +
					"`upper_index` (`upper(email)`), or `exact_upper` (a column that holds addresses in upper case, whose users " +
					"get them in lower case). " +
					"By default what an index serves, and `lower_index` where none does. Nothing is built: `suggested_ddl` has the " +
					"statement for an index that is missing.",
				Validators: []validator.String{stringvalidator.OneOf(lookupNames()...)},
			},
			"not_blocking": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Columns whose names sound as if they said who may not log in, such as `status` or " +
					"`approved`, and that do not: they are no `problems`.",
				Validators: []validator.Set{setvalidator.ValueStringsAre(identifierValidator{})},
			},
			"legacy_hashes": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "The formats that the connection's `scripts` name as `password_hash` and `legacy_hashes`, " +
					"by which `problems` counts hashes that login does not read. None by default; `unknown` stands for hashes of no " +
					"known format, whose users log in once they have reset their password.",
				Validators: []validator.Set{setvalidator.ValueStringsAre(stringvalidator.OneOf(legacyNames()...))},
			},
			"kind": schema.StringAttribute{Computed: true, MarkdownDescription: "What the relation is: `table`, " +
				"`partitioned table`, `view`, `materialized view` or `foreign table`."},
			"operations": schema.SetAttribute{Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The operations that are possible, of " + kit.QuotedOperations() +
					": for the `operations` of a role or of access functions."},
			"impossible_operations": schema.MapAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Why each of the others is not possible: what the relation has no part or no column for, " +
					"or does not take.",
			},
			"problems": problemsAttribute("What lets somebody in who may not, or keeps somebody out who may, as far as " +
				"the relation tells. Each is a warning, too, and is gone once an attribute settles " +
				"it. What can be meant is none: " +
				"a filter that hides nobody or most rows, an expression that blocks nobody, and users " +
				"of whom most, but not nine in " +
				"ten, are blocked or without a password."),
			"suggested_ddl": schema.ListAttribute{Computed: true, ElementType: types.StringType,
				MarkdownDescription: "SQL for the owner's own migrations, which can be run while logins go on: an index that " +
					"serves the look-up, and the column `migrated_at` of automatic migration. Nothing of it is run here."},
			"store": schema.StringAttribute{Computed: true, CustomType: kit.StoreType{},
				MarkdownDescription: kit.ExportedStore().MarkdownDescription},
		},
	}
}

func problemsAttribute(description string) schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: description,
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"kind": schema.StringAttribute{Computed: true, MarkdownDescription: "`column_not_read`, `blocked_is_null`, " +
				"`filter_hides_everybody`, `filter_hides_most`, `filter_hides_nobody`, `blocks_most_users`, `blocks_nobody`, " +
				"`passwords_missing` (of most users), `capitals`, `address_shared`, `rows_hidden`, `rows_not_read`, " +
				"`hashes_not_read` or `lookup_not_served`."},
			"attribute": schema.StringAttribute{Computed: true, MarkdownDescription: "The attribute, or the part in " +
				"`columns`, that settles it."},
			"what":   schema.StringAttribute{Computed: true, MarkdownDescription: "What it is."},
			"settle": schema.StringAttribute{Computed: true, MarkdownDescription: "What to do about it."},
			"count": schema.Int64Attribute{Computed: true, MarkdownDescription: "For how many rows it holds, among the " +
				"first 100000 (of hashes, 1000); null where that was not counted."},
			"query": schema.StringAttribute{Computed: true, MarkdownDescription: "The SQL that lists them; null where " +
				"there is nothing to list."},
		}},
	}
}

// ValidateConfig finds what is wrong whatever the server says.
func (d *describedStore) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest,
	resp *datasource.ValidateConfigResponse) {
	var model storeModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	parts := model.parts(ctx, &resp.Diagnostics)
	owner := map[string]store.Part{}
	for _, spec := range store.Parts() {
		part, named := parts[spec.Part]
		at := path.Root("columns").AtMapKey(string(spec.Part))
		if named && part.readOnly() && !part.Write.IsNull() {
			part.refuseColumn(at, &resp.Diagnostics)
		}
		if !named || part.readOnly() || part.Name.IsUnknown() {
			continue
		}
		name := part.column(spec.Part)
		if other, taken := owner[name]; taken {
			resp.Diagnostics.AddAttributeError(path.Root("columns").AtMapKey(string(spec.Part)).AtName("name"),
				"Column Named Twice", fmt.Sprintf(
					"The parts %s and %s both name the column %q.\n\nGive each its own column, or read one "+
						"of them through an expression.",
					other, spec.Part, name))
		}
		owner[name] = spec.Part
	}
	for name := range model.ExtraColumns.Elements() {
		if part, taken := owner[name]; taken {
			resp.Diagnostics.AddAttributeError(path.Root("extra_columns").AtMapKey(name), "Column Named Twice", fmt.Sprintf(
				"The column %q holds the part %s and is described as an extra column, too.\n\n"+
					"Say in write of the part what it gets, or give the part another column's name.", name, part))
		}
	}
	checkOnDelete(model.OnDelete, model.RowFilter, &resp.Diagnostics)
}

// fills reads `extra_columns`.
func (m storeModel) fills(ctx context.Context, diags *diag.Diagnostics) map[string]columnConfig {
	fills := map[string]columnConfig{}
	for name, value := range m.ExtraColumns.Elements() {
		object, ok := value.(types.Object)
		if !ok || object.IsNull() || object.IsUnknown() {
			continue
		}
		var fill storeFillModel
		diags.Append(object.As(ctx, &fill, basetypes.ObjectAsOptions{})...)
		fills[name] = columnConfig{OnCreate: fill.OnCreate, OnChange: fill.OnChange}
	}
	return fills
}

// parts reads `columns`.
func (m storeModel) parts(ctx context.Context, diags *diag.Diagnostics) map[store.Part]columnConfig {
	parts := map[store.Part]columnConfig{}
	for name, value := range m.Columns.Elements() {
		object, ok := value.(types.Object)
		if !ok || object.IsNull() || object.IsUnknown() {
			continue
		}
		var part storePartModel
		diags.Append(object.As(ctx, &part, basetypes.ObjectAsOptions{})...)
		parts[store.Part(name)] = columnConfig{Name: part.Name, Expression: part.Expression, Write: part.Write}
	}
	return parts
}

// legacyNames are the values of `legacy_hashes`.
func legacyNames() []string { return append(hashes.Optional(), hashes.Bcrypt, table.UnknownLook) }

// lookupNames are the values of `email_lookup`.
func lookupNames() []string {
	var names []string
	for _, lookup := range store.EveryLookup() {
		names = append(names, string(lookup))
	}
	return names
}

// column is the name of the part's column.
func (c columnConfig) column(part store.Part) string {
	if c.Name.IsNull() {
		return string(part)
	}
	return c.Name.ValueString()
}

// Read describes.
func (d *describedStore) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	diags := &resp.Diagnostics
	var model storeModel
	diags.Append(req.Config.Get(ctx, &model)...)
	if diags.HasError() || d.data == nil {
		return
	}
	if model.Schema.IsNull() {
		model.Schema = types.StringValue("public")
	}
	server, ok := d.data.Postgres.Get(diags)
	if !ok {
		return
	}
	attempted := "Could not read " + model.table().Title()
	pool, err := server.Pool(ctx)
	if err != nil {
		if postgres.Unreachable(err) {
			kit.AddNotReached(attempted, err, diags)
			return
		}
		diags.AddError("Store Not Read", kit.PostgresDetail(attempted, err))
		return
	}
	parts := model.parts(ctx, diags)
	if !model.describe(ctx, pool, parts, diags) {
		return
	}
	diags.Append(resp.State.Set(ctx, model)...)
}

func (m storeModel) table() store.Table {
	return store.Table{Schema: m.Schema.ValueString(), Name: m.Name.ValueString()}
}
