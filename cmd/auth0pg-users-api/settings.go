// SPDX-License-Identifier: MPL-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// prefix begins the names of all environment variables.
const prefix = "AUTH0PG_API_"

// settings are flags that may also come from the environment, and secrets that come from nowhere else.
type settings struct {
	*flag.FlagSet
	environment map[string]string
	secrets     map[string]*string
}

func newSettings(name string, environment []string, out io.Writer) *settings {
	s := &settings{
		FlagSet: flag.NewFlagSet("auth0pg-users-api "+name, flag.ContinueOnError), environment: map[string]string{},
		secrets: map[string]*string{},
	}
	s.SetOutput(out)
	for _, variable := range environment {
		if key, value, ok := strings.Cut(variable, "="); ok && strings.HasPrefix(key, prefix) {
			s.environment[key] = value
		}
	}
	s.Usage = func() {
		fmt.Fprintf(out, "auth0pg-users-api %s takes these flags:\n\n", name)
		s.PrintDefaults()
		fmt.Fprintf(out, "\nand these secrets from the environment, or from the file that the variable with _FILE after it names:\n\n")
		for _, key := range slices.Sorted(maps.Keys(s.secrets)) {
			fmt.Fprintf(out, "  %s\n", key)
		}
	}
	return s
}

// secret is a variable that no flag can set, since the arguments of a process are there for everybody to read.
func (s *settings) secret(name string) *string {
	value := new(string)
	s.secrets[prefix+name] = value
	return value
}

// list is a flag of values with commas between them.
func (s *settings) list(name, usage string) *[]string {
	list := &[]string{}
	s.Func(name, usage+" (several with commas between them)", func(text string) error {
		*list = nil
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				*list = append(*list, part)
			}
		}
		return nil
	})
	return list
}

// parse reads arguments and environment. A variable of ours that means nothing is refused: it may be misspelt.
func (s *settings) parse(args []string, others ...string) error {
	if err := s.Parse(args); err != nil {
		return err
	}
	if s.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", s.Arg(0))
	}
	given := map[string]bool{}
	s.Visit(func(f *flag.Flag) { given[variable(f.Name)] = true })
	known := map[string]*flag.Flag{}
	s.VisitAll(func(f *flag.Flag) { known[variable(f.Name)] = f })
	var wrong []error
	for _, key := range slices.Sorted(maps.Keys(s.environment)) {
		f, isFlag := known[key]
		secret, isSecret := s.secrets[strings.TrimSuffix(key, "_FILE")]
		switch {
		case isFlag && !given[key]:
			if err := s.Set(f.Name, s.environment[key]); err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", key, err))
			}
		case isFlag: // which goes before it
		case isSecret:
			wrong = append(wrong, s.read(key, secret))
		case slices.Contains(others, strings.TrimSuffix(key, "_FILE")):
		default:
			wrong = append(wrong, fmt.Errorf("%s is no setting", key))
		}
	}
	return errors.Join(wrong...)
}

func variable(name string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// read takes a secret from its variable or its file.
func (s *settings) read(key string, secret *string) error {
	name, isFile := strings.CutSuffix(key, "_FILE")
	if !isFile {
		*secret = s.environment[key]
		return nil
	}
	if s.environment[name] != "" {
		return fmt.Errorf("%s and %s are both set", name, key)
	}
	text, err := os.ReadFile(s.environment[key])
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	*secret = strings.TrimRight(string(text), "\r\n")
	return nil
}

// networks reads addresses and networks.
func networks(all []string) (list []netip.Prefix, err error) {
	for _, text := range all {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			address, err := netip.ParseAddr(text)
			if err != nil {
				return nil, fmt.Errorf("%q is neither an address nor a network such as 192.0.2.0/24", text)
			}
			network = netip.PrefixFrom(address, address.BitLen())
		}
		if network.Addr().Is4In6() {
			return nil, fmt.Errorf("%q is an IPv4 address written as IPv6", text)
		}
		list = append(list, network.Masked())
	}
	return list, nil
}

// networksIn reads a file with an address or a network on each line; what stands after # is a remark.
func networksIn(path string) ([]netip.Prefix, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("%s has no address: nobody could call", path)
	}
	return networks(lines)
}

// variables are all that the settings can come from.
func (s *settings) variables() (all []string) {
	s.VisitAll(func(f *flag.Flag) { all = append(all, variable(f.Name)) })
	return append(all, slices.Collect(maps.Keys(s.secrets))...)
}
