// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// TenantHandle is the tenant that a test works with.
type TenantHandle struct {
	// URL is its base, without a slash at the end.
	URL string
	// Local is the local tenant, for what a test may do to it; nil when it is a real one.
	Local *localtenant.Tenant

	t            testing.TB
	clientID     string
	clientSecret string
	audience     string
	apiToken     string // instead of the client, when the real tenant is named with one

	mu    sync.Mutex
	token string // the test's own, for API
}

// Tenant is a fresh local tenant, closed when the test ends or, against a real one, the tenant that the AUTH0_*
// variables name.
func Tenant(t testing.TB) *TenantHandle {
	t.Helper()
	if !Real() {
		return TenantWith(t, localtenant.Options{})
	}
	domain := os.Getenv("AUTH0_DOMAIN")
	h := &TenantHandle{URL: "https://" + domain, t: t,
		clientID: os.Getenv("AUTH0_CLIENT_ID"), clientSecret: os.Getenv("AUTH0_CLIENT_SECRET"),
		audience: os.Getenv("AUTH0_AUDIENCE"), apiToken: os.Getenv("AUTH0_API_TOKEN")}
	if h.audience == "" {
		h.audience = h.URL + "/api/v2/"
	}
	if domain == "" || h.apiToken == "" && (h.clientID == "" || h.clientSecret == "") {
		t.Fatal("a real tenant is asked for: it needs AUTH0_DOMAIN, and AUTH0_CLIENT_ID with " +
			"AUTH0_CLIENT_SECRET or AUTH0_API_TOKEN")
	}
	return h
}

// TenantWith is a fresh local tenant that behaves as the options say, for tests of what a real one cannot be made to do.
func TenantWith(t testing.TB, o localtenant.Options) *TenantHandle {
	t.Helper()
	if Real() {
		t.Skip("needs a tenant that can be made to misbehave, and the suite runs against a real one")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	local, err := localtenant.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := local.Close(); err != nil {
			t.Errorf("closing the local tenant: %v", err)
		}
	})
	return &TenantHandle{URL: local.URL(), Local: local, t: t,
		clientID: local.ClientID(), clientSecret: local.ClientSecret(), audience: local.Audience()}
}

// LocalTenant is TenantWith without options, for tests that need no more than the tenant itself.
func LocalTenant(t testing.TB) *localtenant.Tenant {
	t.Helper()
	return TenantWith(t, localtenant.Options{}).Local
}

// settings are the attributes of the provider's auth0 block.
func (h *TenantHandle) settings() [][2]string {
	var settings [][2]string
	if h.Local != nil {
		settings = append(settings, [2]string{"base_url", h.URL}, [2]string{"audience", h.audience})
	} else {
		settings = append(settings, [2]string{"domain", strings.TrimPrefix(h.URL, "https://")}, [2]string{"audience", h.audience})
	}
	if h.apiToken != "" {
		return append(settings, [2]string{"api_token", h.apiToken})
	}
	return append(settings, [2]string{"client_id", h.clientID}, [2]string{"client_secret", h.clientSecret})
}

// API calls the Management API as the test itself, around the provider. The path is that under /api/v2, such as
// "/connections/con_123"; body is nil or anything that JSON can hold. A list in the answer is under "items". Calls that
// meet the rate limit or an expired token are repeated.
func (h *TenantHandle) API(method, path string, body any) (status int, answer map[string]any) {
	h.t.Helper()
	for attempt := 1; ; attempt++ {
		status, header, content, err := h.request(method, h.URL+"/api/v2"+path, "Bearer "+h.bearer(), body)
		if err != nil {
			h.t.Fatalf("%s %s: %v", method, path, err)
		}
		if status == http.StatusTooManyRequests && attempt < 5 {
			time.Sleep(untilReset(header))
			continue
		}
		if status == http.StatusUnauthorized && attempt < 5 { // a short-lived token that has expired since
			h.mu.Lock()
			h.token = ""
			h.mu.Unlock()
			continue
		}
		answer, err := decode(content)
		if err != nil {
			h.t.Fatalf("%s %s: status %d, and not JSON: %v", method, path, status, err)
		}
		return status, answer
	}
}

// bearer is the test's own management token.
func (h *TenantHandle) bearer() string {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.token == "" {
		switch {
		case h.Local != nil:
			h.token = h.Local.Token()
		case h.apiToken != "":
			h.token = h.apiToken
		default:
			h.token = h.requestToken()
		}
	}
	return h.token
}

func (h *TenantHandle) requestToken() string {
	h.t.Helper()
	status, _, content, err := h.request(http.MethodPost, h.URL+"/oauth/token", "", map[string]string{
		"grant_type": "client_credentials", "client_id": h.clientID, "client_secret": h.clientSecret, "audience": h.audience,
	})
	if err != nil {
		h.t.Fatalf("asking %s for a token: %v", h.URL, err)
	}
	var grant struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(content, &grant); err != nil || grant.AccessToken == "" {
		h.t.Fatalf("asking %s for a token: status %d", h.URL, status)
	}
	return grant.AccessToken
}

func (h *TenantHandle) request(
	method, address, authorization string,
	body any,
) (status int, header http.Header, content []byte, err error) {
	var reader io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return 0, nil, nil, err
		}
		reader = bytes.NewReader(encoded)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, reader)
	if err != nil {
		return 0, nil, nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err // without the address
		}
		return 0, nil, nil, err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	content, err = io.ReadAll(response.Body)
	return response.StatusCode, response.Header, content, err
}

// decode reads an answer: nothing, an object, or a list.
func decode(content []byte) (map[string]any, error) {
	if len(bytes.TrimSpace(content)) == 0 {
		return nil, nil
	}
	var value any
	if err := json.Unmarshal(content, &value); err != nil {
		return nil, err
	}
	switch value := value.(type) {
	case map[string]any:
		return value, nil
	case []any:
		return map[string]any{"items": value}, nil
	default:
		return nil, fmt.Errorf("neither an object nor a list: %T", value)
	}
}

// untilReset is how long the tenant asks to wait.
func untilReset(header http.Header) time.Duration {
	reset, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return time.Second
	}
	return min(max(time.Until(time.Unix(reset, 0)), 100*time.Millisecond), time.Minute)
}
