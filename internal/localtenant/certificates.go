// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	// authorityLifetime is how long the authority of a folder is good for.
	authorityLifetime = 10 * 365 * 24 * time.Hour
	// certificateLifetime is as long as browsers accept a certificate.
	certificateLifetime = 397 * 24 * time.Hour
)

// Certificate returns a certificate for names and addresses of this machine, and the
// path of the authority's, in PEM, that clients have to trust. Both are made in the folder at
// the first call; the authority stays until it expires, the certificate is made anew each time.
func Certificate(folder string, hosts ...string) (certificate tls.Certificate, authority string, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return tls.Certificate{}, "", err
	}
	authority = filepath.Join(folder, "ca.pem")
	issuer, err := loadAuthority(authority, filepath.Join(folder, "ca-key.pem"))
	if err != nil {
		if issuer, err = makeAuthority(authority, filepath.Join(folder, "ca-key.pem")); err != nil {
			return tls.Certificate{}, "", fmt.Errorf("making a certificate authority in %s: %w", folder, err)
		}
	}
	certificate, err = issue(issuer, hosts)
	return certificate, authority, err
}

func loadAuthority(certificate, key string) (tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	if time.Now().Add(certificateLifetime).After(pair.Leaf.NotAfter) {
		return tls.Certificate{}, errors.New("the authority expires")
	}
	return pair, nil
}

func template(name string, lifetime time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(lifetime),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
	}, nil
}

func makeAuthority(certificate, key string) (tls.Certificate, error) {
	made, err := template("auth0pg local tenant", authorityLifetime)
	if err != nil {
		return tls.Certificate{}, err
	}
	made.IsCA, made.MaxPathLenZero, made.KeyUsage = true, true, x509.KeyUsageCertSign
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	signed, err := x509.CreateCertificate(rand.Reader, made, made, private.Public(), private)
	if err != nil {
		return tls.Certificate{}, err
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), 0o600); err != nil {
		return tls.Certificate{}, err
	}
	if err := os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), 0o644); err != nil {
		return tls.Certificate{}, err
	}
	return loadAuthority(certificate, key)
}

func issue(issuer tls.Certificate, hosts []string) (tls.Certificate, error) {
	made, err := template("local tenant", certificateLifetime)
	if err != nil {
		return tls.Certificate{}, err
	}
	made.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, host := range append([]string{"localhost", "127.0.0.1", "::1"}, hosts...) {
		if address := net.ParseIP(host); address != nil {
			made.IPAddresses = append(made.IPAddresses, address)
		} else if host != "" {
			made.DNSNames = append(made.DNSNames, host)
		}
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	signed, err := x509.CreateCertificate(rand.Reader, made, issuer.Leaf, private.Public(), issuer.PrivateKey)
	return tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: private}, err
}
