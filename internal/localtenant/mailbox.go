// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"slices"
	"time"
)

// The kinds of e-mail that the tenant sends.
const (
	// VerifyEmail has a link that confirms the address.
	VerifyEmail = "verify_email"
	// ResetPassword has a link under which a new password can be posted.
	ResetPassword = "reset_password"
)

// Mail is an e-mail that a real tenant would have sent.
type Mail struct {
	To   string
	Kind string
	Link string
	Time time.Time
}

// LogEvent is an entry of the tenant's log, with the platform's short codes:
// s and f are logins, fu an unknown user, fp a wrong password, ss and fs
// sign-ups, scp and fcp changed passwords, scpr and fcpr requests for one, sv
// and fv verifications, sce and fce changed addresses, scu and fcu changed user
// names, sdu and fdu deletions.
type LogEvent struct {
	Type        string
	Connection  string
	UserID      string
	Description string
	Time        time.Time
}

// ticket is the secret part of a mailed link.
type ticket struct {
	kind       string
	connection string // id
	email      string
	userID     string
	used       bool
	expires    time.Time
	result     string // where the browser is sent; empty for the tenant's own page
}

// ticketLifetime is how long a link is good for.
const ticketLifetime = 5 * 24 * time.Hour

// Mailbox lists the e-mails to an address, the oldest first.
func (t *Tenant) Mailbox(email string) []Mail {
	t.mu.Lock()
	defer t.mu.Unlock()
	var mails []Mail
	for _, mail := range t.mails {
		if sameEmail(mail.To, email) {
			mails = append(mails, mail)
		}
	}
	return mails
}

// Logs lists the log, the oldest entry first.
func (t *Tenant) Logs() []LogEvent {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.logs)
}

// log adds an entry. The tenant is not locked.
func (t *Tenant) log(kind string, c *connection, userID, description string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.logs = append(
		t.logs,
		LogEvent{Type: kind, Connection: c.name, UserID: userID, Description: description, Time: t.options.Now()},
	)
}

// send mails a link to the given path with a new ticket. The tenant is not locked.
func (t *Tenant) send(kind, path string, c *connection, email, userID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.options.Now()
	link := t.newTicket(
		&ticket{kind: kind, connection: c.id, email: email, userID: userID, expires: now.Add(ticketLifetime)},
		path,
	)
	t.mails = append(t.mails, Mail{To: email, Kind: kind, Link: link, Time: now})
}

// newTicket keeps a ticket and returns its link. The tenant is locked.
func (t *Tenant) newTicket(made *ticket, path string) string {
	secret := randomID(32)
	t.tickets[secret] = made
	return t.url + path + "?ticket=" + secret
}

// redeem takes a ticket once. The tenant is not locked.
func (t *Tenant) redeem(secret, kind string) (*ticket, *connection, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.tickets[secret]
	if found == nil || found.kind != kind || found.used || t.options.Now().After(found.expires) {
		return nil, nil, false
	}
	c := t.connections[found.connection]
	if c == nil {
		return nil, nil, false
	}
	found.used = true
	return found, c, true
}
