// SPDX-License-Identifier: MPL-2.0

package localtenant

import "slices"

// client is a registered application.
type client struct {
	id, secret  string
	shown       *object // with client_id, without the secret
	credentials []*credential
	keys        []*credential // what SetClientKey registered
}

// The kinds of application that get other defaults than the rest.
const (
	resourceServerApp = "resource_server"
	expressApp        = "express_configuration"
)

// newClient registers an application of the given settings with what the server
// adds to them.
func (t *Tenant) newClient(sent *object) *client {
	c := &client{
		id:     t.newID("client", func() string { return randomID(32) }),
		secret: randomID(64),
	}
	shown := newObject()
	for _, key := range sent.keys {
		if sent.get(key) != nil {
			shown.set(key, clone(sent.get(key)))
		}
	}
	shown.set("client_id", c.id)
	if secret := sent.string("client_secret"); secret != "" {
		c.secret = secret
	}
	shown.remove("client_secret")
	switch {
	case sent.string("app_type") == expressApp:
		completeExpress(shown)
	case sent.string("app_type") == resourceServerApp:
		shown.setDefault("oidc_conformant", true)
		shown.setDefault("jwt_configuration", newObject("alg", "RS256", "secret_encoded", false))
	case sent.has("is_first_party") && !sent.bool("is_first_party"):
		completeThirdParty(shown)
	}
	if t.defaults.ApprovalChannels {
		shown.setDefault("async_approval_notification_channels", []any{"guardian-push"})
	}
	public := sent.string("token_endpoint_auth_method") == "none"
	shown.setDefault("is_first_party", true)
	shown.setDefault("is_token_endpoint_ip_header_trusted", false)
	shown.setDefault("oidc_conformant", false)
	shown.set("sso_disabled", false)
	shown.set("signing_keys", []any{})
	if t.defaults.CrossOriginKey != "" {
		shown.setDefault(t.defaults.CrossOriginKey, false)
	}
	shown.setDefault("custom_login_page_on", true)
	shown.setDefault("grant_types", listOf(grantTypes(shown.string("app_type"), public)))
	completeJWT(shown)
	completeRefreshToken(shown, sent)
	completeLogout(shown)
	completeSessionTransfer(shown)
	dropEmpty(shown)
	c.shown = shown
	return c
}

func grantTypes(appType string, public bool) []string {
	switch {
	case appType == resourceServerApp:
		return nil
	case appType == expressApp:
		return []string{"authorization_code", "client_credentials"}
	case public:
		return []string{"authorization_code", "implicit", "refresh_token"}
	}
	return []string{"authorization_code", "implicit", "refresh_token", "client_credentials"}
}

func completeExpress(shown *object) {
	shown.setDefault("callbacks", []any{"https://system-admin.okta.com/admin/app/generic/oauth20redirect"})
	shown.setDefault("client_authentication_methods", newObject("private_key_jwt", newObject("credentials", []any{})))
	shown.setDefault("jwt_configuration", newObject("alg", "RS256", "secret_encoded", false))
	shown.setDefault("oidc_conformant", true)
	shown.setDefault("organization_usage", "require")
	shown.setDefault("organization_require_behavior", "pre_login_prompt")
}

// completeThirdParty adds what applications of others get, strictly or by default.
func completeThirdParty(shown *object) {
	shown.setDefault("oidc_conformant", true)
	shown.setDefault("third_party_security_mode", "permissive")
	if shown.string("third_party_security_mode") == "strict" {
		shown.setDefault("jwt_configuration", newObject(
			"alg", "RS256", "secret_encoded", false, "lifetime_in_seconds", num("3600"),
		))
		shown.setDefault("grant_types", []any{"authorization_code"})
		shown.setDefault("refresh_token", newObject("expiration_type", "expiring", "infinite_token_lifetime", true))
	} else if shown.string("token_endpoint_auth_method") == "none" {
		shown.setDefault("refresh_token", newObject("rotation_type", "rotating", "expiration_type", "expiring"))
	}
}

