/** How a secret of a service token ends, or lives on for longer. */
import type { Clock, KeyId, Residual } from "../contract.ts";
import type { ErrorText } from "../errors.ts";
import { Terminal, Transient } from "../errors.ts";
import type { ServiceToken, ServiceTokens } from "./access-api.ts";
import { hasPrevious, versionIn } from "./access-generations.ts";
import { VENDOR } from "./api.ts";
import type { AccessBlock } from "./traits.ts";

interface Ending {
  readonly block: AccessBlock;
  readonly tokens: ServiceTokens;
  readonly clock: Clock;
}

/** Far enough back for clocks that differ. */
const PAST_MS = 3_600_000;

/**
 * The secret before the newest one: its date is moved into the past. The newest one: the token is turned off, which would end the older
 * one as well, so not while that lives. It is then replaced by a secret that nobody has seen, so that it does not come back with the
 * token, should somebody turn that on again.
 */
export async function endGeneration(
  { block, tokens, clock }: Ending,
  id: KeyId,
  signal: AbortSignal,
): Promise<readonly Residual[]> {
  const version = versionIn(block, id);
  const token = await tokens.get(block.tokenId, signal);
  if (token === undefined || version < token.version - 1) return [];
  if (version > token.version) throw ahead(id);
  const isPreviousAlive = hasPrevious(token, clock.now());
  if (version < token.version) return endPrevious(token, { tokens, clock }, signal);
  if (isPreviousAlive) throw olderLives(id);
  if (token.enabled) await tokens.update(token, { enabled: false }, signal);
  await tokens.rotate(block.tokenId, undefined, signal);
  return sessions(token.enabled);
}

/** Where the date is over by less than clocks may differ, it is moved all the same. */
async function endPrevious(
  token: ServiceToken,
  { tokens, clock }: Pick<Ending, "tokens" | "clock">,
  signal: AbortSignal,
): Promise<readonly Residual[]> {
  const { previousUntil } = token;
  if (previousUntil === undefined || Date.parse(previousUntil) <= Date.parse(past(clock))) return [];
  await tokens.update(token, { previous_client_secret_expires_at: past(clock) }, signal);
  return sessions(true);
}

/** Throws `Terminal` where the secret of this id is not the older one of two that live. */
export async function moveGrace(
  { block, tokens, clock }: Ending,
  id: KeyId,
  until: string,
  signal: AbortSignal,
): Promise<void> {
  const version = versionIn(block, id);
  const token = await tokens.get(block.tokenId, signal);
  if (token !== undefined && version === token.version) throw refused(NEWEST);
  if (token === undefined || !isPrevious(token, version, clock)) throw refused(OVER);
  if (!(await tokens.update(token, { previous_client_secret_expires_at: until }, signal))) throw refused(OVER);
}

function isPrevious(token: ServiceToken, version: number, clock: Clock): boolean {
  return version === token.version - 1 && hasPrevious(token, clock.now());
}

function past(clock: Clock): string {
  return new Date(clock.now().getTime() - PAST_MS).toISOString();
}

function sessions(ended: boolean): readonly Residual[] {
  if (!ended) return [];
  return [
    {
      kind: "AccessSession",
      message: "Access has given callers of this token sessions that last as long as the application says.",
      remedy: "Where that is too long: revoke existing tokens of the application, in Zero Trust.",
    },
  ];
}

/** What was read is older than what Velvet knows: to say that it is gone would leave it alive. */
function ahead(id: KeyId): Transient {
  return new Transient(
    { reason: "AccessGenerationAhead", message: `Cloudflare does not show the secret ${id} yet.` },
    { vendor: VENDOR, operation: "end a secret" },
    5_000,
  );
}

function olderLives(id: KeyId): Terminal {
  return refused({
    reason: "AccessOlderSecretLives",
    message: `${id} ends only with the whole service token, and the secret before it is still accepted.`,
    remedy: "End the older one first: its id is this one's with the number before.",
  });
}

const NEWEST: ErrorText = {
  reason: "AccessGraceOver",
  message: "The newest secret has no date to move.",
  remedy: "Name the id of the secret before it.",
};

const OVER: ErrorText = {
  reason: "AccessGraceOver",
  message: "The old secret has ended already, so its date cannot be moved.",
  remedy: "Give every consumer the new one.",
};

function refused(text: ErrorText): Terminal {
  return new Terminal(text, { vendor: VENDOR, operation: "PUT /accounts/{}/access/service_tokens/{}" });
}
