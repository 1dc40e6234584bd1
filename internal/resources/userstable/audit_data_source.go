// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

var _ datasource.DataSourceWithConfigure = (*usersAudit)(nil)

// NewUsersAudit returns the auth0pg_users_audit data source.
func NewUsersAudit() datasource.DataSource { return &usersAudit{} }

type usersAudit struct{ data *kit.Data }

type usersAuditModel struct {
	Store            kit.StoreValue `tfsdk:"store"`
	Rows             types.Int64    `tfsdk:"rows"`
	EmailsMissing    types.Object   `tfsdk:"emails_missing"`
	EmailsDuplicate  types.Object   `tfsdk:"emails_duplicate"`
	EmailsTooLong    types.Object   `tfsdk:"emails_too_long"`
	IDsNotUnique     types.Object   `tfsdk:"ids_not_unique"`
	PasswordsMissing types.Object   `tfsdk:"passwords_missing"`
	Hashes           types.Map      `tfsdk:"hashes"`
	HashesUnknown    types.Object   `tfsdk:"hashes_unknown"`
	LegacyHashes     types.Set      `tfsdk:"legacy_hashes"`
	NotBlocking      types.Set      `tfsdk:"not_blocking"`
	Problems         types.List     `tfsdk:"problems"`
	Unreadable       types.Object   `tfsdk:"hashes_unreadable"`
	Costs            types.Map      `tfsdk:"hash_costs"`
	Migrated         types.Object   `tfsdk:"migrated"`
	Left             types.Object   `tfsdk:"left"`
	LeftByFormat     types.Map      `tfsdk:"left_by_format"`
	LeftByLastLogin  types.Map      `tfsdk:"left_by_last_login"`
	Forecast         types.String   `tfsdk:"forecast"`
	Import           types.Object   `tfsdk:"import"`
	ImportFigures    types.Object   `tfsdk:"import_figures"`
}

var findingType = types.ObjectType{AttrTypes: map[string]attr.Type{"count": types.Int64Type, "query": types.StringType}}

func (d *usersAudit) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_users_audit"
}

