// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/devtools"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
)

// The guide on adopting a table: its example takes over a table that looks like it, and changes nothing that it does
// not say.
func TestGuideAdopting(t *testing.T) {
	h := newHouse(t, filesBelow(t, "examples/adopting"))
	h.db.Exec(`create extension pgcrypto`)
	h.db.Exec(`create table users (
		user_id bigint generated always as identity primary key, email varchar(320) not null, is_verified boolean default false,
		password_hash varchar(255) not null, display_name text, created_at timestamptz not null default now(), plan text check (plan <> ''), referrer bigint)`)
	h.db.Exec(`insert into users (email, password_hash, plan) select 'user' || n || '@example.com', crypt('x', gen_salt('bf', 4)), 'free' from generate_series(1, 3) n`)
	h.db.Exec(`insert into users (email, password_hash) values ('User1@example.com', md5('x'))`)

	// Without the index that is asked for nothing runs, and the audit tells what stands in its way.
	whole := read(t, "examples/adopting/main.tf")
	h.Write("main.tf", strings.Replace(whole, `  email_lookup = "lower_index"`, "", 1))
	if ran := h.MustRun("apply", "-auto-approve"); strings.Contains(ran, "+ ddl") {
		t.Errorf("the description alone runs statements: %s", ran)
	}
	if found := h.MustRun("output", "-json", "duplicates"); !strings.Contains(found, `"count":1,`) {
		t.Errorf("duplicates: %s", found)
	}
	h.Write("main.tf", whole)
	// Two rows share an address, so the index cannot be built: the plan says so.
	output, exit := h.Run("plan")
	if exit == 0 || !strings.Contains(output, "Error: Change Refused") || !strings.Contains(output, "lower") {
		t.Fatalf("duplicates are not refused (exit code %d):\n%s", exit, output)
	}
	h.db.Exec(`delete from users where email = 'User1@example.com'`)
	before := h.db.QueryString(`select string_agg(users::text, ';' order by user_id) from users`)
	h.MustRun("apply", "-auto-approve")
	h.MustRun("plan", "-detailed-exitcode")
	if after := h.db.QueryString(`select string_agg(users::text, ';' order by user_id) from users`); after != before {
		t.Errorf("the rows changed: from %s to %s", before, after)
	}
	if formats := h.MustRun("output", "-json", "hash_formats"); strings.TrimSpace(formats) != `{"bcrypt_2a":3}` {
		t.Errorf("hash formats: %s", formats)
	}
	if h.db.QueryString(`select count(*) from pg_indexes where tablename = 'users' and indexdef like '%UNIQUE%lower%'`) != "1" {
		t.Error("there is no index for logins")
	}
}

// The guide on automatic migration, from the first plan to the end of the old database.
func TestGuideAutomaticMigration(t *testing.T) {
	h := newHouse(t, filesBelow(t, "examples/automatic-migration"))
	h.Setenv("TF_VAR_app_client_id", h.clientID)
	h.Setenv("TF_VAR_scripts_password", "a-long-enough-password")
	h.db.Exec(`create table users (id bigint generated always as identity primary key, email text not null, password text not null,
		last_login timestamptz default now())`)
	h.db.Exec(`insert into users (email, password) values ($1, md5($2)), ('grace@example.com', md5('x'))`, userEmail, userPassword)

	h.MustRun("apply", "-auto-approve")
	moved := func() string {
		h.MustRun("apply", "-auto-approve") // the audit is read with each
		return strings.TrimSpace(h.MustRun("output", "-json", "moved"))
	}
	if got := moved(); got != "0" {
		t.Errorf("before the first login %s users have moved", got)
	}
	if err := h.logIn("users"); err != nil {
		t.Fatal(err)
	}
	if got := moved(); got != "1" {
		t.Errorf("after the first login %s users have moved", got)
	}
	if figures := h.MustRun("output", "-json", "import_figures"); !strings.Contains(figures, `"goes":1,`) {
		t.Errorf("what is foreseen of the import: %s", figures)
	}
	if forecast := h.MustRun("output", "-raw", "forecast"); !strings.Contains(forecast, "during the last 30 days") {
		t.Errorf("the forecast is %q", forecast)
	}
	h.Setenv("TF_VAR_finished", "true")
	h.Setenv("TF_VAR_move_rest", "1")
	output := h.MustRun("apply", "-auto-approve")
	for _, want := range []string{"Users Are Left", "Users Will Be Imported"} {
		if !strings.Contains(output, want) {
			t.Errorf("the apply that ends the migration does not say %q:\n%s", want, output)
		}
	}
	if got := moved(); got != "2" {
		t.Errorf("after the import %s users have moved", got)
	}
	h.MustRun("plan", "-detailed-exitcode")

	// The guide's last snippet: without store, role and database.
	last := fence.FindAllStringSubmatch(read(t, "templates/guides/automatic-migration.md.tmpl"), -1)
	h.tenant.Local.RecycleContainer()
	h.Write("main.tf", caller[:strings.Index(caller, "variable")]+"variable \"app_client_id\" {\n  type = string\n}\n"+last[len(last)-1][2])
	h.MustRun("apply", "-auto-approve")
	h.MustRun("plan", "-detailed-exitcode")
	if found := h.db.QueryString("select count(*) from pg_roles where rolname = 'auth0_migration'"); found != "0" {
		t.Error("the role is still there")
	}
	if rows := h.db.QueryString("select count(*) from users"); rows != "2" {
		t.Errorf("the table has %s rows afterwards", rows)
	}
	if _, answer := h.tenant.API("GET", "/connections?name=users&take=1", nil); strings.Contains(fmt.Sprint(answer), "POSTGRES_URL") {
		t.Error("the database's URL is still in the tenant")
	}
	// Who has moved logs in, by the scripts or by the import.
	if err := h.logIn("users"); err != nil {
		t.Errorf("a moved user cannot log in: %v", err)
	}
	status, answer, err := h.post("/oauth/token", map[string]any{
		"grant_type": "http://auth0.com/oauth/grant-type/password-realm", "realm": "users", "username": "grace@example.com", "password": "x",
	})
	if err != nil || status != http.StatusOK {
		t.Errorf("a user who was imported: HTTP %d %v %v", status, answer, err)
	}
}

