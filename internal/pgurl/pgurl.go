// SPDX-License-Identifier: MPL-2.0

// Package pgurl takes a PostgreSQL URL apart, strictly. Parsers that guess take a piece of a password that was not
// percent-encoded for the host, look it up in DNS and print it. Whatever could mean two things is an error here, and no
// error holds anything of the URL but the name of a parameter.
package pgurl

import (
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// URL is what a URL says. A part that it leaves out is empty.
type URL struct {
	User, Password string
	// Hosts are the servers: a name, an address without brackets, or the folder of a socket.
	Hosts []Host
	// Database is decoded, without the slash in front of it.
	Database string
	// Parameters are those of the query by their names.
	Parameters map[string]string
}

// Host is one server of a URL.
type Host struct {
	Name string
	Port string // "" where there is none
}

// The reasons are complete sentences without their beginnings: "it ...".
var (
	errScheme   = errors.New("it does not begin with postgres:// or postgresql://")
	errReserved = errors.New("a part of it is not percent-encoded: in user, password and database, each of : / ? # [ ] " +
		"@ % must be, and so must blanks, quotes and backslashes everywhere")
	errEncoding  = errors.New("a part of it is not percent-encoded: a % stands without two hexadecimal digits after it")
	errUTF8      = errors.New("a part of it is not UTF-8, or holds a control character")
	errHost      = errors.New("its host is no host name, no address and no folder of a socket")
	errPort      = errors.New("its port is no number from 1 to 65535")
	errQuery     = errors.New("its query is not made of parameters, each a name, an equals sign and a value")
	errDuplicate = errors.New("its query names a parameter twice")
)

// Form is what a URL looks like, for a remedy.
const Form = "postgres://user:password@host:5432/database?sslmode=verify-full"

// Parse takes a URL apart.
func Parse(text string) (*URL, error) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found || scheme != "postgres" && scheme != "postgresql" {
		return nil, errScheme
	}
	if strings.ContainsFunc(rest, neverRaw) {
		return nil, errReserved
	}
	authority, tail := rest, ""
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		authority, tail = rest[:end], rest[end:]
	}
	// An at sign further on, or a second one, is one of a password that also holds a slash or a question mark.
	if strings.Contains(tail, "@") || strings.Count(authority, "@") > 1 {
		return nil, errReserved
	}
	u := &URL{Parameters: map[string]string{}}
	hosts := authority
	if info, after, given := strings.Cut(authority, "@"); given {
		hosts = after
		if err := u.readUser(info); err != nil {
			return nil, err
		}
	}
	if err := u.readHosts(hosts); err != nil {
		return nil, err
	}
	path, query, _ := strings.Cut(tail, "?")
	if err := u.readDatabase(strings.TrimPrefix(path, "/")); err != nil {
		return nil, err
	}
	return u, u.readQuery(query)
}

// neverRaw are characters that stand in no URL unencoded. (Brackets are looked at where they occur.)
func neverRaw(r rune) bool {
	return r <= ' ' || r == 0x7f || r == utf8.RuneError || strings.ContainsRune("#\"<>\\^`{|}", r)
}

func (u *URL) readUser(info string) (err error) {
	user, password, _ := strings.Cut(info, ":")
	if u.User, err = decode(user, ":/?[]"); err != nil {
		return err
	}
	u.Password, err = decode(password, ":/?[]")
	return err
}

func (u *URL) readDatabase(path string) (err error) {
	u.Database, err = decode(path, "/[]")
	return err
}

// hostForm is what DNS names and container names are made of.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$`)

func (u *URL) readHosts(text string) error {
	if text == "" {
		return nil
	}
	for one := range strings.SplitSeq(text, ",") {
		host, err := readHost(one)
		if err != nil {
			return err
		}
		if host.Name == "" && one != text {
			return errHost // a list with a hole
		}
		u.Hosts = append(u.Hosts, host)
	}
	return nil
}

func readHost(text string) (Host, error) {
	name, port, given := strings.Cut(text, ":")
	if strings.HasPrefix(text, "[") {
		inner, after, closed := strings.Cut(text[1:], "]")
		address, err := netip.ParseAddr(strings.Replace(inner, "%25", "%", 1))
		if !closed || err != nil || !address.Is6() || after != "" && after[0] != ':' {
			return Host{}, errHost
		}
		name, port, given = address.String(), strings.TrimPrefix(after, ":"), after != ""
	} else {
		decoded, err := decode(name, "[]")
		if err != nil {
			return Host{}, err
		}
		if strings.Contains(decoded, ",") {
			return Host{}, errHost // the driver takes it for a list
		}
		if strings.Contains(decoded, "@") {
			return Host{}, errHost // a piece of a password rather than of a folder's name
		}
		if !IsSocket(decoded) && (decoded != name || name != "" && !hostForm.MatchString(name)) {
			return Host{}, errHost
		}
		name = decoded
	}
	if given && port != "" && !IsPort(port) {
		return Host{}, errPort
	}
	return Host{name, port}, nil
}

// IsSocket reports whether a host is the folder of a socket.
func IsSocket(host string) bool { return strings.HasPrefix(host, "/") }

