// SPDX-License-Identifier: MPL-2.0
//
// Calls the Management API as people's own tools do, with the official SDK unchanged, and prints
// a JSON line for each call: its name and, where it failed, why.
import { createRequire } from 'node:module';

const { ManagementClient } = createRequire(process.env.MODULES + '/x.js')('auth0');
const [domain, clientId, clientSecret, audience] = process.argv.slice(2);
const api = new ManagementClient({ domain, clientId, clientSecret, audience });
const known = {};

async function call(name, run) {
  try {
    const answer = await run();
    console.log(JSON.stringify({ name, answer: answer?.data ?? answer ?? null }));
    return answer;
  } catch (error) {
    console.log(JSON.stringify({ name, error: `${error.statusCode ?? ''} ${error.message}`.slice(0, 300) }));
    return undefined;
  }
}

const complexity = { complexity: { min_length: 1 } };
const connection = await call('connections.create', () =>
  api.connections.create({ name: 'people', strategy: 'auth0', options: { password_options: complexity } }));
const app = await call('clients.create', () => api.clients.create({ name: 'app', app_type: 'spa' }));
known.con = connection?.id;
known.app = app?.client_id;
await call('connections.get', () => api.connections.get(known.con));
await call('connections.list', () => api.connections.list({ strategy: ['auth0'] }));
await call('connections.update', () => api.connections.update(known.con, { options: { password_options: complexity } }));
await call('connections.checkStatus', () => api.connections.checkStatus(known.con));
await call('connections.clients.update', () => api.connections.clients.update(known.con, [{ client_id: known.app, status: true }]));
await call('connections.clients.get', () => api.connections.clients.get(known.con));
await call('clients.get', () => api.clients.get(known.app, { fields: 'client_id,name' }));
await call('clients.list', () => api.clients.list({ fields: 'client_id,name', include_fields: true }));
await call('clients.update', () => api.clients.update(known.app, { name: 'renamed', grant_types: ['password'] }));
await call('clients.rotateSecret', () => api.clients.rotateSecret(known.app));
const user = await call('users.create', () =>
  api.users.create({ connection: 'people', email: 'ada@example.com', password: 'secret', user_metadata: { a: 1 } }));
known.user = user?.user_id;
await call('users.get', () => api.users.get(known.user));
await call('users.update', () => api.users.update(known.user, { user_metadata: {}, app_metadata: {} }));
await call('users.list', () => api.users.list({ q: 'email:"ada@example.com"' }));
await call('users.listUsersByEmail', () => api.users.listUsersByEmail({ email: 'ada@example.com' }));
await call('users.roles.list', () => api.users.roles.list(known.user));
await call('users.logs.list', () => api.users.logs.list(known.user));
await call('tickets.verifyEmail', () => api.tickets.verifyEmail({ user_id: known.user }));
await call('tickets.changePassword', () => api.tickets.changePassword({ user_id: known.user }));
await call('jobs.verificationEmail.create', () => api.jobs.verificationEmail.create({ user_id: known.user }));
const users = new Blob([JSON.stringify([{ email: 'grace@example.com' }, { name: 'no address' }])], { type: 'application/json' });
const job = await call('jobs.usersImports.create', () => api.jobs.usersImports.create({ users, connection_id: known.con }));
await call('jobs.get', async () => {
  for (let n = 0; n < 100; n += 1) {
    const now = await api.jobs.get(job.id);
    if (now.status === 'completed') return now;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  throw new Error('the job does not end');
});
await call('jobs.errors.get', () => api.jobs.errors.get(job.id));
const server = await call('resourceServers.create', () =>
  api.resourceServers.create({ identifier: 'urn:store', scopes: [{ value: 'read:users' }] }));
await call('resourceServers.list', () => api.resourceServers.list());
await call('resourceServers.get', () => api.resourceServers.get('urn:store'));
await call('resourceServers.update', () => api.resourceServers.update(server.id, { token_lifetime: 60 }));
const grant = await call('clientGrants.create', () =>
  api.clientGrants.create({ client_id: known.app, audience: 'urn:store', scope: ['read:users'] }));
await call('clientGrants.list', () => api.clientGrants.list({ client_id: known.app }));
await call('clientGrants.update', () => api.clientGrants.update(grant.id, { scope: [] }));
await call('clientGrants.delete', () => api.clientGrants.delete(grant.id));
await call('resourceServers.delete', () => api.resourceServers.delete(server.id));
await call('logs.list', () => api.logs.list({ per_page: 5 }));
await call('organizations.list', () => api.organizations.list());
await call('roles.list', () => api.roles.list());
await call('tenants.settings.get', () => api.tenants.settings.get());
await call('actions.list', () => api.actions.list());
await call('users.delete', () => api.users.delete(known.user));
await call('clients.delete', () => api.clients.delete(known.app));
await call('connections.delete', () => api.connections.delete(known.con));
