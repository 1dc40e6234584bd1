// SPDX-License-Identifier: MPL-2.0

package resources

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

var (
	_ resource.Resource                   = (*usersTable)(nil)
	_ resource.ResourceWithConfigure      = (*usersTable)(nil)
	_ resource.ResourceWithValidateConfig = (*usersTable)(nil)
	_ resource.ResourceWithModifyPlan     = (*usersTable)(nil)
	_ resource.ResourceWithImportState    = (*usersTable)(nil)
)

// lockRetryBudget is how long one statement is tried again while its lock is not free.
const lockRetryBudget = 5 * time.Minute

// NewUsersTable returns the auth0pg_users_table resource.
func NewUsersTable() resource.Resource { return &usersTable{} }

type usersTable struct{ data *Data }

type usersTableModel struct {
	ID                 types.String `tfsdk:"id"`
	Schema             types.String `tfsdk:"schema"`
	Name               types.String `tfsdk:"name"`
	Columns            types.Object `tfsdk:"columns"`
	ExtraColumns       types.Map    `tfsdk:"extra_columns"`
	EmailLookup        types.String `tfsdk:"email_lookup"`
	PrimaryKey         types.Bool   `tfsdk:"primary_key"`
	DeletionProtection types.Bool   `tfsdk:"deletion_protection"`
	DropTableWithRows  types.Bool   `tfsdk:"drop_table_with_rows"`
	DropRemovedColumns types.Bool   `tfsdk:"drop_removed_columns"`
	RewriteRowLimit    types.Int64  `tfsdk:"rewrite_row_limit"`
	AllowRewrite       types.Bool   `tfsdk:"allow_rewrite"`
	DDL                types.List   `tfsdk:"ddl"`
	Store              types.Object `tfsdk:"store"`
}

func (r *usersTable) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_users_table"
}

func (r *usersTable) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = configureResource(req, resp)
}

func (r *usersTable) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	diags := &resp.Diagnostics
	var plan, written usersTableModel
	diags.Append(req.Plan.Get(ctx, &plan)...)
	diags.Append(req.Config.Get(ctx, &written)...)
	config, _ := written.config(ctx, plan, diags)
	server, ok := r.server(diags)
	if diags.HasError() || !ok {
		return
	}
	spec := resolveTable(config, nil, nil)
	session, err := server.LockTable(ctx, spec.Schema, spec.Name)
	if err != nil {
		diags.AddError("Users Table Not Created", postgresDetail("Could not create "+config.title(), err))
		return
	}
	defer session.Close()
	switch current, err := session.Inspect(ctx); {
	case err != nil:
		diags.AddError("Users Table Not Created", postgresDetail("Could not create "+config.title(), err))
		return
	case current != nil:
		addExists(spec, diags)
		return
	}
	work, err := planTable(ctx, session, server, spec, nil, nil, plan)
	if err != nil {
		addPlanError(spec, err, diags)
		return
	}
	if !plan.DDL.IsUnknown() && !samePlan(textsOf(plan.DDL), work, diags) {
		return
	}
	observed, ok := r.run(ctx, session, work, "Users Table Not Created", diags)
	if !ok {
		return
	}
	planned := plan
	plan.ID = types.StringValue(postgres.QualifiedName(spec.Schema, spec.Name))
	plan.show(ctx, work.spec, config, nil, nil, diags)
	plan.DDL = stringList(work.plan.Statements())
	plan.keepKnown(ctx, planned)
	setPrivate(ctx, resp.Private, desiredKey, work.spec, diags)
	setPrivate(ctx, resp.Private, observedKey, observed, diags)
	diags.Append(resp.State.Set(ctx, plan)...)
}

func (r *usersTable) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	diags := &resp.Diagnostics
	var state usersTableModel
	diags.Append(req.State.Get(ctx, &state)...)
	server, ok := r.server(diags)
	if diags.HasError() || !ok {
		return
	}
	pool, err := server.Pool(ctx)
	if err != nil {
		diags.AddError("Users Table Not Read", postgresDetail("Could not read "+state.title(), err))
		return
	}
	observed, err := postgres.Inspect(ctx, pool, state.Schema.ValueString(), state.Name.ValueString())
	if err != nil {
		diags.AddError("Users Table Not Read", postgresDetail("Could not read "+state.title()+" from the catalog", err))
		return
	}
	if observed == nil {
		resp.State.RemoveResource(ctx)
		return
	}
	version, err := server.Version(ctx)
	if err != nil {
		diags.AddError("Users Table Not Read", postgresDetail("Could not read "+state.title(), err))
		return
	}
	prev := getPrivate[tableSpec](ctx, req.Private, desiredKey, diags)
	if prev == nil {
		adopted := adoptTable(observed)
		prev = &adopted
		setPrivate(ctx, resp.Private, desiredKey, adopted, diags)
	}
	setPrivate(ctx, resp.Private, observedKey, observed, diags)
	state.refresh(ctx, *prev, observed, version, diags)
	diags.Append(resp.State.Set(ctx, state)...)
}

