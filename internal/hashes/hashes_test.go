// SPDX-License-Identifier: MPL-2.0

package hashes_test

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
)

// Each format has what every consumer of the register needs of it.
func TestFormatsAreComplete(t *testing.T) {
	var names, looks []string
	for _, f := range hashes.All() {
		names = append(names, f.Name)
		if f.Title == "" || len(f.Looks)+len(f.Like) == 0 || len(f.Vectors) == 0 {
			t.Errorf("%s lacks a title, a look or a vector", f.Name)
		}
		if (f.Import.Algorithm == "") == (f.Import.Cannot == "") || (f.Import.Algorithm == "") != (f.Import.Form == "") {
			t.Errorf("%s: whether and how Auth0 imports it: %+v", f.Name, f.Import)
		}
		if f.Always && f.Reader == "" || f.Writer != nil && f.Reader == "" {
			t.Errorf("%s is always read, or written, and has not what that takes", f.Name)
		}
		known := func(v hashes.Vector) bool { return v.Password != "" }
		if f.Reader != "" && !f.Always && !slices.ContainsFunc(f.Vectors, known) {
			t.Errorf("%s is read by %s, and no vector tells its password", f.Name, f.Reader)
		}
		for _, look := range f.Looks {
			if strings.Contains(look.Pattern, `\`) {
				t.Errorf("the pattern of %s has a backslash", look.Name)
			}
			for _, first := range look.Yields {
				if !slices.Contains(looks, first) {
					t.Errorf("%s yields to %s, which does not stand before it", look.Name, first)
				}
			}
			looks = append(looks, look.Name)
		}
	}
	for _, list := range [][]string{names, looks} {
		if slices.Sort(list); len(slices.Compact(list)) != len(list) {
			t.Errorf("a name stands twice in %v", list)
		}
	}
}

// What a writer writes is of the format, and the access functions, which match what it says is written, let it through.
// They keep out what costs more than a login has time for.
func TestWrittenValuesAreOfTheirFormat(t *testing.T) {
	costs := hashes.Costs{BcryptRounds: 12, BcryptPrefix: "2a", Argon2Memory: 19456, Argon2Passes: 2}
	for _, name := range hashes.Writable() {
		f, _ := hashes.Find(name)
		sample, other := f.Writer.Sample(costs, 'D'), f.Writer.Sample(costs, 'T')
		if sample == other || len(sample) != len(other) {
			t.Errorf("%s: the samples are %q and %q", name, sample, other)
		}
		if !regexp.MustCompile(f.Writer.Written).MatchString(sample) {
			t.Errorf("%s: %q is not what its writer says it writes", name, sample)
		}
		if work := f.Writer.Work(costs); work < 1 || work > hashes.MaxWork {
			t.Errorf("%s: new hashes take %d of work", name, work)
		}
		for _, vector := range f.Vectors {
			if vector.TooDear && regexp.MustCompile(f.Writer.Written).MatchString(vector.Stored) {
				t.Errorf("%s: %s is let through", name, vector.Name)
			}
		}
	}
}

// What costs too much is known by its pattern, and nothing else is taken for that; what says something about its cost
// is found to say it.
func TestLooksTellTheCost(t *testing.T) {
	for _, f := range hashes.All() {
		for _, vector := range f.Vectors {
			for _, look := range hashes.Looks() {
				if look.Name != vector.Looked(f) {
					continue
				}
				if dear := look.TooDear != "" && regexp.MustCompile(look.TooDear).MatchString(vector.Stored); dear != vector.TooDear {
					t.Errorf("%s, %s costs too much: %t", f.Name, vector.Name, dear)
				}
				if look.Cost != "" && f.Name != "crypt" && !regexp.MustCompile(look.Cost).MatchString(vector.Stored) {
					t.Errorf("%s, %s does not tell its cost", f.Name, vector.Name)
				}
			}
		}
	}
}

// Each vector has the look that it says, and no other that is tried in its place.
func TestVectorsLookLikeTheirFormat(t *testing.T) {
	for _, f := range hashes.All() {
		for _, vector := range f.Vectors {
			var matched []string
			for _, look := range hashes.Looks() {
				yields := slices.ContainsFunc(look.Yields, func(other string) bool { return slices.Contains(matched, other) })
				if !yields && regexp.MustCompile(look.Pattern).MatchString(vector.Stored) {
					matched = append(matched, look.Name)
				}
			}
			if !slices.Equal(matched, []string{vector.Looked(f)}) {
				t.Errorf("%s, %s: looks like %v", f.Name, vector.Name, matched)
			}
		}
	}
}

// A key of 64 bytes takes PBKDF2 twice the time of one of 32, so that half the iterations are too many.
func TestLongKeysAreTooDearEarlier(t *testing.T) {
	aspNet := func(iterations, length int) string {
		head := []byte{1, 0, 0, 0, 2, 0, byte(iterations >> 16), byte(iterations >> 8), byte(iterations), 0, 0, 0, 16}
		return base64.StdEncoding.EncodeToString(append(head, make([]byte, 16+length)...))
	}
	base := func(length int) string { return base64.RawStdEncoding.EncodeToString(make([]byte, length)) }
	for format, stored := range map[string]func(iterations, length int) string{
		"django_pbkdf2": func(i, l int) string {
			return fmt.Sprintf("pbkdf2_sha512$%d$salt$%s", i, base64.StdEncoding.EncodeToString(make([]byte, l)))
		},
		"pbkdf2":          func(i, l int) string { return fmt.Sprintf("$pbkdf2-sha512$i=%d,l=%d$c2FsdA$%s", i, l, base(l)) },
		"passlib_pbkdf2":  func(i, l int) string { return fmt.Sprintf("$pbkdf2-sha512$%d$c2FsdA$%s", i, base(l)) },
		"werkzeug":        func(i, l int) string { return fmt.Sprintf("pbkdf2:sha512:%d$salt$%x", i, make([]byte, l)) },
		"mattermost":      func(i, l int) string { return fmt.Sprintf("$pbkdf2$f=SHA512,w=%d,l=%d$c2FsdA$%s", i, l, base(l)) },
		"aspnet_identity": aspNet,
	} {
		f, _ := hashes.Find(format)
		look := f.Looks[0]
		for _, c := range []struct {
			iterations, length int
			want               bool
		}{{2_050_000, 64, false}, {2_250_000, 64, true}, {4_190_000, 64, true}, {2_250_000, 32, false}, {4_300_000, 32, true}} {
			value := stored(c.iterations, c.length)
			if !regexp.MustCompile(look.Pattern).MatchString(value) {
				t.Errorf("%s does not look like it: %s", format, value)
			}
			if got := regexp.MustCompile(look.TooDear).MatchString(value); got != c.want {
				t.Errorf("%s of %d iterations and %d bytes: too dear is %v", format, c.iterations, c.length, got)
			}
		}
	}
}

// What cannot be imported is told why, and a value that two formats may mean is not guessed at.
func TestForImportRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		value, salt string
		settings    hashes.ImportSettings
		want        string
	}{
		"not named":        {"$2b$12$" + strings.Repeat("u", 53), "", hashes.ImportSettings{Formats: []string{"md5"}}, "bcrypt_2b: name its format, bcrypt or bcrypt_pepper or"},
		"two may be meant": {"$2b$12$" + strings.Repeat("u", 53), "", hashes.ImportSettings{Formats: []string{"bcrypt", "bcrypt_salted"}}, "may be bcrypt or bcrypt_salted"},
		"no algorithm":     {"$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "", hashes.ImportSettings{Formats: []string{"phpass"}}, "phpass cannot be imported, since Auth0"},
		"no pepper":        {"$2b$12$" + strings.Repeat("u", 53), "", hashes.ImportSettings{Formats: []string{"bcrypt_pepper"}}, "needs the pepper"},
		"no salt":          {"$2b$12$" + strings.Repeat("u", 53), "", hashes.ImportSettings{Formats: []string{"bcrypt_salted"}}, "no salt"},
		"salt somewhere":   {strings.Repeat("ab", 16) + ":salt", "", hashes.ImportSettings{Formats: []string{"md5"}}, "salt_position"},
		"salt elsewhere":   {strings.Repeat("ab", 16), "salt", hashes.ImportSettings{Formats: []string{"md5"}}, "salt_position"},
		"two digests": {strings.Repeat("ab", 16) + ":" + strings.Repeat("cd", 16), "", hashes.ImportSettings{Formats: []string{"md5"}, SaltPosition: hashes.Prefix},
			"either of its two digests"},
		"too dear": {"$2b$30$" + strings.Repeat("u", 53), "", hashes.ImportSettings{Formats: []string{"bcrypt"}}, "costs more"},
		"cut off":  {"$2b$10$uu", "", hashes.ImportSettings{Formats: []string{"bcrypt"}}, "none of the formats"},
		"base64 that is none": {"$pbkdf2-sha256$i=1000$c2FsdAA$" + strings.Repeat("A", 41), "", hashes.ImportSettings{Formats: []string{"pbkdf2"}},
			"base64"},
	} {
		_, err := hashes.ForImport(c.value, c.salt, c.settings)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), c.value) {
			t.Errorf("%s: the error shows the hash", name)
		}
	}
}
