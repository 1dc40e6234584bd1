// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

var (
	_ resource.Resource                   = (*usersTable)(nil)
	_ resource.ResourceWithConfigure      = (*usersTable)(nil)
	_ resource.ResourceWithValidateConfig = (*usersTable)(nil)
	_ resource.ResourceWithModifyPlan     = (*usersTable)(nil)
	_ resource.ResourceWithImportState    = (*usersTable)(nil)
)

// NewUsersTable returns the auth0pg_users_table resource.
func NewUsersTable() resource.Resource { return &usersTable{} }

type usersTable struct{ data *kit.Data }

type usersTableModel struct {
	ID                 types.String   `tfsdk:"id"`
	Schema             types.String   `tfsdk:"schema"`
	Name               types.String   `tfsdk:"name"`
	Columns            types.Map      `tfsdk:"columns"`
	ExtraColumns       types.Map      `tfsdk:"extra_columns"`
	RowFilter          types.String   `tfsdk:"row_filter"`
	OnDelete           types.Map      `tfsdk:"on_delete"`
	NotBlocking        types.Set      `tfsdk:"not_blocking"`
	LegacyHashes       types.Set      `tfsdk:"legacy_hashes"`
	EmailLookup        types.String   `tfsdk:"email_lookup"`
	PrimaryKey         types.Bool     `tfsdk:"primary_key"`
	DeletionProtection types.Bool     `tfsdk:"deletion_protection"`
	DropTableWithRows  types.Bool     `tfsdk:"drop_table_with_rows"`
	DropRemovedColumns types.Bool     `tfsdk:"drop_removed_columns"`
	RewriteRowLimit    types.Int64    `tfsdk:"rewrite_row_limit"`
	AllowRewrite       types.Bool     `tfsdk:"allow_rewrite"`
	LockRetryBudget    types.String   `tfsdk:"lock_retry_budget"`
	IndexBuildTimeout  types.String   `tfsdk:"index_build_timeout"`
	DDL                types.List     `tfsdk:"ddl"`
	Changes            types.List     `tfsdk:"changes"`
	Store              kit.StoreValue `tfsdk:"store"`

	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// The times that apply when nothing else is configured.
const (
	defaultLockRetryBudget   = "5m"
	defaultIndexBuildTimeout = "1h"
	defaultShortTimeout      = 20 * time.Minute
	defaultUpdateTimeout     = 6 * time.Hour
)

func (r *usersTable) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_users_table"
}

func (r *usersTable) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = kit.ConfigureResource(req, resp)
}

func (r *usersTable) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	diags := &resp.Diagnostics
	var plan, written usersTableModel
	diags.Append(req.Plan.Get(ctx, &plan)...)
	diags.Append(req.Config.Get(ctx, &written)...)
	config, _ := written.config(ctx, plan, diags)
	ctx, cancel := kit.Bounded(ctx, plan.Timeouts.Create, defaultShortTimeout, diags)
	defer cancel()
	server, ok := r.server(diags)
	if diags.HasError() || !ok {
		return
	}
	spec := resolveTable(config, nil, nil)
	session, err := table.Lock(ctx, server, spec.Schema, spec.Name)
	if err != nil {
		diags.AddError("Users Table Not Created", kit.PostgresDetail("Could not create "+config.title(), err))
		return
	}
	defer session.Close()
	observed, err := session.Inspect(ctx)
	if err != nil {
		diags.AddError("Users Table Not Created", kit.PostgresDetail("Could not create "+config.title(), err))
		return
	}
	work, err := planTable(ctx, session, server, spec, nil, nil, plan)
	if err != nil {
		addPlanError(spec, err, diags)
		return
	}
	if !plan.DDL.IsUnknown() && !samePlan(creationSteps(plan.DDL), work, diags) {
		return
	}
	if observed != nil {
		if created, err := createdAsPlanned(ctx, session, observed, work.spec); err != nil || !created {
			addExists(spec, diags)
			return
		}
	} else if observed, ok = r.run(ctx, session, work, plan.budgets(), "Users Table Not Created", diags); !ok {
		return
	}
	planned := plan
	plan.ID = types.StringValue(postgres.QualifiedName(spec.Schema, spec.Name))
	plan.show(ctx, work.spec, config, nil, nil, diags)
	plan.showPlan(work.plan)
	plan.keepKnown(ctx, planned)
	work.remember(nil, observed)
	kit.SetPrivate(ctx, resp.Private, desiredKey, work.spec, diags)
	kit.SetPrivate(ctx, resp.Private, expressionsKey, work.spec.Resolved, diags)
	kit.SetPrivate(ctx, resp.Private, observedKey, observed, diags)
	diags.Append(resp.State.Set(ctx, plan)...)
}

