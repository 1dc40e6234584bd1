// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/bulkimport"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// importModel is the attribute `import`: what auth0pg_users_import is given.
type importModel struct {
	UserIDPrefix types.String `tfsdk:"user_id_prefix"`
	Where        types.String `tfsdk:"where"`
	HashFormats  types.Set    `tfsdk:"hash_formats"`
	SaltPosition types.String `tfsdk:"salt_position"`
	FirstBatch   types.Int64  `tfsdk:"first_batch"`
}

var figuresType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"users": types.Int64Type, "goes": types.Int64Type, "jobs": types.Int64Type, "minutes": types.Int64Type,
	"formats": types.MapType{ElemType: types.Int64Type}, "held": types.MapType{ElemType: types.Int64Type},
}}

// importAttributes are the settings and the figures of an import.
func importAttributes() map[string]schema.Attribute {
	counts := func(description string) schema.MapAttribute {
		return schema.MapAttribute{Computed: true, ElementType: types.Int64Type, MarkdownDescription: description}
	}
	count := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"import": schema.SingleNestedAttribute{
			Optional: true,
			MarkdownDescription: "Also count what an `auth0pg_users_import` with these settings would do, in `import_figures`: each " +
				"user who is left is read for it, for five minutes at most. Nothing by default.",
			Attributes: map[string]schema.Attribute{
				"user_id_prefix": schema.StringAttribute{Optional: true, MarkdownDescription: "As there; none by default."},
				"where":          schema.StringAttribute{Optional: true, MarkdownDescription: "As there; all by default."},
				"hash_formats": schema.SetAttribute{
					Optional: true, ElementType: types.StringType, MarkdownDescription: "As there; `bcrypt` by default. A format " +
						"with a pepper counts as if it were given.",
					Validators: []validator.Set{setvalidator.SizeAtLeast(1),
						setvalidator.ValueStringsAre(stringvalidator.OneOf(append(hashes.Optional(), hashes.Bcrypt)...))},
				},
				"salt_position": schema.StringAttribute{
					Optional: true, MarkdownDescription: "As there.",
					Validators: []validator.String{stringvalidator.OneOf(string(hashes.Prefix), string(hashes.Suffix))},
				},
				"first_batch": schema.Int64Attribute{
					Optional: true, MarkdownDescription: "As there; 10 by default.",
					Validators: []validator.Int64{int64validator.AtLeast(1)},
				},
			},
		},
		"import_figures": schema.SingleNestedAttribute{
			Computed: true,
			MarkdownDescription: "What an import would come to, in numbers that are also in the plan of the " +
				"`auth0pg_users_import`. Null without `import`.",
			Attributes: map[string]schema.Attribute{
				"users":   count("How many users are not marked as migrated."),
				"goes":    count("How many of them would go to Auth0."),
				"jobs":    count("In how many of Auth0's import jobs."),
				"minutes": count("How long that takes, roughly: a minute for each job, two at a time."),
				"formats": counts("How many would go with a hash of each format."),
				"held":    counts("How many cannot go, by the reason."),
			},
		},
		"left_by_format": counts("How many of `left` have a hash of each format, by the names of `hashes`; `missing` and " +
			"`unknown` among them. Null for a table without `migrated_at`."),
		"left_by_last_login": counts("How many of `left` logged in for the last time in which month, such as `2026-10`, in UTC, or " +
			"`" + table.NeverLoggedIn + "`. Null for a table without `migrated_at` or `last_login`."),
		"forecast": schema.StringAttribute{
			Computed: true,
			MarkdownDescription: "What the months say of how many of `left` will move by logging in, in a sentence. Null for a table " +
				"without `migrated_at`.",
		},
	}
}

// countingImport bounds the reading of all who are left.
const countingImport = 5 * time.Minute

