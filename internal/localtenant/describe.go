// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"context"
	"fmt"
)

// Application is a client that users log in to.
type Application struct {
	ClientID, ClientSecret string
	// Connection is the name of the connection that they log in by.
	Connection string
}

// Describe tells in ten lines how Terraform and an application reach the tenant. authority is
// the path of the certificate that clients have to trust, empty where the tenant speaks plain HTTP.
func (t *Tenant) Describe(app Application, authority string) string {
	trust, option := "", ""
	if authority != "" {
		trust, option = "; trust "+authority+" (SSL_CERT_FILE, NODE_EXTRA_CA_CERTS)", " --cacert '"+authority+"'"
	}
	return fmt.Sprintf(`The local tenant is at %[1]s%[2]s. What happens there: %[1]s/local/
  provider "auth0pg" {
    auth0 {
      base_url      = %[3]q
      audience      = %[4]q
      client_id     = %[5]q
      client_secret = %[6]q
    }
  }
  curl%[7]s %[1]s/oauth/token -d grant_type=%[8]s -d realm=%[9]s -d client_id=%[10]s -d client_secret=%[11]s `+
		"--data-urlencode username=ada@example.com --data-urlencode password=…\n",
		t.url, trust, t.url, t.Audience(), t.clientID, t.clientSecret,
		option, passwordRealmGrant, app.Connection, app.ClientID, app.ClientSecret)
}

// AddApplication registers a client of the given id and secret that may use the
// Authentication API.
func (t *Tenant) AddApplication(name, id, secret string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.newClient(newObject("name", name, "client_secret", secret, "app_type", "regular_web"))
	c.id = id
	c.shown.set("client_id", id)
	t.clients[id] = c
}

// Warnings say how the tenant differs from a real one on this machine, as far as its scripts
// have been started.
func (t *Tenant) Warnings() []string {
	t.scriptsMu.Lock()
	defer t.scriptsMu.Unlock()
	if t.container == nil || t.container.Warning() == "" {
		return []string{}
	}
	return []string{t.container.Warning()}
}

// StartScripts starts what runs the scripts, which otherwise happens when the first one runs,
// and installs what that needs.
func (t *Tenant) StartScripts(ctx context.Context) error {
	_, err := t.scriptContainer(ctx)
	return err
}