func (r *usersTable) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	diags := &resp.Diagnostics
	var state usersTableModel
	diags.Append(req.State.Get(ctx, &state)...)
	if _, ok := r.server(diags); diags.HasError() || !ok {
		return
	}
	server := r.data.ToRead(ctx, resp.Private, state.title(), diags)
	if server == nil {
		return
	}
	pool, err := server.Pool(ctx)
	if err != nil {
		diags.AddError("Users Table Not Read", kit.PostgresDetail("Could not read "+state.title(), err))
		return
	}
	observed, err := table.Inspect(ctx, pool, state.Schema.ValueString(), state.Name.ValueString())
	if addOtherKind(err, diags) {
		return
	}
	if err != nil {
		diags.AddError("Users Table Not Read", kit.PostgresDetail("Could not read "+state.title()+" from the catalog", err))
		return
	}
	if observed == nil {
		resp.State.RemoveResource(ctx)
		return
	}
	prev := kit.GetPrivate[tableSpec](ctx, req.Private, desiredKey, diags)
	if prev == nil {
		if err := observed.ReadCapitals(ctx, pool, kit.AdoptParts(observed)[store.Email]); err != nil {
			diags.AddError("Users Table Not Read", kit.PostgresDetail("Could not look at the addresses of "+state.title(), err))
			return
		}
		adopted := adoptTable(observed)
		adopted.warnOfGuesses(observed, diags)
		adopted.recoverOwn(state, observed)
		stateParts, stateExtras, _ := readColumns(ctx, state.Columns, state.ExtraColumns, diags)
		adopted.recoverExpressions(stateParts, stateExtras, state.RowFilter, state.OnDelete)
		prev = &adopted
		kit.SetPrivate(ctx, resp.Private, desiredKey, adopted, diags)
	}
	kit.SetPrivate(ctx, resp.Private, observedKey, observed, diags)
	stateParts, _, _ := readColumns(ctx, state.Columns, state.ExtraColumns, diags)
	expressions, err := prev.rereadExpressions(ctx, pool, stateParts, state.RowFilter, observed)
	if err != nil {
		diags.AddError("Users Table Not Read", kit.PostgresDetail("Could not look up the expressions of "+state.title(), err))
		return
	}
	if err := prev.readServing(ctx, pool, observed); err != nil {
		diags.AddError("Users Table Not Read", kit.PostgresDetail("Could not look up the indexes of "+state.title(), err))
		return
	}
	kit.SetPrivate(ctx, resp.Private, observedKey, observed, diags)
	kit.SetPrivate(ctx, resp.Private, expressionsKey, expressions, diags)
	state.refresh(ctx, *prev, observed, diags)
	// What the last apply ran is over.
	state.DDL, state.Changes = types.ListNull(types.StringType), types.ListNull(changeType)
	diags.Append(resp.State.Set(ctx, state)...)
}

// addOtherKind reports whether the name is that of a view or the like, and points to what describes one.
func addOtherKind(err error, diags *diag.Diagnostics) bool {
	var other *table.OtherKindError
	if !errors.As(err, &other) {
		return false
	}
	diags.AddAttributeError(path.Root("name"), "Relation Is Not A Table", fmt.Sprintf(
		"%v, and auth0pg_users_table changes tables alone.\n\nDescribe it with the data source, which changes nothing "+
			"and exports the same store:\n\n"+
			"data \"auth0pg_store\" \"users\" {\n  schema  = %q\n  name    = %q\n  columns = { id = {}, "+
			"email = {}, password = {} }\n}", other, other.Schema, other.Name))
	return true
}

