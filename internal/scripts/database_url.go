// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgurl"
)

// sslModes are what tlsSettings.js knows; no-verify is a word of the driver's own.
var sslModes = []string{"", "disable", "allow", "prefer", "require", "verify-ca", "verify-full", "no-verify"}

// CheckTLS tells what the scripts would make of a URL that CheckDatabaseURL accepts, with an authority of its own or without,
// that its author may not expect. refused names what they do not read; unverified is what they do not verify, "" for
// nothing. Neither holds anything of the text but names of parameters.
func CheckTLS(text string, authority bool) (refused []string, unverified string) {
	u, err := pgurl.Parse(text)
	if err != nil {
		return nil, ""
	}
	for name := range u.Parameters {
		if name != "sslmode" && strings.HasPrefix(strings.ToLower(name), "ssl") {
			refused = append(refused, name)
		}
	}
	slices.Sort(refused)
	if host := u.Hosts[0].Name; pgurl.IsSocket(host) || host == "localhost" || net.ParseIP(host).IsLoopback() {
		return refused, ""
	}
	switch mode := u.Parameters["sslmode"]; {
	case mode == "disable", mode == "allow", mode == "prefer":
		return refused, "that anything is encrypted"
	case (mode == "" || mode == "require") && !authority:
		return refused, "who the server is"
	case (mode == "" || mode == "require" || mode == "verify-ca") && authority:
		return refused, "that the certificate is for this host"
	}
	return refused, ""
}

// CheckAuthority tells why a text is no certificate authority that the scripts could trust, or nothing. Line breaks may be
// written as two characters.
func CheckAuthority(text string) error {
	rest, certificates, others := []byte(strings.ReplaceAll(text, `\n`, "\n")), 0, 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			others++
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return errors.New("it has a block that is called a certificate and is none")
		}
		certificates++
	}
	switch {
	case others > 0:
		return errors.New("it has something else than certificates, such as a private key, which nobody needs here")
	case certificates == 0:
		return errors.New("it has no certificate in PEM")
	case strings.TrimSpace(string(rest)) != "":
		return errors.New("behind the last certificate there is something that is none")
	}
	return nil
}

// CheckDatabaseURL tells why every script would refuse this text as the URL of the database, or why it could mean two
// things; otherwise it returns nil. It asks what connectionSettings.js asks. The error holds nothing of the text, which
// is a secret.
func CheckDatabaseURL(text string) error {
	u, err := pgurl.Parse(text)
	if err != nil {
		return err
	}
	switch {
	case len(u.Hosts) == 0 || u.Hosts[0].Name == "":
		return errors.New("it names no host")
	case len(u.Hosts) > 1:
		return errors.New("it names more than one host, and the scripts' driver takes one")
	case strings.Contains(u.Hosts[0].Name, "%") && !pgurl.IsSocket(u.Hosts[0].Name):
		return errors.New("its host has a zone, which the scripts' driver does not take")
	case u.User == "":
		return errors.New("it names no user")
	case u.Database == "":
		return errors.New("it names no database")
	case !slices.Contains(sslModes, u.Parameters["sslmode"]):
		return errors.New("its sslmode is none of disable, allow, prefer, require, verify-ca and verify-full")
	}
	return nil
}
