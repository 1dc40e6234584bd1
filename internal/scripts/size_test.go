// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// A script holds what its settings can reach. The bounds are those of the default table.
func TestScriptsCarryOnlyWhatTheyNeed(t *testing.T) {
	o := Options{Store: storeWith(store.ID, store.Email, store.EmailVerified, store.Password, store.Nickname)}
	all, err := RenderAll(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for op, text := range all {
		total += len(text)
		t.Log(op, len(text))
	}
	if len(all[Login]) > 16000 || total > 90000 {
		t.Errorf("login has %d bytes, all %d scripts %d", len(all[Login]), len(all), total)
	}
}

// BenchmarkRendering renders what a connection with each set of options has, and says how long the scripts are.
func BenchmarkRendering(b *testing.B) {
	standard := storeWith(store.ID, store.Email, store.EmailVerified, store.Password, store.Nickname)
	for name, o := range map[string]Options{
		"default": {Store: standard}, "rehash": {Store: standard, LegacyHashes: []string{"md5"}, RehashOnLogin: true},
		"migration": {Store: standard, ImportMode: true}, "all parts": {Store: storeWith()}, "everything": everyOption(),
	} {
		b.Run(name, func(b *testing.B) {
			var all map[Operation]string
			for b.Loop() {
				var err error
				if all, err = RenderAll(o, nil); err != nil {
					b.Fatal(err)
				}
			}
			total := 0
			for _, text := range all {
				total += len(text)
			}
			b.ReportMetric(float64(len(all[Login])), "login-B")
			b.ReportMetric(float64(total), "all-B")
		})
	}
}