func (r *usersTable) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	diags := &resp.Diagnostics
	var plan, state, written usersTableModel
	diags.Append(req.Plan.Get(ctx, &plan)...)
	diags.Append(req.State.Get(ctx, &state)...)
	diags.Append(req.Config.Get(ctx, &written)...)
	config, _ := written.config(ctx, plan, diags)
	prev := kit.GetPrivate[tableSpec](ctx, req.Private, desiredKey, diags)
	config.knows(ctx, req.Private, diags)
	planned := kit.GetPrivate[[]plannedStep](ctx, req.Private, statementsKey, diags)
	ctx, cancel := kit.Bounded(ctx, plan.Timeouts.Update, defaultUpdateTimeout, diags)
	defer cancel()
	server, ok := r.server(diags)
	if diags.HasError() || !ok || kit.RefuseLost(ctx, req.Private, config.title(), diags) {
		return
	}
	session, err := table.Lock(ctx, server, config.Schema, config.Name)
	if err != nil {
		diags.AddError("Users Table Not Changed", kit.PostgresDetail("Could not change "+config.title(), err))
		return
	}
	defer session.Close()
	observed, err := session.Settled(ctx)
	if err != nil {
		diags.AddError(
			"Users Table Not Changed",
			kit.PostgresDetail("Could not read "+config.title()+" from the catalog", err),
		)
		return
	}
	if observed == nil {
		diags.AddError("Users Table Is Gone", fmt.Sprintf("%s was dropped after the plan was made, so "+
			"nothing was changed.\n\nPlan again.", kit.Capitalized(config.title())))
		return
	}
	spec := resolveTable(config, prev, observed)
	work, err := planTable(ctx, session, server, spec, prev, observed, plan)
	if err != nil {
		addPlanError(spec, err, diags)
		return
	}
	if planned != nil && !samePlan(*planned, work, diags) {
		return
	}
	for _, refusal := range work.plan.Refusals {
		addRefusal(work.spec, refusal, diags)
	}
	if diags.HasError() {
		return
	}
	if len(work.plan.Steps) > 0 {
		if observed, ok = r.run(ctx, session, work, plan.budgets(), "Users Table Not Changed", diags); !ok {
			return
		}
	}
	known := plan
	plan.show(ctx, work.spec, config, &state, prev, diags)
	plan.showPlan(work.plan)
	plan.keepKnown(ctx, known)
	work.remember(prev, observed)
	kit.SetPrivate(ctx, resp.Private, desiredKey, work.spec, diags)
	kit.SetPrivate(ctx, resp.Private, expressionsKey, work.spec.Resolved, diags)
	kit.SetPrivate(ctx, resp.Private, observedKey, observed, diags)
	diags.Append(resp.Private.SetKey(ctx, statementsKey, nil)...)
	diags.Append(resp.State.Set(ctx, plan)...)
}

func (r *usersTable) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	diags := &resp.Diagnostics
	var state usersTableModel
	diags.Append(req.State.Get(ctx, &state)...)
	if diags.HasError() {
		return
	}
	ctx, cancel := kit.Bounded(ctx, state.Timeouts.Delete, defaultShortTimeout, diags)
	defer cancel()
	if _, ok := r.server(diags); !ok {
		return
	}
	end, ok := r.data.ToDelete(ctx, state.remains(), diags)
	if !ok || end.Server == nil || state.refuseProtected(diags) {
		return
	}
	defer end.Close()
	session, err := table.Lock(ctx, end.Server, state.Schema.ValueString(), state.Name.ValueString())
	if err != nil {
		diags.AddError("Users Table Not Dropped", kit.PostgresDetail("Could not drop "+state.title(), err))
		return
	}
	defer session.Close()
	began := time.Now()
	current, err := session.Inspect(ctx)
	if err == nil && current == nil {
		return // dropped elsewhere
	}
	if err == nil {
		err = session.Drop(ctx, state.DropTableWithRows.ValueBool(), state.budgets().Lock)
	}
	var rows *table.RowsError
	switch {
	case errors.As(err, &rows):
		state.addRowsError(diags)
	case err != nil:
		diags.AddError("Users Table Not Dropped", kit.PostgresDetail("Could not drop "+state.title(), err))
	default:
		kit.LogDone(ctx, began, "table dropped", map[string]any{"table": state.ID.ValueString()})
	}
}

