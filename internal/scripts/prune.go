// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"regexp"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// A source says in comments which of its lines only some scripts need: a line that ends with "// if name", and those
// between a line "// if name:" and a line "// end". It stays JavaScript that editors and linters read.
var (
	ifLine   = regexp.MustCompile(`(?m)^(.*\S) // if ([a-z_]+)\n`)
	ifBlock  = regexp.MustCompile(`(?ms)^ *// if ([a-z_]+):\n(.*?)^ *// end\n`)
	headLine = regexp.MustCompile(`^(?:// .*\n)+`)
	ownLine  = regexp.MustCompile(`(?m)^ *// .*\n`)
)

// reach says, by the names in the sources, what the scripts with some settings can reach.
type reach map[string]bool

// conditions are the names that sources may use, each with what it stands for.
func conditions(op Operation, o Options) reach {
	has := func(parts ...store.Part) bool { return slices.ContainsFunc(parts, o.Store.Has) }
	handsOver := o.ImportMode && o.Store.Writes(store.MigratedAt)
	api, _ := o.Store.API()
	return reach{
		// What a store that is no table may say is for it to know.
		"changes":           op != Login && op != GetUser && op != Create || !o.Store.InDatabase(),
		"computes":          computes(o.Store),
		"writes":            op != Login && op != GetUser,
		"deletes":           op == Delete || !o.Store.InDatabase(),
		"legacy":            len(o.LegacyHashes) > 0,
		"hashes":            op == Login || op == Create || op == ChangePassword,
		"rehash":            o.RehashOnLogin,
		"answers_profile":   o.answersProfile(op),
		"forgets":           o.ForgetMigratedAfter > 0,
		"records":           handsOver || o.Store.Writes(store.LastLogin) || o.Store.Owns(functionName(Login, recordLoginName)),
		"blocked":           has(store.Blocked) || !o.Store.InDatabase(),
		"blocked_elsewhere": !has(store.Blocked) && !o.Store.InDatabase(),
		"usernames":         has(store.Username),
		"texts":             has(store.Username, store.Picture, store.PhoneNumber),
		"names":             has(store.Nickname, store.Name, store.GivenName, store.FamilyName),
		"given":             has(append(profileTexts(), store.Username)...),
		"flags":             has(store.EmailVerified, store.PhoneVerified, store.Blocked),
		"metadata":          has(store.UserMetadata, store.AppMetadata),
		"user_metadata":     has(store.UserMetadata),
		"app_metadata":      has(store.AppMetadata),
		"large":             has(store.UserMetadata, store.Picture, store.PhoneNumber),
		"rpc":               api.Contract == store.RPC,
		"web_service":       api.Contract == store.WebService,
		"token":             api.Auth == store.ClientCredentials,
		"own_ca":            api.CAKey != "",
		"logs_in":           op == Login,
		"renames":           op == ChangeUsername,
		"profiles":          op == Login || op == GetUser,
		"looks_up":          op != Login,
		"looks_up_names":    op != Login && has(store.Username),
		"whole_profile":     wholeProfile(o.Store),
		"token_profile":     !wholeProfile(o.Store),
		"basic":             api.Auth == store.Basic,
		"gets_hash":         op == Login && !o.Store.ChecksPasswords(),
		"gets_verdict":      op == Login && o.Store.ChecksPasswords(),
	}
}

// computes reports whether something is written through an expression.
func computes(s store.Store) bool {
	return s.Fills != nil || s.OnDelete != nil ||
		slices.ContainsFunc(s.Parts(), func(part store.Part) bool { return s.Columns[part].Write != nil })
}

func profileTexts() []store.Part {
	return []store.Part{
		store.Nickname, store.Name, store.GivenName, store.FamilyName, store.Picture, store.PhoneNumber,
	}
}

// prune returns the lines that can be reached.
func (r reach) prune(body string) string {
	body = ifBlock.ReplaceAllStringFunc(body, func(block string) string {
		match := ifBlock.FindStringSubmatch(block)
		if !r[match[1]] {
			return ""
		}
		return match[2]
	})
	return ifLine.ReplaceAllStringFunc(body, func(line string) string {
		match := ifLine.FindStringSubmatch(line)
		if !r[match[2]] {
			return ""
		}
		return match[1] + "\n"
	})
}

// brief shortens a helper's comments to the first sentence above its function and what stands at the end of a line: the
// rest is for who changes the source.
func brief(body string) string {
	head := headLine.FindString(body)
	body = head + ownLine.ReplaceAllString(body[len(head):], "")
	words := strings.Fields(strings.ReplaceAll("\n"+head, "\n//", "\n"))
	var out strings.Builder
	width := 0
	for i, word := range words {
		if width == 0 || width+len(word) > 100 {
			out.WriteString("\n//")
			width = 2
		}
		out.WriteString(" " + word)
		width += 1 + len(word)
		if strings.HasSuffix(word, ".") && i+1 < len(words) {
			break
		}
	}
	if out.Len() == 0 {
		return body
	}
	return strings.TrimPrefix(out.String(), "\n") + "\n" + body[len(head):]
}

// mentions tells whether the text uses a name.
func mentions(text, name string) bool {
	for rest := text; ; {
		at := strings.Index(rest, name)
		if at < 0 {
			return false
		}
		end := at + len(name)
		if (at == 0 || !isNameByte(rest[at-1])) && (end == len(rest) || !isNameByte(rest[end])) {
			return true
		}
		rest = rest[end:]
	}
}

func isNameByte(b byte) bool {
	return b == '_' || b == '$' || '0' <= b && b <= '9' || 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z'
}
