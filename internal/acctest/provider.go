// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/devtools"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
)

// Factories is the provider under test, for ProtoV6ProviderFactories. It also settles which Terraform or OpenTofu
// terraform-plugin-testing drives.
func Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	if err := chooseTerraform(); err != nil {
		panic(err) // nothing can be tested, and terraform-plugin-testing would only say that less clearly
	}
	return map[string]func() (tfprotov6.ProviderServer, error){
		//nolint:unparam // the type is that of the testing framework
		"auth0pg": func() (tfprotov6.ProviderServer, error) { return provider.Server("test"), nil },
	}
}

// chooseTerraform sets, once, the variables that terraform-plugin-testing reads.
var chooseTerraform = sync.OnceValue(func() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	found, err := devtools.FindTerraform(ctx)
	if err != nil {
		return err
	}
	config, err := devtools.EmptyCLIConfig()
	if err != nil {
		return err
	}
	settings := map[string]string{
		devtools.TerraformVariable: found.Path,
		"TF_CLI_CONFIG_FILE":       config,
		"CHECKPOINT_DISABLE":       "1",
	}
	if found.OpenTofu {
		// Its providers have other addresses by default.
		settings["TF_ACC_PROVIDER_HOST"] = "registry.opentofu.org"
		settings["TF_ACC_PROVIDER_NAMESPACE"] = "hashicorp"
	}
	for name, value := range settings {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
})

// ProviderConfig is the provider block for a database and a tenant; either may be nil.
func ProviderConfig(db *DB, tenant *TenantHandle) string {
	var block strings.Builder
	block.WriteString("provider \"auth0pg\" {\n")
	if tenant != nil {
		block.WriteString("  auth0 {\n")
		for _, setting := range tenant.settings() {
			fmt.Fprintf(&block, "    %s = %s\n", setting[0], Quote(setting[1]))
		}
		block.WriteString("  }\n")
	}
	if db != nil {
		fmt.Fprintf(&block, "  postgres {\n    url = %s\n  }\n", Quote(db.URL))
	}
	block.WriteString("}\n")
	return block.String()
}

// Quote writes a string as a literal of the configuration language.
func Quote(s string) string {
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		panic(err) // a string can always be encoded
	}
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strings.TrimSpace(quoted.String()))
}