var (
	fence     = regexp.MustCompile("(?ms)^```(terraform|hcl)\n(.*?)^```$")
	testName  = regexp.MustCompile("`(Test[A-Za-z0-9_]+)`")
	guideLink = regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)
	heading   = regexp.MustCompile(`(?m)^#+ (.*)$`)
	fenced    = regexp.MustCompile("(?ms)^ *```.*?^ *```")
)

// guides are the pages that are written by hand.
func guides(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, file := range []string{"README.md", "CONTRIBUTING.md", "DESIGN.md", "SECURITY.md", "CHANGELOG.md", moduleFolder + "/README.md", "templates/index.md.tmpl"} {
		all[file] = read(t, file)
	}
	for name, text := range filesBelow(t, "templates/guides") {
		all["templates/guides/"+name] = text
	}
	return all
}

// Every snippet is the language's, formatted as it formats.
func TestSnippetsAreFormatted(t *testing.T) {
	program, err := devtools.TerraformPath(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	config, err := devtools.EmptyCLIConfig()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for file, text := range guides(t) {
		for _, block := range fence.FindAllStringSubmatch(text, -1) {
			n++
			cmd := exec.CommandContext(t.Context(), program, "fmt", "-check", "-diff", "-no-color", "-")
			cmd.Env = append(cmd.Environ(), "TF_CLI_CONFIG_FILE="+config, "CHECKPOINT_DISABLE=1")
			cmd.Stdin = strings.NewReader(block[2])
			if output, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s\n%s", file, err, block[2], output)
			}
		}
	}
	if n < 10 {
		t.Errorf("found only %d snippets", n)
	}
}

