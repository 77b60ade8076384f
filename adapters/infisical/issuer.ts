/** Client secrets of one machine identity with universal auth. */
import type { InfisicalIssuer } from "../../crds/kinds.gen.ts";
import type { IssuedKey, Issuer, IssuerTraits } from "../contract.ts";
import { issuedKeyOf, readClientSecrets } from "./identity.ts";
import { mint } from "./mint.ts";
import { revoke } from "./revoke.ts";
import type { Rotated } from "./value.ts";
import { identify, mutate, verify } from "./value.ts";

export const ISSUER_TRAITS: IssuerTraits = {
  mintClass: "markable",
  fields: ["clientSecret", "clientId"],
  publicFields: ["clientId"],
  // The client id is the identity's, and the same in every value.
  breaksWhenMixed: false,
  authority: "vendor",
  negativeControl: false,
  // Larger instances read from replicas of their database.
  propagation: { windowMs: 10_000, everyMs: 2_000 },
  revocation: "immediate",
};

export function issuerOf(account: Omit<Rotated, "identity">, { identity }: InfisicalIssuer): Issuer {
  const rotated: Rotated = { ...account, identity };
  return {
    traits: ISSUER_TRAITS,
    list: async (signal) => list(rotated, signal),
    verify: async (value, signal) => verify(rotated, value, signal),
    mutate,
    identify: async (value, signal) => identify(rotated, value, signal),
    // Nothing follows from anything: the client id is the vendor's to tell.
    complete: (value) => ({ ...value }),
    mint: async (order, signal) => mint(rotated, order, signal),
    revoke: async (id, signal) => revoke(rotated, id, signal),
    destroy: async (id, signal) => revoke(rotated, id, signal),
  };
}

async function list({ session, identity }: Rotated, signal: AbortSignal): Promise<readonly IssuedKey[]> {
  const secrets = await readClientSecrets(session, identity, signal);
  return secrets.map((secret) => issuedKeyOf(identity, secret));
}
