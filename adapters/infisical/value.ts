/** Does a value work, and which client secret is it? First what the identity's own page knows, then at most one login. */
import type { KeyId, Verdict } from "../contract.ts";
import { isAdapterError, Terminal, Transient } from "../errors.ts";
import { Secret, type SecretFields } from "../secret.ts";
import type { ClientSecret, UniversalAuth } from "./identity.ts";
import { idOf, needUniversalAuth, readClientSecrets } from "./identity.ts";
import type { Probed, Prober } from "./prober.ts";
import type { Session } from "./session.ts";
import { incomplete, notListed, unanswered, verdictOf } from "./verdict.ts";

export interface Rotated {
  readonly session: Session;
  readonly prober: Prober;
  readonly identity: string;
  readonly subOrganization: string | undefined;
  /** How long to keep away from a locked client id, where the identity's own setting may not be read. */
  readonly lockSeconds: number;
  readonly now: () => Date;
}

interface Parts {
  readonly clientId: string | undefined;
  readonly clientSecret: Secret;
}

/** Undefined where there is no client secret in it. */
function partsOf(value: SecretFields): Parts | undefined {
  const clientSecret = value["clientSecret"];
  if (clientSecret === undefined || clientSecret.isEmpty) return undefined;
  const clientId = value["clientId"]?.reveal().trim();
  return { clientSecret, clientId: clientId === "" ? undefined : clientId };
}

/** Another first character, which is among what Infisical knows of a client secret: it is told apart without a login. */
export function mutate(value: SecretFields): SecretFields {
  const secret = value["clientSecret"];
  if (secret === undefined) return { ...value };
  const text = secret.reveal();
  return { ...value, clientSecret: Secret.from(`${text.startsWith("0") ? "f" : "0"}${text.slice(1)}`) };
}

interface Known {
  readonly auth: UniversalAuth;
  /** Client secrets that may be this value. Undefined where it is for another client id. */
  readonly candidates: readonly ClientSecret[] | undefined;
}

export async function verify(rotated: Rotated, value: SecretFields, signal: AbortSignal): Promise<Verdict> {
  const parts = partsOf(value);
  if (parts === undefined) return incomplete();
  try {
    const known = await lookUpIfAllowed(rotated, parts, signal);
    if (known?.candidates?.length === 0) return notListed();
    return verdictOf(await tryLogin(rotated, parts, known?.auth, signal), lockMsOf(rotated, known?.auth));
  } catch (error) {
    if (isAdapterError(error) && !signal.aborted) return unanswered(error);
    throw error;
  }
}

function lockMsOf({ lockSeconds }: Rotated, auth: UniversalAuth | undefined): number {
  return (auth?.lockSeconds ?? lockSeconds) * 1000;
}

/** A login alone tells less, and still tells whether the value works. */
async function lookUpIfAllowed(rotated: Rotated, parts: Parts, signal: AbortSignal): Promise<Known | undefined> {
  try {
    return await lookUp(rotated, parts, signal);
  } catch (error) {
    if (isAdapterError(error) && error.reason === "AccountForbidden") return undefined;
    throw error;
  }
}

async function lookUp({ session, identity }: Rotated, parts: Parts, signal: AbortSignal): Promise<Known> {
  const auth = await needUniversalAuth(session, identity, signal);
  if ((parts.clientId ?? auth.clientId) !== auth.clientId) return { auth, candidates: undefined };
  const listed = await readClientSecrets(session, identity, signal);
  const begin = parts.clientSecret.reveal().trim().slice(0, 4);
  return { auth, candidates: listed.filter(({ prefix }) => prefix === begin) };
}

async function tryLogin(
  { prober, subOrganization }: Rotated,
  parts: Parts,
  auth: UniversalAuth | undefined,
  signal: AbortSignal,
): Promise<Probed> {
  const clientId = parts.clientId ?? auth?.clientId;
  if (clientId === undefined) throw clientIdUnknown();
  const who = { clientId, clientSecret: parts.clientSecret, subOrganization };
  return prober.ask(who, (auth?.countSeconds ?? 30) * 1000, signal);
}

export async function identify(rotated: Rotated, value: SecretFields, signal: AbortSignal): Promise<KeyId | undefined> {
  const parts = partsOf(value);
  if (parts === undefined) return undefined;
  const { auth, candidates } = await lookUp(rotated, parts, signal);
  if (candidates === undefined) throw stranger();
  if (candidates.length === 0) return undefined;
  const probed = await tryLogin(rotated, parts, auth, signal);
  if (probed.kind === "wrong" || probed.kind === "expired" || probed.kind === "used-up") return undefined;
  const found = probed.kind === "in" ? foundBy(probed.secretId, candidates) : undefined;
  if (found) return idOf(rotated.identity, found.id);
  throw notIdentified("restMs" in probed ? probed.restMs : undefined);
}

/**
 * Infisical lets nobody in but with one of the candidates, and its token says with which. Where it does not say, a single candidate is
 * the one.
 */
function foundBy(secretId: string | undefined, candidates: readonly ClientSecret[]): ClientSecret | undefined {
  if (secretId !== undefined) return candidates.find(({ id }) => id === secretId);
  return candidates.length === 1 ? candidates[0] : undefined;
}

function notIdentified(waitMs: number | undefined): Transient {
  const message = "Infisical did not say which client secret the value is.";
  return new Transient({ reason: "NotIdentified", message }, { vendor: "infisical", operation: "login" }, waitMs);
}

function clientIdUnknown(): Terminal {
  return new Terminal(
    {
      reason: "ClientIdUnknown",
      message: "The value has no client id, and the account may not look up the identity's.",
      remedy: "Keep `clientId` beside `clientSecret`, or let the account's identity read identities.",
    },
    { vendor: "infisical", operation: "login" },
  );
}

function stranger(): Terminal {
  return new Terminal(
    {
      reason: "IdentityNotConfigured",
      message: "The value in use is for another client id than that of the identity that the issuer names.",
      remedy: "Set the issuer's identity to the one that the consumers log in as.",
    },
    { vendor: "infisical", operation: "identify" },
  );
}
