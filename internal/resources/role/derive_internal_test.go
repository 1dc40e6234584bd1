// SPDX-License-Identifier: MPL-2.0

package role

import (
	"slices"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

func TestUseOf(t *testing.T) {
	t.Parallel()
	s := store.Store{Reach: store.Table{Schema: "public", Name: "users"}, EmailLookup: store.LowerIndex,
		Columns: map[store.Part]store.Column{
			store.ID: {Name: "id", Type: "uuid"}, store.Email: {Name: "mail", Type: "text"}, store.Password: {Name: "hash", Type: "text"},
			store.UpdatedAt: {Name: "updated_at", Type: "timestamp with time zone"},
		}}
	functions := s.Through("auth0")
	on := postgres.Object{Kind: postgres.TableObject, Schema: "public", Name: "users"}
	whole := func(privilege string) postgres.Grant { return postgres.Grant{Privilege: privilege, On: on} }
	forOperations := func(s store.Store, operations []scripts.Operation, features ...scripts.Feature) []postgres.Grant {
		grants, err := needed(s, operations, features...)
		if err != nil {
			t.Fatal(err)
		}
		return grants
	}
	login := []scripts.Operation{scripts.Login}
	for name, test := range map[string]struct {
		store  store.Store
		held   []postgres.Grant
		want   []scripts.Operation
		rehash bool
		exact  bool
	}{
		"nothing":       {store: s, exact: true},
		"login":         {store: s, held: forOperations(s, login), want: []scripts.Operation{scripts.Login, scripts.GetUser}, exact: true},
		"rehash":        {store: s, held: forOperations(s, login, scripts.RehashOnLogin), want: []scripts.Operation{scripts.Login, scripts.GetUser}, rehash: true, exact: true},
		"whole table":   {store: s, held: []postgres.Grant{whole("SELECT"), whole("DELETE")}, want: []scripts.Operation{scripts.Login, scripts.GetUser, scripts.Delete}},
		"not enough":    {store: s, held: []postgres.Grant{whole("INSERT"), whole("UPDATE")}, want: []scripts.Operation{scripts.Create}},
		"function":      {store: functions, held: forOperations(functions, login), want: login, exact: true},
		"two functions": {store: functions, held: forOperations(functions, login, scripts.RehashOnLogin), want: login, rehash: true, exact: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := useOf(test.store, test.held)
			if !slices.Equal(got.operations, test.want) || got.rehash != test.rehash || got.exact != test.exact {
				t.Errorf("%v, rehash %t, exact %t; want %v, %t, %t", got.operations, got.rehash, got.exact, test.want, test.rehash, test.exact)
			}
		})
	}
}
