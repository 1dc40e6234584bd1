// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// A rehearsal is a user's life in the statements of the scripts, as pure values: whoever has a server runs them.

// Step is one statement of a rehearsal.
type Step struct {
	Operation Operation
	Statement Statement
	// Values are those of the statement's parameters, in their order; nil is null. That of the id is one that
	// nobody has, see [Step.For].
	Values []*string
	Expect Expectation
	// Shows is what the user has to be found with, of what was written and is read as it was, by the parts.
	Shows map[store.Part]string
}

// Expectation is what a step does where it works.
type Expectation string

// The expectations. All but [Adds] are of a user that was added by then; where the rehearsal has no step that adds
// one, they hold for nobody.
const (
	// Adds means that there is one more user.
	Adds Expectation = "adds the user"
	// Finds means that the user is returned, with its id.
	Finds Expectation = "finds the user"
	// FindsByID is to be expected once the id is known.
	FindsByID Expectation = "finds the user by its id"
	// Changes is to be expected once the id is known, too, even where a step does not need it.
	Changes Expectation = "changes the user"
	// Misses means that nobody is returned, and AddsAgain that whoever was deleted may sign up again: of users whose rows
	// stay when they are deleted.
	// FindsChanged is to be expected once the user was changed.
	FindsChanged Expectation = "finds the user as it was changed"
	Misses       Expectation = "does not find the deleted user"
	AddsAgain    Expectation = "adds the deleted user again"
	// AddsUnnamed means that there is another user, without a username.
	AddsUnnamed Expectation = "adds a user without a username"
)

// Looks tells whether the step reads and changes nothing.
func (e Expectation) Looks() bool {
	return e == Finds || e == FindsByID || e == FindsChanged || e == Misses
}

// life is the order in which a user meets the operations: signed up, found, logged in, changed and deleted.
var life = []Operation{Create, GetUser, Login, Verify, ChangePassword, ChangeUsername, ChangeEmail, Delete}

// Rehearse lists the steps of the operations, each statement that a script with these options runs and no other. The
// nonce, of lower-case letters and digits, keeps two rehearsals at once from each other.
func Rehearse(o Options, operations []Operation, nonce string) ([]Step, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	var steps []Step
	for _, op := range life {
		if !slices.Contains(operations, op) {
			continue
		}
		statements, err := Statements(o.Store, op, o.Features()...)
		if err != nil {
			return nil, err
		}
		user := newRehearsed(o, op, nonce)
		if op == Delete {
			steps = append(steps, afterChanges(o, operations, steps, nonce)...)
		}
		for _, statement := range statements {
			if o.skips(statement, statements) {
				continue
			}
			step := Step{Operation: op, Statement: statement, Expect: expectationOf(op, statement)}
			for _, param := range statement.Params {
				step.Values = append(step.Values, user.value(param.Name))
			}
			if step.Expect == Finds {
				step.Shows = shown(o.Store, op, user["email"], newRehearsed(o, Create, nonce)["password"])
			}
			steps = append(steps, step)
		}
	}
	if o.Store.OnDelete != nil && slices.Contains(operations, Delete) {
		steps = append(steps, afterDelete(steps, slices.Contains(operations, ChangeEmail))...)
	}
	if o.MayLackUsername && o.Store.Writes(store.Username) {
		steps = append(steps, unnamed(o, steps, nonce)...)
	}
	return steps, nil
}

// unnamed is the sign-up of before once more, of somebody else, who has no username.
func unnamed(o Options, before []Step, nonce string) []Step {
	i := slices.IndexFunc(before, func(s Step) bool { return s.Expect == Adds })
	if i < 0 {
		return nil
	}
	step, user := before[i], newRehearsed(o, Create, "u"+nonce)
	delete(user, "username")
	step.Expect, step.Values = AddsUnnamed, nil
	for _, param := range step.Statement.Params {
		step.Values = append(step.Values, user.value(param.Name))
	}
	return []Step{step}
}

// shown is what a look-up of that operation has to say of somebody with this address and this hash. A hash that is read or
// written through an expression may have another form by then.
func shown(s store.Store, op Operation, email, password string) map[store.Part]string {
	shows := map[store.Part]string{store.Email: strings.ToLower(email)}
	if column := s.Columns[store.Password]; op == Login && column.Expression == nil && column.Write == nil {
		shows[store.Password] = password
	}
	return shows
}