func (r *usersTable) ImportState(
	ctx context.Context,
	req resource.ImportStateRequest,
	resp *resource.ImportStateResponse,
) {
	parts, ok := postgres.ParseQualifiedName(req.ID)
	if ok && len(parts) == 1 {
		parts = []string{"public", parts[0]}
	}
	if !ok || len(parts) != 2 {
		resp.Diagnostics.AddError("Unexpected Import Identifier", fmt.Sprintf(
			"%q is no table's name. Write schema.table, or table alone for one in the schema public. "+
				"Upper case and blanks are taken as they are; put a part that contains a dot or a quote in double quotes.\n\n"+
				"Examples: public.users, users, legacy.User Accounts, \"sch.ema\".\"t\"", req.ID))
		return
	}
	for name, value := range map[string]any{
		"id": postgres.QualifiedName(parts[0], parts[1]), "schema": parts[0], "name": parts[1],
		"deletion_protection": true, "drop_table_with_rows": false, "drop_removed_columns": false,
		"rewrite_row_limit": int64(defaultRewriteRowLimit), "allow_rewrite": false,
		"lock_retry_budget": defaultLockRetryBudget, "index_build_timeout": defaultIndexBuildTimeout,
	} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
}

func (r *usersTable) server(diags *diag.Diagnostics) (*postgres.Server, bool) {
	if r.data == nil {
		diags.AddError("Provider Not Configured", "This is a bug in the provider, please report it.")
		return nil, false
	}
	return r.data.Postgres.Get(diags)
}

// samePlan stops an apply whose statements would not be those that were approved.
func samePlan(planned []plannedStep, work tableWork, diags *diag.Diagnostics) bool {
	now := work.planned()
	if len(now) == 0 || slices.Equal(planned, now) {
		return true // nothing left to do: another run has done it
	}
	diags.AddError("Table Changed Since Plan", fmt.Sprintf(
		"The table %s is no longer as it was when the plan was made, and other statements would have to run than those "+
			"that were approved. Nothing was run.\n\n"+
			"Approved:\n%s\nNeeded now:\n%s\nPlan again and review the statements.",
		postgres.QualifiedName(work.spec.Schema, work.spec.Name), listed(planned), listed(now)))
	return false
}

// creationSteps holds the statements of a creation to what the plan shows.
func creationSteps(ddl types.List) []plannedStep {
	var steps []plannedStep
	for _, value := range ddl.Elements() {
		statement := value.(types.String) //nolint:forcetypeassert // the schema's type
		steps = append(steps, plannedStep{statement.ValueString(), table.Creation})
	}
	return steps
}

func listed(steps []plannedStep) string {
	if len(steps) == 0 {
		return "  (nothing)\n"
	}
	var text strings.Builder
	for _, step := range steps {
		fmt.Fprintf(&text, "  %s; (%s)\n", step.SQL, step.Route)
	}
	return text.String()
}

// run executes the plan and makes sure that it led where it should.
func (r *usersTable) run(
	ctx context.Context,
	session *table.Session,
	work tableWork,
	budgets table.Budgets,
	summary string,
	diags *diag.Diagnostics,
) (*table.Table, bool) {
	title := fmt.Sprintf("the table %s", postgres.QualifiedName(work.spec.Schema, work.spec.Name))
	if err := session.Apply(ctx, work.plan, budgets); err != nil {
		var step *table.StepError
		if errors.As(err, &step) {
			attempted := fmt.Sprintf("Could not change %s; statement %d of %d failed "+
				"(%s):\n%s\n", title, step.Done+1, step.Total, step.Step.What, step.Step.SQL)
			var long *table.TooLongError
			if errors.As(err, &long) {
				diags.AddError(summary, fmt.Sprintf("%s\nIt was not done after %v, and was given up.%s %s",
					attempted, long.Limit, kit.HeldUpBy(err), tooLongRemedy(step.Step.Route)))
				return nil, false
			}
			diags.AddError(summary, kit.PostgresDetail(attempted, errors.Unwrap(step)))
			return nil, false
		}
		diags.AddError(summary, kit.PostgresDetail("Could not change "+title, err))
		return nil, false
	}
	observed, err := session.Inspect(ctx)
	if err != nil || observed == nil {
		diags.AddError(summary, kit.PostgresDetail("Could not read "+title+" after the change", err))
		return nil, false
	}
	return observed, true
}

