// SPDX-License-Identifier: MPL-2.0

package localtenant

import "net/http"

// apiHandler answers a call with a status and a body; a nil body sends none.
type apiHandler func(c *call) (int, any, error)

func (t *Tenant) handler() http.Handler { return t.record(t.injectFaults(t.routes())) }

// routes are the endpoints that the tenant has.
func (t *Tenant) routes() *http.ServeMux {
	mux := http.NewServeMux()
	api := func(pattern, scope string, handle apiHandler) { mux.Handle(pattern, t.management(scope, handle)) }

	api("POST /api/v2/connections", "create:connections", t.createConnection)
	api("GET /api/v2/connections", "read:connections", t.listConnections)
	api("GET /api/v2/connections/{id}", "read:connections", t.getConnection)
	api("PATCH /api/v2/connections/{id}", "update:connections", t.updateConnection)
	api("DELETE /api/v2/connections/{id}", "delete:connections", t.deleteConnection)
	api("GET /api/v2/connections/{id}/clients", "read:connections", t.listEnabledClients)
	api("PATCH /api/v2/connections/{id}/clients", "update:connections", t.updateEnabledClients)
	api("DELETE /api/v2/connections/{id}/users", "delete:users", t.deleteConnectionUser)

	api("POST /api/v2/clients", "create:clients", t.createClient)
	api("GET /api/v2/clients", "read:clients", t.listClients)
	api("GET /api/v2/clients/{id}", "read:clients", t.getClient)
	api("PATCH /api/v2/clients/{id}", "update:clients", t.updateClient)
	api("DELETE /api/v2/clients/{id}", "delete:clients", t.deleteClient)
	api("POST /api/v2/clients/{id}/rotate-secret", "update:client_keys", t.rotateSecret)
	api("POST /api/v2/clients/{id}/credentials", "create:client_credentials", t.createCredential)
	api("GET /api/v2/clients/{id}/credentials", "read:client_credentials", t.listCredentials)
	api("GET /api/v2/clients/{id}/credentials/{credential}", "read:client_credentials", t.getCredential)
	api("PATCH /api/v2/clients/{id}/credentials/{credential}", "update:client_credentials", t.updateCredential)
	api("DELETE /api/v2/clients/{id}/credentials/{credential}", "delete:client_credentials", t.deleteCredential)
	api("GET /api/v2/clients/{id}/connections", "read:connections", t.listClientConnections)

	api("POST /api/v2/resource-servers", "create:resource_servers", t.createResourceServer)
	api("GET /api/v2/resource-servers", "read:resource_servers", t.listResourceServers)
	api("GET /api/v2/resource-servers/{id}", "read:resource_servers", t.getResourceServer)
	api("PATCH /api/v2/resource-servers/{id}", "update:resource_servers", t.updateResourceServer)
	api("DELETE /api/v2/resource-servers/{id}", "delete:resource_servers", t.deleteResourceServer)
	api("POST /api/v2/client-grants", "create:client_grants", t.createGrant)
	api("GET /api/v2/client-grants", "read:client_grants", t.listGrants)
	api("GET /api/v2/client-grants/{id}", "read:client_grants", t.getGrant)
	api("PATCH /api/v2/client-grants/{id}", "update:client_grants", t.updateGrant)
	api("DELETE /api/v2/client-grants/{id}", "delete:client_grants", t.deleteGrant)

	api("POST /api/v2/users", "create:users", t.apiCreateUser)
	api("GET /api/v2/users", "read:users", t.listUsers)
	api("GET /api/v2/users/{id}", "read:users", t.apiGetUser)
	api("PATCH /api/v2/users/{id}", "update:users", t.apiUpdateUser)
	api("DELETE /api/v2/users/{id}", "delete:users", t.apiDeleteUser)
	api("GET /api/v2/users-by-email", "read:users", t.usersByEmail)

	api("POST /api/v2/tickets/email-verification", "create:user_tickets", t.verificationTicket)
	api("POST /api/v2/tickets/password-change", "create:user_tickets", t.passwordTicket)
	api("GET /api/v2/connections/{id}/status", "read:connections", t.connectionStatus)
	api("GET /api/v2/logs", "read:logs", t.listLogs)
	api("GET /api/v2/logs/{id}", "read:logs", t.getLog)
	api("GET /api/v2/users/{id}/logs", "read:logs_users", t.listLogs)
	api("GET /api/v2/tenants/settings", "read:tenant_settings", t.tenantSettings)
	api("GET /api/v2/actions/actions", "read:actions", noActions)
	for _, list := range emptyLists {
		api("GET "+list.path, list.scope, emptyList(list.name))
	}

	api("POST /api/v2/jobs/users-imports", "create:users", t.importUsers)
	api("POST /api/v2/jobs/verification-email", "update:users", t.sendVerification)
	api("GET /api/v2/jobs/{id}", "", t.getJob)
	api("GET /api/v2/jobs/{id}/errors", "", t.jobErrors)

	mux.HandleFunc("POST /dbconnections/signup", t.signup)
	mux.HandleFunc("POST /dbconnections/change_password", t.changePassword)
	mux.HandleFunc("GET /u/email-verification", t.verifyEmail)
	mux.HandleFunc("GET /u/reset-verify", t.resetForm)
	mux.HandleFunc("POST /u/reset-verify", t.resetPassword)
	mux.HandleFunc("GET /result", t.result)
	mux.HandleFunc("GET /userinfo", t.userInfoEndpoint)
	mux.HandleFunc("POST /oauth/token", t.token)
	mux.HandleFunc("GET /.well-known/jwks.json", t.keys)

	t.localPages(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusNotFound, (&apiError{status: http.StatusNotFound, message: "Not Found"}).body())
	})
	return mux
}
