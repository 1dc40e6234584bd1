// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

type auth0Model struct {
	Domain                    types.String `tfsdk:"domain"`
	ClientID                  types.String `tfsdk:"client_id"`
	ClientSecret              types.String `tfsdk:"client_secret"`
	ClientAssertionPrivateKey types.String `tfsdk:"client_assertion_private_key"`
	ClientAssertionSigningAlg types.String `tfsdk:"client_assertion_signing_alg"`
	APIToken                  types.String `tfsdk:"api_token"`
	Audience                  types.String `tfsdk:"audience"`
	BaseURL                   types.String `tfsdk:"base_url"`
}

type postgresModel struct {
	URL              types.String `tfsdk:"url"`
	Host             types.String `tfsdk:"host"`
	Port             types.Int64  `tfsdk:"port"`
	Database         types.String `tfsdk:"database"`
	Username         types.String `tfsdk:"username"`
	Password         types.String `tfsdk:"password"`
	SSLMode          types.String `tfsdk:"sslmode"`
	SSLRootCert      types.String `tfsdk:"sslrootcert"`
	SSLCert          types.String `tfsdk:"sslcert"`
	SSLKey           types.String `tfsdk:"sslkey"`
	ConnectTimeout   types.String `tfsdk:"connect_timeout"`
	LockTimeout      types.String `tfsdk:"lock_timeout"`
	StatementTimeout types.String `tfsdk:"statement_timeout"`
	ApplicationName  types.String `tfsdk:"application_name"`
	MayBeAbsent      types.Bool   `tfsdk:"may_be_absent"`
}

// orVariable fills a setting that the configuration leaves out from an environment variable.
func orVariable(value *types.String, variable string) {
	if value.IsNull() {
		if text := os.Getenv(variable); text != "" {
			*value = types.StringValue(text)
		}
	}
}

// unknowns lists the settings whose value only the apply will know.
func unknowns(settings map[string]interface{ IsUnknown() bool }) []kit.SettingProblem {
	var problems []kit.SettingProblem
	for attribute, value := range settings {
		if value.IsUnknown() {
			problems = append(problems, kit.SettingProblem{
				Attribute: attribute, Unknown: true,
				Remedy: "Apply the other object first (terraform apply -target), or give the setting " +
					"a value that is known at plan.",
			})
		}
	}
	return problems
}

func (p *auth0pgProvider) auth0(
	ctx context.Context,
	object types.Object,
	diags *diag.Diagnostics,
) (kit.Service[*auth0.Client], types.String) {
	if object.IsUnknown() {
		return kit.UnavailableService[*auth0.Client](
			unknowns(map[string]interface{ IsUnknown() bool }{"auth0": object}),
		), types.StringUnknown()
	}
	var m auth0Model
	if !object.IsNull() {
		diags.Append(object.As(ctx, &m, basetypes.ObjectAsOptions{})...)
	}
	// A credential of one kind in the configuration silences the variables of the other kinds.
	switch {
	case !m.APIToken.IsNull():
	case !m.ClientSecret.IsNull():
		orVariable(&m.ClientID, "AUTH0_CLIENT_ID")
	case !m.ClientAssertionPrivateKey.IsNull():
		orVariable(&m.ClientID, "AUTH0_CLIENT_ID")
		orVariable(&m.ClientAssertionSigningAlg, "AUTH0_CLIENT_ASSERTION_SIGNING_ALG")
	default:
		if m.ClientID.IsNull() {
			orVariable(&m.APIToken, "AUTH0_API_TOKEN")
		}
		if m.APIToken.IsNull() {
			orVariable(&m.ClientID, "AUTH0_CLIENT_ID")
			orVariable(&m.ClientSecret, "AUTH0_CLIENT_SECRET")
			if m.ClientSecret.IsNull() {
				orVariable(&m.ClientAssertionPrivateKey, "AUTH0_CLIENT_ASSERTION_PRIVATE_KEY")
				orVariable(&m.ClientAssertionSigningAlg, "AUTH0_CLIENT_ASSERTION_SIGNING_ALG")
			}
		}
	}
	orVariable(&m.Domain, "AUTH0_DOMAIN")
	orVariable(&m.Audience, "AUTH0_AUDIENCE")
	orVariable(&m.BaseURL, "AUTH0PG_BASE_URL")

	problems := unknowns(map[string]interface{ IsUnknown() bool }{
		"auth0.domain": m.Domain, "auth0.client_id": m.ClientID, "auth0.client_secret": m.ClientSecret,
		"auth0.client_assertion_private_key": m.ClientAssertionPrivateKey, "auth0.client_assertion_signing_alg": m.ClientAssertionSigningAlg,
		"auth0.api_token": m.APIToken, "auth0.audience": m.Audience, "auth0.base_url": m.BaseURL,
	})
	// A variable has not passed the schema's validators.
	if !m.BaseURL.IsNull() && !m.BaseURL.IsUnknown() && !validBaseURL(m.BaseURL.ValueString()) {
		problems = append(problems, kit.SettingProblem{Attribute: "auth0.base_url", Remedy: baseURLAdvice})
	}
	if m.Domain.IsNull() && m.BaseURL.IsNull() {
		problems = append(problems, missing("auth0.domain", "the tenant's domain", "AUTH0_DOMAIN"))
	}
	if m.APIToken.IsNull() {
		if m.ClientID.IsNull() {
			problems = append(problems, missing("auth0.client_id", "the client ID of a machine-to-machine application (or "+
				"auth0.api_token, AUTH0_API_TOKEN)", "AUTH0_CLIENT_ID"))
		}
		if m.ClientSecret.IsNull() && m.ClientAssertionPrivateKey.IsNull() {
			problems = append(problems, missing("auth0.client_secret", "that application's secret (or "+
				"auth0.client_assertion_private_key, AUTH0_CLIENT_ASSERTION_PRIVATE_KEY)", "AUTH0_CLIENT_SECRET"))
		}
	}
	if len(problems) > 0 {
		return kit.UnavailableService[*auth0.Client](problems), m.Domain
	}
	return kit.NewService(auth0.New(auth0.Config{
		Domain: m.Domain.ValueString(), BaseURL: m.BaseURL.ValueString(), Audience: m.Audience.ValueString(),
		ClientID: m.ClientID.ValueString(), ClientSecret: m.ClientSecret.ValueString(),
		ClientAssertionPrivateKey: m.ClientAssertionPrivateKey.ValueString(), ClientAssertionSigningAlg: m.ClientAssertionSigningAlg.ValueString(),
		APIToken: m.APIToken.ValueString(), UserAgent: "terraform-provider-auth0pg/" + p.version,
	})), m.Domain
}

