// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// The example exchange of RFC 7677: password "pencil", its salt, its client proof and its
// server signature. A verifier that is right lets the server accept that very proof.
func TestVerifierAgainstRFC7677(t *testing.T) {
	t.Parallel()
	salt, _ := base64.StdEncoding.DecodeString("W22ZaJ0SNY7soEsUEjb6gQ==")
	v, err := deriveVerifier("pencil", salt, 4096)
	if err != nil {
		t.Fatal(err)
	}
	const message = "n=user,r=rOprNGfwEbeRWgbNEkqO," +
		"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096," +
		"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
	if got, want := base64.StdEncoding.EncodeToString(sign(v.serverKey, message)), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="; got != want {
		t.Errorf("server signature %s, want %s", got, want)
	}
	proof, _ := base64.StdEncoding.DecodeString("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
	signature := sign(v.storedKey, message)
	clientKey := make([]byte, len(proof))
	for i := range proof {
		clientKey[i] = proof[i] ^ signature[i]
	}
	if !bytes.Equal(digest(clientKey), v.storedKey) {
		t.Error("the example's client proof does not fit the stored key")
	}
}

func TestVerifierRoundTrip(t *testing.T) {
	t.Parallel()
	v, err := NewVerifier(`p"a's\s$w:ord`, 5000)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ParseVerifier(v.Secret())
	if err != nil {
		t.Fatal(err)
	}
	if !parsed.Matches(`p"a's\s$w:ord`) || parsed.Matches(`p"a's\\s$w:ord`) || parsed.Iterations != 5000 {
		t.Error("the parsed verifier does not tell its password from another")
	}
	if parsed.Fingerprint() != v.Fingerprint() {
		t.Error("the fingerprint changed on the way through the text")
	}
	again, err := NewVerifier(`p"a's\s$w:ord`, 5000)
	if err != nil {
		t.Fatal(err)
	}
	if again.Secret() == v.Secret() {
		t.Error("two verifiers of one password are equal: the salt is not random")
	}
}

func TestVerifierIsNotPrinted(t *testing.T) {
	t.Parallel()
	v, err := NewVerifier("secret", DefaultIterations)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), fmt.Sprintf("%v", []Verifier{v})[1:23]} {
		if text != "SCRAM-SHA-256 verifier" {
			t.Errorf("printing shows %q", text)
		}
	}
}

func TestParseVerifierRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "md5d41d8cd98f00b204e9800998ecf8427e", "SCRAM-SHA-256$0:c2FsdA==$YQ==:YQ==", "SCRAM-SHA-256$4096:c2FsdA==", "SCRAM-SHA-256$4096:c2FsdA==$YQ==:YQ==", "SCRAM-SHA-1$4096:c2FsdA==$YQ==:YQ=="} {
		if _, err := ParseVerifier(text); !errors.Is(err, ErrVerifier) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "with space", "tab\t", "new\nline", "é", "\x7f", "\x00", "soft\u00adhyphen"} {
		err := CheckPassword(bad)
		if !errors.Is(err, ErrPassword) {
			t.Errorf("%q was accepted", bad)
		} else if bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
	var all strings.Builder
	for c := byte(0x21); c <= 0x7E; c++ {
		all.WriteByte(c)
	}
	if err := CheckPassword(all.String()); err != nil {
		t.Error(err)
	}
}

func digest(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}
