// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgurl"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

var _ function.Function = (*postgresURLFunction)(nil)

// NewPostgresURLFunction returns the function postgres_url.
func NewPostgresURLFunction() function.Function { return &postgresURLFunction{} }

type postgresURLFunction struct{}

// urlParts are the keys of the argument, those of the query in the order in which they
// are written.
var (
	urlParts   = []string{"host", "port", "database", "username", "password"}
	queryParts = []string{"sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "application_name"}
)

// partNames maps names that people try, libpq's above all, to ours.
var partNames = map[string]string{
	"user": "username", "dbname": "database", "db": "database", "hostname": "host", "address": "host", "pass": "password", "ssl_mode": "sslmode",
}

var sslModes = []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}

func (f *postgresURLFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "postgres_url"
}

func (f *postgresURLFunction) Definition(
	_ context.Context,
	_ function.DefinitionRequest,
	resp *function.DefinitionResponse,
) {
	resp.Definition = function.Definition{
		Summary: "A PostgreSQL URL from its parts",
		MarkdownDescription: "Returns a `postgresql://` URL in which every part is escaped, so that a " +
			"password may hold any character. " +
			"A wrong or misspelt part is refused; a null one is left out. The URL is sensitive, or " +
			"ephemeral, when one of its parts is.",
		Parameters: []function.Parameter{
			function.DynamicParameter{
				Name: "parts",
				MarkdownDescription: "An object with `host` (a name, an IPv4 or IPv6 address, or the folder of a socket) and, as " +
					"needed, `port`, `database`, `username`, `password`, " +
					"`sslmode` (`" + strings.Join(sslModes, "`, `") + "`), `sslrootcert`, `sslcert`, `sslkey`, `connect_timeout` " +
					"(seconds) and `application_name`. " +
					"Further parameters of the connection, by libpq's names, go into a map named `parameters`. The action scripts " +
					"heed `sslmode` and no other parameter: " +
					"the certificate authority of their database goes into `configuration_wo` under the key `POSTGRES_CA` (see " +
					"`ca_key`), not into `sslrootcert`.",
			},
		},
		Return: function.StringReturn{},
	}
}

func (f *postgresURLFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var argument types.Dynamic
	resp.Error = req.Arguments.Get(ctx, &argument)
	if resp.Error != nil {
		return
	}
	text, problem := postgresURL(argument.UnderlyingValue())
	if problem != nil {
		resp.Error = function.NewArgumentFuncError(0, problem.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, text)
}

// partError is a part that cannot be used. It never repeats the part's value, which may
// be a secret in the wrong place.
type partError struct{ part, reason string }

func (e *partError) Error() string { return e.part + " " + e.reason + "." }

// postgresURL writes the URL for an object or a map of parts.
func postgresURL(argument attr.Value) (string, error) {
	given, ok := members(argument)
	if !ok {
		return "", &partError{"The argument", "must be an object, for example { host = " +
			"\"db.example.com\", database = \"app\" }"}
	}
	texts := map[string]string{}
	for _, name := range sortedNames(given) {
		switch {
		case name == "parameters":
			continue
		case slices.Contains(urlParts, name), slices.Contains(queryParts, name):
		case partNames[name] != "":
			return "", &partError{strconv.Quote(name), fmt.Sprintf("is not a part of the URL; the part is called %q",
				partNames[name])}
		default:
			return "", &partError{strconv.Quote(name), "is not a part of the URL; further parameters of the connection go " +
				"into a map named \"parameters\""}
		}
		text, present, err := partText(name, given[name])
		if err != nil {
			return "", err
		}
		if present {
			texts[name] = text
		}
	}
	if err := checkParts(texts); err != nil {
		return "", err
	}
	query, err := urlQuery(texts, given["parameters"])
	if err != nil {
		return "", err
	}
	host, err := urlHost(texts["host"])
	if err != nil {
		return "", err
	}
	text := "postgresql://" + userInfo(texts) + host + prefixed(":", texts["port"]) +
		prefixed("/", escapeDatabase(texts["database"])) + prefixed("?", query)
	// What is written here is read by the provider itself: the two must not come to differ.
	if err := postgres.CheckURL(text); err != nil {
		return "", urlProblem(err)
	}
	return text, nil
}

// urlProblem is a URL that the provider would refuse, as its parts are at fault.
func urlProblem(err error) error {
	var parameter *pgurl.ParameterError
	if errors.As(err, &parameter) {
		return &partError{fmt.Sprintf("%q in \"parameters\"", parameter.Name), "is no parameter that connections through " +
			"this URL can heed"}
	}
	return &partError{"The URL of these parts", "cannot be used: " + err.Error()}
}

// members returns what an object or a map holds.
func members(value attr.Value) (map[string]attr.Value, bool) {
	switch value := value.(type) {
	case types.Object:
		return value.Attributes(), !value.IsNull()
	case types.Map:
		return value.Elements(), !value.IsNull()
	}
	return nil, false
}

func sortedNames(values map[string]attr.Value) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// partText returns a part as text; present is false for null.
func partText(name string, value attr.Value) (text string, present bool, err error) {
	if dynamic, ok := value.(types.Dynamic); ok {
		value = dynamic.UnderlyingValue()
	}
	if value == nil || value.IsNull() {
		return "", false, nil
	}
	switch value := value.(type) {
	case types.String:
		text = value.ValueString()
	case types.Number:
		whole, accuracy := value.ValueBigFloat().Int64()
		if accuracy != big.Exact {
			return "", false, &partError{strconv.Quote(name), "must be a whole number"}
		}
		text = strconv.FormatInt(whole, 10)
	default:
		return "", false, &partError{strconv.Quote(name), "must be a string"}
	}
	switch {
	case text == "":
		return "", false, &partError{strconv.Quote(name), "is empty; leave it out or set it to null"}
	case strings.ContainsRune(text, 0):
		return "", false, &partError{strconv.Quote(name), "holds a NUL character, which PostgreSQL cannot take"}
	}
	return text, true, nil
}

// checkParts refuses parts that no client could use.
func checkParts(texts map[string]string) error {
	if texts["host"] == "" {
		return &partError{`"host"`, "is missing"}
	}
	if port, given := texts["port"]; given {
		if !pgurl.IsPort(port) {
			return &partError{`"port"`, "must be a number from 1 to 65535"}
		}
	}
	if texts["password"] != "" && texts["username"] == "" {
		return &partError{`"password"`, "needs a \"username\""}
	}
	if mode, given := texts["sslmode"]; given && !slices.Contains(sslModes, mode) {
		return &partError{`"sslmode"`, "must be one of " + kit.List(sslModes)}
	}
	if seconds, given := texts["connect_timeout"]; given {
		if _, err := strconv.ParseUint(seconds, 10, 31); err != nil {
			return &partError{`"connect_timeout"`, "must be a number of seconds"}
		}
	}
	return nil
}

// parameterForm is what parameters are called; anything else may be a secret in the wrong place.
var parameterForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)

