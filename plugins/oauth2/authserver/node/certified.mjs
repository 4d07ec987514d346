// An OpenID-certified authorization server. Its settings come as JSON in SETTINGS, and it ends with its standard input.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const settings = JSON.parse(process.env.SETTINGS);

const provider = new Provider(settings.issuer, {
  cookies: { keys: ['a key for a server that lives as long as a test'] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    registration: { enabled: true },
    revocation: { enabled: true },
  },
  clientDefaults: { id_token_signed_response_alg: 'RS256' },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
  pkce: { required: () => true },
  rotateRefreshToken: settings.rotate,
  scopes: ['openid', 'offline_access', 'read', 'write'],
  ttl: {
    AccessToken: settings.accessSeconds,
    ClientCredentials: settings.accessSeconds,
    RefreshToken: settings.refreshSeconds,
    AuthorizationCode: 60,
    IdToken: settings.accessSeconds,
    Grant: 24 * 3600,
    Interaction: 600,
    Session: 24 * 3600,
  },
});

provider.on('server_error', (_, error) => console.error(error));

const server = createServer(provider.callback());
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
