/**
 * The secret of an Access service token. A rotation gives the token another secret and keeps the one before alive until a date; the client
 * id stays. The token itself is never made or deleted: policies refer to it.
 */
import type { IssuedKey, Issuer, IssuerTraits, KeyId, Minted, MintOrder } from "../contract.ts";
import { isAdapterError, OutcomeUnknown, Terminal, Transient } from "../errors.ts";
import { Secret, type SecretFields } from "../secret.ts";
import type { Rotated, ServiceToken, ServiceTokens } from "./access-api.ts";
import { endGeneration, moveGrace } from "./access-endings.ts";
import { currentOf, hasPrevious, idOf } from "./access-generations.ts";
import type { Knocking } from "./access-verdict.ts";
import { verifySecret } from "./access-verdict.ts";
import { VENDOR } from "./api.ts";
import { mutateField } from "./token-place.ts";
import type { AccessBlock } from "./traits.ts";
import { CLIENT_ID, CLIENT_SECRET } from "./traits.ts";

export interface AccessPlace extends Knocking {
  readonly block: AccessBlock;
  readonly tokens: ServiceTokens;
}

export function accessIssuer(place: AccessPlace, traits: IssuerTraits): Issuer {
  return {
    traits,
    list: async (signal) => list(place, signal),
    verify: async (value, signal) => verifySecret(place, value, signal),
    mutate: (value) => mutateField(value, CLIENT_SECRET),
    identify: async (value, signal) => identify(place, value, signal),
    complete: (value) => value,
    mint: async (order, signal) => mint(place, order, signal),
    moveGrace: async (id, until, signal) => moveGrace(place, id, until, signal),
    revoke: async (id, signal) => endGeneration(place, id, signal),
    destroy: async (id, signal) => endGeneration(place, id, signal),
  };
}

async function list({ block, tokens, clock }: AccessPlace, signal: AbortSignal): Promise<readonly IssuedKey[]> {
  const token = await tokens.get(block.tokenId, signal);
  if (token === undefined) return [];
  const { version, enabled, previousUntil } = token;
  // The token's own last day is no end of a grace, so the one in use is listed without it.
  const current = { id: idOf(block.tokenId, version), enabled };
  if (!hasPrevious(token, clock.now()) || previousUntil === undefined) return [current];
  return [current, { id: idOf(block.tokenId, version - 1), enabled, expiresAt: previousUntil }];
}

/** While an older secret lives in its grace, both have the same client id and are let through alike: then nobody can tell which this is. */
async function identify(place: AccessPlace, value: SecretFields, signal: AbortSignal): Promise<KeyId | undefined> {
  const { block, tokens, clock } = place;
  const token = await tokens.get(block.tokenId, signal);
  const clientId = value[CLIENT_ID];
  if (token === undefined || clientId?.reveal() !== token.clientId) return undefined;
  const { liveness, reason, message, retryAfterMs } = await verifySecret(place, value, signal);
  if (liveness === "alive") {
    const after = await tokens.get(block.tokenId, signal);
    const isOnly = after?.version === token.version && !hasPrevious(after, clock.now());
    return isOnly ? idOf(block.tokenId, token.version) : undefined;
  }
  if (liveness === "dead" || liveness === "needs-human") return undefined;
  throw new Transient({ reason, message }, { vendor: VENDOR, operation: `probe ${place.probe}` }, retryAfterMs);
}

async function mint(place: AccessPlace, order: MintOrder, signal: AbortSignal): Promise<Minted> {
  const { block, tokens } = place;
  const token = await currentOf(place, signal);
  if (!order.inventory.some(({ id }) => id === idOf(block.tokenId, token.version))) throw changed(block.tokenId);
  if (order.graceUntil === undefined) throw noGrace();
  // One that is off was revoked: its secret must not come back with the token.
  const until = token.enabled ? order.graceUntil : undefined;
  const rotated = await tokens.rotate(block.tokenId, until, signal);
  if (rotated === undefined) throw changed(block.tokenId);
  if (!token.enabled) await turnOn(place, token, signal);
  return mintedOf(token, rotated);
}

function mintedOf(token: ServiceToken, { clientId, clientSecret, version, expiresAt }: Rotated): Minted {
  return {
    id: idOf(token.id, version ?? token.version + 1),
    value: { [CLIENT_SECRET]: clientSecret, [CLIENT_ID]: Secret.from(clientId) },
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function changed(id: string): Terminal {
  return new Terminal(
    {
      reason: "SlotChanged",
      message: `The service token ${id} was rotated or deleted after this mint was decided.`,
      remedy: "Request the rotation again; it starts from the token as it is now.",
    },
    { vendor: VENDOR, operation: "rotate a service token" },
  );
}

function noGrace(): Terminal {
  return new Terminal(
    {
      reason: "AccessGraceMissing",
      message: "There is no date until which the secret in use is to live on, and without one it would die at once.",
      remedy: "Report this.",
    },
    { vendor: VENDOR, operation: "rotate a service token" },
  );
}

/** The rotation has happened: whatever is answered now, it is not certain that nothing was minted. */
async function turnOn({ tokens }: AccessPlace, token: ServiceToken, signal: AbortSignal): Promise<void> {
  try {
    if (await tokens.update(token, { enabled: true }, signal)) return;
  } catch (error) {
    if (!isAdapterError(error)) throw error;
  }
  throw new OutcomeUnknown(
    {
      reason: "AccessNotTurnedOn",
      message: "The service token was off; it has a new secret, and could not be turned on again.",
      remedy: "Turn it on in Zero Trust, or delete it; then request the rotation again.",
    },
    { vendor: VENDOR, operation: "turn on a service token" },
  );
}
