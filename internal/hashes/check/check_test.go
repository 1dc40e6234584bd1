// SPDX-License-Identifier: MPL-2.0

package check_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes/check"
)

// checkerOf compares one format, with the vector's secrets.
func checkerOf(t *testing.T, name string, v hashes.Vector) *check.Checker {
	t.Helper()
	format, _ := hashes.Find(name)
	options := check.Options{LegacyHashes: []string{name}, Costs: hashes.Costs{BcryptRounds: 4}}
	switch format.Key {
	case hashes.PepperKey:
		options.Pepper = v.Key
	case hashes.SignerKey:
		options.SignerKey = v.Key
	}
	if format.Key != "" && v.Key == "" {
		options.Pepper, options.SignerKey = "none", "none"
	}
	c, err := check.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cannot are the vectors of what Go's libraries lack.
var cannot = regexp.MustCompile(`[$]argon2(d[$]|i[$]v=16|id?[$]m=)`)

// Every vector of the register that another program made fits its password and no other, or is told to be one that
// cannot be compared; those of no known password fit nothing.
func TestVectors(t *testing.T) {
	for _, format := range hashes.All() {
		for _, v := range format.Vectors {
			c := checkerOf(t, format.Name, v)
			compare := func(password string) check.Match {
				t.Helper()
				match, err := c.Compare(t.Context(), password, v.Stored, v.Salt)
				if err != nil {
					t.Errorf("%s, %s: %v", format.Name, v.Name, err)
				}
				return match
			}
			match := compare(v.Password)
			if not := cannot.MatchString(v.Stored) && !v.TooDear; not != (match.Cannot != "") {
				t.Errorf("%s, %s: cannot be compared: %q", format.Name, v.Name, match.Cannot)
			}
			if want := v.Password != "" && match.Cannot == ""; match.Fits != want {
				t.Errorf("%s, %s: fits: %t, want %t", format.Name, v.Name, match.Fits, want)
			}
			for _, wrong := range []string{"incorrect horse", "x" + v.Password, "", v.Stored, v.Password + "\x00"} {
				if wrong != v.Password && compare(wrong).Fits {
					t.Errorf("%s, %s: %q fits", format.Name, v.Name, wrong)
				}
			}
		}
	}
}

// Whatever the register has, it can be asked for.
func TestFormatsAreThoseOfTheRegister(t *testing.T) {
	for _, name := range append(hashes.Optional(), hashes.Bcrypt) {
		if !slices.Contains(check.Formats(), name) {
			t.Errorf("%s is not compared", name)
		}
	}
}

// What is written is let through by the access functions, fits the password, and counts as usual.
func TestWritten(t *testing.T) {
	for _, name := range hashes.Writable() {
		format, _ := hashes.Find(name)
		c, err := check.New(check.Options{
			PasswordHash: name, Pepper: "pepper",
			Costs: hashes.Costs{BcryptRounds: 4, Iterations: 10_000, Argon2Memory: 8192, Argon2Passes: 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, password := range []string{"correct horse", "pässwörd 密碼 🐎", " spaced "} {
			first, err := c.Hash(t.Context(), password)
			if err != nil {
				t.Fatal(err)
			}
			second, _ := c.Hash(t.Context(), password)
			if first == second || !regexp.MustCompile(format.Writer.Written).MatchString(first) {
				t.Errorf("%s writes %s and %s", name, first, second)
			}
			match, err := c.Compare(t.Context(), password, first, "")
			if err != nil || !match.Fits || !match.Usual {
				t.Errorf("%s: %q: %+v, %v", name, password, match, err)
			}
			if match, _ := c.Compare(t.Context(), password+"x", first, ""); match.Fits {
				t.Errorf("%s: another password fits", name)
			}
		}
	}
}
