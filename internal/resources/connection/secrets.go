// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// The values of a connection's configuration are secrets that the tenant gives out as ciphertext
// only. What is kept about them, in private state, serves two questions: is the configured
// value the one that was sent (a tag too short to confirm a guess with, since anyone with the state may guess), and is the
// stored one still ours (a hash of the ciphertext, which changes with every write and only then).

const (
	connectionPrivateKey = "connection"
	// tagBytes leaves one change in 65,536 unnoticed, and of a value no more than 16 bits.
	tagBytes = 2
)

// connectionPrivate is the private state of a connection.
type connectionPrivate struct {
	// Instance stands for this object of Terraform's, whatever its address: two must not have one connection.
	Instance string `json:"instance,omitempty"`
	// Domain is the tenant's.
	Domain string `json:"domain,omitempty"`
	// ManagesClients is set once enabled_clients has been configured or imported.
	ManagesClients bool `json:"manages_clients"`
	// Sent is what is known about the configuration as it was last sent, nil before.
	Sent *sentConfiguration `json:"sent,omitempty"`
	// Stored is what the state's scripts are found again from, as far as that is not in the state.
	Stored *keptScripts `json:"stored,omitempty"`
	// Former are the scripts of before the last apply that changed them.
	Former *keptScripts `json:"former,omitempty"`
}

type sentConfiguration struct {
	Tags         map[string][]byte `json:"tags"`
	Fingerprints map[string]string `json:"fingerprints"`
}

func loadConnectionPrivate(
	ctx context.Context,
	private kit.PrivateReader,
	diags *diag.Diagnostics,
) (p connectionPrivate, found bool) {
	kept := kit.GetPrivate[connectionPrivate](ctx, private, connectionPrivateKey, diags)
	if kept == nil {
		return p, false
	}
	return *kept, true
}

func (p *connectionPrivate) save(ctx context.Context, private kit.PrivateState, diags *diag.Diagnostics) {
	if p.Instance == "" {
		p.Instance = rand.Text()[:8]
	}
	kit.SetPrivate(ctx, private, connectionPrivateKey, p, diags)
}

// newSentConfiguration notes what was sent and how the tenant stores it.
func newSentConfiguration(values map[string]string, stored map[string]any) *sentConfiguration {
	s := &sentConfiguration{Tags: map[string][]byte{}, Fingerprints: fingerprints(stored)}
	for key, value := range values {
		s.Tags[key] = tag(value)
	}
	return s
}

// differs names the keys that are not configured as they were sent: changed, added or removed.
func (s *sentConfiguration) differs(values map[string]attr.Value) []string {
	var keys []string
	for key, value := range values {
		text, ok := value.(types.String)
		if !ok || text.IsUnknown() {
			continue
		}
		if sent, has := s.Tags[key]; !has || !bytes.Equal(sent, tag(text.ValueString())) {
			keys = append(keys, key)
		}
	}
	for key := range s.Tags {
		if _, configured := values[key]; !configured {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// keys are those that were sent.
func (s *sentConfiguration) keys() []string {
	if s == nil {
		return nil
	}
	return slices.Collect(maps.Keys(s.Tags))
}

// tag tells a changed value, and next to nothing about it: many values have the same one, so that no guess can be
// confirmed. It has no salt on purpose. With one, each further connection that holds the value, and each copy of the state,
// would give away another two bytes.
func tag(value string) []byte {
	mac := hmac.New(sha256.New, []byte("auth0pg_connection.configuration_wo"))
	mac.Write([]byte(value))
	return mac.Sum(nil)[:tagBytes]
}

// fingerprints are short hashes of the ciphertexts by key.
func fingerprints(stored map[string]any) map[string]string {
	short := map[string]string{}
	configuration, _ := stored[optionConfiguration].(map[string]any)
	for key, value := range configuration {
		text, ok := value.(string)
		if !ok {
			continue
		}
		digest := sha256.Sum256([]byte(text))
		short[key] = hex.EncodeToString(digest[:8])
	}
	return short
}

func fingerprintMap(short map[string]string) types.Map {
	elements := map[string]attr.Value{}
	for key, value := range short {
		elements[key] = types.StringValue(value)
	}
	return types.MapValueMust(types.StringType, elements)
}

// unknownFingerprints is what a plan shows for values that will be sent again.
func unknownFingerprints(configured types.Map) types.Map {
	if configured.IsUnknown() {
		return types.MapUnknown(types.StringType)
	}
	elements := map[string]attr.Value{}
	for key := range configured.Elements() {
		elements[key] = types.StringUnknown()
	}
	return types.MapValueMust(types.StringType, elements)
}

// hasUnknown reports whether the map or one of its values is unknown.
func hasUnknown(m types.Map) bool {
	if m.IsUnknown() {
		return true
	}
	for _, value := range m.Elements() {
		if value.IsUnknown() {
			return true
		}
	}
	return false
}

// plainValues are the configured values, complete at apply.
func plainValues(configured types.Map) map[string]string {
	values := map[string]string{}
	for key, value := range configured.Elements() {
		if text, ok := value.(types.String); ok && !text.IsNull() && !text.IsUnknown() {
			values[key] = text.ValueString()
		}
	}
	return values
}

// keysOnlyIn names the keys of the first map that the second does not have.
func keysOnlyIn[A, B any](first map[string]A, second map[string]B) []string {
	var only []string
	for _, key := range slices.Sorted(maps.Keys(first)) {
		if _, ok := second[key]; !ok {
			only = append(only, key)
		}
	}
	return only
}

// redact takes configured values out of a text that the tenant wrote, which may quote what it was sent.
func redact(text string, values map[string]string) string {
	for _, value := range values {
		if len(value) < 3 {
			continue // would tear the text apart and is no secret worth the name
		}
		for _, form := range []string{value, base64.StdEncoding.EncodeToString([]byte(value)), jsonText(value)} {
			text = strings.ReplaceAll(text, form, "(sensitive)")
		}
	}
	return text
}

func jsonText(value string) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return value
	}
	return strings.Trim(string(encoded), `"`)
}