func (r *usersTable) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	diags := &resp.Diagnostics
	var plan, state, written usersTableModel
	diags.Append(req.Plan.Get(ctx, &plan)...)
	diags.Append(req.State.Get(ctx, &state)...)
	diags.Append(req.Config.Get(ctx, &written)...)
	config, _ := written.config(ctx, plan, diags)
	prev := getPrivate[tableSpec](ctx, req.Private, desiredKey, diags)
	planned := getPrivate[[]string](ctx, req.Private, statementsKey, diags)
	server, ok := r.server(diags)
	if diags.HasError() || !ok {
		return
	}
	session, err := server.LockTable(ctx, config.Schema, config.Name)
	if err != nil {
		diags.AddError("Users Table Not Changed", postgresDetail("Could not change "+config.title(), err))
		return
	}
	defer session.Close()
	observed, err := session.Inspect(ctx)
	if err != nil {
		diags.AddError("Users Table Not Changed", postgresDetail("Could not read "+config.title()+" from the catalog", err))
		return
	}
	if observed == nil {
		diags.AddError("Users Table Is Gone", fmt.Sprintf("%s was dropped after the plan was made, so nothing was changed.\n\nPlan again.", capitalized(config.title())))
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
		if observed, ok = r.run(ctx, session, work, "Users Table Not Changed", diags); !ok {
			return
		}
	}
	known := plan
	plan.show(ctx, work.spec, config, &state, prev, diags)
	if plan.DDL.IsUnknown() {
		plan.DDL = stringList(work.plan.Statements())
	}
	plan.keepKnown(ctx, known)
	setPrivate(ctx, resp.Private, desiredKey, work.spec, diags)
	setPrivate(ctx, resp.Private, observedKey, observed, diags)
	diags.Append(resp.Private.SetKey(ctx, statementsKey, nil)...)
	diags.Append(resp.State.Set(ctx, plan)...)
}

func (r *usersTable) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	diags := &resp.Diagnostics
	var state usersTableModel
	diags.Append(req.State.Get(ctx, &state)...)
	if diags.HasError() || state.refuseProtected(diags) {
		return
	}
	server, ok := r.server(diags)
	if !ok {
		return
	}
	session, err := server.LockTable(ctx, state.Schema.ValueString(), state.Name.ValueString())
	if err != nil {
		diags.AddError("Users Table Not Dropped", postgresDetail("Could not drop "+state.title(), err))
		return
	}
	defer session.Close()
	current, err := session.Inspect(ctx)
	if err == nil && current == nil {
		return // dropped elsewhere
	}
	if err == nil {
		err = session.Drop(ctx, state.DropTableWithRows.ValueBool(), lockRetryBudget)
	}
	var rows *postgres.RowsError
	switch {
	case errors.As(err, &rows):
		state.addRowsError(diags)
	case err != nil:
		diags.AddError("Users Table Not Dropped", postgresDetail("Could not drop "+state.title(), err))
	}
}

func (r *usersTable) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
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
		"rewrite_row_limit": int64(defaultRewriteRowLimit), "allow_rewrite": false, "ddl": []string{},
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
func samePlan(planned []string, work tableWork, diags *diag.Diagnostics) bool {
	now := work.plan.Statements()
	if slices.Equal(planned, now) {
		return true
	}
	diags.AddError("Table Changed Since Plan", fmt.Sprintf(
		"The table %s is no longer as it was when the plan was made, and other statements would have to run than those that were approved. Nothing was run.\n\n"+
			"Approved:\n%s\n\nNeeded now:\n%s\n\nPlan again and review the statements.",
		postgres.QualifiedName(work.spec.Schema, work.spec.Name), bulleted(planned), bulleted(now)))
	return false
}