func missing(attribute, what, variable string) kit.SettingProblem {
	return kit.SettingProblem{
		Attribute: attribute,
		Remedy:    "Set it in the provider block to " + what + ", or set the environment variable " + variable + ".",
	}
}

func (p *auth0pgProvider) postgres(
	ctx context.Context,
	object types.Object,
	diags *diag.Diagnostics,
) (service kit.Service[*postgres.Server], mayBeAbsent bool) {
	if object.IsUnknown() {
		return kit.UnavailableService[*postgres.Server](
			unknowns(map[string]interface{ IsUnknown() bool }{"postgres": object}),
		), false
	}
	var m postgresModel
	if !object.IsNull() {
		diags.Append(object.As(ctx, &m, basetypes.ObjectAsOptions{})...)
	}
	if m.Host.IsNull() && m.Port.IsNull() && m.Database.IsNull() && m.Username.IsNull() && m.Password.IsNull() {
		orVariable(&m.URL, "AUTH0PG_POSTGRES_URL")
	}
	problems := unknowns(map[string]interface{ IsUnknown() bool }{
		"postgres.url": m.URL, "postgres.host": m.Host, "postgres.port": m.Port, "postgres.database": m.Database, "postgres.username": m.Username,
		"postgres.password": m.Password, "postgres.sslmode": m.SSLMode, "postgres.sslrootcert": m.SSLRootCert, "postgres.sslcert": m.SSLCert,
		"postgres.sslkey": m.SSLKey, "postgres.connect_timeout": m.ConnectTimeout, "postgres.lock_timeout": m.LockTimeout,
		"postgres.statement_timeout": m.StatementTimeout, "postgres.application_name": m.ApplicationName,
		"postgres.may_be_absent": m.MayBeAbsent,
	})
	if m.URL.IsNull() && m.Host.IsNull() && os.Getenv("PGHOST") == "" && os.Getenv("PGSERVICE") == "" {
		problems = append(problems, kit.SettingProblem{Attribute: "postgres.url",
			Remedy: "Set it (or postgres.host) in the provider block, or set the environment variable " +
				"AUTH0PG_POSTGRES_URL (or PGHOST)."})
	}
	if len(problems) > 0 {
		return kit.UnavailableService[*postgres.Server](problems), m.MayBeAbsent.ValueBool()
	}
	config := postgres.Config{
		URL: m.URL.ValueString(), Host: m.Host.ValueString(), Port: int(m.Port.ValueInt64()), Database: m.Database.ValueString(),
		Username: m.Username.ValueString(), Password: m.Password.ValueString(), SSLMode: m.SSLMode.ValueString(),
		SSLRootCert: m.SSLRootCert.ValueString(), SSLCert: m.SSLCert.ValueString(), SSLKey: m.SSLKey.ValueString(),
		ConnectTimeout: duration(m.ConnectTimeout, ""), LockTimeout: duration(m.LockTimeout, defaultLockTimeout),
		StatementTimeout: duration(m.StatementTimeout, ""), ApplicationName: m.ApplicationName.ValueString(),
	}
	if config.ApplicationName == "" && os.Getenv("PGAPPNAME") == "" {
		config.ApplicationName = "terraform-provider-auth0pg"
	}
	server, err := postgres.NewServer(config)
	var invalid *postgres.ConfigError
	if errors.As(err, &invalid) {
		diags.AddAttributeError(
			path.Root("postgres").AtName(invalid.Attribute),
			"Invalid PostgreSQL Settings",
			invalid.Error(),
		)
	}
	return kit.NewService(server), m.MayBeAbsent.ValueBool()
}

// duration parses a value that the schema's validator has accepted.
func duration(value types.String, otherwise string) time.Duration {
	text := value.ValueString()
	if text == "" {
		text = otherwise
	}
	d, _ := time.ParseDuration(text)
	return d
}
