// A plain OAuth 2.0 authorization server by other hands: no OpenID, no iss, metadata as RFC 8414 has them for an issuer with a path.
// The grants are the library's; what stands around them is the least that it asks of its user. Settings come as JSON in SETTINGS, and
// it ends with its standard input.
import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import OAuth2Server from '@node-oauth/oauth2-server';

const settings = JSON.parse(process.env.SETTINGS);
const base = new URL(settings.issuer).pathname;
const clients = new Map();
const codes = new Map();
const access = new Map();
const refresh = new Map();
const secret = () => randomBytes(24).toString('base64url');

const model = {
  getClient: (id, given) => {
    const client = clients.get(id);
    return client && (given === null || client.secret === given) ? client : null;
  },
  saveAuthorizationCode: (code, client, user) => {
    const kept = { ...code, client, user };
    codes.set(code.authorizationCode, kept);
    return kept;
  },
  getAuthorizationCode: (code) => codes.get(code),
  revokeAuthorizationCode: (code) => codes.delete(code.authorizationCode),
  saveToken: (token, client, user) => {
    const kept = { ...token, client, user, account_id: 'account-of-' + user.id };
    access.set(kept.accessToken, kept);
    if (kept.refreshToken) refresh.set(kept.refreshToken, kept);
    return kept;
  },
  getAccessToken: (token) => access.get(token),
  getRefreshToken: (token) => refresh.get(token),
  revokeToken: (token) => refresh.delete(token.refreshToken),
  getUserFromClient: (client) => ({ id: client.id }),
  validateScope: (user, client, asked) => asked,
};

const oauth = new OAuth2Server({
  model,
  accessTokenLifetime: settings.accessSeconds,
  refreshTokenLifetime: settings.refreshSeconds,
  alwaysIssueNewRefreshToken: settings.rotate,
  allowExtendedTokenAttributes: true,
  authenticateHandler: { handle: (request) => ({ id: request.body.login }) },
});

const metadata = {
  issuer: settings.issuer,
  authorization_endpoint: settings.issuer + '/authorize',
  token_endpoint: settings.issuer + '/token',
  revocation_endpoint: settings.issuer + '/revoke',
  introspection_endpoint: settings.issuer + '/introspect',
  registration_endpoint: settings.issuer + '/register',
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
};

function register(body) {
  const client = { id: secret(), secret: secret(), grants: body.grant_types, redirectUris: body.redirect_uris };
  clients.set(client.id, client);
  return { status: 201, body: { client_id: client.id, client_secret: client.secret } };
}

function page() {
  return { status: 200, html: '<!DOCTYPE html><form method="post"><input name="login"><button>Allow</button></form>' };
}

async function grant(handle, request) {
  const response = new OAuth2Server.Response({});
  try {
    await handle(new OAuth2Server.Request(request), response);
  } catch (error) {
    if (!response.status || response.status === 200) response.status = error.code || 500;
  }
  return { status: response.status, headers: response.headers, body: response.body };
}

// known tells whether a request to revoke or introspect comes from a client.
function known({ headers, body }) {
  const [id, given] = headers.authorization
    ? Buffer.from(headers.authorization.slice('Basic '.length), 'base64').toString().split(':').map(decodeURIComponent)
    : [body.client_id, body.client_secret];
  return model.getClient(id, given ?? '') !== null;
}

function revoke(request) {
  if (!known(request)) return { status: 401, body: { error: 'invalid_client' } };
  const token = request.body.token;
  for (const [kept, other] of [[refresh, 'accessToken'], [access, 'refreshToken']]) {
    const found = kept.get(token);
    kept.delete(token);
    if (found && kept === refresh) access.delete(found[other]);
  }
  return { status: 200 };
}

function introspect(request) {
  if (!known(request)) return { status: 401, body: { error: 'invalid_client' } };
  const found = access.get(request.body.token);
  const active = found ? found.accessTokenExpiresAt > new Date() : refresh.has(request.body.token);
  return { status: 200, body: { active } };
}

const routes = {
  ['GET /.well-known/oauth-authorization-server' + base]: () => ({ status: 200, body: metadata }),
  [`POST ${base}/register`]: (request) => register(request.body),
  [`GET ${base}/authorize`]: page,
  [`POST ${base}/authorize`]: (request) => grant(oauth.authorize.bind(oauth), request),
  [`POST ${base}/token`]: (request) => grant(oauth.token.bind(oauth), request),
  [`POST ${base}/revoke`]: revoke,
  [`POST ${base}/introspect`]: introspect,
};

async function read(incoming) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const json = (incoming.headers['content-type'] ?? '').startsWith('application/json');
  return json ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
}

const server = createServer(async (incoming, outgoing) => {
  const url = new URL(incoming.url, settings.issuer);
  const route = routes[`${incoming.method} ${url.pathname}`] ?? (() => ({ status: 404 }));
  const query = Object.fromEntries(url.searchParams);
  const { headers, method } = incoming;
  const answer = await route({ headers, method, query, body: await read(incoming) });
  const type = answer.html ? 'text/html' : 'application/json';
  outgoing.writeHead(answer.status, { 'content-type': type, ...answer.headers });
  outgoing.end(answer.html ?? (answer.body ? JSON.stringify(answer.body) : ''));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
