/** Ends one client secret, and says which access tokens outlive it. */
import type { KeyId, Residual } from "../contract.ts";
import { path } from "../http-path.ts";
import type { Ask } from "./api.ts";
import { at, isNotFound, yes } from "./api.ts";
import type { ClientSecret, UniversalAuth } from "./identity.ts";
import { clientSecretOf, readUniversalAuth, secretIdOf } from "./identity.ts";
import type { Session } from "./session.ts";

export interface Revoking {
  readonly session: Session;
  readonly identity: string;
  readonly now: () => Date;
}

/** Gone at once and for good. */
export async function revoke(
  { session, identity, now }: Revoking,
  id: KeyId,
  signal: AbortSignal,
): Promise<readonly Residual[]> {
  const secretId = secretIdOf(identity, id, "revoke");
  // Asked first: where the identity itself is not shown, its client secrets are not known to be gone.
  const auth = await readUniversalAuth(session, identity, signal);
  if (auth === undefined) return [];
  const ask: Ask = {
    method: "POST",
    path: path`/api/v1/auth/universal-auth/identities/${identity}/client-secrets/${secretId}/revoke`,
    json: {},
    effect: "repeatable",
  };
  const told = await session.send(ask, signal);
  if (isNotFound(told)) return [];
  const secret = clientSecretOf(at(yes(told).body, "clientSecretData"));
  return secret?.uses === 0 ? [] : [tokensThatStay(auth, secret, now())];
}

/** Infisical never looks at the client secret again once it has given a token for it. */
function tokensThatStay(auth: UniversalAuth, secret: ClientSecret | undefined, now: Date): Residual {
  const { tokenTtl, tokenMaxTtl, tokenPeriod } = auth;
  const revokedMs = Date.parse(secret?.updatedAt ?? "") || now.getTime();
  const endless = tokenPeriod > 0 || tokenTtl === 0 || tokenMaxTtl === 0;
  const until = endless
    ? "for as long as they are renewed, or without end"
    : `until ${new Date(revokedMs + Math.max(tokenTtl, tokenMaxTtl) * 1000).toISOString()} at the latest`;
  return {
    kind: "AccessToken",
    message: `Access tokens that were got with it stay valid ${until}.`,
    remedy:
      "Restart who used it so that it logs in afresh; where it leaked, remove and add the identity's universal auth, and lower its access token TTL.",
  };
}
