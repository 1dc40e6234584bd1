// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// The state has digests of the scripts, since their text went back and forth between Terraform and the provider six times
// for each plan. What a change is shown against is found again: in the overrides of the state, or in private state, which
// holds the lines that a script was rendered from, and the whole text of one that rendering does not give: written by
// somebody, by another release, or edited in the dashboard.

// keptScripts are scripts in private state.
type keptScripts struct {
	// Digests are those of all scripts that the connection had then; none where the state has them.
	Digests map[string]string `json:"digests,omitempty"`
	// Packed is the gzipped JSON of the texts, or excerpts of them, by operation.
	Packed []byte `json:"packed,omitempty"`
}

// keepScripts packs texts by operation. The excerpts of those that rendering gives again are kept in their place.
func keepScripts(digests, texts map[string]string) (*keptScripts, error) {
	short := map[string]string{}
	for op, text := range texts {
		short[op] = text
		if excerpt, ok := scripts.Excerpt(scripts.Operation(op), text); ok {
			short[op] = excerpt
		}
	}
	packed, err := pack(short)
	return &keptScripts{Digests: digests, Packed: packed}, err
}

// texts are the scripts by operation that have these digests, without those that this release cannot render again.
func (k *keptScripts) texts(digests map[string]string) map[string]string {
	texts := map[string]string{}
	if k == nil {
		return texts
	}
	for op, text := range unpack(k.Packed) {
		if scripts.Digest(text) != digests[op] {
			text, _ = scripts.FromExcerpt(scripts.Operation(op), text)
		}
		if scripts.Digest(text) == digests[op] {
			texts[op] = text
		}
	}
	return texts
}

func pack(texts map[string]string) ([]byte, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(w).Encode(texts); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

// maxUnpacked is far beyond what a connection's scripts can have.
const maxUnpacked = 4 << 20

// unpack returns nothing for what is damaged: a change is then shown without the former lines.
func unpack(packed []byte) map[string]string {
	var texts map[string]string
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil || json.NewDecoder(io.LimitReader(r, maxUnpacked)).Decode(&texts) != nil {
		return nil
	}
	return texts
}

// digestMap is the attribute script_digests.
func digestMap(texts map[string]string) types.Map {
	elements := map[string]attr.Value{}
	for op, text := range texts {
		elements[op] = types.StringValue(scripts.Digest(text))
	}
	return types.MapValueMust(types.StringType, elements)
}

// storedTexts are the scripts that the state stands for by operation, as far as their texts can be had.
func (m *connectionModel) storedTexts(stored *keptScripts) map[string]string {
	texts, digests := map[string]string{}, plainValues(m.ScriptDigests)
	overrides, _ := m.Scripts.Attributes()["overrides"].(types.Map)
	for _, source := range []map[string]string{stored.texts(digests), plainValues(overrides)} {
		for op, text := range source {
			if scripts.Digest(text) == digests[op] {
				texts[op] = text
			}
		}
	}
	return texts
}

// keep makes private state hold what the scripts that the connection now has are found again from, and those that an
// apply has replaced: prior is the state before it, nil for a creation and a refresh. It returns whether anything changed.
func (p *connectionPrivate) keep(prior, now *connectionModel, texts map[string]string, diags *diag.Diagnostics) bool {
	if prior != nil {
		if err := now.keepFormer(prior, p); err != nil {
			kit.PrivateStateNotWritten(diags, err)
		}
	}
	now.ScriptDigests = digestMap(texts)
	now.refreshOperations()
	if len(now.storedTexts(p.Stored)) == len(texts) {
		return prior != nil
	}
	written, rest := now.storedTexts(nil), maps.Clone(texts) // written are those that the state has as overrides
	maps.DeleteFunc(rest, func(op, _ string) bool { _, has := written[op]; return has })
	kept, err := keepScripts(nil, rest)
	if err != nil {
		kit.PrivateStateNotWritten(diags, err)
	}
	p.Stored = kept
	return true
}
