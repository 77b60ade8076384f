/**
 * The account's access token: got once for all who need it, renewed before its end, ended when the connection closes. A wrong client
 * secret is never tried twice within the time in which Infisical counts towards a lock.
 */
import type { Clock } from "../contract.ts";
import type { AdapterError } from "../errors.ts";
import { isAdapterError, Terminal, Transient } from "../errors.ts";
import { path } from "../http-path.ts";
import { Secret } from "../secret.ts";
import type { Api, Ask, InfisicalAccountHandle } from "./api.ts";
import { factsOf, isYes, numberAt, refusal, textAt } from "./api.ts";
import type { Login, Who } from "./login.ts";
import { endToken, login } from "./login.ts";
import { openMemory } from "./memory.ts";
import { waitFor } from "./patience.ts";

/** Infisical forgets a wrong login after 30 seconds, unless the identity says otherwise. */
export const WRONG_REST_MS = 31_000;
const RENEW_AHEAD_MS = 600_000;
const CLOSING_MS = 5_000;

export interface Tokens extends AsyncDisposable {
  /** A token that should be good for a while. */
  current(signal: AbortSignal): Promise<Secret>;
  /** Another one than this, which Infisical just refused. */
  after(refused: Secret, signal: AbortSignal): Promise<Secret>;
  /** Logs in afresh, to see whether the client secret itself still works. Leaves one token behind, the account's. */
  prove(signal: AbortSignal): Promise<Entered>;
}

type Entered = Extract<Login, { kind: "in" }>;

interface Held {
  readonly token: Secret;
  readonly endsMs: number;
  readonly renewMs: number;
}

const LOGIN = factsOf({ method: "POST", path: path`/api/v1/auth/universal-auth/login` });

export function openTokens(api: Api, account: InfisicalAccountHandle, clock: Clock): Tokens {
  const closing = new AbortController();
  const enter = entrance(api, account, clock, closing.signal);
  let held: Held | undefined;
  let getting: Promise<Held> | undefined;

  /** One at a time, and shared: a crowd of logins would be a crowd of refusals where the secret is wrong. */
  const get = async (work: () => Promise<Held>, signal: AbortSignal): Promise<Secret> => {
    const join = async (): Promise<Held> =>
      (getting ??= work()
        .then((fresh) => (held = fresh))
        .finally(() => (getting = undefined)));
    return (await waitFor(join, signal, LOGIN)).token;
  };
  const prove = async (): Promise<Entered> => {
    const entered = await enter();
    if (held || getting) await endQuietly(api, entered.token, closing.signal);
    else held = heldOf(entered, clock);
    return entered;
  };
  return {
    current: async (signal) => {
      const old = held;
      if (old && clock.monotonicMs() < old.renewMs) return old.token;
      return get(async () => renewed(old, enter, { api, clock, signal: closing.signal }), signal);
    },
    after: async (refused, signal) => {
      if (held && !held.token.equals(refused)) return held.token;
      return get(async () => instead(refused, enter, { api, clock, signal: closing.signal }), signal);
    },
    prove: async (signal) => waitFor(prove, signal, LOGIN),
    async [Symbol.asyncDispose]() {
      const timer = setTimeout(() => closing.abort(), CLOSING_MS);
      await getting?.catch(() => {});
      if (held) await endQuietly(api, held.token, closing.signal);
      held = undefined;
      clearTimeout(timer);
    },
  };
}

/** Logs the account in. Throws what a login with the same secret met a short while ago, without asking again. */
function entrance(
  api: Api,
  account: InfisicalAccountHandle,
  clock: Clock,
  signal: AbortSignal,
): () => Promise<Entered> {
  const failed = openMemory<AdapterError>(clock);
  const lockMs = (account.config.lockoutSeconds ?? 300) * 1000;
  return async () => {
    const who = whoOf(account);
    const before = failed.recall(who);
    if (before) throw before.what;
    const result = await login(api, who, signal);
    if (result.kind === "in") return result;
    const error = errorOf(result, lockMs);
    failed.keep(who, error, WRONG_REST_MS);
    throw error;
  };
}

interface Means {
  readonly api: Api;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Ends the refused one too: it may have been refused for another reason than its end. */
async function instead(refused: Secret, enter: () => Promise<Entered>, { api, clock, signal }: Means): Promise<Held> {
  const fresh = heldOf(await enter(), clock);
  await endQuietly(api, refused, signal);
  return fresh;
}

async function renewed(old: Held | undefined, enter: () => Promise<Entered>, means: Means): Promise<Held> {
  const { clock } = means;
  const isLive = (): boolean => old !== undefined && clock.monotonicMs() < old.endsMs;
  const next = old && isLive() ? await renew(old, means) : undefined;
  if (next) return next;
  try {
    return heldOf(await enter(), clock);
  } catch (error) {
    // It is still good for a while, and the account's probe tells of what is wrong.
    if (old && isLive()) return { ...old, renewMs: clock.monotonicMs() + WRONG_REST_MS };
    throw error;
  }
}

function whoOf(account: InfisicalAccountHandle): Who {
  return {
    clientId: account.secret("clientId").reveal().trim(),
    clientSecret: Secret.from(account.secret("clientSecret").reveal().trim()),
    subOrganization: account.config.subOrganization,
  };
}

function heldOf({ token, lastsMs }: Pick<Entered, "token" | "lastsMs">, clock: Clock): Held {
  const now = clock.monotonicMs();
  if (lastsMs === undefined) return { token, endsMs: Infinity, renewMs: Infinity };
  return { token, endsMs: now + lastsMs, renewMs: now + lastsMs - Math.min(RENEW_AHEAD_MS, lastsMs / 5) };
}

/** Undefined where a login is needed: the token has reached the end of its renewals, or was taken back. */
async function renew(old: Held, { api, clock, signal }: Means): Promise<Held | undefined> {
  const ask: Ask = {
    method: "POST",
    path: path`/api/v1/auth/token/renew`,
    json: { accessToken: old.token.reveal() },
    effect: "repeatable",
  };
  try {
    const told = await api.send(ask, signal);
    const token = textAt(told.body, "accessToken");
    if (!isYes(told.status) || token === undefined) return undefined;
    const seconds = numberAt(told.body, "expiresIn") ?? 0;
    const next = heldOf({ token: Secret.from(token), lastsMs: seconds > 0 ? seconds * 1000 : undefined }, clock);
    // At the end of its renewals Infisical gives a token that lives no longer than the one before.
    return next.endsMs > old.endsMs ? next : undefined;
  } catch (error) {
    if (isAdapterError(error)) return undefined;
    throw error;
  }
}

function errorOf({ kind, told }: Exclude<Login, { kind: "in" }>, lockMs: number): AdapterError {
  if (kind === "locked") {
    const message = "Infisical has locked the account's client id after wrong logins; the right secret is refused too.";
    return new Transient({ reason: "AccountLocked", message }, told.facts, lockMs);
  }
  if (kind === "address") {
    return new Terminal(
      {
        reason: "AddressNotTrusted",
        message: "The account's identity does not let anybody log in from the address that Velvet comes from.",
        remedy: "Add Velvet's address to the identity's trusted addresses.",
      },
      told.facts,
    );
  }
  return refusal(told);
}

async function endQuietly(api: Api, token: Secret, signal: AbortSignal): Promise<void> {
  try {
    await endToken(api, token, signal);
  } catch (error) {
    if (!isAdapterError(error)) throw error;
  }
}
