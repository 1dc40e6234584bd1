// SPDX-License-Identifier: MPL-2.0

package scripts

import "github.com/auth0pg/terraform-provider-auth0pg/internal/store"

// FlagAsWritten is SQL over a row: what the scripts put into the column of a flag to turn it on or off, and what they then
// read the flag as. ok is false for a part that is not both read through an expression and written to a column.
func FlagAsWritten(s store.Store, part store.Part, on bool) (column, value, read string, ok bool) {
	flag := s.Columns[part]
	if flag.Expression == nil || !flag.Written() || part.ValueType() != "boolean" {
		return "", "", "", false
	}
	b := newBuilder(s)
	written := b.assign("UPDATE", []given{b.givenFlag(part, on)}, nil)
	return flag.Name, written[0].value, b.asFlag(part), true
}
