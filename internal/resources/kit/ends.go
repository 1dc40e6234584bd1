// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// A database or a server may be gone while the state still has what was in it, or not be there yet. What that means is
// decided here, once for all objects:
//
//   - Reading keeps the state, with a warning and a mark in the private state, where the database is gone, or the server
//     and postgres.may_be_absent says that it may be. `terraform destroy` reads first, and must get that far.
//   - A plan of something marked changes what only the server knows to unknown, so that it never says that all is well.
//     Its apply is refused. The mark is part of what the apply plans from, so that it plans the same.
//   - A plan of something new asks the server. With may_be_absent it shows nothing of the answer: whether the server
//     comes up or goes away before the apply, the apply plans the same.
//   - Deletion counts as done where the database is gone. What belongs to the server goes through another database of it.

// AbsentKey is the private state's mark of an object that reading could not look for.
const AbsentKey = "absent"

// What a mark says is gone.
const (
	absentDatabase = "database"
	absentServer   = "server"
)

// absent tells from an error what is gone: absentDatabase, absentServer, or "" for any other error.
func (d *Data) Absent(err error) string {
	switch {
	case postgres.DatabaseGone(err):
		return absentDatabase
	case postgres.Unreachable(err) && d.MayBeAbsent:
		return absentServer
	}
	return ""
}

// waysOut is what to do about a server that does not answer.
const waysOut = "If it is made by this same apply, or is gone for good, set may_be_absent = true in the " +
	"provider's postgres settings: " +
	"what depends on it is then unknown in plans, and can be destroyed. `terraform state rm` forgets one object alone."

// AddNotReached reports a server that had to be asked.
func AddNotReached(attempted string, err error, diags *diag.Diagnostics) {
	detail := PostgresDetail(attempted, err)
	if !throughPooler(err) {
		detail += " " + waysOut
	}
	diags.AddError("Server Not Reached", detail)
}

// toRead returns the server for reading. Where it returns nil without an error, the state is to stay as it is.
func (d *Data) ToRead(ctx context.Context, private Private, what string, diags *diag.Diagnostics) *postgres.Server {
	server, ok := d.Postgres.Get(diags)
	if !ok {
		return nil
	}
	_, err := server.Pool(ctx)
	gone := d.Absent(err)
	if gone == "" {
		if postgres.Unreachable(err) {
			AddNotReached("Could not read "+what, err, diags)
			return nil
		}
		if GetPrivate[string](ctx, private, AbsentKey, diags) != nil {
			diags.Append(private.SetKey(ctx, AbsentKey, nil)...)
		}
		return server
	}
	SetPrivate(ctx, private, AbsentKey, gone, diags)
	if gone == absentDatabase {
		diags.AddWarning("Database Does Not Exist", fmt.Sprintf(
			"%s stays in the state as it was last seen: the server has no database %q any more.\n\n"+
				"If that is the wrong database, correct the provider's postgres settings. If it is gone for "+
				"good, destroy what was in it. "+
				"To have it anew, create the database and plan again.", Capitalized(what), server.Database()))
		return nil
	}
	diags.AddWarning("Server Is Absent", PostgresDetail(Capitalized(what)+" stays in the state as it was last seen", err)+
		" may_be_absent is set, so this is no error.")
	return nil
}

// throughPooler tells an address that no session of ours may be opened at, whatever becomes of the server.
func throughPooler(err error) bool {
	var pooler *postgres.PoolerError
	return errors.As(err, &pooler)
}

// Outlook is what a plan can be made with.
type Outlook int

const (
	Failed  Outlook = iota // the reason is in the diagnostics
	Blind                  // the settings are not known yet, or not complete: whoever needs the server reports that
	Sighted                // the server answers, and will at apply
	Dim                    // what is new is planned as if no server answered; one that does is asked for what forbids it
	Lost                   // it was there, and reading could not look for it any more
)

