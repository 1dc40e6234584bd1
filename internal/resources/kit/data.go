// SPDX-License-Identifier: MPL-2.0

// Package kit is what Terraform's objects share: the clients that the provider hands them, private state, messages, the
// attribute store, the privileges that follow from a store, and what objects tell each other during a plan. It knows none
// of the objects, and none of them knows another.
package kit

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// Data is what the provider hands to every object. Nothing in it has been contacted yet.
type Data struct {
	Auth0    Service[*auth0.Client]
	Postgres Service[*postgres.Server]
	// Domain is the tenant's domain: null when it is not configured, unknown when it
	// comes from an object that is yet to be created.
	Domain types.String
	// MayBeAbsent is set for a server that the same apply may make, or that may be gone.
	MayBeAbsent bool

	// Notes are what objects tell each other during a plan.
	Notes PlanNotes
}

// Service is one of the two systems that the provider drives, or what is still missing
// to drive it. Objects ask for it when they need it, so that a configuration with only
// Auth0 objects never needs a server and the other way round.
type Service[T any] struct {
	client   T
	problems []SettingProblem
}

// SettingProblem is a provider setting that is absent, not known yet or unusable.
type SettingProblem struct {
	// Attribute is the setting's full name, for example "postgres.url".
	Attribute string
	// Remedy says how the setting can be supplied or corrected.
	Remedy string
	// Unknown is set for a value that becomes known during apply.
	Unknown bool
}

// NewService wraps a client that is ready to be used.
func NewService[T any](client T) Service[T] { return Service[T]{client: client} }

// UnavailableService stands for a client that could not be made.
func UnavailableService[T any](problems []SettingProblem) Service[T] {
	return Service[T]{problems: problems}
}

// Known reports whether every setting has its final value. While it is false (a server
// or a credential that the same apply creates), checks at plan are left out.
func (s Service[T]) Known() bool {
	for _, p := range s.problems {
		if p.Unknown {
			return false
		}
	}
	return true
}

// Get returns the client, or reports which provider settings it lacks.
func (s Service[T]) Get(diags *diag.Diagnostics) (client T, ok bool) {
	for _, p := range s.problems {
		if p.Unknown {
			diags.AddError("Provider Setting Not Known Yet", fmt.Sprintf(
				"This object needs the provider's %s, whose value is only known after "+
					"another object is created.\n\n%s", p.Attribute, p.Remedy))
		} else {
			diags.AddError("Provider Setting Missing", fmt.Sprintf("This object needs the provider's %s. %s",
				p.Attribute, p.Remedy))
		}
	}
	return s.client, len(s.problems) == 0
}

// dataFrom unwraps what the provider's Configure handed over; nil before it ran.
func dataFrom(providerData any, diags *diag.Diagnostics) *Data {
	if providerData == nil {
		return nil
	}
	data, ok := providerData.(*Data)
	if !ok {
		diags.AddError("Unexpected Provider Data", fmt.Sprintf("This is a bug in the provider, please "+
			"report it: provider data is a %T.", providerData))
		return nil
	}
	return data
}

// ConfigureResource is the Configure method of every resource.
func ConfigureResource(req resource.ConfigureRequest, resp *resource.ConfigureResponse) *Data {
	return dataFrom(req.ProviderData, &resp.Diagnostics)
}

// ConfigureDataSource is the Configure method of every data source.
func ConfigureDataSource(req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) *Data {
	return dataFrom(req.ProviderData, &resp.Diagnostics)
}

// Bounded gives work its time limit.
func Bounded(
	ctx context.Context,
	limit func(context.Context, time.Duration) (time.Duration, diag.Diagnostics),
	otherwise time.Duration,
	diags *diag.Diagnostics,
) (context.Context, context.CancelFunc) {
	// Where the configuration has none, the context would get that into the log.
	d, found := limit(context.Background(), otherwise)
	diags.Append(found...)
	return context.WithTimeout(ctx, d)
}
