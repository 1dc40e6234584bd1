// SPDX-License-Identifier: MPL-2.0

package apistore

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// furtherParts are those that an API may have and need not.
func furtherParts() (names []string) {
	for _, spec := range store.Parts() {
		if !spec.Required && spec.Part != store.PasswordSalt && spec.Part != store.TOTP {
			names = append(names, string(spec.Part))
		}
	}
	return names
}

// authority is how the scripts say who they are, with the default.
func (m *apiStoreModel) authority() store.Auth {
	return store.Auth(cmp.Or(m.Auth.ValueString(), string(store.ClientCredentials)))
}

// check refuses what does not go together, as far as it is known.
func (m *apiStoreModel) check(ctx context.Context, diags *diag.Diagnostics) {
	wrong := func(name, text string) {
		diags.AddAttributeError(path.Root(name), "API Is Not Described", text)
	}
	if !m.Contract.IsUnknown() && !m.Schema.IsUnknown() {
		switch rpc := m.Contract.ValueString() == string(store.RPC); {
		case rpc && m.Schema.IsNull():
			wrong("schema", "With the contract rpc the scripts name the schema of the functions in a header.\n\n"+
				"Set schema to that of the auth0pg_access_functions behind the API.")
		case !rpc && !m.Schema.IsNull():
			wrong("schema", "Only the contract rpc names a schema.\n\nLeave schema out.")
		}
	}
	if m.Auth.IsUnknown() {
		return
	}
	byToken := map[string]types.String{
		"audience": m.Audience, "token_url": m.TokenURL, "client_id_key": m.ClientIDKey, "client_secret_key": m.ClientSecretKey,
	}
	byPassword := map[string]types.String{"username_key": m.UsernameKey, "password_key": m.PasswordKey}
	others := byPassword
	if m.authority() == store.Basic {
		others = byToken
	} else if m.Audience.IsNull() {
		wrong("audience", "A token is asked for an API of the tenant's, and the audience is its identifier.\n\n"+
			"Set audience to that of the resource server, or auth = \"basic\".")
	}
	for name, value := range others {
		if !value.IsNull() {
			wrong(name, fmt.Sprintf("With auth = %q the scripts have no use for %s.\n\nLeave it out.", m.authority(), name))
		}
	}
	keys := map[string]bool{}
	for _, key := range append(m.reach("").Keys(), m.reach("").CAKey) {
		if keys[key] {
			wrong("ca_key", fmt.Sprintf("Two of the keys are %q, and each holds something else.\n\nName another one.", key))
		}
		keys[key] = true
	}
	if !m.Parts.IsUnknown() && !kit.UnknownElement(m.Parts) {
		users := store.Store{Reach: store.API{}, Columns: store.WithoutColumns(kit.NamedParts(ctx, m.Parts, diags))}
		kit.CheckOffered(ctx, users, m.Operations, "the API", diags)
	}
}

// reach is how the API is asked.
func (m *apiStoreModel) reach(tokenURL string) store.API {
	key := func(configured types.String, standard string) string {
		return cmp.Or(configured.ValueString(), standard)
	}
	a := store.API{
		URL: strings.TrimRight(m.URL.ValueString(), "/"), Contract: store.Contract(m.Contract.ValueString()),
		PasswordCheck: store.PasswordCheck(m.PasswordCheck.ValueString()), Schema: m.Schema.ValueString(), Auth: m.authority(),
		CAKey: key(m.CAKey, defaultCAKey),
	}
	if a.Auth == store.Basic {
		a.UsernameKey, a.PasswordKey = key(m.UsernameKey, defaultUsernameKey), key(m.PasswordKey, defaultPasswordKey)
		return a
	}
	a.Audience, a.TokenURL = m.Audience.ValueString(), tokenURL
	a.ClientIDKey, a.ClientSecretKey = key(m.ClientIDKey, defaultClientIDKey), key(m.ClientSecretKey, defaultClientSecretKey)
	return a
}

// describe fills in what is computed.
func (m *apiStoreModel) describe(ctx context.Context, data *kit.Data, diags *diag.Diagnostics) {
	m.check(ctx, diags)
	m.resolveTokenURL(data, diags)
	if diags.HasError() {
		return
	}
	users := store.Store{Reach: m.reach(m.TokenURL.ValueString()), Columns: store.WithoutColumns(kit.NamedParts(ctx, m.Parts, diags))}
	offered := kit.Offer(ctx, &users, m.Operations, diags)
	if _, err := store.Parse(users.Marshal()); err != nil {
		diags.AddError("API Is Not Described", fmt.Sprintf("The attributes do not make a store: %v.", err))
		return
	}
	var scopes, operations []attr.Value
	if m.authority() == store.ClientCredentials {
		for _, scope := range scripts.Scopes(users) {
			scopes = append(scopes, types.StringValue(scope))
		}
	}
	for _, op := range offered {
		operations = append(operations, types.StringValue(string(op)))
	}
	m.Scopes = types.ListValueMust(types.StringType, scopes)
	m.Operations = types.SetValueMust(types.StringType, operations)
	m.Store = kit.NewStore(users)
}

// resolveTokenURL fills in that of the provider's tenant.
func (m *apiStoreModel) resolveTokenURL(data *kit.Data, diags *diag.Diagnostics) {
	if m.authority() == store.Basic || !m.TokenURL.IsNull() {
		return
	}
	tenant := ""
	if client := clientOf(data); client != nil {
		tenant = client.TokenURL()
	} else if data != nil && data.Domain.ValueString() != "" {
		tenant = auth0.New(auth0.Config{Domain: data.Domain.ValueString()}).TokenURL()
	}
	if tenant == "" {
		diags.AddAttributeError(path.Root("token_url"), "Token URL Not Known", "The scripts ask the tenant for a token, and the "+
			"provider's settings do not say, or not yet, which tenant that is.\n\n"+
			"Set token_url, such as https://acme.eu.auth0.com/oauth/token, or auth0.domain of the provider.")
		return
	}
	m.TokenURL = types.StringValue(tenant)
}

// clientOf is nil where the provider has no tenant, or not yet.
func clientOf(data *kit.Data) *auth0.Client {
	if data == nil || !data.Auth0.Known() {
		return nil
	}
	client, ok := data.Auth0.Get(&diag.Diagnostics{})
	if !ok {
		return nil
	}
	return client
}

// urlValidator accepts URLs at which the scripts can ask. It shows nothing of the text: there may be a password in it.
type urlValidator struct{}

func (urlValidator) Description(context.Context) string {
	return "an absolute URL with https, or with http for the loopback interface"
}

func (v urlValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (urlValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := store.CheckURL(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "URL Cannot Be Used", fmt.Sprintf("The URL %v.\n\nCorrect it.", err))
	}
}
