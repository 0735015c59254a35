// An OpenID provider by another hand: npm's oidc-provider, with the client and people it is given.
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const { issuer, port, client, people } = JSON.parse(process.argv[2]);
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

const provider = new Provider(issuer, {
  clients: [{ ...client, response_types: ["code"], grant_types: ["authorization_code"] }],
  scopes: ["openid", "email", "profile", "groups"],
  claims: { openid: ["sub"], email: ["email"], profile: ["name"], groups: ["groups"] },
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...people[id] }) }),
  features: { devInteractions: { enabled: true } },
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "k1", use: "sig", alg: "RS256" }] },
  cookies: { keys: ["for the tests only"] },
  pkce: { required: () => true },
});
provider.listen(port, "127.0.0.1", () => console.log("ready"));