func bulleted(statements []string) string {
	if len(statements) == 0 {
		return "  (nothing)"
	}
	return "  " + strings.Join(statements, ";\n  ") + ";"
}

// run executes the plan and makes sure that it led where it should.
func (r *usersTable) run(ctx context.Context, session *postgres.TableSession, work tableWork, summary string, diags *diag.Diagnostics) (*postgres.Table, bool) {
	title := fmt.Sprintf("the table %s", postgres.QualifiedName(work.spec.Schema, work.spec.Name))
	if err := session.Run(ctx, work.plan, lockRetryBudget); err != nil {
		var step *postgres.StepError
		if errors.As(err, &step) {
			diags.AddError(summary, postgresDetail(fmt.Sprintf("Could not change %s; statement %d of %d failed (%s):\n%s\n",
				title, step.Done+1, step.Total, step.Step.What, step.Step.SQL), errors.Unwrap(step)))
			return nil, false
		}
		diags.AddError(summary, postgresDetail("Could not change "+title, err))
		return nil, false
	}
	observed, err := session.Inspect(ctx)
	if err != nil || observed == nil {
		diags.AddError(summary, postgresDetail("Could not read "+title+" after the change", err))
		return nil, false
	}
	return observed, true
}

func (m usersTableModel) title() string {
	return fmt.Sprintf("the table %s", postgres.QualifiedName(m.Schema.ValueString(), m.Name.ValueString()))
}

func (c tableConfig) title() string {
	return fmt.Sprintf("the table %s", postgres.QualifiedName(c.Schema, c.Name))
}

// config reads what the configuration says. known is false while anything that the table
// depends on is not known yet.
func (m usersTableModel) config(ctx context.Context, plan usersTableModel, diags *diag.Diagnostics) (c tableConfig, known bool) {
	c = tableConfig{Schema: plan.Schema.ValueString(), Name: plan.Name.ValueString(), EmailLookup: m.EmailLookup, PrimaryKey: m.PrimaryKey}
	c.Columns, c.Extra, known = readColumns(ctx, m.Columns, m.ExtraColumns, diags)
	for _, unknown := range []bool{plan.Schema.IsUnknown(), plan.Name.IsUnknown(), m.EmailLookup.IsUnknown(), m.PrimaryKey.IsUnknown()} {
		known = known && !unknown
	}
	return c, known
}

// show fills in what the specification decides.
func (m *usersTableModel) show(ctx context.Context, spec tableSpec, config tableConfig, state *usersTableModel, prev *tableSpec, diags *diag.Diagnostics) {
	stateParts, stateExtras := map[store.Part]columnConfig{}, map[string]columnConfig{}
	before := tableSpec{}
	if state != nil {
		stateParts, stateExtras, _ = readColumns(ctx, state.Columns, state.ExtraColumns, diags)
	}
	if prev != nil {
		before = *prev
	}
	parts := map[store.Part]columnConfig{}
	for part, want := range spec.Columns {
		parts[part] = shownColumn(want, config.Columns[part], stateParts[part], before.Columns[part])
	}
	m.Columns = columnsObject(parts)
	m.ExtraColumns = shownExtras(spec, config, stateExtras, before, state != nil && !state.ExtraColumns.IsNull(), m.ExtraColumns)
	m.EmailLookup = textOrNull(string(spec.EmailLookup))
	m.PrimaryKey = types.BoolValue(spec.PrimaryKey)
	m.Store = storeObject(spec.store())
}

// shownExtras is the value of `extra_columns`. An imported table's state lists all its
// columns; while the configuration says nothing about them, or only repeats some, that is kept.
func shownExtras(spec tableSpec, config tableConfig, state map[string]columnConfig, before tableSpec, inState bool, planned types.Map) types.Map {
	for _, c := range spec.Columns {
		delete(state, c.Name)
	}
	written := !planned.IsNull() && !planned.IsUnknown() && len(config.Extra) > 0
	if !written {
		if len(config.Extra) == 0 && !planned.IsNull() && !planned.IsUnknown() && len(planned.Elements()) == 0 {
			return planned // {} in the configuration
		}
		if !inState {
			return types.MapNull(extraType)
		}
		return extraMap(state)
	}
	shown := map[string]columnConfig{}
	same := inState
	for name, want := range spec.Extra {
		shown[name] = shownColumn(want, config.Extra[name], state[name], before.Extra[name])
		old, ok := state[name]
		same = same && ok && old.equal(shown[name])
	}
	for name := range state {
		if _, kept := shown[name]; !kept && before.Extra[name].Named {
			same = false
		}
	}
	if same {
		return extraMap(state)
	}
	return extraMap(shown)
}

