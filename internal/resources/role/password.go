// SPDX-License-Identifier: MPL-2.0

package role

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// The values of password_status.
const (
	passwordAsApplied        = "as_applied"
	passwordChangedElsewhere = "changed_elsewhere"
	passwordNotReadable      = "not_readable"
	passwordNotManaged       = "not_managed"
)

// planPassword decides whether the password is set and what is then known about it.
func (m *databaseRoleModel) planPassword(prior *databaseRoleModel, password types.String, diags *diag.Diagnostics) {
	switch {
	case m.PasswordWOVersion.IsUnknown():
		m.PasswordStatus = types.StringUnknown()
		return
	case m.PasswordWOVersion.IsNull():
		m.PasswordStatus = types.StringValue(passwordNotManaged)
		return
	case prior == nil || prior.PasswordStatus.ValueString() == passwordNotManaged:
		m.PasswordStatus = types.StringUnknown() // whether it is readable shows once it is there
	case prior.PasswordStatus.ValueString() == passwordChangedElsewhere && password.IsNull() && m.PasswordWOVersion.Equal(prior.PasswordWOVersion):
		m.PasswordStatus = prior.PasswordStatus
		diags.AddAttributeWarning(path.Root("password_wo"), "Password Changed Elsewhere", fmt.Sprintf(
			"The password of the role %q is not the one that was applied. It cannot be set again "+
				"while password_wo has no value.", m.Name.ValueString()))
	case prior.PasswordStatus.ValueString() == passwordChangedElsewhere:
		m.PasswordStatus = types.StringValue(passwordAsApplied)
	default:
		m.PasswordStatus = prior.PasswordStatus
		// Where it takes a login to tell, only what is done now can be told beforehand.
		if m.VerifyPassword.IsUnknown() || m.VerifyPassword.ValueBool() != prior.VerifyPassword.ValueBool() || m.VerifyPassword.ValueBool() && m.writesPassword(prior) {
			m.PasswordStatus = types.StringUnknown()
		}
	}
	if m.writesPassword(prior) && password.IsNull() {
		passwordMissing(diags)
	}
}

// planVerification tries the password where nothing else can tell whether it is still the role's.
func (m *databaseRoleModel) planVerification(
	ctx context.Context,
	server *postgres.Server,
	prior *databaseRoleModel,
	password types.String,
	diags *diag.Diagnostics,
) {
	if !m.VerifyPassword.ValueBool() || m.PasswordWOVersion.IsNull() || password.ValueString() == "" ||
		m.writesPassword(prior) {
		return
	}
	role, err := server.Role(ctx, m.Name.ValueString())
	if err != nil || role.Password.Readable {
		return
	}
	switch server.CheckRolePassword(ctx, role, password.ValueString()) {
	case postgres.PasswordWrong:
		m.PasswordStatus = types.StringUnknown()
		diags.AddAttributeWarning(path.Root("password_wo"), "Password Is Refused", fmt.Sprintf(
			"The role %q cannot log in with password_wo: it was changed here without password_wo_version, or on the "+
				"server. It will be set again.", m.Name.ValueString()))
	case postgres.PasswordRight, postgres.PasswordUnproven:
	}
}

// refreshPassword compares the stored verifier with the one that was applied last.
func (m *databaseRoleModel) refreshPassword(stored postgres.StoredPassword, applied string) {
	switch {
	case m.PasswordWOVersion.IsNull():
		m.PasswordStatus = types.StringValue(passwordNotManaged)
	case !stored.Readable && m.VerifyPassword.ValueBool() && m.PasswordStatus.ValueString() == passwordAsApplied:
		// Only a plan has the password to try; until then what was found last stands.
	case !stored.Readable:
		m.PasswordStatus = types.StringValue(passwordNotReadable)
	case fingerprint(stored.Verifier) == applied:
		m.PasswordStatus = types.StringValue(passwordAsApplied)
	default:
		m.PasswordStatus = types.StringValue(passwordChangedElsewhere)
	}
	if m.PasswordStatus.ValueString() == passwordAsApplied && stored.Verifier != nil && stored.Verifier.Iterations != m.iterations() {
		m.ScramIterations = types.Int64Value(int64(stored.Verifier.Iterations))
	}
}