// tooLongRemedy says why a statement has a limit, and what lifts it.
func tooLongRemedy(route table.Route) string {
	switch route {
	case table.Concurrent:
		return "It blocks nobody, but index_build_timeout bounds it.\n\nFind in pg_stat_activity the transaction that it " +
			"waited for, or raise index_build_timeout, and apply again."
	case table.Rewrite:
		return "Nobody else gets at the table meanwhile, so it was not tried again: it would take as long.\n\n" +
			"Set allow_rewrite = true, which lifts the limit, and apply at a time when logins may wait; or raise lock_timeout " +
			"in the provider's postgres settings to what logins may wait, and apply again."
	}
	return "Nobody else gets at the table meanwhile, so it was tried once more and no further.\n\n" +
		"See in pg_stat_activity what keeps the server busy, or raise lock_timeout in the provider's postgres settings to " +
		"what logins may wait, and apply again."
}

func (m usersTableModel) budgets() table.Budgets {
	// The validator has parsed what was said.
	lock, err := time.ParseDuration(m.LockRetryBudget.ValueString())
	if err != nil {
		lock = 5 * time.Minute
	}
	build, err := time.ParseDuration(m.IndexBuildTimeout.ValueString())
	if err != nil {
		build = time.Hour
	}
	return table.Budgets{Lock: lock, Build: build}
}

// createdAsPlanned recognises the table that a creation of ours made before it was
// interrupted: it has our mark and no row, and nothing about it is to be changed.
func createdAsPlanned(ctx context.Context, db postgres.Beginner, observed *table.Table, spec tableSpec) (bool, error) {
	if observed.Comment != tableMark || len(table.NewPlan(observed, spec.desired(), table.Limits{}).Steps) > 0 {
		return false, nil
	}
	rows, err := table.HasRows(ctx, db, observed.Schema, observed.Name)
	return !rows, err
}

// Remains is what the table leaves where it cannot be dropped.
func (m usersTableModel) remains() kit.Remains {
	return kit.Remains{What: m.title(), SQL: fmt.Sprintf("DROP TABLE %s;", m.quoted())}
}

// quoted is the table's name as SQL takes it.
func (m usersTableModel) quoted() string {
	return kit.QuoteIdentifier(m.Schema.ValueString()) + "." + kit.QuoteIdentifier(m.Name.ValueString())
}

func (m usersTableModel) title() string {
	return fmt.Sprintf("the table %s", postgres.QualifiedName(m.Schema.ValueString(), m.Name.ValueString()))
}

func (c tableConfig) title() string {
	return fmt.Sprintf("the table %s", postgres.QualifiedName(c.Schema, c.Name))
}

// config reads what the configuration says. known is false while anything that the table
// depends on is not known yet.
func (m usersTableModel) config(
	ctx context.Context,
	plan usersTableModel,
	diags *diag.Diagnostics,
) (c tableConfig, known bool) {
	c = tableConfig{
		Schema:      plan.Schema.ValueString(),
		Name:        plan.Name.ValueString(),
		EmailLookup: m.EmailLookup,
		PrimaryKey:  m.PrimaryKey,
		RowFilter:   m.RowFilter,
		OnDelete:    m.OnDelete,
	}
	c.Columns, c.Extra, known = readColumns(ctx, m.Columns, m.ExtraColumns, diags)
	for _, unknown := range []bool{plan.Schema.IsUnknown(), plan.Name.IsUnknown(), m.EmailLookup.IsUnknown(), m.PrimaryKey.IsUnknown(), m.RowFilter.IsUnknown(),
		!fullyKnown(ctx, m.OnDelete)} {
		known = known && !unknown
	}
	return c, known
}
