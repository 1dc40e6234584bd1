// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes/check"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi/usersapitest"
)

// goThroughAPI puts an API in front of the table, over access functions, and renders scripts that ask it: with a password, unless
// somebody else says who is let in.
func (b *bench) goThroughAPI(contract store.Contract, check store.PasswordCheck, admits ...func(*usersapi.Config, *store.API)) {
	b.t.Helper()
	var config usersapi.Config
	config.Schema, config.DatabaseURL = usersapitest.Functions(b.t, b.db, b.store, "")
	config.PasswordCheck = usersapi.PasswordCheck(check)
	config.Passwords.Costs.BcryptRounds = 4
	t := b.t // the servers end with the whole test
	b.serve = func(change func(*usersapi.Config)) {
		asked := config
		change(&asked)
		reach := store.API{Contract: contract, PasswordCheck: check, Auth: store.Basic, UsernameKey: "API_USERNAME", PasswordKey: "API_PASSWORD"}
		for _, admit := range admits {
			admit(&asked, &reach)
		}
		reach.URL = usersapitest.Serve(t, asked).URL
		if contract == store.RPC {
			reach.Schema = config.Schema
		}
		b.options.Store = store.Store{Reach: reach, Columns: store.WithoutColumns(b.store.Parts())}
		b.rendered = map[scripts.Operation]string{}
	}
	b.serve(func(*usersapi.Config) {})
	b.configuration = map[string]string{
		"API_USERNAME": usersapitest.Credentials.Username, "API_PASSWORD": usersapitest.Credentials.Password,
	}
}

// overEachDriver runs a test over a table of this shape, over the functions in front of one, over APIs in front of those, and over
// the users of another tenant, with all parts that it has. Each has a database of its own, as functions and their owner belong to it.
func overEachDriver(t *testing.T, s shape, test func(b *bench)) {
	t.Helper()
	overEachDatabase(t, s, test)
	t.Run("tenant", func(t *testing.T) {
		t.Parallel()
		b := newTenantBench(t, localtenant.Options{}, nil).bench
		b.driver, b.container = "tenant", sharedContainer(t)
		test(b)
	})
}

// overEachDatabase is overEachDriver for what only a database can have: the shape is the test.
func overEachDatabase(t *testing.T, s shape, test func(b *bench)) {
	t.Helper()
	overEach(t, func(t *testing.T) *bench { return newBench(t, pgtest.Database(t), s) }, test)
}

// overEach puts everything in front of a bench that there is for one in a database.
func overEach(t *testing.T, start func(t *testing.T) *bench, test func(b *bench)) {
	t.Helper()
	over := func(name string, reach func(t *testing.T, b *bench)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t)
			reach(t, b)
			b.driver = name
			test(b)
		})
	}
	over("table", func(*testing.T, *bench) {})
	over("functions", func(t *testing.T, b *bench) {
		table := b.store
		b.goThroughFunctions(t, scripts.RehashOnLogin)
		b.store = table
		for _, privilege := range b.privileges(b.operations()...) {
			b.db.Exec("REVOKE " + privilegeSQL(privilege) + " ON " + onSQL(privilege) + " FROM " + quote(b.role))
		}
	})
	for _, contract := range store.Contracts() {
		for _, check := range store.PasswordChecks() {
			over(fmt.Sprintf("api/%s/%s", contract, check), func(_ *testing.T, b *bench) { b.goThroughAPI(contract, check) })
		}
	}
}

// imports switches automatic migration on, in the scripts and in an API that they ask.
func (b *bench) imports(forget time.Duration) {
	b.t.Helper()
	if b.serve != nil {
		b.serve(func(c *usersapi.Config) { c.ImportMode = true })
	}
	b.options.ImportMode, b.options.ForgetMigratedAfter, b.rendered = true, forget, map[scripts.Operation]string{}
}

// accepts has hashes of other formats compared by whoever compares hashes, and replaced at login where that is asked for.
func (b *bench) accepts(rehash bool, formats ...string) {
	b.t.Helper()
	b.rendered = map[scripts.Operation]string{}
	if b.serve != nil && b.options.Store.ChecksPasswords() {
		b.serve(func(c *usersapi.Config) {
			c.Passwords, c.RehashOnLogin = check.Options{LegacyHashes: formats, Pepper: b.configuration["PEPPER"], Costs: c.Passwords.Costs}, rehash
		})
		return
	}
	b.options.LegacyHashes, b.options.RehashOnLogin = formats, rehash
	if _, direct := b.options.Store.Reach.(store.Table); direct && rehash {
		b.db.Exec("GRANT UPDATE (" + b.column(store.Password) + ") ON " + b.table() + " TO " + quote(b.role))
	}
}

