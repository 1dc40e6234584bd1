// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// What private state keeps. The plan is made from the table as reading found it, so that
// planning again at apply gives the same statements; the apply itself compares them with
// the table as it is by then.
const (
	desiredKey    = "desired"    // the tableSpec of the last apply or import
	observedKey   = "observed"   // the table.Table that reading found
	statementsKey = "statements" // the planned statements of an update, with their routes
)

// ModifyPlan decides every attribute, lists the statements, and refuses what can be refused.
func (r *usersTable) ModifyPlan(
	ctx context.Context,
	req resource.ModifyPlanRequest,
	resp *resource.ModifyPlanResponse,
) {
	diags := &resp.Diagnostics
	var state *usersTableModel
	if !req.State.Raw.IsNull() {
		state = &usersTableModel{}
		diags.Append(req.State.Get(ctx, state)...)
	}
	if diags.HasError() {
		return
	}
	if req.Plan.Raw.IsNull() {
		r.guardDrop(ctx, state, diags)
		return
	}
	var plan, written usersTableModel
	diags.Append(req.Plan.Get(ctx, &plan)...)
	diags.Append(req.Config.Get(ctx, &written)...)
	if diags.HasError() {
		return
	}
	prev := kit.GetPrivate[tableSpec](ctx, req.Private, desiredKey, diags)
	observed := kit.GetPrivate[table.Table](ctx, req.Private, observedKey, diags)
	replaced := state == nil && observed != nil // the second half of a replacement, see below
	if state != nil && (!plan.Schema.Equal(state.Schema) || !plan.Name.Equal(state.Name)) {
		r.guardDrop(ctx, state, diags)
		state = nil
	}
	if state == nil {
		// A replacement is planned as a creation with the private state of the table that goes.
		replaced = replaced && observed.Schema == plan.Schema.ValueString() && observed.Name == plan.Name.ValueString()
		prev, observed = nil, nil
	}
	config, known := written.config(ctx, plan, diags)
	if state != nil {
		config.knows(ctx, req.Private, diags)
	}
	if diags.HasError() || !known {
		return // what depends on unknown values stays unknown
	}
	if !r.planWith(ctx, &plan, config, state, prev, observed, replaced, req, resp) {
		return
	}
	diags.Append(resp.Plan.Set(ctx, plan)...)
}

// planWith fills the plan in. It returns false when it must not be used.
func (r *usersTable) planWith(
	ctx context.Context,
	plan *usersTableModel,
	config tableConfig,
	state *usersTableModel,
	prev *tableSpec,
	observed *table.Table,
	replaced bool,
	req resource.ModifyPlanRequest,
	resp *resource.ModifyPlanResponse,
) bool {
	diags := &resp.Diagnostics
	spec := resolveTable(config, prev, observed)
	plan.ID = types.StringValue(postgres.QualifiedName(spec.Schema, spec.Name))
	server, look := r.outlook(ctx, req.Private, state == nil, config.title(), diags)
	if look == kit.Failed {
		return false
	}
	var work tableWork
	if server != nil {
		var ok bool
		if work, ok = askAbout(ctx, server, config, spec, state == nil, prev, observed, replaced, *plan, diags); !ok {
			return false
		}
	}
	if look != kit.Sighted {
		if look == kit.Dim {
			work.warnNotBinding(config, server != nil, diags)
			r.data.Notes.WillChange(spec.Schema, spec.Name)
			r.data.Notes.WillCreate(spec.Schema, spec.Name)
		}
		// Resolved anew: what the server has said is not in it.
		plan.showOffline(ctx, resolveTable(config, prev, observed), config, state, prev, diags)
		if look == kit.Lost {
			plan.DDL, plan.Changes = types.ListUnknown(types.StringType), types.ListUnknown(changeType)
		}
		return true
	}
	plan.show(ctx, work.spec, config, state, prev, diags)
	kit.SetPrivate(ctx, resp.Private, statementsKey, work.planned(), diags)
	plan.showPlan(work.plan)
	work.note(r.data, state == nil)
	if state != nil && len(work.plan.Steps) == 0 {
		plan.DDL, plan.Changes = state.DDL, state.Changes // what ran last stays to be seen until the next refresh
	}
	return !diags.HasError()
}