func (d *usersAudit) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	parts := map[string]schema.Attribute{
		"count": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many rows."},
		"query": schema.StringAttribute{Computed: true, MarkdownDescription: "The SQL that lists them."},
	}
	finding := func(description string) schema.SingleNestedAttribute {
		return schema.SingleNestedAttribute{Computed: true, MarkdownDescription: description, Attributes: parts}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "What the rows of a users table are like: what stands in the way of logins, in which formats " +
			"the password hashes are, and how far a migration has come. " +
			"The table is read a few times, in a transaction that changes nothing and under the provider's `statement_timeout`. " +
			"The result holds counts and SQL, no personal data; run the queries yourself to see the rows.\n\n" +
			"The table is read at each plan, or after the apply has created or changed the " +
			"`auth0pg_users_table` whose `store` this is. " +
			"Where the store comes by way of a local value or a module, that needs `depends_on`.",
		Attributes: map[string]schema.Attribute{
			"store": kit.InDataSource(kit.ConsumedDatabaseStore("The users table: the `store` of an "+
				"`auth0pg_users_table`, or of a data source `auth0pg_store`; not that of `auth0pg_access_functions`, which show one "+
				"user at a time.", "The audit reads the rows of a users table",
				"Leave the audit out, or give it the `store` of the `auth0pg_users_table` that the API reads")),
			"rows":           schema.Int64Attribute{Computed: true, MarkdownDescription: "How many rows the table has."},
			"emails_missing": finding("Rows without an e-mail address: null or empty. Auth0 refuses such users."),
			"emails_duplicate": finding("Rows whose e-mail address another row has, too, when case is folded; the first of " +
				"each address is not counted. The scripts refuse the login of all of them."),
			"emails_too_long": finding("Rows whose e-mail address is too long for Auth0: over 254 " +
				"characters, or over 64 before the `@`."),
			"ids_not_unique": finding("Rows without an id, or with one that another row has, too; the " +
				"first of each id is not counted."),
			"passwords_missing": finding("Rows without a password hash: null or empty."),
			"hashes": schema.MapNestedAttribute{
				Computed: true, NestedObject: schema.NestedAttributeObject{Attributes: parts},
				MarkdownDescription: "The formats of password hashes that occur, of `" + strings.Join(lookNames(), "`, `") + "`. " +
					"bcrypt always works, " + kit.QuotedFormats() + " once the scripts' `legacy_hashes` name them. Hexadecimal " +
					"digests are told by their length, with a salt or without.",
			},
			"legacy_hashes": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "The formats that the connection's `scripts` name as `password_hash` and `legacy_hashes`, " +
					"by which `hashes_unreadable` counts. All by default.",
				Validators: []validator.Set{
					setvalidator.ValueStringsAre(stringvalidator.OneOf(append(hashes.Optional(), hashes.Bcrypt)...)),
				},
			},
			"not_blocking": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Columns whose names sound as if they said who may not log in, and that " +
					"do not: they are no `problems`.",
				Validators: []validator.Set{setvalidator.ValueStringsAre(identifierValidator{})},
			},
			"problems": problemsAttribute("What lets somebody in who may not, or keeps somebody out who may, as far " +
				"as the table tells: columns that look like a flag or a status and that nothing reads, a filter that hides " +
				"everybody, addresses that several users have, and the like."),
			"hashes_unreadable": finding("Rows whose password hash login cannot compare with: of a format that is not in " +
				"`legacy_hashes`, of none that is known, or one that costs more than a login has time for."),
			"hash_costs": schema.MapAttribute{
				Computed: true, ElementType: types.MapType{ElemType: types.Int64Type},
				MarkdownDescription: "How many hashes of each format say what of their cost, in the format's own words: rounds, " +
					"iterations, or parameters such as `m=65536,t=3,p=4`; an empty key for those that say nothing.",
			},
			"hashes_unknown": finding("Rows whose password hash has none of these formats, among them " +
				"bcrypt hashes that were cut off."),
			"migrated": finding("Rows of users who were handed to Auth0: their `migrated_at` is set. Null " +
				"for a table without that part."),
			"left": finding("Rows of users who have yet to be handed to Auth0. Null for " +
				"a table without `migrated_at`."),
		},
	}
	maps.Copy(resp.Schema.Attributes, importAttributes())
}

func (d *usersAudit) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = kit.ConfigureDataSource(req, resp)
}

