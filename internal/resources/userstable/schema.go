// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// defaultRewriteRowLimit is a table that is rewritten in well under a second.
const defaultRewriteRowLimit = 100_000

func (r *usersTable) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The table that holds the users of a custom database connection. It is described part by " +
			"part; its `store` hands that description to the role, the connection and everything else.\n\n" +
			"`ddl` shows in the plan every statement that will run. A table with users is changed while logins go on, and " +
			"never loses a column or a row unless the configuration says so. " +
			"An existing table is brought in with an import block and is then changed only where the " +
			"configuration differs from it.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{Computed: true, MarkdownDescription: "The table's name with its schema, as an import takes it."},
			"schema": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString("public"),
				MarkdownDescription: "The schema of the table, by default `public`. It must exist. A change makes a new table " +
					"and drops the old one, which the guards below refuse as long as they are up.",
				Validators:    []validator.String{identifierValidator{}},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"name": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The table's name, taken as it is, upper case and blanks included. A change makes a new " +
					"table and drops the old one, which the guards below refuse as long as they are up.",
				Validators:    []validator.String{identifierValidator{}},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"columns": schema.MapNestedAttribute{
				Required: true,
				MarkdownDescription: "The column of each part of a user that the " +
					"table holds, by the parts' names: " + kit.Code(partNames()) + ". `id`, `email` and `password` must be named; a " +
					"part that is not named does not exist. " +
					"A part named anew adds its column, or takes a column that is there; to a table that was imported, a " +
					"column is added only with `add`. " +
					"A part that is no longer named forgets its column and leaves it in the table, see `drop_removed_columns`.",
				Validators:   []validator.Map{partsValidator{}},
				NestedObject: schema.NestedAttributeObject{Attributes: partAttributes()},
			},
			"extra_columns": schema.MapNestedAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Further columns by their names. Columns that the configuration does not name are left " +
					"alone, whatever they are. After an import the state lists all columns that are no parts, for information.",
				Validators: []validator.Map{mapvalidator.KeysAre(identifierValidator{})},
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"type": columnTypeAttribute("The column's type, by default that of the column that is there; " +
						"a new one needs it."),
					"nullable": schema.BoolAttribute{
						Optional: true,
						Computed: true,
						MarkdownDescription: "Whether the column may be null, by default true. A change to false first proves that no " +
							"row is null, without blocking anybody.",
					},
					"default":   columnDefaultAttribute("Where the value of new rows comes from, by default nowhere."),
					"collation": collationAttribute(),
					"comment":   commentAttribute(),
					"on_create": onCreateAttribute(),
					"on_change": onChangeAttribute(),
				}},
			},
			"on_delete": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: onDeleteDescription + " A change runs nothing in the database and changes what derives from `store`.",
				Validators:          onDeleteValidators(),
			},
			"row_filter": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Which rows are users: one SQL condition over a row, by default none, and all rows are. " +
					"Every look-up and every change of the scripts carries it; a row for which it is false or null is no user to " +
					"them, and nothing changes it. " +
					"It is checked as an `expression` of a part is. A change runs nothing in the database and changes the scripts, " +
					"the privileges and the access functions that derive from `store`.",
				Validators: []validator.String{expressionValidator{}},
			},
			"not_blocking": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: notBlockingDescription,
				Validators:          []validator.Set{setvalidator.ValueStringsAre(identifierValidator{})},
			},
			"legacy_hashes": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Of an imported table: the formats that the connection's " +
					"`scripts` name as `password_hash` and " +
					"`legacy_hashes`, none by default. Each plan warns of hashes that login does not read " +
					"with them; `unknown` stands for " +
					"those of no known format, whose users log in once they have reset their password. A change runs nothing.",
				Validators: []validator.Set{setvalidator.ValueStringsAre(stringvalidator.OneOf(legacyNames()...))},
			},
			"email_lookup": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "How an e-mail address is compared and kept unique: `lower_index` (the default: a unique " +
					"index on `lower(email)`), `citext` (a column of that type with a unique index; the extension " +
					"is created if it is missing), " +
					"or `exact` (a plain unique index on a column that holds lower-cased addresses). The part `username` is " +
					"kept unique in the same way. " +
					"An imported table keeps what it has; where it has no such index, none is built until this is set. A change " +
					"builds the new index while logins go on; the former one stays until the next apply drops it, when the scripts " +
					"no longer use it. It reads as null while the index is missing or not valid.",
				Validators: []validator.String{
					stringvalidator.OneOf(string(store.LowerIndex), string(store.CIText), string(store.Exact)),
				},
			},
			"primary_key": schema.BoolAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Whether the part `id` is the primary key: by default true, and for an imported table what " +
					"it is. A change to true builds the key while logins go on; a change to false leaves the key as it is.",
			},
			"deletion_protection": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Whether the table is protected from being dropped, by default true. To drop the table, set " +
					"it to false and apply that first.",
			},
			"drop_table_with_rows": schema.BoolAttribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedBool(false),
				MarkdownDescription: "Whether the table may be dropped while it has rows, by default false. A change takes " +
					"effect at the next apply; it drops nothing by itself.",
			},
			"drop_removed_columns": schema.BoolAttribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedBool(false),
				MarkdownDescription: "Whether a column that the configuration named and names no longer is dropped with its " +
					"data, by default false: it is forgotten and stays in the table. Columns that were never named are never dropped.",
			},
			"rewrite_row_limit": schema.Int64Attribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedInt64(defaultRewriteRowLimit),
				MarkdownDescription: "The estimated number of rows up to which a change may write the whole table anew while " +
					"logins wait, by default 100000. Above it such a change is refused. A change of the limit runs nothing.",
				Validators: []validator.Int64{int64validator.AtLeast(0)},
			},
			"allow_rewrite": schema.BoolAttribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedBool(false),
				MarkdownDescription: "Whether a change may write the whole table anew while logins wait, whatever the number of " +
					"rows (see `rewrite_row_limit`), by default false. A change runs nothing by itself.",
			},
			"lock_retry_budget": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedString(defaultLockRetryBudget),
				MarkdownDescription: "How long one statement is tried again, with growing pauses, while another session holds " +
					"its lock, by default `5m`. Each try waits no longer than the provider's `lock_timeout`, because logins wait " +
					"behind it. A change runs nothing.",
				Validators: []validator.String{kit.PositiveDuration},
			},
			"index_build_timeout": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedString(defaultIndexBuildTimeout),
				MarkdownDescription: "How long one index may take to be built concurrently, by default `1h`, the wait for older " +
					"transactions included; it blocks nobody. What a build leaves that takes longer is " +
					"removed. A change runs nothing.",
				Validators: []validator.String{kit.PositiveDuration},
			},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Update: true, Delete: true,
				CreateDescription: "How long the creation may take in all, by default `20m`.",
				UpdateDescription: "How long a change may take in all, by default `6h`. A change that is cut off " +
					"is resumed by the next apply.",
				DeleteDescription: "How long dropping the table may take in all, by default `20m`.",
			}),
			"changes": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "What each statement of `ddl` does to a table that is in use, in the same order; null for a new table.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"what": schema.StringAttribute{Computed: true, MarkdownDescription: "What the statement is for."},
					"route": schema.StringAttribute{Computed: true, MarkdownDescription: "How it is run: " +
						"`catalog` (takes a moment), `validate` (reads the table while everybody works), `concurrently` (builds or " +
						"drops an index while everybody works), `backfill` (a few pages at a time) or `rewrite` (while " +
						"nobody else gets at the table)."},
					"lock": schema.StringAttribute{Computed: true, MarkdownDescription: "The table lock that it holds, in " +
						"Postgres' words."},
					"scans": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it reads the whole table."},
					"rewrites": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it writes the whole table anew " +
						"under its lock."},
					"rows": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many rows that is about, by the " +
						"planner's estimate; 0 when it does neither."},
				}},
			},
			"ddl": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The SQL statements that the plan will run, in their order; after the apply, those that " +
					"ran, until the next refresh, and null then. If the table is no longer as it was planned for, the apply " +
					"stops before the first of them.",
			},
			"store": kit.ExportedStore(),
		},
	}
}

