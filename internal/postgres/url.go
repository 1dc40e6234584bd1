// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgurl"
)

// CheckURL tells why the provider would refuse a URL, or returns nil. The error holds nothing of the URL but the name
// of a parameter.
func CheckURL(text string) error {
	_, err := urlSettings(text)
	return err
}

// urlSettings are what a URL says, by libpq's names.
func urlSettings(text string) (map[string]string, error) {
	u, err := pgurl.Parse(text)
	if err != nil {
		return nil, err
	}
	settings := map[string]string{"user": u.User, "password": u.Password, "dbname": u.Database}
	var hosts, ports []string
	for _, host := range u.Hosts {
		hosts, ports = append(hosts, host.Name), append(ports, host.Port)
	}
	settings["host"] = strings.Join(hosts, ",")
	if strings.Join(ports, "") != "" {
		for i := range ports {
			if ports[i] == "" {
				ports[i] = "5432"
			}
		}
		settings["port"] = strings.Join(ports, ",")
	}
	named, err := u.Settings()
	if err != nil {
		return nil, err
	}
	for name, value := range named { // as in libpq, these win
		settings[name] = value
	}
	return settings, nil
}

// keywords writes settings as libpq's keyword/value string. It is never parsed as a URL.
func keywords(settings map[string]string) string {
	var pairs []string
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	for name, value := range settings {
		if value != "" {
			pairs = append(pairs, name+"='"+quote.Replace(value)+"'")
		}
	}
	return strings.Join(pairs, " ")
}

const serviceVariable = "PGSERVICE"

// environment is held while a variable is out of sight.
var environment sync.Mutex

// withoutService hides PGSERVICE, which the driver reads whatever else it is told, and fails over where there is no such
// service.
func withoutService[T any](hidden bool, parse func() (T, error)) (T, error) {
	environment.Lock()
	defer environment.Unlock()
	if service, set := os.LookupEnv(serviceVariable); set && hidden {
		_ = os.Unsetenv(serviceVariable) // fails on malformed names only
		defer func() { _ = os.Setenv(serviceVariable, service) }()
	}
	return parse()
}

// whole reports whether settings leave nothing to a service that matters to where a connection leads.
func whole(settings map[string]string) bool {
	return settings["host"] != "" && settings["user"] != "" && settings["dbname"] != ""
}

// parseKeywords lets the driver read settings together with the PG* variables.
func parseKeywords(settings map[string]string) (*pgx.ConnConfig, error) {
	return withoutService(whole(settings), func() (*pgx.ConnConfig, error) { return pgx.ParseConfig(keywords(settings)) })
}

// newPoolConfig is an empty configuration: what matters in it is replaced.
func newPoolConfig() (*pgxpool.Config, error) {
	return withoutService(true, func() (*pgxpool.Config, error) { return pgxpool.ParseConfig("") })
}

// urlError says what is wrong with a URL.
func urlError(err error) *ConfigError {
	reason := "the URL cannot be used: " + err.Error() + ". It must have the form " + pgurl.Form + ", every part percent-encoded."
	var parameter *pgurl.ParameterError
	if errors.As(err, &parameter) {
		reason = "the URL cannot be used: " + err.Error() + ". Remove it from the URL; settings of the server go into " +
			"options, as in options=-c%20search_path%3Dapp."
	}
	return &ConfigError{Attribute: "url", Reason: reason}
}

// fileError is a file that cannot be read, at the setting that names it.
func (c Config) fileError(file *fs.PathError) *ConfigError {
	attribute := "sslrootcert"
	if c.URL != "" && c.SSLRootCert == "" {
		attribute = "url"
	}
	switch file.Path {
	case c.SSLCert:
		attribute = "sslcert"
	case c.SSLKey:
		attribute = "sslkey"
	}
	if strings.ContainsAny(file.Path, "\r\n") || strings.Contains(file.Path, "-----BEGIN") {
		return &ConfigError{Attribute: attribute, Reason: "it is no path of a file. The content of a certificate or key " +
			"goes into a file, and that file's path here."}
	}
	return &ConfigError{Attribute: attribute, Reason: file.Error() + "."}
}

// hostName is what a host may look like: a name or an address, or the folder of a socket.
var hostName = regexp.MustCompile(`^([A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]+)?|/[^@]*|@[A-Za-z0-9._/-]+)$`)

// checkNames refuses what is no host before it is looked up, and a URL in the place of a name before it is shown: either
// may hold a password. Settings come from the URL, from attributes and from PG* variables.
func checkNames(config *pgx.ConnConfig) *ConfigError {
	hosts := []string{config.Host}
	for _, fallback := range config.Fallbacks {
		hosts = append(hosts, fallback.Host)
	}
	for _, host := range hosts {
		if !hostName.MatchString(host) {
			return &ConfigError{Attribute: "host", Reason: "it is no host name, no address and no folder of a socket. " +
				"It may come from postgres.url or PGHOST, too. User, password and database have attributes of their own."}
		}
	}
	for attribute, name := range map[string]string{"database": config.Database, "username": config.User} {
		if strings.Contains(name, "://") {
			return &ConfigError{Attribute: attribute, Reason: "it is a URL, which belongs into postgres.url. It may " +
				"come from a PG* variable, too."}
		}
	}
	return nil
}