// foresee counts what an import would do.
func (m *usersAuditModel) foresee(ctx context.Context, server *postgres.Server, users store.Store, diags *diag.Diagnostics) {
	m.ImportFigures = types.ObjectNull(figuresType.AttrTypes)
	if m.Import.IsNull() {
		return
	}
	var settings importModel
	diags.Append(m.Import.As(ctx, &settings, basetypes.ObjectAsOptions{})...)
	if diags.HasError() {
		return
	}
	if !users.Writes(store.MigratedAt) {
		diags.AddAttributeError(path.Root("import"), "Store Lacks A Part", fmt.Sprintf(
			"An import needs the part migrated_at, which %s does not have.\n\nAdd it to the columns, or leave import out.",
			users.Title()))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, countingImport)
	defer cancel()
	source := migration.Source{Store: users, Where: settings.Where.ValueString(), Ledger: migration.DefaultLedger(users.Table())}
	found, err := settings.count(ctx, server, source, diags)
	if err != nil {
		diags.AddAttributeError(path.Root("import"), "Import Not Counted",
			kit.PostgresDetail("Could not count whom an import would bring into Auth0", err)+
				"\n\nLeave import out where the table is too large to be read at each plan.")
		return
	}
	m.ImportFigures = found
}

func (i *importModel) count(ctx context.Context, server *postgres.Server, source migration.Source,
	diags *diag.Diagnostics) (types.Object, error) {
	none := types.ObjectNull(figuresType.AttrTypes)
	session, err := migration.Look(ctx, server, source)
	if err != nil {
		return none, err
	}
	defer session.Close()
	duplicates, err := session.Duplicates(ctx)
	if err != nil {
		return none, err
	}
	const anyPepper = "-"
	convert := &bulkimport.Converter{Prefix: i.UserIDPrefix.ValueString(), Duplicates: duplicates, Hashes: hashes.ImportSettings{
		Formats: []string{hashes.Bcrypt}, Pepper: anyPepper, SaltPosition: hashes.Position(i.SaltPosition.ValueString()),
	}}
	if !i.HashFormats.IsNull() {
		convert.Hashes.Formats = nil
		diags.Append(i.HashFormats.ElementsAs(ctx, &convert.Hashes.Formats, false)...)
	}
	found, err := bulkimport.Count(ctx, session, convert)
	if err != nil {
		return none, err
	}
	first := int64(10)
	if !i.FirstBatch.IsNull() {
		first = i.FirstBatch.ValueInt64()
	}
	jobs, minutes := found.Jobs(first), int64(0)
	if jobs > 0 {
		minutes = int64(bulkimport.Takes(jobs) / time.Minute)
	}
	return types.ObjectValueMust(figuresType.AttrTypes, map[string]attr.Value{
		"users": types.Int64Value(found.Users), "goes": types.Int64Value(found.Goes), "jobs": types.Int64Value(jobs),
		"minutes": types.Int64Value(minutes), "formats": numbers(found.Formats), "held": numbers(found.Held),
	}), nil
}

func numbers(counts map[string]int64) types.Map {
	all, _ := types.MapValueFrom(context.Background(), types.Int64Type, counts) // numbers convert
	return all
}

// showCohorts fills in who is left.
func (m *usersAuditModel) showCohorts(c *table.Cohorts) {
	m.LeftByFormat, m.LeftByLastLogin = types.MapNull(types.Int64Type), types.MapNull(types.Int64Type)
	m.Forecast = types.StringNull()
	if c == nil {
		return
	}
	m.LeftByFormat = numbers(c.ByFormat)
	if c.ByLastLogin != nil {
		m.LeftByLastLogin = numbers(c.ByLastLogin)
	}
	m.Forecast = types.StringValue(forecast(c))
}

func forecast(c *table.Cohorts) string {
	left := kit.Counted(c.Left, "user")
	switch {
	case c.Left == 0:
		return "Nobody is left."
	case c.ByLastLogin == nil:
		return left + " left. The table does not say when they last logged in: name the part last_login if a column does."
	}
	return fmt.Sprintf("%s left. %d of them logged in during the last 30 days and %d during the last 90: they move by "+
		"logging in, for the most part. The other %d will mostly not come by themselves: import them.",
		left, c.Month, c.Quarter, c.Left-c.Quarter)
}
