/** Asks for one client secret, once. */
import type { Minted, MintOrder } from "../contract.ts";
import { Transient } from "../errors.ts";
import { path } from "../http-path.ts";
import { Secret } from "../secret.ts";
import type { Ask } from "./api.ts";
import { at, factsOf, isTokenOver, notUnderstood, textAt, yes } from "./api.ts";
import { clientSecretOf, DESCRIPTION_LENGTH, idOf, needUniversalAuth } from "./identity.ts";
import type { Session } from "./session.ts";
import { tokenOver } from "./session.ts";

export interface Minting {
  readonly session: Session;
  readonly identity: string;
}

/** Looks first, which also tells the client id, and that the account's token is good. */
export async function mint({ session, identity }: Minting, order: MintOrder, signal: AbortSignal): Promise<Minted> {
  const { clientId } = await needUniversalAuth(session, identity, signal);
  const ask: Ask = {
    method: "POST",
    path: path`/api/v1/auth/universal-auth/identities/${identity}/client-secrets`,
    json: { description: order.marker.slice(-DESCRIPTION_LENGTH), ttl: 0, numUsesLimit: 0 },
    effect: "once",
  };
  if (signal.aborted) throw new Transient(NOT_BEGUN, factsOf(ask));
  const answer = await session.sendOnce(ask, signal);
  if (isTokenOver(answer)) throw tokenOver(answer);
  const told = yes(answer);
  const secret = textAt(told.body, "clientSecret");
  const data = clientSecretOf(at(told.body, "clientSecretData"));
  if (secret === undefined || secret === "" || data === undefined) throw notUnderstood(told);
  return {
    id: idOf(identity, data.id),
    value: { clientId: Secret.from(clientId), clientSecret: Secret.from(secret) },
    ...(data.createdAt === undefined ? {} : { issuedAt: data.createdAt }),
  };
}

const NOT_BEGUN = { reason: "Interrupted", message: "Velvet stopped before the mint was sent." };