// Outlook is toPlan, but that settings which are missing are reported here.
func (r *usersTable) outlook(
	ctx context.Context,
	private kit.PrivateReader,
	isNew bool,
	what string,
	diags *diag.Diagnostics,
) (*postgres.Server, kit.Outlook) {
	if r.data == nil {
		return nil, kit.Blind
	}
	if r.data.Postgres.Known() {
		if _, ok := r.data.Postgres.Get(diags); !ok {
			return nil, kit.Failed
		}
	}
	return r.data.ToPlan(ctx, private, isNew, what, diags)
}

// askAbout plans with the server's word. ok is false when the plan must not be used.
func askAbout(
	ctx context.Context,
	server *postgres.Server,
	config tableConfig,
	spec tableSpec,
	isNew bool,
	prev *tableSpec,
	observed *table.Table,
	replaced bool,
	options usersTableModel,
	diags *diag.Diagnostics,
) (work tableWork, ok bool) {
	pool, err := server.Pool(ctx)
	if err != nil {
		diags.AddError("Users Table Not Planned", kit.PostgresDetail("Could not plan "+config.title(), err))
		return work, false
	}
	var existing *table.Table
	if isNew {
		current, err := table.Inspect(ctx, pool, spec.Schema, spec.Name)
		switch {
		case addOtherKind(err, diags):
		case err != nil:
			diags.AddError(
				"Users Table Not Planned",
				kit.PostgresDetail("Could not read "+config.title()+" from the catalog", err),
			)
		case current != nil && !replaced:
			existing = current
		default:
			checkSchema(ctx, pool, spec.Schema, diags)
		}
		if diags.HasError() {
			return work, false
		}
	}
	if work, err = planTable(ctx, pool, server, spec, prev, observed, options); err != nil {
		addPlanError(spec, err, diags)
		return work, false
	}
	if existing != nil {
		if created, err := createdAsPlanned(ctx, pool, existing, work.spec); err != nil || !created {
			addExists(spec, diags)
			return work, false
		}
		diags.AddWarning("Users Table Was Created Before", fmt.Sprintf(
			"%s exists already, as it is planned here and without rows: a run that was interrupted has created it. The apply "+
				"takes it over and runs none of the statements.", kit.Capitalized(config.title())))
	}
	work.spec.warnOfFunctions(prev, diags)
	work.spec.warnOfLoose(diags)
	work.spec.warnOfZones(diags)
	work.spec.refuseInverse(ctx, pool, observed, diags)
	work.spec.warnOfScans(diags)
	if !isNew {
		work.spec.warnOfProblems(ctx, pool, prev, options.NotBlocking, options.LegacyHashes, diags)
	}
	if isNew {
		work.spec.warnUnfilled(diags)
	} else {
		warnOfTraits(ctx, pool, config, diags)
	}
	return work, work.addProblems(ctx, pool, diags)
}

// warnOfTraits tells what an adopted table may be that a table made here never is.
func warnOfTraits(ctx context.Context, q postgres.Querier, config tableConfig, diags *diag.Diagnostics) {
	traits, err := table.ReadTraits(ctx, q, config.Schema, config.Name)
	if err != nil {
		return // the catalog was read before, so the next query says what is wrong
	}
	title := kit.Capitalized(config.title())
	if traits.Unlogged {
		diags.AddAttributeWarning(path.Root("name"), "Users Table Needs Attention", fmt.Sprintf(
			"%s is UNLOGGED: after a crash of the server it is empty, and a standby or a backup of "+
				"its files does not have it.\n\n"+
				"Run ALTER TABLE %s SET LOGGED; at a quiet time, for it writes the table "+
				"anew while nobody gets at it.", title, quotedTable(config)))
	}
	if len(traits.Children) > 0 {
		diags.AddAttributeWarning(path.Root("name"), "Users Table Needs Attention", fmt.Sprintf(
			"%s has children that inherit from it: %s. The scripts find and change the users in them too, but "+
				"create users in the parent alone, "+
				"and its unique indexes do not cover the children: one e-mail address can be in both.\n\n"+
				"Move the rows into one table, or end it with "+
				"ALTER TABLE <child> NO INHERIT %s;", title, kit.List(traits.Children), quotedTable(config)))
	}
	if len(traits.Parents) > 0 {
		diags.AddAttributeWarning(path.Root("name"), "Users Table Needs Attention", fmt.Sprintf(
			"%s inherits from %s. Users in the parent are not seen here, and its unique indexes do not cover this table.\n\n"+
				"Move the rows into one table, or end it with ALTER "+
				"TABLE %s NO INHERIT <parent>;", title, kit.List(traits.Parents), quotedTable(config)))
	}
}

