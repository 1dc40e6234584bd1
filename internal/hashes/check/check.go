// SPDX-License-Identifier: MPL-2.0

// Package check compares passwords with stored hashes and makes new ones, in Go: for a server that does it in place of
// the scripts. The readers are those of internal/scripts/js/hashes in another language, held to the same vectors, with
// the same estimate of the work that a value asks for. The register itself is in package hashes, which the provider has;
// what computes is here, so that the provider does not have it.
package check

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
)

// Options say which hashes are compared and how new ones are made.
type Options struct {
	// PasswordHash is the format of new hashes, bcrypt by default.
	PasswordHash string
	// LegacyHashes are the formats beside bcrypt and that one which are compared.
	LegacyHashes []string
	// Pepper and SignerKey are the secrets of the formats that need one.
	Pepper, SignerKey string
	// Costs are those of new hashes, the scripts' own by default.
	Costs hashes.Costs
}

// The costs of new hashes unless told otherwise, as the scripts have them.
const (
	defaultRounds       = 10
	defaultPrefix       = "2b"
	defaultArgon2Memory = 19456
	defaultArgon2Passes = 2
)

// Meaning is something that a stored value can mean.
type Meaning struct {
	// Format is the name of the one that reads it so, and Work what comparing takes, see [hashes.MaxWork].
	Format string
	Work   int
	// Cannot says why it cannot be compared here; "" where it can.
	Cannot string

	fits func() bool
}

// reader says what a stored value can mean.
type reader func(c *Checker, v value) []Meaning

// value is a stored hash with the password that it is compared with.
type value struct{ format, password, stored, salt string }

// Checker compares and makes hashes, as many at once as it has turns for.
type Checker struct {
	options Options
	format  hashes.Format
	formats []string
	// work is that of new hashes, dummy one of them.
	work  int
	dummy string
	turns *turns
	usual usual
}

// New refuses formats that are not known, and costs for which a login has no time.
func New(o Options) (*Checker, error) {
	o = o.withDefaults()
	c := &Checker{options: o}
	for _, name := range append([]string{hashes.Bcrypt, o.PasswordHash}, o.LegacyHashes...) {
		f, ok := hashes.Find(name)
		if !ok || readers[f.Reader] == nil {
			return nil, fmt.Errorf("%q is no format of hashes that can be compared; those are %s", name, strings.Join(Formats(), ", "))
		}
		if key := map[hashes.Key]string{hashes.PepperKey: o.Pepper, hashes.SignerKey: o.SignerKey}[f.Key]; f.Key != "" && key == "" {
			return nil, fmt.Errorf("the format %s needs a secret (%s), which is not given", name, strings.TrimSuffix(string(f.Key), "_key"))
		}
		if !slices.Contains(c.formats, name) {
			c.formats = append(c.formats, name)
		}
	}
	c.format, _ = hashes.Find(o.PasswordHash)
	if err := c.checkCosts(); err != nil {
		return nil, err
	}
	c.work, c.dummy = c.format.Writer.Work(o.Costs), c.format.Writer.Sample(o.Costs, 'D')
	c.turns = newTurns(c.work)
	c.usual.start = stored{hash: c.dummy, salt: "salt"}
	return c, nil
}

func (o Options) withDefaults() Options {
	if o.PasswordHash == "" {
		o.PasswordHash = hashes.Bcrypt
	}
	if o.Costs.BcryptRounds == 0 {
		o.Costs.BcryptRounds = defaultRounds
	}
	if o.Costs.BcryptPrefix == "" {
		o.Costs.BcryptPrefix = defaultPrefix
	}
	if o.Costs.Argon2Memory == 0 {
		o.Costs.Argon2Memory = defaultArgon2Memory
	}
	if o.Costs.Argon2Passes == 0 {
		o.Costs.Argon2Passes = defaultArgon2Passes
	}
	return o
}

func (c *Checker) checkCosts() error {
	costs, writer := c.options.Costs, c.format.Writer
	within := func(value, least, most int) bool { return value >= least && value <= most }
	switch {
	case writer == nil || writers[writer.Function] == nil:
		return fmt.Errorf("hashes of the format %s are read and not written; new ones are of %s",
			c.format.Name, strings.Join(hashes.Writable(), ", "))
	case !within(costs.BcryptRounds, 4, 15):
		return fmt.Errorf("the cost of bcrypt is %d and not between 4 and 15", costs.BcryptRounds)
	case !slices.Contains([]string{"2a", "2b", "2y"}, costs.BcryptPrefix):
		return fmt.Errorf("the version of bcrypt is %q and not 2a, 2b or 2y", costs.BcryptPrefix)
	case costs.Iterations != 0 && !within(costs.Iterations, hashes.MinIterations, hashes.MaxIterations):
		return fmt.Errorf("the iterations of PBKDF2 are not between %d and %d", hashes.MinIterations, hashes.MaxIterations)
	case !within(costs.Argon2Memory, hashes.MinArgon2Memory, hashes.MaxArgon2Memory),
		!within(costs.Argon2Passes, hashes.MinArgon2Passes, hashes.MaxArgon2Passes):
		return fmt.Errorf("Argon2 takes between %d and %d KiB and between %d and %d passes", hashes.MinArgon2Memory,
			hashes.MaxArgon2Memory, hashes.MinArgon2Passes, hashes.MaxArgon2Passes)
	case writer.Work(costs) > hashes.MaxWork:
		return fmt.Errorf("new hashes cost more than a login has time for: lower their cost")
	}
	return nil
}

// Formats names those that can be compared.
func Formats() (all []string) {
	for _, f := range hashes.All() {
		if readers[f.Reader] != nil {
			all = append(all, f.Name)
		}
	}
	return all
}

// Cannot lists what is in the register and cannot be compared here, each with its reason.
func Cannot() []string {
	all := []string{"argon2 of the type 2d: " + cannotArgon2d, "argon2 of the version 16: " + cannotArgon2v16}
	for _, f := range hashes.All() {
		if readers[f.Reader] == nil {
			all = append(all, f.Name+": no reader in Go")
		}
	}
	return all
}

// maxStored bounds what is looked at, as in the scripts.
const maxStored, maxPassword = 1024, 10_000

// isText tells whether a value is text that may be hashed.
func isText(text string, most int) bool {
	return text != "" && len(text) <= 4*most && utf8.RuneCountInString(text) <= most &&
		utf8.ValidString(text) && !strings.Contains(text, "\x00")
}

// meanings are what a stored value can mean in the formats that are compared, none that takes too long.
func (c *Checker) meanings(password string, s stored) (all []Meaning) {
	if !isText(s.hash, maxStored) {
		return nil
	}
	for _, name := range c.formats {
		f, _ := hashes.Find(name)
		for _, m := range readers[f.Reader](c, value{name, password, s.hash, s.salt}) {
			if m.Work <= hashes.MaxWork && m.Work >= 0 {
				m.Format = name
				all = append(all, m)
			}
		}
	}
	return all
}
