// SPDX-License-Identifier: MPL-2.0

package check

import (
	"bytes"
	"math/big"
	"regexp"
	"strings"
)

const crypt64Letters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// crypt64Bytes are the first bytes of crypt's base64, which has its own letters and the lowest bits first.
func crypt64Bytes(text string, length int) []byte {
	all := make([]byte, 0, length)
	bits, held := 0, 0
	for i := 0; i < len(text) && len(all) < length; i++ {
		bits |= strings.IndexByte(crypt64Letters, text[i]) << held
		if held += 6; held >= 8 {
			all = append(all, byte(bits))
			bits, held = bits>>8, held-8
		}
	}
	if len(all) < length {
		all = append(all, byte(bits))
	}
	return all
}

var cryptForm = regexp.MustCompile(
	`^\$(?:(1|apr1)|([56])(?:\$rounds=(\d{1,9}))?)\$([^$]{0,16})\$([./A-Za-z0-9]{22,86})$`)

// readCrypt reads crypt(3) with MD5 ($1$, $apr1$), SHA-256 ($5$) and SHA-512 ($6$). The latter two have rounds=<rounds>$
// in front of the salt, or 5000. The key is compared as it is written.
func readCrypt(_ *Checker, v value) []Meaning {
	m := cryptForm.FindStringSubmatch(v.stored)
	if m == nil {
		return nil
	}
	rounds, kind := 1000, m[1]+m[2]
	if m[2] != "" {
		rounds = 5000
		if m[3] != "" {
			rounds = max(number(m[3]), 1000)
		}
	}
	work := rounds / 16 * (64 + len(v.password)) / 64
	return keyFits([]byte(m[5]), work, func() []byte { return []byte(cryptKey(kind, rounds, m[4], v.password)) })
}

// cryptOrder says how the key's bytes are written, the last first: those that are left, and then three that are so far
// apart, which of them comes first turning with each.
type cryptOrder struct {
	digest    string
	far, turn int
	left      []int
}

var cryptOrders = map[string]cryptOrder{
	"1": {"md5", 6, 0, []int{11}}, "apr1": {"md5", 6, 0, []int{11}},
	"5": {"sha256", 10, 2, []int{31, 30}}, "6": {"sha512", 21, 1, []int{63}},
}

// cryptKey is the key as written.
func cryptKey(kind string, rounds int, salt, secret string) string {
	order := cryptOrders[kind]
	sha := order.turn != 0
	key := cryptStart(kind, order, sha, salt, secret)
	if sha {
		repeated := digest(order.digest, strings.Repeat(secret, len(secret)))
		salts := digest(order.digest, strings.Repeat(salt, 16+int(key[0])))
		secret, salt = filled(repeated, len(secret)), filled(salts, len(salt))
	}
	for i := range rounds {
		var all bytes.Buffer
		odd := func(even, odd string) { // one of the two
			if i&1 == 1 {
				even = odd
			}
			all.WriteString(even)
		}
		odd(string(key), secret)
		if i%3 != 0 {
			all.WriteString(salt)
		}
		if i%7 != 0 {
			all.WriteString(secret)
		}
		odd(secret, string(key))
		key = digest(order.digest, all.String())
	}
	return order.write(key)
}

// cryptStart is the key before the rounds.
func cryptStart(kind string, order cryptOrder, sha bool, salt, secret string) []byte {
	other := string(digest(order.digest, secret, salt, secret))
	zero, one, magic := secret[:1], "\x00", "$"+kind+"$"
	if sha {
		zero, one, magic = secret, other, ""
	}
	var bits strings.Builder
	for n := len(secret); n > 0; n >>= 1 {
		if n&1 == 1 {
			bits.WriteString(one)
		} else {
			bits.WriteString(zero)
		}
	}
	return digest(order.digest, secret, magic, salt, filled([]byte(other), len(secret)), bits.String())
}

// filled are so many bytes, the given ones again and again.
func filled(with []byte, length int) string {
	return string(bytes.Repeat(with, length/len(with)+1)[:length])
}

func (o cryptOrder) write(key []byte) string {
	order := append([]int(nil), o.left...)
	for i := len(key)/3 - 1; i >= 0; i-- {
		for n := range 3 {
			order = append(order, i+o.far*((n+o.turn*i)%3))
		}
	}
	all := make([]byte, len(order))
	for i, n := range order {
		if n >= len(key) { // MD5 has no 17th byte: the 6th stands for it
			n = 5
		}
		all[i] = key[n]
	}
	number, letters, rest := new(big.Int).SetBytes(all), big.NewInt(64), new(big.Int)
	var text strings.Builder
	for text.Len()*3 < len(key)*4 {
		number.DivMod(number, letters, rest)
		text.WriteByte(crypt64Letters[rest.Int64()])
	}
	return text.String()
}