// quotedTable is the table's name as SQL takes it.
func quotedTable(c tableConfig) string {
	return kit.QuoteIdentifier(c.Schema) + "." + kit.QuoteIdentifier(c.Name)
}

// warnNotBinding shows the statements that a plan does not hold the apply to.
func (w tableWork) warnNotBinding(config tableConfig, asked bool, diags *diag.Diagnostics) {
	if !asked {
		return
	}
	diags.AddWarning("Statements Not Binding", fmt.Sprintf(
		"may_be_absent is set in the provider's postgres settings, so the statements for %s are worked out at apply. As "+
			"the server is now, they would be:\n%s",
		config.title(), listed(w.planned())))
}

// note tells the objects that take the table's store what becomes of it.
func (w tableWork) note(data *kit.Data, created bool) {
	if len(w.plan.Steps) > 0 {
		data.Notes.WillChange(w.spec.Schema, w.spec.Name)
	}
	if created {
		data.Notes.WillCreate(w.spec.Schema, w.spec.Name)
	}
	for _, c := range w.spec.columns() {
		if slices.ContainsFunc(w.plan.Steps, func(s table.Step) bool { return s.Renames == c.Name }) {
			data.Notes.WillRename(w.spec.Schema, w.spec.Name, c.RenamedFrom, c.Name)
		}
	}
}

// addProblems reports what the plan will not do, and what it finds in the rows. It returns
// false when the plan cannot be carried out.
func (w tableWork) addProblems(ctx context.Context, db postgres.Beginner, diags *diag.Diagnostics) bool {
	for _, notice := range w.plan.Notices {
		diags.AddWarning("Users Table Needs Attention", notice)
	}
	refusals := w.plan.Refusals
	if len(refusals) == 0 {
		found, err := w.plan.Ask(ctx, db)
		if err != nil {
			diags.AddError(
				"Users Table Not Planned",
				kit.PostgresDetail("Could not check the rows of "+postgres.QualifiedName(w.spec.Schema, w.spec.Name), err),
			)
			return false
		}
		refusals = found
	}
	for _, refusal := range refusals {
		addRefusal(w.spec, refusal, diags)
	}
	if len(w.plan.Kept) > 0 {
		diags.AddAttributeWarning(path.Root("email_lookup"), "Former Index Stays For Now", fmt.Sprintf(
			"The way in which users are found changes: email_lookup, an expression or row_filter. So that the connection's "+
				"present scripts find users until this apply has replaced them, %s keeps what was built "+
				"for the former lookup: %s.\n\n"+
				"Apply once more afterwards: the next plan drops it.",
			postgres.QualifiedName(w.spec.Schema, w.spec.Name), kit.List(w.plan.Kept)))
	}
	for _, c := range w.spec.columns() {
		if c.RenamedFrom != "" && slices.ContainsFunc(w.plan.Steps, func(s table.Step) bool { return s.Renames == c.Name }) {
			diags.AddAttributeWarning(w.spec.columnPath(c.Name), "Column Will Be Renamed", fmt.Sprintf(
				"Between the renaming of the column %q and the update of the scripts, scripts that still name %q fail. An "+
					"auth0pg_connection that takes this table's store is updated in the same "+
					"apply, right after the table.", c.RenamedFrom, c.RenamedFrom))
		}
	}
	return len(refusals) == 0
}

// tableWork is what leads to the table as it shall be.
type tableWork struct {
	spec tableSpec
	plan table.Plan
}

// plannedStep is what an approved statement is held to: its text, and how it is run.
type plannedStep struct {
	SQL   string
	Route table.Route
}

func (w tableWork) planned() []plannedStep {
	steps := make([]plannedStep, len(w.plan.Steps))
	for i, step := range w.plan.Steps {
		steps[i] = plannedStep{step.SQL, step.Route}
	}
	return steps
}