// A claim that names a test names one that exists.
func TestNamedTestsExist(t *testing.T) {
	var files []string
	for _, depth := range []string{"*", "*/*", "*/*/*"} {
		found, err := filepath.Glob(filepath.Join(root(t), "internal", filepath.FromSlash(depth), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	var source strings.Builder
	for _, file := range files {
		rel, _ := filepath.Rel(root(t), file)
		source.WriteString(read(t, rel))
	}
	n := 0
	for file, text := range guides(t) {
		for _, name := range testName.FindAllStringSubmatch(text, -1) {
			n++
			if !strings.Contains(source.String(), fmt.Sprintf("\nfunc %s(", name[1])) {
				t.Errorf("%s names %s, which does not exist", file, name[1])
			}
		}
	}
	if n < 10 {
		t.Errorf("found only %d names", n)
	}
}

// The security model says by which test each claim is shown: each row of the tables of what can be done, and each item of the lists. What
// the provider does not do, and what each secret opens, needs none.
func TestSecurityModelNamesItsTests(t *testing.T) {
	n := 0
	for _, section := range strings.Split(read(t, "templates/guides/security-model.md.tmpl"), "\n## ")[1:] {
		title, text, _ := strings.Cut(section, "\n")
		if title == "What this does not do" || title == "The secrets and what they open" {
			continue
		}
		claims := regexp.MustCompile(`(?m)^(\| [^|]|- )`).Split(text, -1)[1:]
		if len(claims) == 0 {
			claims = []string{text}
		}
		for _, claim := range claims {
			claim, _, _ = strings.Cut(claim, "\n\n")
			n++
			if !testName.MatchString(claim) && !strings.Contains(claim, "The owner of the table is trusted") {
				t.Errorf("%s: no test is named for: %.120s", title, claim)
			}
		}
	}
	if n < 45 {
		t.Errorf("found only %d claims", n)
	}
}

// anchors are the places in a page that a link can lead to.
func anchors(text string) (all []string) {
	for _, title := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		word := regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(title[1]), "")
		all = append(all, strings.ReplaceAll(word, " ", "-"))
	}
	return all
}

// Links between the pages lead somewhere, those to a place in a page to a heading.
func TestLinksLeadSomewhere(t *testing.T) {
	n := 0
	for file, text := range guides(t) {
		// A page of the guides is generated from its template into docs/.
		folder := filepath.Dir(strings.Replace(file, "templates/", "docs/", 1))
		for _, link := range guideLink.FindAllStringSubmatch(text, -1) {
			n++
			target := filepath.Join(folder, link[1])
			if link[1] == "" {
				target = file
			}
			if rest, ok := strings.CutPrefix(target, "docs/"); ok && slices.Contains([]string{"guides", "."}, filepath.Dir(rest)) {
				target = "templates/" + rest + ".tmpl"
			}
			if matches, err := filepath.Glob(filepath.Join(root(t), target)); err != nil || len(matches) == 0 {
				t.Errorf("%s links to %s, which is not there", file, link[1])
			} else if link[2] != "" && !slices.Contains(anchors(read(t, target)), link[2]) {
				t.Errorf("%s links to %s#%s, and there is no such heading", file, link[1], link[2])
			}
		}
	}
	if n < 10 {
		t.Errorf("found only %d links", n)
	}
}

// DESIGN.md has every package on its map, and no package and no file that is not there.
func TestDesignMap(t *testing.T) {
	text := read(t, "DESIGN.md")
	files := map[string]bool{}
	for file := range filesBelow(t, "internal") {
		if path.Ext(file) != ".go" && path.Ext(file) != ".js" {
			continue
		}
		files[path.Base(file)] = true
		if name, _, _ := strings.Cut(file, "/"); !strings.Contains(text, "`internal/"+name+"`") {
			t.Errorf("internal/%s is not on the map", name)
			text += "`internal/" + name + "`" // said once
		}
	}
	for _, name := range regexp.MustCompile("`([a-z_A-Z]+\\.(?:go|js))`").FindAllStringSubmatch(text, -1) {
		if !files[name[1]] {
			t.Errorf("DESIGN.md names %s, which does not exist", name[1])
		}
	}
	for _, name := range regexp.MustCompile("`(internal/[a-z]+)`").FindAllStringSubmatch(read(t, "DESIGN.md"), -1) {
		if _, err := os.Stat(filepath.Join(root(t), name[1])); err != nil {
			t.Errorf("DESIGN.md names %s: %v", name[1], err)
		}
	}
}

// The README shows steps that the demo has, and what it expects of them.
func TestREADMEShowsTheDemo(t *testing.T) {
	var source strings.Builder
	for name, text := range filesBelow(t, "internal/demo") {
		if strings.HasSuffix(name, ".go") {
			source.WriteString(text)
		}
	}
	calls := regexp.MustCompile(`\.step\(\s*"`)
	total := len(calls.FindAllString(source.String(), -1))
	steps := calls.ReplaceAllString(source.String(), `.step("`)
	shown := 0
	columns := regexp.MustCompile(`\s{2,}`)
	for line := range strings.Lines(read(t, "README.md")) {
		if !strings.HasPrefix(line, "✓") {
			continue
		}
		shown++
		cells := columns.Split(strings.TrimSpace(strings.TrimPrefix(line, "✓")), -1)
		if len(cells) != 4 || !strings.Contains(steps, fmt.Sprintf(".step(%q,", cells[0])) || !strings.Contains(source.String(), fmt.Sprintf("%q", cells[1])) || cells[1] != cells[2] {
			t.Errorf("the demo does not print: %s", line)
		}
	}
	words := map[int]string{9: "nine", 10: "ten", 11: "eleven", 12: "twelve", 13: "thirteen", 14: "fourteen"}
	if want := "and " + words[total-shown] + " more steps"; shown < 5 || !strings.Contains(read(t, "README.md"), want) {
		t.Errorf("the README shows %d of %d steps and should say %q", shown, total, want)
	}
}

// The guide on hashes describes each format, the looks that an audit counts, and what is written.
func TestGuideDescribesEveryHashFormat(t *testing.T) {
	guide := read(t, "templates/guides/password-hashes.md.tmpl")
	for _, format := range hashes.All() {
		var row string
		for line := range strings.Lines(guide) {
			if strings.HasPrefix(line, "| `"+format.Name+"` |") {
				row = line
			}
		}
		if row == "" {
			t.Errorf("the guide does not describe %s", format.Name)
			continue
		}
		for _, look := range format.Looks {
			if !strings.Contains(row, "`"+look.Name+"`") {
				t.Errorf("the guide does not say that an audit counts %s as %s", format.Name, look.Name)
			}
		}
		imported := format.Import.Algorithm
		if imported == "" {
			imported = "no"
		}
		cells := strings.Split(row, " | ")
		written := strings.Contains(cells[3], "yes")
		if written != (format.Writer != nil) || !strings.Contains(cells[4], strings.Split(imported, "|")[0]) {
			t.Errorf("what the guide says of writing and importing %s is not so: %s", format.Name, row)
		}
	}
}