// afterChanges looks at the user once more, where there is an operation that does and one that has changed something.
func afterChanges(o Options, operations []Operation, before []Step, nonce string) []Step {
	i := slices.IndexFunc(before, func(s Step) bool { return s.Expect == Finds && s.Operation == Login })
	if i < 0 {
		i = slices.IndexFunc(before, func(s Step) bool { return s.Expect == Finds })
	}
	password, address := slices.Contains(operations, ChangePassword), slices.Contains(operations, ChangeEmail)
	if i < 0 || !slices.Contains(operations, Create) || !password && !address {
		return nil
	}
	step := before[i]
	step.Expect = FindsChanged
	signedUp, later := newRehearsed(o, Create, nonce), newRehearsed(o, ChangePassword, nonce)
	email, hash := signedUp["email"], signedUp["password"]
	if address {
		email = later["new_email"]
	}
	if password || o.RehashOnLogin && slices.Contains(operations, Login) {
		hash = later["password"]
	}
	step.Values = []*string{&email}
	step.Shows = shown(o.Store, step.Operation, email, hash)
	return []Step{step}
}

// afterDelete are the steps by which a deleted user is looked for, and signs up again: those of before, with the address
// that the user had last.
func afterDelete(before []Step, changed bool) (steps []Step) {
	for _, expect := range []Expectation{Finds, Adds} {
		i := slices.IndexFunc(before, func(s Step) bool { return s.Expect == expect })
		if i < 0 {
			continue
		}
		step := before[i]
		step.Expect = map[Expectation]Expectation{Finds: Misses, Adds: AddsAgain}[expect]
		step.Values = slices.Clone(step.Values)
		for n, param := range step.Statement.Params {
			if changed && (param.Name == "identifier" || param.Name == "email") {
				last := strings.Replace(*step.Values[n], "Preflight-", "Preflight.", 1)
				step.Values[n] = &last
			}
		}
		steps = append(steps, step)
	}
	return steps
}

func expectationOf(op Operation, s Statement) Expectation {
	switch {
	case op == Create:
		return Adds
	case s.Name == "find":
		return Finds
	case s.ReadOnly:
		return FindsByID
	}
	return Changes
}

// For returns the step's values for the user with this id; "" for one that is not known.
func (s Step) For(id string) []*string {
	values := slices.Clone(s.Values)
	for i, param := range s.Statement.Params {
		if param.Name == "id" && id != "" {
			values[i] = &id
		}
	}
	return values
}

// rehearsed are the values of the user by the names of the parameters.
type rehearsed map[string]string

// newRehearsed is somebody who signs up with no more than is asked of everybody, as the operation meets them. The
// address is in a domain that cannot exist (RFC 2606).
func newRehearsed(o Options, op Operation, nonce string) rehearsed {
	email := "Preflight-" + nonce + "@auth0pg.invalid"
	signedUp, later := o.writer().Sample(o.costs(), 'T'), o.writer().Sample(o.costs(), 'D')
	user := rehearsed{
		"identifier": email, "email": email, "new_email": "Preflight." + nonce + "@auth0pg.invalid", "verified": "true",
		"username": "pf" + nonce, "new_username": "pg" + nonce, // at most 15 characters, as Auth0 has it by default
		"id": nobodysID(o.Store, nonce), "password": later, "old_password": signedUp,
		"user_metadata": "{}", "app_metadata": "{}",
	}
	if op == Create {
		user["password"] = signedUp
	}
	return user
}

func (u rehearsed) value(name string) *string {
	if value, ok := u[name]; ok {
		return &value
	}
	return nil
}

// nobodysID fits the type; whether a row has it matters little to what is rolled back.
func nobodysID(s store.Store, nonce string) string {
	switch idFormat(s) {
	case "uuid":
		return "ffffffff-ffff-4fff-bfff-" + fmt.Sprintf("%012x", nonce)[:12]
	case "smallint":
		return "-32768"
	case "integer", "bigint":
		return "-2147483648"
	}
	return "preflight-" + nonce
}

// LeftOut lists the parts for which the sign-up of a rehearsal brings no value, so that their columns get null.
func LeftOut(s store.Store, mayLackUsername bool) []store.Part {
	o := Options{
		Store:        s,
		PasswordHash: DefaultPasswordHash,
		BcryptRounds: DefaultBcryptRounds,
		BcryptPrefix: DefaultBcryptPrefix,
	}
	user := newRehearsed(o, Create, strings.Repeat("0", 12))
	if mayLackUsername {
		delete(user, "username")
	}
	var parts []store.Part
	for _, param := range signUpParams() {
		// What is written through an expression may make a value of none.
		if s.Writes(param.Part) && s.Columns[param.Part].Write == nil && user.value(param.Name) == nil {
			parts = append(parts, param.Part)
		}
	}
	return parts
}
