// SPDX-License-Identifier: MPL-2.0

package localpostgres

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority is a private certificate authority with the server's certificate.
type authority struct {
	dir                       string
	caFile, certFile, keyFile string

	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newAuthority makes an authority and a certificate for the addresses and localhost, and writes both for the account.
func newAuthority(dir string, as *account, addresses []string) (*authority, error) {
	a := &authority{
		dir:      dir,
		caFile:   filepath.Join(dir, "ca.crt"),
		certFile: filepath.Join(dir, "server.crt"),
		keyFile:  filepath.Join(dir, "server.key"),
	}
	if err := a.create(as, addresses); err != nil {
		return nil, fmt.Errorf("making the server's certificate: %w", err)
	}
	return a, nil
}

func (a *authority) create(as *account, addresses []string) error {
	if err := os.Mkdir(a.dir, 0o755); err != nil {
		return err
	}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	template := certificateTemplate("auth0pg test authority")
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		return err
	}
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	if err := writePEM(a.caFile, "CERTIFICATE", der, 0o644); err != nil {
		return err
	}

	server := certificateTemplate("localhost")
	server.DNSNames = []string{"localhost"}
	for _, address := range addresses {
		if ip := net.ParseIP(address); ip != nil {
			server.IPAddresses = append(server.IPAddresses, ip)
		}
	}
	server.KeyUsage = x509.KeyUsageDigitalSignature
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	// The kind of key that the certificates of managed services have; what a handshake costs depends on it.
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	if err := a.issue(server, key, a.certFile, a.keyFile); err != nil {
		return err
	}
	return as.own(a.dir, a.caFile, a.certFile, a.keyFile)
}

// issue signs a certificate for the key and writes both.
func (a *authority) issue(template *x509.Certificate, key crypto.Signer, certFile, keyFile string) error {
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return err
	}
	if err := writePEM(certFile, "CERTIFICATE", der, 0o644); err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(keyFile, "PRIVATE KEY", keyDER, 0o600)
}

// ClientCertificate issues a certificate that names user, for pg_hba's cert method. It needs Options.TLS.
func (s *Server) ClientCertificate(user string) (certFile, keyFile string, err error) {
	if s.tls == nil {
		return "", "", fmt.Errorf("issuing a client certificate: the server was started without TLS")
	}
	dir, err := os.MkdirTemp(s.tls.dir, "client-")
	if err != nil {
		return "", "", fmt.Errorf("issuing a client certificate: %w", err)
	}
	certFile, keyFile = filepath.Join(dir, "client.crt"), filepath.Join(dir, "client.key")
	template := certificateTemplate(user)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("issuing a client certificate: %w", err)
	}
	if err := s.tls.issue(template, key, certFile, keyFile); err != nil {
		return "", "", fmt.Errorf("issuing a client certificate: %w", err)
	}
	return certFile, keyFile, nil
}

func certificateTemplate(commonName string) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err) // the system's randomness does not fail
	}
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: commonName},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
}

func writePEM(file, kind string, der []byte, mode os.FileMode) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}
