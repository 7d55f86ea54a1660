// node-oidc-provider on loopback, over TLS: `node server.mjs CONFIGURATION.json`, written by third_party_issuer.py.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import Provider from 'oidc-provider';

const given = JSON.parse(readFileSync(process.argv[2], 'utf8'));
console.info = console.warn = console.error; // stdout is for the line below
const provider = new Provider(given.issuer, {
  jwks: given.jwks,
  clients: given.clients,
  routes: { token: given.token_path },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:cockroachdb',
      getResourceServerInfo: () => ({
        scope: 'login',
        audience: given.audience,
        accessTokenTTL: given.lifetime_s,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: given.alg } },
      }),
    },
  },
});
const tls = { key: readFileSync(given.key), cert: readFileSync(given.certificate) };
createServer(tls, provider.callback()).listen(given.port, '127.0.0.1', () => {
  process.stdout.write('{"ready": true}\n');
});