// verify replaces "not readable" by what a login shows.
func (m *databaseRoleModel) verify(ctx context.Context, server *postgres.Server, password types.String) {
	if !m.VerifyPassword.ValueBool() || m.PasswordStatus.ValueString() != passwordNotReadable ||
		password.ValueString() == "" {
		return
	}
	role, err := server.Role(ctx, m.Name.ValueString())
	if err != nil {
		return // it stays unproven
	}
	switch server.CheckRolePassword(ctx, role, password.ValueString()) {
	case postgres.PasswordRight:
		m.PasswordStatus = types.StringValue(passwordAsApplied)
	case postgres.PasswordWrong:
		m.PasswordStatus = types.StringValue(passwordChangedElsewhere)
	case postgres.PasswordUnproven:
	}
}

// leftBehind tells whether a role is what an apply that was killed created: a plain login
// role that has the very password that is configured.
func leftBehind(ctx context.Context, server *postgres.Server, name string, password types.String) bool {
	if password.ValueString() == "" {
		return false
	}
	role, err := server.Role(ctx, name)
	return err == nil && role.Attributes == postgres.ScriptsRole &&
		server.CheckRolePassword(ctx, role, password.ValueString()) == postgres.PasswordRight
}

// writesPassword tells whether the plan sets the password.
func (m *databaseRoleModel) writesPassword(prior *databaseRoleModel) bool {
	switch {
	case m.PasswordWOVersion.IsNull():
		return false
	case prior == nil || !m.PasswordWOVersion.Equal(prior.PasswordWOVersion) || m.iterations() != prior.iterations():
		return true
	case prior.PasswordStatus.ValueString() == passwordChangedElsewhere:
		return m.PasswordStatus.ValueString() != passwordChangedElsewhere
	}
	// A login with it was tried for the plan, and refused.
	return m.PasswordStatus.IsUnknown() && m.VerifyPassword.ValueBool() == prior.VerifyPassword.ValueBool()
}

// iterations are the verifier's.
func (m *databaseRoleModel) iterations() int {
	if m.ScramIterations.IsNull() {
		return postgres.DefaultIterations
	}
	return int(m.ScramIterations.ValueInt64())
}

func newVerifier(password types.String, iterations int, diags *diag.Diagnostics) *postgres.Verifier {
	if password.IsNull() {
		passwordMissing(diags)
		return nil
	}
	v, err := postgres.NewVerifier(password.ValueString(), iterations)
	if err != nil {
		diags.AddAttributeError(path.Root("password_wo"), "Invalid Password", "The password cannot be used: "+err.Error()+".")
		return nil
	}
	return &v
}

func passwordMissing(diags *diag.Diagnostics) {
	diags.AddAttributeError(path.Root("password_wo"), "Password Missing",
		"The password is to be set, because password_wo_version or scram_iterations changed, or because it was changed "+
			"elsewhere, and password_wo has no value.\n\n"+
			"Give password_wo its value, or put password_wo_version and scram_iterations back.")
}

// verifierKey is the private state's entry with the fingerprint of the applied verifier.
const verifierKey = "verifier"

func fingerprint(v *postgres.Verifier) string {
	if v == nil {
		return ""
	}
	return v.Fingerprint()
}

func saveVerifier(ctx context.Context, private kit.PrivateState, v *postgres.Verifier, diags *diag.Diagnostics) {
	kit.SetPrivate(ctx, private, verifierKey, fingerprint(v), diags)
}

func savedVerifier(ctx context.Context, private kit.PrivateReader, diags *diag.Diagnostics) string {
	if applied := kit.GetPrivate[string](ctx, private, verifierKey, diags); applied != nil {
		return *applied
	}
	return ""
}
