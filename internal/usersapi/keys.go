// SPDX-License-Identifier: MPL-2.0

package usersapi

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
)

// keys are the tenant's public keys, by their ids. A token that names another one has them fetched again, since the
// tenant may have a new one; so does time, since it may have revoked one.
type keys struct {
	url string
	now func() time.Time

	mu    sync.Mutex
	known map[string]*rsa.PublicKey
	// fetched is when they were fetched, tried when that was last tried.
	fetched, tried time.Time
	err            error         // why the last try failed
	fetching       chan struct{} // closed when the fetch that is under way has ended; nil for none
}

const (
	// keysPause is the time between two tries, so that tokens with ids that nobody has are no burden for the tenant.
	// keysRest is that between two that are only to find out what was revoked, where the tenant does not answer.
	keysPause, keysRest = 5 * time.Second, time.Minute
	// keysAge is how long keys are used before they are fetched again, keysEnd how long where that fails.
	keysAge, keysEnd = 10 * time.Minute, 24 * time.Hour
	maxKeys          = 256 << 10
	minKeyBits       = 2048
)

func newKeys(url string, now func() time.Time) *keys { return &keys{url: url, now: now} }

// key is the public key of this id. Who has one that is known does not wait for those whose is not.
func (k *keys) key(ctx context.Context, id string) (*rsa.PublicKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok := k.known[id]
	if !ok || k.age() > keysAge {
		k.fetch(ctx, ok)
		key, ok = k.known[id]
	}
	switch {
	case ok && k.age() < keysEnd:
		return key, nil
	case k.known == nil || k.age() >= keysEnd:
		return nil, k.missing()
	}
	return nil, unauthorized("the tenant has no key of the token's id (kid)")
}

func (k *keys) age() time.Duration { return k.now().Sub(k.fetched) }

func (k *keys) missing() error {
	err := k.err
	if err == nil {
		err = errors.New("they are being fetched")
	}
	return unavailable(fmt.Errorf("the keys that tokens are checked with: %w", err))
}

func (k *keys) ready(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil || k.age() > keysAge {
		k.fetch(ctx, k.known != nil)
	}
	if k.known == nil || k.age() >= keysEnd {
		return k.missing()
	}
	return nil
}

// fetch brings what is known up to date, unless that was tried just now. It is called with the lock, which it gives up
// while it waits; whoever comes meanwhile waits for the same answer.
func (k *keys) fetch(ctx context.Context, known bool) {
	pause := keysPause
	if known && k.err != nil {
		pause = keysRest
	}
	if k.fetching == nil && (k.tried.IsZero() || k.now().Sub(k.tried) >= pause) {
		k.tried, k.fetching = k.now(), make(chan struct{})
		go k.fetchNow(context.WithoutCancel(ctx)) // whoever asked may go: the keys are for all
	}
	fetching := k.fetching
	if fetching == nil {
		return
	}
	k.mu.Unlock()
	select {
	case <-fetching:
	case <-ctx.Done():
	}
	k.mu.Lock()
}

func (k *keys) fetchNow(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	known, err := fetchKeys(ctx, k.url)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err = err; err == nil {
		k.known, k.fetched = known, k.now()
	}
	close(k.fetching)
	k.fetching = nil
}

func fetchKeys(ctx context.Context, url string) (map[string]*rsa.PublicKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := httpClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // read as far as it is wanted
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the tenant answers HTTP status %d", response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxKeys))
	if err != nil {
		return nil, err
	}
	set, err := jwk.Parse(text, jwk.WithIgnoreParseError(true))
	if err != nil {
		return nil, errors.New("the tenant's answer is no set of keys")
	}
	known := rsaKeys(set)
	if len(known) == 0 {
		return nil, errors.New("the tenant's answer has no RSA key for signatures")
	}
	return known, nil
}

// rsaKeys are those that sign with RS256, by their ids.
func rsaKeys(set jwk.Set) map[string]*rsa.PublicKey {
	known := map[string]*rsa.PublicKey{}
	for i := range set.Len() {
		key, _ := set.Key(i)
		var public rsa.PublicKey
		use, algorithm := key.KeyUsage(), key.Algorithm().String()
		if key.KeyType() != jwa.RSA || key.KeyID() == "" || use != "" && use != "sig" ||
			algorithm != "" && algorithm != jwa.RS256.String() || key.Raw(&public) != nil || public.N.BitLen() < minKeyBits {
			continue
		}
		known[key.KeyID()] = &public
	}
	return known
}
