// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"errors"
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
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
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
func (r *usersTable) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
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
func (r *usersTable) planWith(ctx context.Context, plan *usersTableModel, config tableConfig, state *usersTableModel, prev *tableSpec,
	observed *table.Table, replaced bool, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
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
func (r *usersTable) outlook(ctx context.Context, private kit.PrivateReader, isNew bool, what string, diags *diag.Diagnostics) (*postgres.Server, kit.Outlook) {
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
func askAbout(ctx context.Context, server *postgres.Server, config tableConfig, spec tableSpec, isNew bool, prev *tableSpec,
	observed *table.Table, replaced bool, options usersTableModel, diags *diag.Diagnostics,
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
			diags.AddError("Users Table Not Planned", kit.PostgresDetail("Could not read "+config.title()+" from the catalog", err))
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
			"%s exists already, as it is planned here and without rows: a run that was interrupted has created it. The apply takes it over and runs none of the statements.", kit.Capitalized(config.title())))
	}
	work.spec.warnOfFunctions(prev, diags)
	work.spec.warnOfLoose(diags)
	work.spec.warnOfScans(diags)
	if !isNew {
		work.spec.warnOfProblems(ctx, pool, prev, options.NotBlocking, diags)
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
			"%s is UNLOGGED: after a crash of the server it is empty, and a standby or a backup of its files does not have it.\n\n"+
				"Run ALTER TABLE %s SET LOGGED; at a quiet time, for it writes the table anew while nobody gets at it.", title, quotedTable(config)))
	}
	if len(traits.Children) > 0 {
		diags.AddAttributeWarning(path.Root("name"), "Users Table Needs Attention", fmt.Sprintf(
			"%s has children that inherit from it: %s. The scripts find and change the users in them too, but create users in the parent alone, "+
				"and its unique indexes do not cover the children: one e-mail address can be in both.\n\n"+
				"Move the rows into one table, or end it with ALTER TABLE <child> NO INHERIT %s;", title, kit.List(traits.Children), quotedTable(config)))
	}
	if len(traits.Parents) > 0 {
		diags.AddAttributeWarning(path.Root("name"), "Users Table Needs Attention", fmt.Sprintf(
			"%s inherits from %s. Users in the parent are not seen here, and its unique indexes do not cover this table.\n\n"+
				"Move the rows into one table, or end it with ALTER TABLE %s NO INHERIT <parent>;", title, kit.List(traits.Parents), quotedTable(config)))
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
		"may_be_absent is set in the provider's postgres settings, so the statements for %s are worked out at apply. As the server is now, they would be:\n%s",
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
			diags.AddError("Users Table Not Planned", kit.PostgresDetail("Could not check the rows of "+postgres.QualifiedName(w.spec.Schema, w.spec.Name), err))
			return false
		}
		refusals = found
	}
	for _, refusal := range refusals {
		addRefusal(w.spec, refusal, diags)
	}
	if len(w.plan.Kept) > 0 {
		diags.AddAttributeWarning(path.Root("email_lookup"), "Former Index Stays For Now", fmt.Sprintf(
			"The way in which users are found changes: email_lookup, an expression or row_filter. So that the connection's present scripts find users until this apply has replaced them, %s keeps what was built for the former lookup: %s.\n\n"+
				"Apply once more afterwards: the next plan drops it.", postgres.QualifiedName(w.spec.Schema, w.spec.Name), kit.List(w.plan.Kept)))
	}
	for _, c := range w.spec.columns() {
		if c.RenamedFrom != "" && slices.ContainsFunc(w.plan.Steps, func(s table.Step) bool { return s.Renames == c.Name }) {
			diags.AddAttributeWarning(w.spec.columnPath(c.Name), "Column Will Be Renamed", fmt.Sprintf(
				"Between the renaming of the column %q and the update of the scripts, scripts that still name %q fail. An auth0pg_connection that takes this table's store is updated in the same apply, right after the table.", c.RenamedFrom, c.RenamedFrom))
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
func planTable(ctx context.Context, db interface {
	postgres.Beginner
	postgres.Querier
}, server *postgres.Server, spec tableSpec, prev *tableSpec, observed *table.Table, options usersTableModel) (tableWork, error) {
	if missing := spec.missing(observed); missing != nil {
		return tableWork{}, missing
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
		desired.RetireLater = prev.EmailLookup != spec.EmailLookup || prev.RowFilter != spec.RowFilter || !maps.Equal(prev.Expressions, spec.Expressions)
		if desired.RetireLater {
			desired.Retire = prev.Built // with prev.Former
		}
	}
	limits := table.Limits{Version: version, RewriteRows: options.RewriteRowLimit.ValueInt64(), AllowRewrite: options.AllowRewrite.ValueBool()}
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

// guardDrop refuses to plan what would lose users.
//
// Protection is for a table that can be dropped. Of one that is gone with its database nothing can, and with the
// protection in the state it could never be turned off.
func (r *usersTable) guardDrop(ctx context.Context, state *usersTableModel, diags *diag.Diagnostics) {
	if r.data == nil || !r.data.Postgres.Known() {
		state.refuseProtected(diags)
		return
	}
	server, ok := r.data.Postgres.Get(&diag.Diagnostics{})
	if !ok {
		state.refuseProtected(diags)
		return // reading has reported it
	}
	pool, err := server.Pool(ctx)
	if r.data.Absent(err) != "" || state.refuseProtected(diags) || state.DropTableWithRows.ValueBool() {
		return
	}
	if err != nil {
		return // the apply asks again, and drops nothing before it knows
	}
	users, err := table.Inspect(ctx, pool, state.Schema.ValueString(), state.Name.ValueString())
	if err != nil || users == nil {
		return
	}
	rows, err := table.HasRows(ctx, pool, users.Schema, users.Name)
	switch {
	case err != nil:
		diags.AddError("Users Table Not Dropped", kit.PostgresDetail("Could not find out whether "+state.title()+" has rows", err))
	case rows:
		state.addRowsError(diags)
	}
}

// refuseProtected reports whether the table is protected.
func (m usersTableModel) refuseProtected(diags *diag.Diagnostics) bool {
	if !m.DeletionProtection.ValueBool() {
		return false
	}
	diags.AddAttributeError(path.Root("deletion_protection"), "Users Table Is Protected", fmt.Sprintf(
		"%s would be dropped, and its deletion_protection is on.\n\nTo drop it, set deletion_protection = false and apply that first. "+
			"To keep the table and only forget it here, use a removed block with destroy = false, or terraform state rm.", kit.Capitalized(m.title())))
	return true
}

func (m usersTableModel) addRowsError(diags *diag.Diagnostics) {
	diags.AddAttributeError(path.Root("drop_table_with_rows"), "Users Table Has Rows", fmt.Sprintf(
		"%s would be dropped, and it has rows.\n\nTo drop it with all its users, set drop_table_with_rows = true and apply that first. "+
			"To keep the table and only forget it here, use a removed block with destroy = false, or terraform state rm.", kit.Capitalized(m.title())))
}

// checkSchema looks whether the table can be created. A schema that does not exist may
// still come into being in the same apply.
func checkSchema(ctx context.Context, q postgres.Querier, schema string, diags *diag.Diagnostics) {
	exists, mayCreate, err := table.SchemaAccess(ctx, q, schema)
	switch {
	case err != nil:
		diags.AddError("Users Table Not Planned", kit.PostgresDetail(fmt.Sprintf("Could not look up the schema %q", schema), err))
	case !exists:
		diags.AddAttributeWarning(path.Root("schema"), "Schema Does Not Exist", fmt.Sprintf(
			"The schema %q does not exist in the database. Unless something else creates it before, the apply fails.", schema))
	case !mayCreate:
		diags.AddAttributeError(path.Root("schema"), "Schema Not Writable", fmt.Sprintf(
			"The role that the provider connects as must not create tables in the schema %q.\n\nGRANT CREATE ON SCHEMA to that role, or choose another schema.", schema))
	}
}

// addExists is the answer to creating what is there: how to adopt it.
func addExists(spec tableSpec, diags *diag.Diagnostics) {
	id := postgres.QualifiedName(spec.Schema, spec.Name)
	diags.AddAttributeError(path.Root("name"), "Users Table Exists Already", fmt.Sprintf(
		"The table %s exists already and was not created by this resource, so nothing was changed.\n\n"+
			"To manage the existing table, add this block with the address of this resource and plan again; nothing about the table changes until the configuration differs from it:\n\n"+
			"import {\n  to = auth0pg_users_table.%s\n  id = %q\n}\n\nOtherwise choose another name. "+
			"(If this resource is in the state and marked as tainted: terraform untaint keeps the table, terraform apply -replace makes a new one.)", id, exampleLabel(spec.Name), id))
}

// exampleLabel makes a Terraform name of a table's.
func exampleLabel(name string) string {
	label := strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, strings.ToLower(name))
	if label[0] >= '0' && label[0] <= '9' {
		return "_" + label
	}
	return label
}

// warnUnfilled tells of columns of a new table that would stay without a value when
// somebody signs up. It is no error: users may come from elsewhere only.
func (s tableSpec) warnUnfilled(diags *diag.Diagnostics) {
	filled, err := scripts.Privileges(s.store(), []scripts.Operation{scripts.Create})
	if err != nil {
		return // there is no script to create users
	}
	for _, c := range s.columns() {
		fills := slices.ContainsFunc(filled, func(p scripts.Privilege) bool {
			return p.Type == "INSERT" && slices.Contains(p.Columns, c.Name)
		})
		remedy := ""
		switch {
		case fills || c.Default != "":
		case c.Name == s.Columns[store.ID].Name:
			remedy = "such as gen_random_uuid() or \"generated by default as identity\""
		case c.NotNull:
			remedy = "or make it nullable"
		}
		if remedy != "" {
			diags.AddAttributeWarning(s.columnPath(c.Name), "Users Table Needs Attention", fmt.Sprintf(
				"The column %q of %s has no default, and the script create has no value for it: sign-ups would fail. Unless users come from elsewhere only, or a trigger or the column's type gives a value, give the column a default, %s.",
				c.Name, postgres.QualifiedName(s.Schema, s.Name), remedy))
		}
	}
}

// columnPath is the attribute that describes a column.
func (s tableSpec) columnPath(column string) path.Path {
	for part, c := range s.Columns {
		if c.Name == column {
			return path.Root("columns").AtMapKey(string(part))
		}
	}
	if _, ok := s.Extra[column]; ok {
		return path.Root("extra_columns").AtMapKey(column)
	}
	return path.Root("columns")
}

func addRefusal(spec tableSpec, refusal table.Refusal, diags *diag.Diagnostics) {
	at := spec.columnPath(refusal.Column)
	if refusal.Attribute != "" {
		at = at.AtName(refusal.Attribute)
	}
	what := postgres.QualifiedName(spec.Schema, spec.Name)
	if refusal.Column != "" {
		what = fmt.Sprintf("column %q of %s", refusal.Column, what)
	}
	diags.AddAttributeError(at, "Change Refused", fmt.Sprintf("The change of %s is not made: %s.\n\n%s", what, refusal.Reason, refusal.Remedy))
}

// addPlanError explains why no plan could be made.
func addPlanError(spec tableSpec, err error, diags *diag.Diagnostics) {
	var missing *missingColumnsError
	if errors.As(err, &missing) {
		for _, part := range missing.Parts {
			missing.add(spec, part, diags)
		}
		return
	}
	if addExpressionError(spec, err, diags) {
		return
	}
	var declaration *table.DeclarationError
	if errors.As(err, &declaration) {
		words := map[string]string{"type": "Column Type Not Usable", "default": "Column Default Not Usable", "collation": "Collation Not Usable"}
		remedies := map[string]string{
			"type":      "Write one type as Postgres knows it, for example text, varchar(255), uuid or timestamptz. serial is no type: use bigint with default = \"generated by default as identity\".",
			"default":   "Write one SQL expression of the column's type, for example 'active' (with its quotes), 0, now() or gen_random_uuid().",
			"collation": "Write the name of a collation from pg_collation, for example C.",
		}
		cause := errors.Unwrap(declaration)
		var untrusted *table.UntrustedError
		if errors.As(cause, &untrusted) {
			diags.AddAttributeError(spec.columnPath(declaration.Column).AtName(declaration.Attribute), "Object Of Another Role", fmt.Sprintf(
				"The %s %q of the column %q is not used: %v.\n\n%s", declaration.Attribute, declaration.Text, declaration.Column, untrusted, kit.UntrustedRemedy))
			return
		}
		diags.AddAttributeError(spec.columnPath(declaration.Column).AtName(declaration.Attribute), words[declaration.Attribute], fmt.Sprintf(
			"The %s %q of the column %q cannot be used: %s\n\n%s", declaration.Attribute, declaration.Text, declaration.Column, serverWords(cause), remedies[declaration.Attribute]))
		return
	}
	var extension *table.ExtensionError
	if errors.As(err, &extension) {
		diags.AddAttributeError(path.Root("email_lookup"), "Extension Not Available", fmt.Sprintf(
			"%s\n\nHave an administrator run CREATE EXTENSION citext in this database, or use email_lookup = \"lower_index\", which needs no extension.",
			kit.PostgresDetail("The type citext needs the extension citext, which is not installed and could not be created", extension)))
		return
	}
	diags.AddError("Users Table Not Planned", kit.PostgresDetail("Could not plan "+postgres.QualifiedName(spec.Schema, spec.Name), err))
}
