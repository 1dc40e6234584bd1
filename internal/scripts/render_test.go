// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"errors"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// storeWith is a table with the given parts, or with all of them, in columns
// named after them.
func storeWith(parts ...store.Part) store.Store {
	s := store.Store{Reach: store.Table{Schema: "public", Name: "users"}, EmailLookup: store.LowerIndex, Columns: map[store.Part]store.Column{}}
	for _, spec := range store.Parts() {
		if len(parts) == 0 || slices.Contains(parts, spec.Part) {
			s.Columns[spec.Part] = store.Column{Name: string(spec.Part), Type: spec.Type}
		}
	}
	return s
}

func render(t *testing.T, op Operation, o Options) string {
	t.Helper()
	text, err := Render(op, o)
	if err != nil {
		t.Fatalf("render %s: %v", op, err)
	}
	return text
}

// What the platform provides. A helper that a script calls and does not list
// would be a name outside this.
var platformNames = []string{
	"require", "configuration", "global", "console", "Buffer", "setTimeout", "clearTimeout", "URL",
	"WrongUsernameOrPasswordError", "ValidationError", "UnauthorizedError",
	"Promise", "Error", "Boolean", "Date", "JSON", "Array", "Map", "Math", "Number", "NaN", "RegExp", "Object", "BigInt", "decodeURIComponent", "undefined",
}

func TestRenderedScriptsAreSelfContained(t *testing.T) {
	for _, op := range Operations() {
		text := render(t, op, Options{Store: storeWith()})
		ast, err := js.Parse(parse.NewInputString(text), js.Options{})
		if err != nil {
			t.Fatalf("%s: %v", op, err)
		}
		for _, name := range ast.Undeclared {
			if !slices.Contains(platformNames, string(name.Name())) {
				t.Errorf("%s uses %s, which it does not define", op, name.Name())
			}
		}
		if problems := Validate(op, text); len(problems) > 0 {
			t.Errorf("%s: %+v", op, problems)
		}
		if len(text) > MaxScriptBytes/3 {
			t.Errorf("%s has %d bytes", op, len(text))
		}
	}
}

func TestRenderedScriptStartsWithItsFunction(t *testing.T) {
	for _, op := range Operations() {
		known, _ := specOf(op)
		text := render(t, op, Options{Store: storeWith()})
		if !strings.HasPrefix(text, "function "+known.function+"(") {
			t.Errorf("%s starts with %.40q", op, text)
		}
		if !strings.Contains(text, `from the users table "public"."users"`) {
			t.Errorf("%s does not say from which table it was made", op)
		}
		if Normalize(text) != strings.TrimSuffix(text, "\n") {
			t.Errorf("%s has trailing space", op)
		}
	}
}