// Read counts.
func (d *usersAudit) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model usersAuditModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	users, _ := model.Store.Parsed()
	if !checkAudited(users, &resp.Diagnostics) {
		return
	}
	server, ok := d.data.Postgres.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	formats := hashes.Optional()
	if !model.LegacyHashes.IsNull() {
		formats = nil
		resp.Diagnostics.Append(model.LegacyHashes.ElementsAs(ctx, &formats, false)...)
	}
	audit, err := table.AuditUsers(ctx, server, users, formats, stringsIn(model.NotBlocking))
	if d.data.Absent(err) != "" {
		model.showNothing()
		resp.Diagnostics.AddWarning("Users Not Counted", kit.PostgresDetail("Could not read "+users.Title(), err)+
			" Its counts are null.")
		resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
		return
	}
	if postgres.Unreachable(err) {
		kit.AddNotReached("Could not read "+users.Title(), err, &resp.Diagnostics)
		return
	}
	if err != nil {
		auditError(users, err, &resp.Diagnostics)
		return
	}
	model.show(audit)
	if model.foresee(ctx, server, users, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

// checkAudited refuses a store whose rows cannot be counted.
func checkAudited(users store.Store, diags *diag.Diagnostics) bool {
	if _, behind := users.Functions(); behind {
		diags.AddAttributeError(path.Root("store"), "Store Is Not A Table",
			"The audit reads the rows of the users table, and this store is the functions in front of it. Use the "+
				"store of the auth0pg_users_table.")
	}
	for _, part := range store.Required() {
		if !users.Has(part) {
			diags.AddAttributeError(path.Root("store"), "Store Lacks A Part", fmt.Sprintf(
				"The audit needs the part %s, which %s does not have.\n\nAdd "+
					"the part to the table's columns.", part, users.Title()))
		}
	}
	return !diags.HasError()
}

func auditError(users store.Store, err error, diags *diag.Diagnostics) {
	attempted := "Could not read " + users.Title()
	var server *pgconn.PgError
	var foreign *postgres.ForeignError
	switch {
	case errors.As(err, &foreign):
		diags.AddAttributeError(path.Root("store"), "Users Not Audited", fmt.Sprintf(
			"%s: %v. That role's code would run with the rights of the provider.\n\n%s", attempted, foreign, kit.ForeignRemedy))
	case errors.Is(err, table.ErrNotFound):
		diags.AddAttributeError(path.Root("store"), "Users Table Not Found", attempted+
			": it does not exist.\n\nIf the same configuration creates it, take the store of that auth0pg_users_table "+
			"directly, or add depends_on, so that the table is read after that.")
	case errors.As(err, &server) && server.Code == "42703": // undefined_column
		diags.AddAttributeError(path.Root("store"), "Column Not Found", attempted+": "+serverWords(err)+
			"\n\nIf the same configuration adds or renames the column, take the store of that auth0pg_users_table directly, "+
			"or add depends_on, so that the table is read after that.")
	default:
		diags.AddError("Users Not Audited", kit.PostgresDetail(attempted, err))
	}
}

// showNothing is for rows that are gone with their database.
func (m *usersAuditModel) showNothing() {
	nothing := findingObject(nil)
	m.Rows, m.Hashes = types.Int64Null(), types.MapNull(findingType)
	m.EmailsMissing, m.EmailsDuplicate, m.EmailsTooLong, m.IDsNotUnique = nothing, nothing, nothing, nothing
	m.PasswordsMissing, m.HashesUnknown, m.Migrated, m.Left = nothing, nothing, nothing, nothing
	m.showCohorts(nil)
	m.ImportFigures = types.ObjectNull(figuresType.AttrTypes)
	m.Unreadable, m.Costs, m.Problems = nothing, types.MapNull(costsType), types.ListNull(problemType)
}

func (m *usersAuditModel) show(audit *table.Audit) {
	m.Rows = types.Int64Value(audit.Rows)
	m.EmailsMissing, m.EmailsDuplicate, m.EmailsTooLong = findingObject(
		&audit.EmailsMissing,
	), findingObject(
		&audit.EmailsDuplicate,
	), findingObject(
		&audit.EmailsTooLong,
	)
	m.IDsNotUnique, m.PasswordsMissing = findingObject(&audit.IDsNotUnique), findingObject(&audit.PasswordsMissing)
	hashes := map[string]attr.Value{}
	for format, finding := range audit.Hashes {
		hashes[format] = findingObject(&finding)
	}
	m.Hashes, m.HashesUnknown = types.MapValueMust(findingType, hashes), findingObject(&audit.HashesUnknown)
	m.Unreadable, m.Problems = findingObject(&audit.Unreadable), problemList(audit.Problems)
	m.Costs, _ = types.MapValueFrom(context.Background(), costsType, audit.Costs)
	m.Migrated, m.Left = findingObject(audit.Migrated), findingObject(audit.Left)
	m.showCohorts(audit.Cohorts)
}

// costsType is what is counted of one format.
var costsType = types.MapType{ElemType: types.Int64Type}

// findingObject is the attribute's value, null for what was not asked.
func findingObject(finding *table.Finding) types.Object {
	if finding == nil {
		return types.ObjectNull(findingType.AttrTypes)
	}
	return types.ObjectValueMust(findingType.AttrTypes, map[string]attr.Value{
		"count": types.Int64Value(finding.Count), "query": types.StringValue(finding.Query),
	})
}

// lookNames are the keys that hashes can have.
func lookNames() []string {
	var names []string
	for _, look := range hashes.Looks() {
		names = append(names, look.Name)
	}
	return names
}
