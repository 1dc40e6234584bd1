// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
)

const silentStore = `{"table":"public.users","columns":{"id":"id uuid","email":"email text",` +
	`"email_verified":"email_verified boolean","password":"password text"},"email_lookup":"lower_index"}`

// authority is a certificate that trusts itself, and its key.
func authority(t *testing.T) (certificate, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
}

// What would end in logins that fail, or in logins that somebody else reads, is said when it is planned.
func TestNothingFailsInSilence(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	ca, key := authority(t)
	secrets := func(query, authority string) object {
		values := object{"POSTGRES_URL": "postgres://scripts:Sup3rS3cret@db.example.com/app" + query}
		if authority != "" {
			values["POSTGRES_CA"] = authority
		}
		return object{"configuration_wo": values}
	}
	phone := object{"email": object{"identifier": object{"active": true}}, "phone_number": object{"identifier": object{"active": true}}}
	passkeys := object{"passkey": object{"enabled": true}, "password": object{"enabled": true}}
	for name, test := range map[string]struct {
		config object
		// want is what is said, "" for nothing; refused makes it an error.
		want    string
		refused bool
	}{
		"verified":                      {secrets("?sslmode=verify-full", ""), "", false},
		"verified, of its own":          {secrets("?sslmode=verify-full", ca), "", false},
		"two authorities":               {secrets("?sslmode=verify-full", ca+ca), "", false},
		"line breaks of two characters": {secrets("?sslmode=verify-full", strings.ReplaceAll(ca, "\n", `\n`)), "", false},
		"authority is a word":           {secrets("?sslmode=verify-full", "hello"), "no certificate in PEM", true},
		"authority is two keys":         {secrets("?sslmode=verify-full", key+key), "something else than certificates", true},
		"authority with its key":        {secrets("?sslmode=verify-full", ca+key), "something else than certificates", true},
		"authority is cut off":          {secrets("?sslmode=verify-full", ca+ca[:len(ca)/2]), "behind the last certificate", true},
		"authority is damaged":          {secrets("?sslmode=verify-full", strings.Replace(ca, "MII", "AAA", 1)), "CERTIFICATE|certificate", true},
		"require":                       {secrets("?sslmode=require", ""), "do not verify who the server is", false},
		"no sslmode":                    {secrets("", ""), "do not verify who the server is", false},
		"require, of its own":           {secrets("?sslmode=require", ca), "that the certificate is for this host", false},
		"prefer":                        {secrets("?sslmode=prefer", ""), "that anything is encrypted", false},
		"ssl=true":                      {secrets("?ssl=true", ""), "nothing of ssl", true},
		"ssl=1 beside sslmode":          {secrets("?sslmode=require&ssl=1", ""), "nothing of ssl", true},
		"SSLMODE":                       {secrets("?SSLMODE=require", ""), "nothing of SSLMODE", true},
		"a file":                        {secrets("?sslmode=verify-full&sslrootcert=/ca.pem", ""), "nothing of sslrootcert", true},
		"phone number":                  {object{"attributes": phone}, "find nobody", true},
		"passkeys":                      {object{"authentication_methods": passkeys}, "told what they look for", true},
		"passkeys with context":         {object{"authentication_methods": passkeys, "enable_script_context": true}, "", false},
		"passkeys without get_user": {object{"authentication_methods": passkeys, "enable_script_context": true,
			"operations": []string{"login", "create", "verify", "change_password", "delete", "change_email"}}, "at sign-up|get_user", false},
		"passkeys, users move":    {object{"authentication_methods": passkeys, "import_mode": true}, "", false},
		"two scripts":             {object{"operations": []string{"login", "get_user"}}, "verify: the link in the verification mail ends in an error", false},
		"verified is not known":   {object{"store": strings.Replace(silentStore, `"email_verified":"email_verified boolean",`, "", 1)}, "verify: the link in the verification mail ends in an error", false},
		"two scripts, users move": {object{"operations": []string{"login", "get_user"}, "import_mode": true}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenant := acctest.TenantWith(t, localtenant.Options{})
			core := acctest.NewCore(t, provider.Server("test"), tenant.Auth0())
			config := secrets("?sslmode=verify-full", "")
			config["name"], config["store"], config["configuration_wo_version"] = "users", silentStore, 1
			for attribute, value := range test.config {
				config[attribute] = value
			}
			_, diags := core.Plan(core.New("auth0pg_connection"), config)
			said := diags.String()
			if (test.want == "") != (len(diags) == 0) || diags.Failed() != test.refused || !containsOne(said, test.want) {
				t.Errorf("want %q, refused %t:\n%s", test.want, test.refused, said)
			}
			if strings.Contains(said, "Sup3rS3cret") || strings.Contains(said, "BEGIN") {
				t.Errorf("a secret is in\n%s", said)
			}
		})
	}
}

func containsOne(text, words string) bool {
	for _, word := range strings.Split(words, "|") {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// A view that takes no new users is enough where nobody signs up: create is left out, unless there is one of one's own.
func TestSignUpThatIsOffNeedsNoCreate(t *testing.T) {
	t.Parallel()
	readOnly := strings.TrimSuffix(silentStore, "}") + `,"refuses":["INSERT"]}`
	const own = "function create(user, callback) { callback(null); }"
	for name, test := range map[string]struct {
		more map[string]any
		// creates is whether the connection has the script, refused that it is not planned.
		creates, refused bool
	}{
		"on":           {nil, false, true},
		"off":          {map[string]any{"disable_signup": true}, false, false},
		"off, and own": {map[string]any{"disable_signup": true, "scripts": map[string]any{"overrides": map[string]any{"create": own}}}, true, false},
		"off, and asked for": {map[string]any{"disable_signup": true,
			"operations": []string{"login", "get_user", "create"}}, false, true},
	} {
		core := acctest.NewCore(t, provider.Server("test"), acctest.TenantWith(t, localtenant.Options{}).Auth0())
		config := map[string]any{"name": "users", "store": readOnly, "configuration_wo_version": 1,
			"configuration_wo": map[string]any{"POSTGRES_URL": "postgres://scripts:Sup3rS3cret@db.example.com/app?sslmode=verify-full"}}
		for attribute, value := range test.more {
			config[attribute] = value
		}
		planned, diags := core.Plan(core.New("auth0pg_connection"), config)
		if diags.Failed() != test.refused {
			t.Errorf("%s: %s", name, diags)
			continue
		}
		if digests, _ := planned.JSON()["script_digests"].(map[string]any); !test.refused && (digests["create"] != nil) != test.creates {
			t.Errorf("%s: the scripts are %v", name, digests)
		}
	}
}
