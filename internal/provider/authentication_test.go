// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

// oneConnection needs the tenant and no server.
const oneConnection = `
resource "auth0pg_connection" "one" {
  name        = "authenticated"
  import_mode = true
  scripts {
    overrides = {
      login    = "function login(identifier, password, callback) { return callback(null, null); }"
      get_user = "function getUser(identifier, callback) { return callback(null, null); }"
    }
  }
  deletion_protection = false
}
`

// keyPair is a key as an application registers it and as the provider is given it.
func keyPair(t *testing.T) (private, public string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	private = string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	return private, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: text}))
}

// Each kind of credential authenticates, from the block and from the variables, and a wrong
// one is refused with the tenant's words and without showing it.
func TestCredentials(t *testing.T) {
	withoutVariables(t)
	tenant := acctest.LocalTenant(t)
	private, public := keyPair(t)
	if err := tenant.SetClientKey([]byte(public)); err != nil {
		t.Fatal(err)
	}
	otherPrivate, _ := keyPair(t)
	block := func(credential string) string {
		return fmt.Sprintf("provider \"auth0pg\" {\n  auth0 {\n    base_url = %q\n    audience = %q\n    %s\n  }\n}\n", tenant.URL(), tenant.Audience(), credential)
	}
	client := fmt.Sprintf("client_id = %q\n", tenant.ClientID())
	step := func(config string) resource.TestStep { return resource.TestStep{Config: config + oneConnection} }
	refused := func(credential string) resource.TestStep {
		return resource.TestStep{Config: block(credential) + oneConnection, ExpectError: regexp.MustCompile(`(?s)Error: .*\s401\s`)}
	}
	acceptance := func(t *testing.T, steps ...resource.TestStep) {
		resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: steps})
	}

	t.Run("client secret", func(t *testing.T) {
		acceptance(t, refused(client+`client_secret = "not-the-secret"`), step(block(client+fmt.Sprintf("client_secret = %q", tenant.ClientSecret()))))
	})
	t.Run("private key", func(t *testing.T) {
		key := func(pem string) string {
			return client + fmt.Sprintf("client_assertion_private_key = %s\nclient_assertion_signing_alg = \"RS256\"", acctest.Quote(pem))
		}
		acceptance(t, refused(key(otherPrivate)), step(block(key(private))))
	})
	t.Run("token", func(t *testing.T) {
		acceptance(t, refused(`api_token = "not-a-token"`), step(block(fmt.Sprintf("api_token = %q", tenant.Token()))))
	})
	t.Run("variables", func(t *testing.T) {
		t.Setenv("AUTH0PG_BASE_URL", tenant.URL())
		t.Setenv("AUTH0_AUDIENCE", tenant.Audience())
		t.Setenv("AUTH0_CLIENT_ID", tenant.ClientID())
		t.Setenv("AUTH0_CLIENT_SECRET", tenant.ClientSecret())
		acceptance(t, step(""))
	})
}

// What is missing is reported by the object that needs it, with the variable that could supply it.
func TestMissingSettingsStopThePlan(t *testing.T) {
	withoutVariables(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: oneConnection, ExpectError: regexp.MustCompile(`(?s)auth0\.domain.*AUTH0_DOMAIN`)},
			{Config: "resource \"auth0pg_users_table\" \"one\" {\n  name = \"users\"\n  " + acctest.Columns("") + "\n}", ExpectError: regexp.MustCompile(`(?s)postgres\.url.*AUTH0PG_POSTGRES_URL`)},
			{Config: `provider "auth0pg" {
  auth0 { domain = "https://acme.eu.auth0.com/" }
}
data "auth0pg_ip_ranges" "all" {}`, ExpectError: regexp.MustCompile("Invalid Tenant Domain")},
			{Config: `provider "auth0pg" {
  auth0 { base_url = "http://tenant.example.com" }
}
data "auth0pg_ip_ranges" "all" {}`, ExpectError: regexp.MustCompile("Invalid Base URL")},
		},
	})
}