// toPlan returns what a plan is made with, and the server where there is one to ask. isNew is true for what is created,
// also in the place of another.
func (d *Data) ToPlan(
	ctx context.Context,
	private PrivateReader,
	isNew bool,
	what string,
	diags *diag.Diagnostics,
) (*postgres.Server, Outlook) {
	if !d.Postgres.Known() {
		return nil, Blind
	}
	server, ok := d.Postgres.Get(&diag.Diagnostics{})
	if !ok {
		return nil, Blind
	}
	if !isNew {
		text, found := private.GetKey(ctx, AbsentKey)
		diags.Append(found...)
		if len(text) > 0 {
			return nil, Lost
		}
	}
	_, err := server.Pool(ctx)
	switch {
	case isNew && d.MayBeAbsent && err != nil && !throughPooler(err):
		diags.AddWarning("Planned Without The Server", PostgresDetail("Could not ask the server about "+what, err)+
			" may_be_absent is set, so the apply finds out.")
		return nil, Dim
	case isNew && d.MayBeAbsent && err == nil:
		return server, Dim
	case err != nil:
		AddNotReached("Could not plan "+what, err, diags)
		return nil, Failed
	}
	return server, Sighted
}

// RefuseLost stops the apply of a plan that was made without the server.
func RefuseLost(ctx context.Context, private PrivateReader, what string, diags *diag.Diagnostics) bool {
	text, found := private.GetKey(ctx, AbsentKey)
	diags.Append(found...)
	if len(text) == 0 {
		return false
	}
	diags.AddError("Planned Without The Server", fmt.Sprintf(
		"%s was not changed: when the plan was made, its database or its server was gone, so nobody "+
			"knows what has to be changed.\n\n"+
			"Plan again once the database is back. What is gone for good can be destroyed.", Capitalized(what)))
	return true
}

// ending is what a deletion has before it.
type ending struct {
	// Server is where the object is dropped; nil when there is nothing to do.
	Server *postgres.Server
	// Elsewhere is set when Server is another database than that of the object, which is gone.
	Elsewhere bool

	close func()
}

// Close ends what toDelete has opened.
func (e ending) Close() {
	if e.close != nil {
		e.close()
	}
}

// Remains is what an object leaves on the server, in the words of a warning.
type Remains struct {
	What string // the object, as in "the role \"x\""
	// SQL removes all of it, and OnServer what is left of it without its database; "" where nothing is.
	SQL, OnServer string
}

// toDelete returns where an object is dropped. ok is false when it cannot be, which is then in diags.
func (d *Data) ToDelete(ctx context.Context, r Remains, diags *diag.Diagnostics) (e ending, ok bool) {
	server, ok := d.Postgres.Get(diags)
	if !ok {
		return e, false
	}
	_, err := server.Pool(ctx)
	switch gone := d.Absent(err); {
	case gone == absentServer:
		diags.AddWarning("Left On The Server", PostgresDetail(Capitalized(r.What)+" is forgotten and was not dropped", err)+
			" Should the server come back, this removes what stays behind:\n\n"+r.SQL)
		return e, true
	case gone == absentDatabase && r.OnServer == "":
		diags.AddWarning("Database Does Not Exist", fmt.Sprintf(
			"%s counts as dropped: the server has no database %q any more. If the provider's postgres "+
				"settings name the wrong one, "+
				"it is still there, and this removes it:\n\n%s", Capitalized(r.What), server.Database(), r.SQL))
		return e, true
	case gone == absentDatabase:
		other, elsewhereErr := server.Elsewhere(ctx)
		if elsewhereErr != nil {
			AddLeft(r, PostgresDetail("Could not connect to another database of the server", elsewhereErr), diags)
			return e, true
		}
		return ending{Server: other, Elsewhere: true, close: other.Close}, true
	case postgres.Unreachable(err):
		AddNotReached("Could not drop "+r.What, err, diags)
		return e, false
	}
	return ending{Server: server}, true // whatever else is wrong shows there
}

// AddLeft names what stays on a server whose database is gone.
func AddLeft(r Remains, cause string, diags *diag.Diagnostics) {
	diags.AddWarning("Left On The Server", fmt.Sprintf(
		"The database of %s is gone, and what belongs to the whole server stays behind. %s This removes it, "+
			"from any other database:\n\n%s", r.What, cause, r.OnServer))
}