// operationCase is something that holds whatever the users are behind.
type operationCase struct {
	run func(b *bench)
	// cannot says which stores cannot have it, by a pattern of the driver's name, and what refuses it: its own words.
	cannot map[string]string
}

// reason is why a driver cannot have the case.
func (c operationCase) reason(driver string) (words string, excepted bool) {
	for pattern, words := range c.cannot {
		if regexp.MustCompile(pattern).MatchString(driver) {
			return words, true
		}
	}
	return "", false
}

// goThrough runs a case with no users and the settings as they were. That a store cannot have it is seen as well.
func (b *bench) goThrough(t *testing.T, driver string, c operationCase) {
	before := *b
	b.t, b.context, b.rendered = t, nil, map[scripts.Operation]string{}
	b.configuration, b.driver = maps.Clone(before.configuration), driver
	b.users.empty()
	words, excepted := c.reason(driver)
	defer func() {
		b.t, b.options, b.configuration, b.driver, b.context = before.t, before.options, before.configuration, before.driver, nil
		b.rendered = map[scripts.Operation]string{}
		panicked := recover()
		refused, isCannot := panicked.(cannot)
		switch {
		case panicked != nil && !isCannot:
			panic(panicked)
		case isCannot && (!excepted || !strings.Contains(string(refused), words)):
			t.Errorf("the store cannot have the case: %q, and the table says %q", refused, words)
		case !isCannot && excepted:
			t.Errorf("the store can have the case, of which the table says %q", words)
		}
	}()
	c.run(b)
}

// operationCases are all, by name.
func operationCases() map[string]operationCase {
	all := map[string]operationCase{}
	for _, some := range []map[string]operationCase{refusalCases, identityCases, profileCases(), hashCases, migrationCases} {
		for name, c := range some {
			if _, twice := all[name]; twice {
				panic("two cases are called " + name)
			}
			all[name] = c
		}
	}
	return all
}

// operationShapes are a table as the provider would make it, and one in which everything is something else.
var operationShapes = map[string]shape{
	"plain": {
		idType: "bigint", parts: operationParts(), nullable: []store.Part{store.Password},
		types: map[store.Part]string{store.FamilyName: "character varying(20)"},
	},
	"other": {
		idType: "text", parts: operationParts(), quoted: true, lookup: store.CIText,
		types: map[store.Part]string{
			store.Password: "character(100)", store.EmailVerified: "timestamp with time zone", store.Blocked: "smallint",
			store.PhoneVerified: "integer", store.FamilyName: "character varying(20)", store.Username: "public.citext", store.UserMetadata: "text", store.AppMetadata: "text", store.MigratedAt: "date",
		},
		defaults: map[store.Part]string{store.EmailVerified: "NULL", store.Blocked: "0", store.PhoneVerified: "0"},
		nullable: []store.Part{store.EmailVerified, store.Password},
	},
}

// operationParts are all but the time of the last password, which makes the answer of change_password another one: TestLifeOverEachDriver
// has that.
func operationParts() []store.Part {
	return slices.DeleteFunc(allParts(), func(part store.Part) bool { return part == store.LastPasswordReset })
}

// Every operation over every driver: what an operation does is the same whatever is behind the port, and what a store cannot have
// says so itself.
func TestOperations(t *testing.T) {
	t.Parallel()
	cases := operationCases()
	names := slices.Sorted(maps.Keys(cases))
	through := func(prefix string) func(b *bench) {
		return func(b *bench) {
			driver := prefix + b.driver
			for _, name := range names {
				b.t.(*testing.T).Run(name, func(t *testing.T) { b.goThrough(t, driver, cases[name]) })
			}
		}
	}
	t.Run("plain", func(t *testing.T) { overEachDriver(t, operationShapes["plain"], through("plain/")) })
	t.Run("other", func(t *testing.T) { overEachDatabase(t, operationShapes["other"], through("other/")) })
}

// No case is excepted for a driver that is none, nor for one twice.
func TestExceptionsNameDrivers(t *testing.T) {
	drivers := []string{"plain/tenant"}
	for shape := range operationShapes {
		drivers = append(drivers, shape+"/table", shape+"/functions")
		for _, contract := range store.Contracts() {
			for _, check := range store.PasswordChecks() {
				drivers = append(drivers, fmt.Sprintf("%s/api/%s/%s", shape, contract, check))
			}
		}
	}
	for name, c := range operationCases() {
		times := map[string]int{}
		for pattern := range c.cannot {
			if !slices.ContainsFunc(drivers, regexp.MustCompile(pattern).MatchString) {
				t.Errorf("%s: there is no %s", name, pattern)
			}
			for _, driver := range drivers {
				if regexp.MustCompile(pattern).MatchString(driver) {
					times[driver]++
				}
			}
		}
		for driver, n := range times {
			if n > 1 {
				t.Errorf("%s: %d reasons for %s", name, n, driver)
			}
		}
	}
}