// A helper is used by something, defines exactly the function that its file is
// named after, and names every helper that it calls.
func TestHelpersAreUsedAndNamed(t *testing.T) {
	everything := ""
	finished, err := RenderAll(Options{Store: storeWith(), ImportMode: true, ImportFinished: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for op, text := range finished {
		if problems := Validate(op, text); len(problems) > 0 || strings.Contains(text, "require(") {
			t.Errorf("finished %s: %+v", op, problems)
		}
	}
	for _, op := range Operations() {
		for _, format := range hashes.Writable() {
			o := everyOption()
			o.PasswordHash = format
			everything += render(t, op, o)
		}
	}
	everything += render(t, Login, Options{Store: storeWith(), ImportMode: true, ForgetMigratedAfter: time.Hour})
	for _, op := range Operations() {
		for _, s := range otherStores() {
			everything += render(t, op, Options{Store: s})
		}
	}
	for file, helper := range files() {
		if strings.HasPrefix(file, "js/operations/") {
			continue
		}
		name := strings.TrimSuffix(path.Base(file), ".js")
		for _, condition := range regexp.MustCompile(`// if ([a-z_]+)`).FindAllStringSubmatch(helper.body, -1) {
			if _, ok := conditions(Login, everyOption())[condition[1]]; !ok {
				t.Errorf("%s has the condition %s, which is none", file, condition[1])
			}
		}
		if n := strings.Count("\n"+helper.body, "\nfunction ") + strings.Count("\n"+helper.body, "\nasync function "); n != 1 {
			t.Errorf("%s defines %d functions at its top level", file, n)
		}
		if !regexp.MustCompile(`(?m)^(async )?function ` + name + `\(`).MatchString(everything) {
			t.Errorf("no script uses %s", file)
		}
		for _, name := range helper.uses {
			if !strings.Contains(helper.body, name) {
				t.Errorf("%s lists %s and does not use it", file, name)
			}
		}
	}
}

// otherStores are those that are no tables, with all that they can have.
func otherStores() []store.Store {
	stores := []store.Store{inATenant()}
	for _, contract := range store.Contracts() {
		for _, check := range store.PasswordChecks() {
			stores = append(stores, behindAPI(contract, check))
		}
	}
	return stores
}

// everyOption switches on all that a script can have.
func everyOption() Options {
	return Options{
		Store: storeWith(), LegacyHashes: hashes.Optional(), RehashOnLogin: true, PepperKey: "PEPPER", SignerKey: "SIGNER",
	}
}

// Each format's functions exist, and every reader is some format's.
func TestFormatsHaveTheirFunctions(t *testing.T) {
	read := map[string]bool{}
	for _, format := range hashes.All() {
		functions := []string{format.Reader}
		if format.Writer != nil {
			functions = append(functions, format.Writer.Function)
		}
		for _, function := range functions {
			if _, ok := files()["js/hashes/"+function+".js"]; function != "" && !ok {
				t.Errorf("%s names %s, which js/hashes does not have", format.Name, function)
			}
			read[function] = true
		}
	}
	for file := range files() {
		if name := strings.TrimSuffix(path.Base(file), ".js"); strings.HasPrefix(file, "js/hashes/read") && !read[name] {
			t.Errorf("%s is the reader of no format", file)
		}
	}
}

// A driver has each function of the port, and no other folder uses what is the driver's own.
func TestDriversHaveThePort(t *testing.T) {
	port := portFunctions()
	if len(port) < 11 {
		t.Fatalf("the port has %v", port)
	}
	for _, reach := range []driver{postgresDriver, apiDriver, tenantDriver, memoryDriver} {
		for _, name := range port {
			if _, ok := reach.helper(name); !ok {
				t.Errorf("%s lacks %s", reach.folder, name)
			}
		}
	}
	own := regexp.MustCompile(`rowCount|\brows\b|SQL|statement|[Pp]ool|'[0-9A-Z]{5}'|require\('pg'\)|[Pp]ostgres`)
	for file, source := range files() {
		if strings.HasPrefix(file, "js/drivers/") {
			continue
		}
		if found := own.FindString(source.body); found != "" {
			t.Errorf("%s speaks of %q, which is the driver's", file, found)
		}
		for _, name := range source.uses {
			_, ofDriver := files()[path.Join(postgresDriver.folder, name+".js")]
			if ofDriver && !slices.Contains(port, name) {
				t.Errorf("%s uses %s, which is not in the port", file, name)
			}
		}
	}
}

func TestRenderIsDeterministic(t *testing.T) {
	for _, op := range Operations() {
		first := render(t, op, Options{Store: storeWith(), UserIDPrefix: "legacy"})
		for range 20 {
			if again := render(t, op, Options{Store: storeWith(), UserIDPrefix: "legacy"}); again != first {
				t.Fatalf("%s differs from one rendering to the next", op)
			}
		}
	}
}

func TestHostileNamesStayInsideTheirLiterals(t *testing.T) {
	s := storeWith()
	s.Reach = store.Table{Schema: "x\n*/ throw 1; //\u2028 y", Name: "`${process.exit()}` \\ '\" </script>"}
	column := s.Columns[store.Email]
	column.Name = `e"mail; DROP TABLE users --`
	s.Columns[store.Email] = column
	for _, op := range Operations() {
		text := render(t, op, Options{Store: s})
		if problems := Validate(op, text); len(problems) > 0 {
			t.Errorf("%s: %+v", op, problems)
		}
		if strings.Contains(text, "\u2028") || strings.Contains(text, "\n*/") {
			t.Errorf("%s has a raw line break of a name", op)
		}
	}
	statements, err := Statements(s, Verify)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(statements[0].SQL, `"e""mail; DROP TABLE users --"`) {
		t.Errorf("the column's name is not quoted: %s", statements[0].SQL)
	}
}

func TestMissingPartsAreNamed(t *testing.T) {
	s := storeWith(store.ID, store.Email, store.Password)
	_, err := Render(Verify, Options{Store: s})
	var missing *MissingPartsError
	if !errors.As(err, &missing) || missing.Operation != Verify || !slices.Equal(missing.Missing, []store.Part{store.EmailVerified}) {
		t.Fatalf("got %v", err)
	}
	if !slices.Equal(MissingParts(s, ChangeUsername), []store.Part{store.Username}) {
		t.Errorf("change_username lacks %v", MissingParts(s, ChangeUsername))
	}
	for _, op := range []Operation{Login, GetUser, Create, ChangePassword, Delete, ChangeEmail} {
		if missing := MissingParts(s, op); missing != nil {
			t.Errorf("%s lacks %v", op, missing)
		}
	}
}

func TestRenderAll(t *testing.T) {
	own := "function verify(email, callback) { callback(null, true); }"
	withoutVerified := storeWith(store.ID, store.Email, store.Password)
	for name, test := range map[string]struct {
		options   Options
		overrides map[Operation]string
		want      []Operation
	}{
		"legacy":      {Options{Store: storeWith(store.ID, store.Email, store.Password, store.EmailVerified)}, nil, Operations()[:7]},
		"usernames":   {Options{Store: storeWith()}, nil, Operations()},
		"import mode": {Options{Store: storeWith(), ImportMode: true}, nil, []Operation{Login, GetUser}},
		"override":    {Options{Store: withoutVerified}, map[Operation]string{Verify: own}, Operations()[:7]},
	} {
		all, err := RenderAll(test.options, test.overrides)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(all) != len(test.want) {
			t.Errorf("%s: got %v", name, slices.Collect(maps.Keys(all)))
		}
		for _, op := range test.want {
			if all[op] == "" {
				t.Errorf("%s: no %s", name, op)
			}
		}
		if test.overrides != nil && all[Verify] != own {
			t.Errorf("%s: the override was not kept", name)
		}
	}
	if all, err := RenderAll(Options{Store: withoutVerified}, nil); err != nil || len(all) != 6 || all[Verify] != "" {
		t.Errorf("a store that knows nothing of verified: %v, %v", slices.Collect(maps.Keys(all)), err)
	}
	withoutPassword := storeWith()
	withoutPassword.Columns = maps.Clone(withoutPassword.Columns)
	delete(withoutPassword.Columns, store.Password)
	if _, err := RenderAll(Options{Store: withoutPassword}, nil); err == nil {
		t.Error("a missing part was not noticed")
	}
	if _, err := RenderAll(Options{Store: storeWith()}, map[Operation]string{"log_in": own}); err == nil {
		t.Error("an unknown operation was accepted")
	}
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	for problem, o := range map[string]Options{
		"import_mode": {ForgetMigratedAfter: time.Hour},
		"migrated_at": {ForgetMigratedAfter: time.Hour, ImportMode: true, Store: storeWith(store.Required()...)},
		"1h":          {ForgetMigratedAfter: time.Minute, ImportMode: true},
	} {
		if o.Store.Columns == nil {
			o.Store = storeWith()
		}
		var wrong *OptionError
		if _, err := Render(Login, o); !errors.As(err, &wrong) || wrong.Option != "forget_migrated_after" || !strings.Contains(wrong.Problem, problem) {
			t.Errorf("forget_migrated_after without %s: got %v", problem, err)
		}
	}
	for option, o := range map[string]Options{
		"bcrypt_rounds":    {BcryptRounds: 3},
		"pool_max":         {PoolMax: -1},
		"user_id_prefix":   {UserIDPrefix: "a|b"},
		"app_metadata_key": {AppMetadataKey: "meta"},
		"ca_key":           {CAKey: "URL", DatabaseURLKey: "URL"},
		"password_hash":    {PasswordHash: "argon2id"},
		"bcrypt_prefix":    {BcryptPrefix: "2x"},
		"legacy_hashes":    {LegacyHashes: []string{"md5", "rot13"}},
		"import_finished":  {ImportFinished: true},
		"rehash_on_login":  {RehashOnLogin: true, ImportMode: true},
	} {
		o.Store = storeWith()
		var wrong *OptionError
		if _, err := Render(Login, o); !errors.As(err, &wrong) || wrong.Option != option {
			t.Errorf("%s: got %v", option, err)
		}
	}
}

// A generated column is read like any other, and written by no statement.
func TestGeneratedColumnsAreNotWritten(t *testing.T) {
	written := func(s store.Store) (parts []string) {
		for _, op := range Operations() {
			privileges, err := Privileges(s, []Operation{op}, RehashOnLogin)
			var missing *MissingPartsError
			if errors.As(err, &missing) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range privileges {
				if p.Type != "SELECT" {
					parts = append(parts, p.Columns...)
				}
			}
		}
		return parts
	}
	for _, part := range []store.Part{store.Nickname, store.LastLogin, store.UpdatedAt, store.EmailVerified, store.LastPasswordReset, store.Username} {
		s := storeWith()
		column := s.Columns[part]
		if !slices.Contains(written(s), column.Name) {
			t.Errorf("%s is not written anyhow", part)
		}
		column.Generated = true
		s.Columns[part] = column
		if got := written(s); slices.Contains(got, column.Name) {
			t.Errorf("%s is written: %v", part, got)
		}
		if _, err := Statements(s, Login); err != nil {
			t.Error(err)
		}
	}
	s := storeWith()
	s.Columns[store.EmailVerified] = store.Column{Name: "email_verified", Type: "boolean", Generated: true}
	if got := MissingParts(s, Verify); len(got) != 1 {
		t.Errorf("verify lacks %v", got)
	}
}

func TestColumnTypesThatCannotWorkAreRefused(t *testing.T) {
	for _, test := range []struct {
		part       store.Part
		columnType string
	}{
		{store.EmailVerified, "jsonb"}, {store.CreatedAt, "boolean"}, {store.UserMetadata, "integer"}, {store.Blocked, "text"},
		{store.Password, "jsonb"}, {store.Password, "bit varying(300)"}, {store.Password, "text[]"}, {store.Email, "uuid"},
		{store.Email, "bytea"}, {store.Username, "integer"}, {store.ID, "bytea"}, {store.ID, "boolean"}, {store.Nickname, "bytea"}, {store.Nickname, "character varying(20)[]"},
	} {
		part, columnType := test.part, test.columnType
		s := storeWith()
		s.Columns[part] = store.Column{Name: "c", Type: columnType}
		var wrong *ColumnTypeError
		if _, err := Statements(s, Login); !errors.As(err, &wrong) || wrong.Part != part {
			t.Errorf("%s as %s: got %v", part, columnType, err)
		}
	}
}
