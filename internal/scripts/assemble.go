// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed js/operations js/lib js/hashes js/drivers/postgres js/drivers/http js/drivers/api js/drivers/tenant
var sources embed.FS

// The one line of an operation that rendering replaces.
const placeholder = "  const settings = {};\n"

// A file begins with comments for a linter: the helpers that it uses, and that its
// function is used elsewhere.
var (
	globalComment   = regexp.MustCompile(`(?m)^/\* global ([A-Za-z0-9_, ]+) \*/\n`)
	exportedComment = regexp.MustCompile(`(?m)^/\* exported [A-Za-z0-9_]+ \*/\n`)
)

// file is a source as scripts contain it: from its first comment or function on, without licence line and linter's
// comments, and the names that these list as used.
type file struct {
	body string
	uses []string
	// fixed means that no line depends on the settings; such a helper's comments are brief already.
	fixed bool
}

// readFiles reads the sources below a folder, by path.
func readFiles(from fs.FS) map[string]file {
	all := map[string]file{}
	err := fs.WalkDir(from, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(from, path)
		if err != nil {
			return err
		}
		source := parseFile(string(raw))
		if source.fixed && !strings.HasPrefix(path, "js/operations/") {
			source.body = brief(source.body)
		}
		all[path] = source
		return nil
	})
	if err != nil {
		panic(err) // they are part of the program
	}
	return all
}

func parseFile(raw string) file {
	body := strings.TrimPrefix(raw, "// SPDX-License-Identifier: MPL-2.0\n")
	var uses []string
	for _, match := range globalComment.FindAllStringSubmatch(body, -1) {
		for name := range strings.SplitSeq(match[1], ",") {
			uses = append(uses, strings.TrimSpace(name))
		}
	}
	body = exportedComment.ReplaceAllString(globalComment.ReplaceAllString(body, ""), "")
	return file{strings.TrimLeft(body, "\n"), uses, !strings.Contains(body, "// if ")}
}

// files are the sources. Read once: each plan renders the scripts of every connection.
var files = sync.OnceValue(func() map[string]file { return readFiles(sources) })

// assembly puts a script together: an operation with the helpers that it uses, and theirs.
type assembly struct {
	driver driver
	reach  reach
	// fill is what takes the place of a line of a helper, by that line.
	fill map[string]filling
}

// filling is a text and the helpers that it uses.
type filling struct {
	text string
	uses []string
}

// sections are the folders of the helpers in the order in which a script has them, with their headings.
func (a assembly) sections() []section {
	return []section{
		{"js/lib", "What Auth0 asks and is told"},
		{"js/hashes", "Passwords"},
		{a.driver.folder, a.driver.heading},
	}
}

type section struct{ folder, heading string }

// script returns an operation with what stands at its head and its helpers.
func (a assembly) script(operation, head string) (string, error) {
	source := a.reduced(files()["js/operations/"+operation+".js"])
	before, after, ok := strings.Cut(source.body, placeholder)
	if !ok {
		return "", fmt.Errorf("js/operations/%s.js has no line %q", operation, strings.TrimSpace(placeholder))
	}
	end, ok := strings.CutSuffix(after, "}\n")
	if !ok {
		return "", fmt.Errorf("js/operations/%s.js does not end with its function", operation)
	}
	return before + head + end + a.helpers(source.uses) + "}\n", nil
}

// helpers returns the named helpers and theirs, as they stand in their files, by section and there in the order of
// first mention.
func (a assembly) helpers(names []string) string {
	sections := a.sections()
	texts := make([]strings.Builder, len(sections))
	done := map[string]bool{}
	for len(names) > 0 {
		name := names[0]
		names = names[1:]
		if done[name] {
			continue
		}
		done[name] = true
		for i, section := range sections {
			if helper, ok := a.find(section, name); ok { // a name without a file is the platform's
				if !helper.fixed {
					helper = a.reduced(helper)
					helper.body = brief(helper.body)
				}
				// Cloned, as they belong to a file that all calls share.
				names = append(slices.Clone(names), helper.uses...)
				names = append(names, a.write(&texts[i], helper.body)...)
			}
		}
	}
	var out strings.Builder
	for i := range sections {
		if texts[i].Len() > 0 {
			fmt.Fprintf(&out, "\n// ---- %s ----\n%s", sections[i].heading, texts[i].String())
		}
	}
	return out.String()
}

// reduced is a source without what the script cannot reach. Files are shared by all calls and stay as they are.
func (a assembly) reduced(source file) file {
	if source.fixed {
		return source
	}
	body := a.reach.prune(source.body)
	unused := func(name string) bool { return !mentions(body, name) }
	return file{body, slices.DeleteFunc(slices.Clone(source.uses), unused), false}
}

// find returns a helper of the section. One that the driver has in its place counts as the driver's.
func (a assembly) find(s section, name string) (file, bool) {
	if a.driver.instead != "" {
		if helper, ok := a.driver.files()[path.Join(a.driver.instead, name+".js")]; ok {
			return helper, s.folder == a.driver.folder
		}
	}
	if s.folder == a.driver.folder {
		return a.driver.helper(name)
	}
	helper, ok := files()[path.Join(s.folder, name+".js")]
	return helper, ok
}

// write adds a helper with what is filled in, and returns the helpers that this uses.
func (a assembly) write(out *strings.Builder, body string) (uses []string) {
	out.WriteString("\n")
	for line := range strings.Lines(body) {
		filled, ok := a.fill[line]
		if !ok {
			filled.text = line
		}
		out.WriteString(filled.text)
		uses = append(uses, filled.uses...)
	}
	return uses
}