// planTable puts the specification into the server's own words and plans the statements.
func planTable(
	ctx context.Context,
	db interface {
		postgres.Beginner
		postgres.Querier
	},
	server *postgres.Server,
	spec tableSpec,
	prev *tableSpec,
	observed *table.Table,
	options usersTableModel,
) (tableWork, error) {
	if missing := spec.missing(observed); missing != nil {
		return tableWork{}, missing
	}
	if untyped := spec.untyped(); untyped != nil {
		return tableWork{}, untyped
	}
	version, err := server.Version(ctx)
	if err != nil {
		return tableWork{}, err
	}
	createCIText := ""
	if slices.ContainsFunc(spec.columns(), func(c columnSpec) bool { return strings.EqualFold(c.Type, "citext") }) {
		schema, installed, err := table.CITextSchema(ctx, db)
		if err != nil {
			return tableWork{}, err
		}
		// For a new table the statement is always there: IF NOT EXISTS makes it the same every time.
		if observed == nil || !installed {
			createCIText = schema
		}
	}
	if observed == nil || slices.ContainsFunc(spec.columns(), func(c columnSpec) bool { return c.differs(observed) }) {
		var declarations []table.Declaration
		for _, c := range spec.columns() {
			declarations = append(declarations, table.Declaration{
				Name: c.Name, Type: c.Type, Collation: c.Collation, Default: c.Default, NotNull: c.NotNull, RenamedFrom: c.RenamedFrom,
			})
		}
		canonical, err := table.Normalize(ctx, db, declarations, observed, createCIText)
		if err != nil {
			return tableWork{}, err
		}
		spec.update(canonical)
	}
	if err := spec.resolveExpressions(ctx, db, observed); err != nil {
		return tableWork{}, err
	}
	if err := spec.readServing(ctx, db, observed); err != nil {
		return tableWork{}, err
	}
	desired := spec.desired()
	desired.CreateCIText = createCIText
	if prev != nil {
		if options.DropRemovedColumns.ValueBool() {
			desired.Drop = removedColumns(*prev, spec)
		}
		desired.Retire = prev.Former
		desired.RetireLater = prev.EmailLookup != spec.EmailLookup || prev.RowFilter != spec.RowFilter ||
			!maps.Equal(prev.Expressions, spec.Expressions)
		if desired.RetireLater {
			desired.Retire = prev.Built // with prev.Former
		}
	}
	limits := table.Limits{Version: version, RewriteRows: defaultRewriteRowLimit, AllowRewrite: options.AllowRewrite.ValueBool()}
	if !options.RewriteRowLimit.IsNull() {
		limits.RewriteRows = options.RewriteRowLimit.ValueInt64()
	}
	return tableWork{spec: spec, plan: table.NewPlan(observed, desired, limits)}, nil
}

// removedColumns lists the columns that the configuration has named and names no longer.
func removedColumns(prev, spec tableSpec) []string {
	kept := map[string]bool{}
	for _, c := range spec.columns() {
		kept[c.Name] = true
		kept[c.RenamedFrom] = true
	}
	var removed []string
	for _, c := range prev.columns() {
		if c.Named && !kept[c.Name] {
			removed = append(removed, c.Name)
		}
	}
	for _, name := range prev.Forgotten {
		if !kept[name] && !slices.Contains(removed, name) {
			removed = append(removed, name)
		}
	}
	return removed
}

// remember notes what later plans need to know about this one: which indexes are ours, and
// which columns could still be dropped.
func (w *tableWork) remember(prev *tableSpec, observed *table.Table) {
	if prev == nil {
		prev = &tableSpec{}
	}
	for _, index := range observed.Indexes {
		built := slices.ContainsFunc(w.plan.Steps, func(s table.Step) bool { return s.Builds == index.Name })
		if index.Constraint == "" && (built || slices.Contains(prev.Built, index.Name)) {
			w.spec.Built = append(w.spec.Built, index.Name)
		}
	}
	w.spec.Former = w.plan.Kept
	for _, name := range removedColumns(*prev, w.spec) {
		if observed.Column(name) != nil {
			w.spec.Forgotten = append(w.spec.Forgotten, name)
		}
	}
}
