// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// defaultLockTimeout is how long a statement of ours may queue for a lock, and so how
// long it may hold up the logins that queue behind it.
const defaultLockTimeout = "2s"

func (p *auth0pgProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Declares a whole Auth0 custom database on PostgreSQL: the users table, the database role, " +
			"the connection with its action scripts, and the network allowlist.",
		// Blocks refuse misspelt names; a nested attribute would drop them in silence.
		Blocks: map[string]schema.Block{
			"auth0":    auth0Block(),
			"postgres": postgresBlock(),
		},
	}
}

func auth0Block() schema.SingleNestedBlock {
	return schema.SingleNestedBlock{
		MarkdownDescription: "The Auth0 tenant and the credentials for its Management API. Only the " +
			"objects that call Auth0 need it.",
		Attributes: map[string]schema.Attribute{
			"domain": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The tenant's canonical domain, such as `acme.eu.auth0.com`. Also `AUTH0_DOMAIN`. " +
					"Changing it addresses another tenant.",
				Validators: []validator.String{domainValidator{}},
			},
			"client_id": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The client ID of a machine-to-machine application that may use the " +
					"Management API. Also `AUTH0_CLIENT_ID`.",
			},
			"client_secret": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "The application's secret. Also `AUTH0_CLIENT_SECRET`.",
				Validators:          []validator.String{conflicts("client_assertion_private_key"), conflicts("api_token")},
			},
			"client_assertion_private_key": schema.StringAttribute{
				Optional:  true,
				Sensitive: true,
				MarkdownDescription: "The application's private key in PEM form, for authentication by private-key JWT instead " +
					"of a secret. Also `AUTH0_CLIENT_ASSERTION_PRIVATE_KEY`.",
				Validators: []validator.String{conflicts("api_token")},
			},
			"client_assertion_signing_alg": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How the private-key JWT is signed: `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, " +
					"`ES256`, `ES384` or `ES512`; by default `RS256`. Also `AUTH0_CLIENT_ASSERTION_SIGNING_ALG`.",
				Validators: []validator.String{
					stringvalidator.OneOf("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"),
				},
			},
			"api_token": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "A Management API token, used as it is until it expires. Also `AUTH0_API_TOKEN`.",
				Validators:          []validator.String{conflicts("client_id")},
			},
			"audience": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The Management API's identifier, by default `https://<domain>/api/v2/`. Also " +
					"`AUTH0_AUDIENCE`. It is needed where `domain` is a custom domain.",
			},
			"base_url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The tenant's address where it is not `https://<domain>`, for a local tenant in tests. Also " +
					"`AUTH0PG_BASE_URL`. Plain `http` is accepted for loopback addresses only.",
				Validators: []validator.String{baseURLValidator{}},
			},
		},
	}
}

func postgresBlock() schema.SingleNestedBlock {
	return schema.SingleNestedBlock{
		MarkdownDescription: "The PostgreSQL server and the role that changes it. What is left out is taken from the `PG*` " +
			"variables, as `psql` does. Only the objects that live in the database need it.",
		Attributes: map[string]schema.Attribute{
			"url": schema.StringAttribute{
				Optional:  true,
				Sensitive: true,
				MarkdownDescription: "The server as `postgres://user:password@host:5432/database?sslmode=verify-full`, every " +
					"part percent-encoded. Also `AUTH0PG_POSTGRES_URL`. Use either it or the single settings.",
				Validators: []validator.String{
					conflicts("host"), conflicts("port"), conflicts("database"), conflicts("username"), conflicts("password"),
				},
			},
			"host": schema.StringAttribute{Optional: true, MarkdownDescription: "The server's host name, address or " +
				"socket directory. Also `PGHOST`."},
			"port": schema.Int64Attribute{Optional: true, MarkdownDescription: "The server's port, by default 5432. Also `PGPORT`.",
				Validators: []validator.Int64{int64validator.Between(1, 65535)}},
			"database": schema.StringAttribute{Optional: true, MarkdownDescription: "The database that holds the users. Also " +
				"`PGDATABASE`. Changing it addresses another database."},
			"username": schema.StringAttribute{Optional: true, MarkdownDescription: "The role that the provider connects as; " +
				"it owns what it creates. Also `PGUSER`."},
			"password": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "That role's password. Also `PGPASSWORD` and the file that `PGPASSFILE` names.",
			},
			"sslmode": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Whether the connection is encrypted and the server verified: `disable`, `allow`, `prefer`, " +
					"`require`, `verify-ca` or `verify-full`; by default `prefer`. Also `PGSSLMODE`.",
				Validators: []validator.String{
					stringvalidator.OneOf("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
				},
			},
			"sslrootcert": schema.StringAttribute{Optional: true, MarkdownDescription: "The path of a PEM file with the " +
				"certificates that the server's certificate is verified against. Also `PGSSLROOTCERT`."},
			"sslcert": schema.StringAttribute{Optional: true, MarkdownDescription: "The path of a PEM file with the " +
				"provider's own certificate. Also `PGSSLCERT`."},
			"sslkey": schema.StringAttribute{Optional: true, MarkdownDescription: "The path of a PEM file with that " +
				"certificate's key. Also `PGSSLKEY`."},
			"connect_timeout": schema.StringAttribute{
				Optional:   true,
				Validators: []validator.String{kit.Duration{Least: time.Millisecond}},
				MarkdownDescription: "How long connecting may take, such as `10s` (the default). Also " +
					"`PGCONNECT_TIMEOUT`, in seconds.",
			},
			"lock_timeout": schema.StringAttribute{
				Optional:   true,
				Validators: []validator.String{kit.Duration{Least: time.Millisecond}},
				MarkdownDescription: "How long one statement may wait for a lock before it gives way " +
					"and is tried again, by default `" + defaultLockTimeout + "`. Logins that need the same lock wait behind it for as long.",
			},
			"statement_timeout": schema.StringAttribute{
				Optional:   true,
				Validators: []validator.String{kit.Duration{Least: time.Millisecond}},
				MarkdownDescription: "How long one statement may run, by default without limit. Building an index " +
					"on a large table takes minutes.",
			},
			"may_be_absent": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether the server, or the database on it, may be absent at plan, because the same apply " +
					"makes it or because it is gone for good; `false` by default: a plan that cannot reach it is an error. " +
					"With `true`, new objects are planned as if nobody could be asked, whether or not the server answers, so that " +
					"their statements and grants are known after the apply; " +
					"what exists stays in the state while the server is absent, and can be destroyed, with a warning that names " +
					"what stays behind. A change takes effect with the next plan.",
			},
			"application_name": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The name shown in `pg_stat_activity`, by default " +
					"`terraform-provider-auth0pg`. Also `PGAPPNAME`.",
			},
		},
	}
}

// conflicts refuses the attribute together with a sibling.
func conflicts(sibling string) validator.String {
	return stringvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName(sibling))
}