// IsPort reports whether a text is a port's number.
func IsPort(text string) bool {
	number, err := strconv.ParseUint(text, 10, 16)
	return err == nil && number > 0 && strconv.FormatUint(number, 10) == text
}

// nameForm is what parameters are called. Nothing else is shown as the name of one.
var nameForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)

func (u *URL) readQuery(query string) error {
	if query == "" {
		return nil
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, found := strings.Cut(pair, "=")
		if !found || !nameForm.MatchString(name) {
			return errQuery
		}
		decoded, err := decode(value, "?[]")
		if err != nil {
			return err
		}
		if _, twice := u.Parameters[name]; twice {
			return errDuplicate
		}
		u.Parameters[name] = decoded
	}
	return nil
}

// decode takes the percent-encoding away from a part in which the reserved characters must not stand as they are.
func decode(part, reserved string) (string, error) {
	if strings.ContainsAny(part, reserved) {
		return "", errReserved
	}
	var b strings.Builder
	for i := 0; i < len(part); i++ {
		if part[i] != '%' {
			b.WriteByte(part[i])
			continue
		}
		if i+2 >= len(part) {
			return "", errEncoding
		}
		code, err := strconv.ParseUint(part[i+1:i+3], 16, 8)
		if err != nil {
			return "", errEncoding
		}
		b.WriteByte(byte(code))
		i += 2
	}
	text := b.String()
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return "", errUTF8
	}
	return text, nil
}

// What becomes of a parameter that a URL names. libpq's names are in the documentation, section 32.1.2.
const (
	taken   = iota + 1 // the driver heeds it
	ignored            // it tunes what the driver has no part in, and nothing depends on it
	refused            // it asks for something that would silently not be done
)

// parameters are all that libpq knows, and no others: an unknown one would be sent to the server as a setting.
var parameters = map[string]int{
	"host": taken, "port": taken, "dbname": taken, "user": taken, "password": taken, "passfile": taken,
	"connect_timeout": taken, "sslmode": taken, "sslkey": taken, "sslcert": taken, "sslrootcert": taken, "sslpassword": taken,
	"sslsni": taken, "sslnegotiation": taken, "krbsrvname": taken, "target_session_attrs": taken, "channel_binding": taken,
	"min_protocol_version": taken, "max_protocol_version": taken, "service": taken, "options": taken, "application_name": taken,

	"fallback_application_name": ignored, "keepalives": ignored, "keepalives_idle": ignored, "keepalives_interval": ignored,
	"keepalives_count": ignored, "tcp_user_timeout": ignored, "client_encoding": ignored, "sslcompression": ignored,
	"gsslib": ignored, "gssdelegation": ignored, "load_balance_hosts": ignored,

	"hostaddr": refused, "require_auth": refused, "requirepeer": refused, "requiressl": refused, "replication": refused,
	"sslcrl": refused, "sslcrldir": refused, "sslcertmode": refused, "sslkeylogfile": refused,
	"ssl_min_protocol_version": refused, "ssl_max_protocol_version": refused,
	"scram_client_key": refused, "scram_server_key": refused,
	"oauth_issuer": refused, "oauth_client_id": refused, "oauth_client_secret": refused, "oauth_scope": refused,
}

// harmless are values with which a refused parameter asks for what is done anyway.
var harmless = map[string][]string{
	"gssencmode":               {"", "disable", "prefer"},
	"sslcertmode":              {"", "allow"},
	"ssl_min_protocol_version": {"", "TLSv1", "TLSv1.1", "TLSv1.2"},
	"ssl_max_protocol_version": {"", "TLSv1.3"},
	"requiressl":               {"", "0"},
	"replication":              {"", "false", "off", "no", "0"},
}

// ParameterError is a parameter that the driver would not heed.
type ParameterError struct {
	// Name is what stands in a parameter's place. [ParameterError.Error] tells whether it may be shown.
	Name string

	known bool
	// doubtful names may be a piece of something else: without an @, what was meant for the password may stand there.
	doubtful bool
}

func (e *ParameterError) Error() string {
	switch {
	case e.doubtful:
		return "it has no user before an @, and a parameter that PostgreSQL's clients do not know"
	case e.known:
		return "its parameter " + e.Name + " asks for something that this provider cannot do"
	}
	return "its parameter " + e.Name + " is none that PostgreSQL's clients know"
}

// Settings are the parameters for the driver, without those that make no difference. Its error is a [ParameterError].
func (u *URL) Settings() (map[string]string, error) {
	settings := map[string]string{}
	names := make([]string, 0, len(u.Parameters))
	for name := range u.Parameters {
		names = append(names, name)
	}
	slices.Sort(names) // the same complaint each time
	for _, name := range names {
		value, fate := u.Parameters[name], parameters[name]
		values, some := harmless[name]
		switch {
		case fate == ignored || some && slices.Contains(values, value):
		case fate == taken:
			settings[name] = value
		default:
			known := fate == refused || some
			return nil, &ParameterError{Name: name, known: known, doubtful: !known && u.User == ""}
		}
	}
	return settings, nil
}