// hostForm is what DNS names and container names are made of.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$`)

// urlHost writes the host: IPv6 addresses in brackets, the folder of a socket escaped.
func urlHost(host string) (string, error) {
	inner := host
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		inner = host[1 : len(host)-1]
	}
	if address, err := netip.ParseAddr(inner); err == nil && address.Is6() {
		if address.Zone() != "" {
			return "", &partError{`"host"`, "has a zone, which the scripts' driver does not take"}
		}
		return "[" + address.String() + "]", nil
	}
	switch {
	case pgurl.IsSocket(host) && strings.Contains(host, "@"):
		return "", &partError{`"host"`, "is the folder of a socket with an @ in its name, which is " +
			"taken for a piece of a password"}
	case pgurl.IsSocket(host):
		return escape(host), nil
	case hostForm.MatchString(host):
		return host, nil
	case strings.Contains(host, "://"):
		return "", &partError{`"host"`, "must be a host alone, not a URL"}
	case strings.Contains(host, ":"):
		return "", &partError{`"host"`, "must be a host alone; the port is a part of its own, \"port\""}
	case strings.Contains(host, ","):
		return "", &partError{`"host"`, "must be one host alone"}
	}
	return "", &partError{`"host"`, "holds characters that are in no host name"}
}

func userInfo(texts map[string]string) string {
	if texts["username"] == "" {
		return ""
	}
	return escape(texts["username"]) + prefixed(":", escape(texts["password"])) + "@"
}

// urlQuery writes the query: the named parts, then the further parameters by name.
func urlQuery(texts map[string]string, parameters attr.Value) (string, error) {
	var pairs []string
	for _, name := range queryParts {
		if text, given := texts[name]; given {
			pairs = append(pairs, name+"="+escape(text))
		}
	}
	if dynamic, ok := parameters.(types.Dynamic); ok {
		parameters = dynamic.UnderlyingValue()
	}
	if parameters == nil || parameters.IsNull() {
		return strings.Join(pairs, "&"), nil
	}
	further, ok := members(parameters)
	if !ok {
		return "", &partError{`"parameters"`, "must be a map of strings"}
	}
	for _, name := range sortedNames(further) {
		if name == "" {
			return "", &partError{`"parameters"`, "holds a parameter without a name"}
		}
		if !parameterForm.MatchString(name) {
			return "", &partError{`"parameters"`, "holds a name that no parameter has"}
		}
		if own := partNames[name]; own != "" || slices.Contains(urlParts, name) || slices.Contains(queryParts, name) {
			return "", &partError{fmt.Sprintf("%q in \"parameters\"", name), fmt.Sprintf("is a part of its own: write %q "+
				"beside \"host\"", cmp.Or(own, name))}
		}
		text, present, err := partText(name, further[name])
		if err != nil {
			return "", err
		}
		if present {
			pairs = append(pairs, escape(name)+"="+escape(text))
		}
	}
	return strings.Join(pairs, "&"), nil
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// escape writes every byte that is not "unreserved" (RFC 3986) as %XX. It is stricter than
// net/url, since libpq and node-postgres differ in what they take for a separator and
// in whether "+" is a space.
func escape(text string) string { return escapeExcept(text, "") }

// escapeDatabase leaves alone what may stand in a path as it is: node-postgres does not
// decode these characters there. An at sign is escaped all the same: in front of it a password may end.
func escapeDatabase(text string) string { return escapeExcept(text, "!$&'()*+,;=:") }

func escapeExcept(text, kept string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z',
			'A' <= c && c <= 'Z',
			'0' <= c && c <= '9',
			strings.IndexByte("-._~", c) >= 0,
			strings.IndexByte(kept, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