const notBlockingDescription = "Columns whose names sound as if they said who may not log in, such as `status` or " +
	"`approved`, and that do not. " +
	"Each plan warns of such a column as long as no part and no `row_filter` reads it and it is not " +
	"named here. A change runs nothing."

func partAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"expression": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "One SQL expression over a row, through which the part is read; without it, the column. With " +
				"`name` beside it the part is still written to that column; without `name` there is no " +
				"column and the part is only read. " +
				"It may read other tables in a sub-select, and may neither write nor call a `VOLATILE` function nor be an " +
				"aggregate. The server checks it, tells what it reads, from which the privileges follow, and keeps it " +
				"in its own words in `store`. " +
				"An expression of `blocked` that is null blocks. A change runs nothing in the database and " +
				"changes what derives from `store`.",
			Validators: []validator.String{expressionValidator{}},
		},
		"write": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: writeDescription + " A change runs nothing in the database and " +
				"changes what derives from `store`.",
			Validators: []validator.String{expressionValidator{}},
		},
		"name": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "The column's name, by default that of the part, and none for a part with an `expression`. A " +
				"change takes the column of the new name, which is added if it is not there; the old column stays.",
			Validators: []validator.String{identifierValidator{}},
		},
		"type": columnTypeAttribute("The column's type, by default that of the column that is there, " +
			"and for a new one the part's."),
		"nullable": schema.BoolAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "Whether the column may be null, by default as the column that is there, and for a new one " +
				"as the part. A change to false first proves that no row is null, without blocking anybody.",
		},
		"default": columnDefaultAttribute("Where the value of new rows comes from, by default from where it does for the " +
			"column that is there, and for a new one the part's default."),
		"collation": collationAttribute(),
		"comment":   commentAttribute(),
		"renamed_from": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The column's name until now. While the table has that column and none of the new name, the " +
				"column is renamed, with its data. Scripts that still use the old name fail until they are changed, which the " +
				"same apply does for an `auth0pg_connection` that takes the `store`.",
			Validators: []validator.String{
				identifierValidator{},
				stringvalidator.AlsoRequires(path.MatchRelative().AtParent().AtName("name")),
			},
		},
		"add": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether the column may be added to a table that was imported, by default false: if the " +
				"table has no column of the name, that is an error then, since the name is probably another. " +
				"A table that was created here gets the columns of its parts without it. A change takes effect " +
				"where the column is not there.",
		},
	}
}

