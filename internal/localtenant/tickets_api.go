// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"net/http"
	"time"
)

var ticketSchema = &schema{types: []string{"object"}, properties: map[string]*schema{
	"user_id": text, "connection_id": text, "email": text, "result_url": text, "client_id": text,
	"ttl_sec": numberIn("integer", 0), "mark_email_as_verified": boolean, "includeEmailInRedirect": boolean,
}}

// verificationTicket is POST /api/v2/tickets/email-verification: the link that a mail
// would have.
func (t *Tenant) verificationTicket(c *call) (int, any, error) {
	return t.makeTicket(c, VerifyEmail, "/u/email-verification")
}

// passwordTicket is POST /api/v2/tickets/password-change.
func (t *Tenant) passwordTicket(c *call) (int, any, error) {
	return t.makeTicket(c, ResetPassword, "/u/reset-verify")
}

func (t *Tenant) makeTicket(c *call, kind, path string) (int, any, error) {
	body, err := c.object(ticketSchema)
	if err != nil {
		return 0, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.users[body.string("user_id")]
	if conn := t.connections[body.string("connection_id")]; u == nil && conn != nil {
		u = t.lookup(conn, body.string("email"))
	}
	if u == nil {
		return 0, nil, errNoUser
	}
	conn := t.connectionNamed(u.connection)
	if conn == nil {
		return 0, nil, errNoConnection
	}
	lifetime := time.Duration(wholeNumber(body.get("ttl_sec"))) * time.Second
	if lifetime == 0 {
		lifetime = ticketLifetime
	}
	link := t.newTicket(&ticket{
		kind: kind, connection: conn.id, email: u.email(), userID: u.id, expires: t.options.Now().Add(lifetime),
		result: body.string("result_url"),
	}, path)
	return http.StatusCreated, newObject("ticket", link), nil
}