func completeJWT(shown *object) {
	if sent := shown.object("jwt_configuration"); sent != nil {
		sent.setDefault("secret_encoded", false)
		return
	}
	shown.set("jwt_configuration", newObject("lifetime_in_seconds", num("36000"), "secret_encoded", false))
}

// completeRefreshToken adds the settings of refresh tokens. Where a secret is chosen
// for authentication, their lifetimes are longer.
func completeRefreshToken(shown, sent *object) {
	lifetime, idle := num("2592000"), num("1296000")
	if method := sent.string("token_endpoint_auth_method"); method != "" && method != "none" {
		lifetime, idle = num("31557600"), num("2592000")
	}
	token := shown.object("refresh_token")
	if token == nil {
		token = newObject()
		shown.set("refresh_token", token)
	}
	token.setDefault("rotation_type", "non-rotating")
	token.setDefault("expiration_type", "non-expiring")
	endless := token.string("expiration_type") != "expiring"
	token.setDefault("leeway", num("0"))
	token.setDefault("token_lifetime", lifetime)
	token.setDefault("infinite_token_lifetime", endless)
	token.setDefault("infinite_idle_token_lifetime", endless)
	token.setDefault("idle_token_lifetime", idle)
}

// completeLogout shows the URLs of back-channel logout under their former name, too.
func completeLogout(shown *object) {
	logout := shown.object("oidc_logout")
	if logout == nil {
		return
	}
	former := newObject()
	if urls := logout.get("backchannel_logout_urls"); urls != nil {
		former.set("backchannel_logout_urls", clone(urls))
	}
	shown.set("oidc_backchannel_logout", former)
	logout.setDefault("backchannel_logout_initiators", newObject(
		"mode", "custom", "selected_initiators", listOf([]string{"rp-logout", "idp-logout"}),
	))
}

func completeSessionTransfer(shown *object) {
	transfer := shown.object("session_transfer")
	if transfer == nil {
		return
	}
	transfer.setDefault("can_create_session_transfer_token", false)
	transfer.setDefault("allowed_authentication_methods", []any{})
	transfer.setDefault("enforce_device_binding", "ip")
	transfer.setDefault("allow_refresh_token", false)
	transfer.setDefault("enforce_online_refresh_tokens", true)
	transfer.setDefault("enforce_cascade_revocation", true)
}

// dropEmpty removes what an empty text unsets.
func dropEmpty(shown *object) {
	if shown.get("initiate_login_uri") == "" {
		shown.remove("initiate_login_uri")
	}
}

// mergedClientKeys are the objects of a client of which an update changes only what
// it names; all others are replaced.
var mergedClientKeys = []string{
	"jwt_configuration", "client_metadata", "mobile", "native_social_login", "session_transfer", "signed_request_object",
}

// update lays an update over the settings. A null unsets.
func (c *client) update(sent *object) {
	for _, key := range sent.keys {
		value := sent.get(key)
		switch part, before := sent.object(key), c.shown.object(key); {
		case key == "client_secret":
			if text, ok := value.(string); ok {
				c.secret = text
			}
		case key == "oidc_backchannel_logout" && value == nil:
			c.shown.remove(key)
			c.shown.remove("oidc_logout")
		case value == nil:
			c.shown.remove(key)
		case part != nil && slices.Contains(mergedClientKeys, key):
			if before == nil {
				before = newObject()
				c.shown.set(key, before)
			}
			for _, name := range part.keys {
				if part.get(name) == nil {
					before.remove(name)
				} else {
					before.set(name, clone(part.get(name)))
				}
			}
		default:
			c.shown.set(key, clone(value))
		}
	}
	if sent.object("oidc_logout") != nil {
		completeLogout(c.shown)
	}
	if token := c.shown.object("refresh_token"); token != nil && sent.has("refresh_token") {
		completeRefreshToken(c.shown, c.shown)
	}
	completeSessionTransfer(c.shown)
	dropEmpty(c.shown)
}