func partNames() []string {
	var names []string
	for _, spec := range store.Parts() {
		names = append(names, string(spec.Part))
	}
	return names
}

func columnTypeAttribute(what string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: what + " Another spelling of the same type is no change. A change that only touches the " +
			"catalog is made at once; one that writes every row anew is bounded by `rewrite_row_limit`.",
		Validators: []validator.String{expressionValidator{}},
	}
}

func columnDefaultAttribute(what string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: what + " One SQL expression, or `generated by default as identity`, or `generated always as " +
			"(...) stored`; an empty text means no default. A change applies to new rows.",
		Validators: []validator.String{expressionValidator{mayBeEmpty: true}},
	}
}

func collationAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "The column's collation, by default the type's own. A change builds the column's indexes anew " +
			"and is bounded by `rewrite_row_limit`.",
	}
}

func commentAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "The column's comment; without it the comment is not managed. A change takes effect at once.",
		Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
	}
}

// ValidateConfig finds what is wrong whatever the server says.
func (r *usersTable) ValidateConfig(
	ctx context.Context,
	req resource.ValidateConfigRequest,
	resp *resource.ValidateConfigResponse,
) {
	var written usersTableModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &written)...)
	if resp.Diagnostics.HasError() {
		return
	}
	parts, extras, _ := readColumns(ctx, written.Columns, written.ExtraColumns, &resp.Diagnostics)
	owner := map[string]string{}
	for _, spec := range store.Parts() {
		part, named := parts[spec.Part]
		if !named || part.Name.IsUnknown() {
			continue
		}
		if part.readOnly() {
			part.refuseColumn(path.Root("columns").AtMapKey(string(spec.Part)), &resp.Diagnostics)
			if spec.Part == store.ID && written.PrimaryKey.ValueBool() {
				resp.Diagnostics.AddAttributeError(path.Root("primary_key"), "Part Is Only Read",
					"The part id has an expression and no column, which cannot be the primary key.\n\nGive id the name of its "+
						"column, or leave primary_key out.")
			}
			continue
		}
		name := part.Name.ValueString()
		if part.Name.IsNull() {
			name = string(spec.Part)
		}
		at := path.Root("columns").AtMapKey(string(spec.Part)).AtName("name")
		if other, taken := owner[name]; taken {
			resp.Diagnostics.AddAttributeError(at, "Column Named Twice", fmt.Sprintf("The parts %s and %s both name the "+
				"column %q.\n\nGive each its own column.", other, spec.Part, name))
		}
		owner[name] = string(spec.Part)
	}
	for name := range extras {
		if part, taken := owner[name]; taken {
			resp.Diagnostics.AddAttributeError(path.Root("extra_columns").AtMapKey(name), "Column Named Twice", fmt.Sprintf(
				"The column %q holds the part %s and is described as an extra column, too.\n\nDescribe it in one place, or give "+
					"the part another column's name.", name, part))
		}
	}
	checkOnDelete(written.OnDelete, written.RowFilter, &resp.Diagnostics)
	if written.EmailLookup.ValueString() == string(store.CIText) {
		for part, c := range parts {
			if foldable(part) && !c.Type.IsNull() && !c.Type.IsUnknown() &&
				!table.IsCIText(strings.ToLower(strings.TrimSpace(c.Type.ValueString()))) {
				resp.Diagnostics.AddAttributeError(
					path.Root("columns").AtMapKey(string(part)).AtName("type"),
					"Type Contradicts E-Mail Lookup",
					fmt.Sprintf(
						"With email_lookup = \"citext\" the column of %s has the type citext, and the configuration gives it the type "+
							"%s.\n\nLeave the type out, or choose another email_lookup.", part, c.Type.ValueString()),
				)
			}
		}
	}
}
