// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// What a plan refuses, and how it says so.

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
		diags.AddError(
			"Users Table Not Dropped",
			kit.PostgresDetail("Could not find out whether "+state.title()+" has rows", err),
		)
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
		"%s would be dropped, and its deletion_protection is on.\n\nTo drop it, set deletion_protection "+
			"= false and apply that first. "+
			"To keep the table and only forget it here, use a removed block with destroy = "+
			"false, or terraform state rm.", kit.Capitalized(m.title())))
	return true
}

func (m usersTableModel) addRowsError(diags *diag.Diagnostics) {
	diags.AddAttributeError(path.Root("drop_table_with_rows"), "Users Table Has Rows", fmt.Sprintf(
		"%s would be dropped, and it has rows.\n\nTo drop it with all its users, set drop_table_with_rows "+
			"= true and apply that first. "+
			"To keep the table and only forget it here, use a removed block with destroy = "+
			"false, or terraform state rm.", kit.Capitalized(m.title())))
}

// checkSchema looks whether the table can be created. A schema that does not exist may
// still come into being in the same apply.
func checkSchema(ctx context.Context, q postgres.Querier, schema string, diags *diag.Diagnostics) {
	exists, mayCreate, err := table.SchemaAccess(ctx, q, schema)
	switch {
	case err != nil:
		diags.AddError("Users Table Not Planned", kit.PostgresDetail(fmt.Sprintf("Could not look up the schema %q",
			schema), err))
	case !exists:
		diags.AddAttributeWarning(path.Root("schema"), "Schema Does Not Exist", fmt.Sprintf(
			"The schema %q does not exist in the database. Unless something else creates it before, the apply fails.", schema))
	case !mayCreate:
		diags.AddAttributeError(path.Root("schema"), "Schema Not Writable", fmt.Sprintf(
			"The role that the provider connects as must not create tables in the schema %q.\n\nGRANT CREATE ON SCHEMA to "+
				"that role, or choose another schema.", schema))
	}
}

// addExists is the answer to creating what is there: how to adopt it.
func addExists(spec tableSpec, diags *diag.Diagnostics) {
	id := postgres.QualifiedName(spec.Schema, spec.Name)
	diags.AddAttributeError(path.Root("name"), "Users Table Exists Already", fmt.Sprintf(
		"The table %s exists already and was not created by this resource, so nothing was changed.\n\n"+
			"To manage the existing table, add this block with the address of this resource and plan again; nothing about the "+
			"table changes until the configuration differs from it:\n\n"+
			"import {\n  to = auth0pg_users_table.%s\n  id = %q\n}\n\nOtherwise choose another name. "+
			"(If this resource is in the state and marked as tainted: terraform untaint keeps the table, terraform "+
			"apply -replace makes a new one.)", id, exampleLabel(spec.Name), id))
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
				"The column %q of %s has no default, and the script create has no value for it: sign-ups would fail. Unless "+
					"users come from elsewhere only, or a trigger or the column's type gives a value, give the column a default, %s.",
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
	attempted := "The change of " + what + " is not made"
	if refusal.Index {
		attempted = fmt.Sprintf("The unique index over %s of %s is not built", refusal.Column,
			postgres.QualifiedName(spec.Schema, spec.Name))
	}
	diags.AddAttributeError(at, "Change Refused", fmt.Sprintf("%s: %s.\n\n%s", attempted, refusal.Reason, refusal.Remedy))
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
	var untyped *untypedColumnError
	if errors.As(err, &untyped) {
		untyped.add(spec, diags)
		return
	}
	if addExpressionError(spec, err, diags) {
		return
	}
	var declaration *table.DeclarationError
	if errors.As(err, &declaration) {
		words := map[string]string{
			"type":      "Column Type Not Usable",
			"default":   "Column Default Not Usable",
			"collation": "Collation Not Usable",
		}
		remedies := map[string]string{
			"type": "Write one type as Postgres knows it, for example text, varchar(255), uuid or timestamptz. serial is " +
				"no type: use bigint with default = \"generated by default as identity\".",
			"default": "Write one SQL expression of the column's type, for example 'active' (with its quotes), " +
				"0, now() or gen_random_uuid().",
			"collation": "Write the name of a collation from pg_collation, for example C.",
		}
		cause := errors.Unwrap(declaration)
		var untrusted *table.UntrustedError
		if errors.As(cause, &untrusted) {
			diags.AddAttributeError(
				spec.columnPath(declaration.Column).AtName(declaration.Attribute),
				"Object Of Another Role",
				fmt.Sprintf(
					"The %s %q of the column %q is not used: "+
						"%v.\n\n%s", declaration.Attribute, declaration.Text, declaration.Column, untrusted, kit.UntrustedRemedy),
			)
			return
		}
		diags.AddAttributeError(
			spec.columnPath(declaration.Column).AtName(declaration.Attribute),
			words[declaration.Attribute],
			fmt.Sprintf(
				"The %s %q of the column %q cannot be used: "+
					"%s\n\n%s", declaration.Attribute, declaration.Text, declaration.Column, serverWords(cause), remedies[declaration.Attribute]),
		)
		return
	}
	var extension *table.ExtensionError
	if errors.As(err, &extension) {
		diags.AddAttributeError(path.Root("email_lookup"), "Extension Not Available", fmt.Sprintf(
			"%s\n\nHave an administrator run CREATE EXTENSION citext in this database, or use email_lookup = "+
				"\"lower_index\", which needs no extension.",
			kit.PostgresDetail("The type citext needs the extension citext, which is not "+
				"installed and could not be created", extension)))
		return
	}
	diags.AddError(
		"Users Table Not Planned",
		kit.PostgresDetail("Could not plan "+postgres.QualifiedName(spec.Schema, spec.Name), err),
	)
}
