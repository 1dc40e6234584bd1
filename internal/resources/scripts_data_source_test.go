// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

func scriptsConfig(t *testing.T, s store.Store, attributes string) string {
	t.Helper()
	return fmt.Sprintf("data \"auth0pg_scripts\" \"test\" {\n  store = %s\n  %s\n}\n", storeHCL(s), attributes)
}

// scriptsAre compares all scripts with those that the options give.
func scriptsAre(t *testing.T, o scripts.Options, overrides map[scripts.Operation]string) []statecheck.StateCheck {
	t.Helper()
	rendered, err := scripts.RenderAll(o, overrides)
	if err != nil {
		t.Fatal(err)
	}
	return theseScripts(rendered)
}

func theseScripts(rendered map[scripts.Operation]string) []statecheck.StateCheck {
	want := map[string]knownvalue.Check{}
	for op, text := range rendered {
		want[string(op)] = knownvalue.StringExact(text)
	}
	return []statecheck.StateCheck{statecheck.ExpectKnownValue("data.auth0pg_scripts.test", tfjsonpath.New("scripts"), knownvalue.MapExact(want))}
}

// There is no provider block, no tenant and no server.
func TestScriptsDataSource(t *testing.T) {
	t.Parallel()
	table := everyPart()
	withoutFlag := everyPart()
	delete(withoutFlag.Columns, store.EmailVerified)
	functions := everyPart().Through("access")
	own := "function login(email, password, callback) { callback(null, { user_id: email + password }); }"
	verify, err := scripts.Render(scripts.Verify, scripts.Options{Store: table})
	if err != nil {
		t.Fatal(err)
	}
	settings := scripts.Options{
		Store: table, UserIDPrefix: "legacy", BcryptRounds: 12, BcryptPrefix: "2a", DatabaseURLKey: "DB", CAKey: "CA", PoolMax: 7,
		AppMetadataKey: "metadata", LegacyHashes: []string{"ssha", "md5"}, RehashOnLogin: true,
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: scriptsConfig(t, table, ""), ConfigStateChecks: scriptsAre(t, scripts.Options{Store: table}, nil)},
			{Config: scriptsConfig(t, functions, ""), ConfigStateChecks: scriptsAre(t, scripts.Options{Store: functions}, nil)},
			{Config: scriptsConfig(t, table, `import_mode = true`), ConfigStateChecks: scriptsAre(t, scripts.Options{Store: table, ImportMode: true}, nil)},
			{
				Config:            scriptsConfig(t, table, "import_mode = true\nimport_finished = true"),
				ConfigStateChecks: scriptsAre(t, scripts.Options{Store: table, ImportMode: true, ImportFinished: true}, nil),
			},
			{
				Config: scriptsConfig(t, table, `user_id_prefix = "legacy"
bcrypt_rounds = 12
password_hash = "bcrypt"
bcrypt_prefix = "2a"
database_url_key = "DB"
ca_key = "CA"
pool_max = 7
app_metadata_key = "metadata"
legacy_hashes = ["md5", "ssha"]
rehash_on_login = true`),
				ConfigStateChecks: scriptsAre(t, settings, nil),
			},
			{
				Config:            scriptsConfig(t, table, fmt.Sprintf("overrides = { login = %q }", own)),
				ConfigStateChecks: scriptsAre(t, scripts.Options{Store: table}, map[scripts.Operation]string{scripts.Login: own}),
			},
			{
				Config:            scriptsConfig(t, table, fmt.Sprintf("operations = [\"verify\", \"login\"]\noverrides = { login = %q }", own)),
				ConfigStateChecks: theseScripts(map[scripts.Operation]string{scripts.Login: own, scripts.Verify: verify}),
			},
			// What the store lacks matters to the scripts that are wanted alone.
			{Config: scriptsConfig(t, withoutFlag, `operations = ["login", "verify"]`), ExpectError: regexp.MustCompile(`Store Lacks A Part[\s\S]*verify needs the part\s+email_verified`)},
			{Config: scriptsConfig(t, table, `import_finished = true`), ExpectError: regexp.MustCompile(`import_finished = true[\s\S]*Import_finished needs\s+import_mode`)},
			{Config: scriptsConfig(t, table, `forget_migrated_after = "720h"`), ExpectError: regexp.MustCompile(`forget_migrated_after = "720h"[\s\S]*needs\s+import_mode`)},
			{Config: scriptsConfig(t, table, `forget_migrated_after = "30d"`), ExpectError: regexp.MustCompile(`Invalid Duration[\s\S]*1h or more`)},
			{Config: scriptsConfig(t, table, `bcrypt_rounds = 3`), ExpectError: regexp.MustCompile(`bcrypt_rounds value must be between`)},
			{Config: scriptsConfig(t, table, `password_hash = "argon2id"`), ExpectError: regexp.MustCompile(`Hash Format Not Written[\s\S]*"argon2id"[\s\S]*django_pbkdf2[\s\S]*legacy_hashes`)},
			{Config: scriptsConfig(t, table, `operations = ["logout"]`), ExpectError: regexp.MustCompile(`"logout"`)},
			{Config: scriptsConfig(t, table, `overrides = { login = "function login(" }`), ExpectError: regexp.MustCompile(`overrides = \{ login`)},
			{
				Config:            scriptsConfig(t, withoutFlag, `import_mode = true`),
				ConfigStateChecks: scriptsAre(t, scripts.Options{Store: withoutFlag, ImportMode: true}, nil),
			},
		},
	})
}

// An override that is only known at apply is checked there.
func TestScriptsDataSourceChecksLateOverrides(t *testing.T) {
	config := func(text string) string {
		return fmt.Sprintf("resource \"terraform_data\" \"text\" {\n  input = %q\n}\n", text) +
			scriptsConfig(t, everyPart(), `overrides = { login = terraform_data.text.output }`)
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config:      config("function login("),
			ExpectError: regexp.MustCompile(`overrides = \{ login`),
		}},
	})
}