func (c columnConfig) equal(other columnConfig) bool {
	return c.Type.Equal(other.Type) && c.Nullable.Equal(other.Nullable) && c.Default.Equal(other.Default) && c.Collation.Equal(other.Collation)
}

// showOffline fills in what is sure without the server's word.
func (m *usersTableModel) showOffline(ctx context.Context, spec tableSpec, config tableConfig, state *usersTableModel, prev *tableSpec, diags *diag.Diagnostics) {
	sure := true
	common := func(c columnSpec) columnSpec {
		if c.settled {
			return c
		}
		if name, ok := postgres.CommonTypeName(c.Type); ok {
			c.Type = name
		} else {
			sure = false
		}
		return c
	}
	for part, c := range spec.Columns {
		spec.Columns[part] = common(c)
	}
	for name, c := range spec.Extra {
		spec.Extra[name] = common(c)
	}
	if !sure {
		return
	}
	m.show(ctx, spec, config, state, prev, diags)
	m.DDL = types.ListUnknown(types.StringType)
}

// keepKnown puts back what the plan had decided, which must not change at apply.
func (m *usersTableModel) keepKnown(ctx context.Context, planned usersTableModel) {
	if fullyKnown(ctx, planned.Columns) {
		m.Columns = planned.Columns
	}
	if fullyKnown(ctx, planned.ExtraColumns) {
		m.ExtraColumns = planned.ExtraColumns
	}
	if fullyKnown(ctx, planned.Store) {
		m.Store = planned.Store
	}
	if !planned.DDL.IsUnknown() {
		m.DDL = planned.DDL
	}
}

// refresh puts what was read into the state.
func (m *usersTableModel) refresh(ctx context.Context, prev tableSpec, observed *postgres.Table, version int, diags *diag.Diagnostics) {
	stateParts, stateExtras, _ := readColumns(ctx, m.Columns, m.ExtraColumns, diags)
	imported := m.Columns.IsNull()
	parts := map[store.Part]columnConfig{}
	for part, want := range prev.Columns {
		if follows(part, want) {
			have := observed.Column(want.Name)
			if have == nil {
				continue
			}
			want = adoptedColumn(have)
			prev.Columns[part] = want
		}
		if c, ok := readColumn(want, stateParts[part], observed); ok {
			parts[part] = c
		}
	}
	m.Columns = columnsObject(parts)
	if imported {
		for name := range prev.Extra {
			stateExtras[name] = columnConfig{}
		}
	}
	extras := map[string]columnConfig{}
	for name, old := range stateExtras {
		want, described := prev.Extra[name]
		if have := observed.Column(name); have != nil && (!described || !want.Named) {
			want = adoptedColumn(have)
		}
		if c, ok := readColumn(want, old, observed); ok {
			extras[name] = c
		}
	}
	if !m.ExtraColumns.IsNull() || len(extras) > 0 {
		m.ExtraColumns = extraMap(extras)
	}
	m.EmailLookup = types.StringNull()
	if prev.EmailLookup != "" && observed.LookupIndex(prev.Columns[store.Email].Name, indexLookup(prev.EmailLookup)) != nil {
		m.EmailLookup = types.StringValue(string(prev.EmailLookup))
	}
	m.PrimaryKey = types.BoolValue(prev.PrimaryKey && slices.Equal(observed.PrimaryKey(), []string{prev.Columns[store.ID].Name}))
	m.Store = storeObject(prev.store())
	// What was run last is shown only as long as nothing is to be done, so that the next
	// statements are always a difference, also when they are the same again.
	if plan := postgres.PlanTable(observed, prev.desired(), postgres.Limits{Version: version, AllowRewrite: true}); len(plan.Steps)+len(plan.Refusals) > 0 || m.DDL.IsNull() {
		m.DDL = stringList([]string{})
	}
}

// follows is true for a part that an adopted table has and that the configuration does not
// name: it is used as it is, and never changed.
func follows(part store.Part, c columnSpec) bool {
	spec, _ := store.Spec(part)
	return spec.Presence == store.Optional && !c.Named
}
