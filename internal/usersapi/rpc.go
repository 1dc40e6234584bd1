// SPDX-License-Identifier: MPL-2.0

package usersapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// rpc calls a function as PostgREST does: the members of the object are its arguments by their names, the answer is a
// list of rows, or of true for what changes a user.
func rpc(ctx context.Context, u *users, name string, o object) (any, error) {
	functions, err := u.database.catalog(ctx, false)
	if err != nil {
		return nil, unavailable(err)
	}
	f, ok := functions[name]
	if !ok {
		f.name, f.arguments = name, toTyped(known[name].arguments) // it may be new: the call looks again
	}
	given, password, err := u.arguments(f, o)
	if err != nil {
		return nil, err
	}
	if u.passwords != nil && name == string(scripts.Login) {
		return u.rpcLogin(ctx, given, password)
	}
	if hash := given[string(store.Password)]; u.passwords != nil && hash != nil {
		if given[string(store.Password)], err = u.hash(ctx, *hash); err != nil {
			return nil, err
		}
	}
	rows, err := u.database.call(ctx, name, given)
	switch {
	case isUnique(err) && !isConflict(err, u.config.ConflictColumns):
		// The scripts take every unique violation for a user who is there.
		p := unfit("the store does not take these values")
		p.cause = describe(err)
		return nil, p
	case err != nil:
		return nil, err
	}
	if known[name].results == nil {
		return slices.Repeat([]bool{true}, len(rows)), nil
	}
	return append([]row{}, rows...), nil
}

func toTyped(names []string) (typed []scripts.TypedName) {
	for _, name := range names {
		typed = append(typed, scripts.TypedName{Name: name})
	}
	return typed
}

// arguments are the object's members as text. With the password check api login has one more, the password.
func (u *users) arguments(f function, o object) (given values, password *string, err error) {
	given = values{}
	for name, raw := range o {
		_, ok := f.argument(name)
		extra := u.passwords != nil && f.name == string(scripts.Login) && name == string(store.Password)
		if !ok && !extra {
			p := notOffered("the function " + f.name + " with these arguments")
			return nil, nil, p
		}
		text, err := toArgument(raw, name)
		if err != nil {
			return nil, nil, err
		}
		if extra {
			password = text
		} else {
			given[name] = text
		}
	}
	if password == nil && u.passwords != nil && f.name == string(scripts.Login) {
		return nil, nil, notOffered("login without a password, with the password check api,")
	}
	return given, password, nil
}

// toArgument is a JSON value as the text of the type that the function has.
func toArgument(raw json.RawMessage, name string) (*string, error) {
	text := string(raw)
	switch {
	case text == "null":
		return nil, nil
	case raw[0] == '"':
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, badRequest("%s is no JSON", name)
		}
		if strings.Contains(text, "\x00") && name != string(store.Password) {
			return nil, &problem{
				status: http.StatusBadRequest, code: "bad_request", message: "an argument has a NUL", pgrst: "22P05",
			}
		}
	case hasNUL(raw):
		return nil, unfit(name + " has a NUL")
	}
	return &text, nil
}

// rpcLogin is login with the password check api: each row says whether the password is right, in place of the hash.
func (u *users) rpcLogin(ctx context.Context, given values, password *string) (any, error) {
	identifier := given["identifier"]
	if identifier == nil {
		return []row{}, nil
	}
	rows, err := u.find(ctx, scripts.Login, *identifier)
	if err != nil {
		return nil, err
	}
	matches, err := u.matches(ctx, *password, rows)
	if err != nil {
		return nil, err
	}
	answer := []row{}
	for _, r := range rows {
		delete(r, string(store.Password))
		delete(r, string(store.PasswordSalt))
		r["password_matches"] = matches
		answer = append(answer, r)
	}
	return answer, nil
}

// postgrestStatus is the HTTP status that PostgREST gives an SQLSTATE.
func postgrestStatus(code string) int {
	exact := map[string]int{
		"23503": 409,
		"23505": 409,
		"25006": 405,
		"42883": 404,
		"42P01": 404,
		"42501": 403,
		"53400": 500,
		"P0001": 400,
		"42P17": 500,
	}
	if status, ok := exact[code]; ok {
		return status
	}
	classes := map[string]int{
		"08": 503, "09": 500, "0L": 403, "0P": 403, "25": 500, "28": 403, "2D": 500, "38": 500, "39": 500, "3B": 500, "40": 500,
		"53": 503, "54": 500, "55": 500, "57": 500, "58": 500, "F0": 500, "HV": 500, "P0": 500, "XX": 500,
	}
	if status, ok := classes[code[:min(2, len(code))]]; ok {
		return status
	}
	return http.StatusBadRequest
}

// postgrestError is a problem in PostgREST's words. Values that the server quotes are left out.
func postgrestError(p *problem) (status int, body any) {
	type e struct {
		Code    string  `json:"code"`
		Message string  `json:"message"`
		Details *string `json:"details"`
		Hint    *string `json:"hint"`
	}
	if p.server == nil {
		return p.status, e{Code: p.pgrst, Message: p.message}
	}
	answer := e{Code: p.server.Code, Message: p.message}
	if detail := maskedDetail(p.server); detail != "" {
		answer.Details = &detail
	}
	return postgrestStatus(p.server.Code), answer
}
