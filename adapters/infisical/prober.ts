/**
 * Logins that ask whether a value works. Each takes a connection of its own and ends the token that it got. Infisical locks a client id
 * after a few wrong logins, for the right secret too: a value that failed is not tried again, and no other unknown one is tried beside
 * it, until Infisical has forgotten the failure.
 */
import type { Clock } from "../contract.ts";
import { isAdapterError } from "../errors.ts";
import { path } from "../http-path.ts";
import type { Api } from "./api.ts";
import { factsOf } from "./api.ts";
import type { Login, Who } from "./login.ts";
import { endToken, login } from "./login.ts";
import { openMemory } from "./memory.ts";
import { waitFor } from "./patience.ts";
import { WRONG_REST_MS } from "./tokens.ts";

export type Probed =
  | (Refusal & { readonly restMs: number })
  /** `ended`: the token that the probe got is no more. */
  | { readonly kind: "in"; readonly secretId: string | undefined; readonly ended: boolean }
  /** Not tried, so that this clientId is not locked. */
  | { readonly kind: "held-back"; readonly restMs: number };

export interface Prober extends AsyncDisposable {
  /** `countMs`: how long Infisical counts a wrong login. Throws where Infisical gave no answer that is about the value. */
  ask(who: Who, countMs: number, signal: AbortSignal): Promise<Probed>;
}

const LOGIN = factsOf({ method: "POST", path: path`/api/v1/auth/universal-auth/login` });

export function openProber(open: () => Api, clock: Clock): Prober {
  const closing = new AbortController();
  const care = openCare(clock);
  const running = new Map<string, Promise<Probed>>();
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other, so that the second one knows how the first one ended. */
  const queued = async (who: Who, countMs: number): Promise<Probed> => {
    const before = last;
    const mine = (async () => {
      await before.catch(() => {});
      return probe(who, countMs, { open, care, signal: closing.signal });
    })();
    last = mine;
    return mine;
  };
  return {
    ask: async (who, countMs, signal) => {
      const before = care.failure(who);
      if (before) return before;
      const name = care.nameOf(who);
      const join = async (): Promise<Probed> => {
        const work = running.get(name) ?? queued(who, countMs).finally(() => running.delete(name));
        running.set(name, work);
        return work;
      };
      return waitFor(join, signal, LOGIN);
    },
    async [Symbol.asyncDispose]() {
      const timer = setTimeout(() => closing.abort(), 5_000);
      await last.catch(() => {});
      clearTimeout(timer);
    },
  };
}

interface Probing {
  readonly open: () => Api;
  readonly care: Care;
  readonly signal: AbortSignal;
}

async function probe(who: Who, countMs: number, { open, care, signal }: Probing): Promise<Probed> {
  const restMs = care.quietMs(who);
  if (restMs > 0) return { kind: "held-back", restMs };
  await using api = open();
  const result = await login(api, who, signal);
  if (result.kind !== "in") return care.refused(who, result, Math.max(WRONG_REST_MS, countMs + 1000));
  care.worked(who);
  return { kind: "in", secretId: result.secretId, ended: await ended(api, result.token, signal) };
}

type Refusal = Exclude<Login, { kind: "in" }>;

/** What keeps Infisical from locking a client id because of us. */
interface Care {
  nameOf(who: Who): string;
  /** How it was refused a short while ago. */
  failure(who: Who): (Refusal & { readonly restMs: number }) | undefined;
  /** How long no value of this client id is to be tried that is not known to work. */
  quietMs(who: Who): number;
  worked(who: Who): void;
  refused(who: Who, refusal: Refusal, restMs: number): Refusal & { readonly restMs: number };
}

function openCare(clock: Clock): Care {
  const failed = openMemory<Refusal>(clock);
  const good = new Set<string>();
  const quietUntil = new Map<string, number>();
  return {
    nameOf: (who) => failed.print(who),
    failure: (who) => {
      const found = failed.recall(who);
      return found && { ...found.what, restMs: found.restMs };
    },
    quietMs: (who) => {
      if (good.has(failed.print(who))) return 0;
      return Math.max(0, (quietUntil.get(who.clientId) ?? 0) - clock.monotonicMs());
    },
    worked: (who) => good.add(failed.print(who)),
    refused: (who, refusal, restMs) => {
      good.delete(failed.print(who));
      failed.keep(who, refusal, restMs);
      const counts = refusal.kind === "wrong" || refusal.kind === "locked";
      if (counts) quietUntil.set(who.clientId, clock.monotonicMs() + restMs);
      return { ...refusal, restMs };
    },
  };
}

async function ended(api: Api, token: Parameters<typeof endToken>[1], signal: AbortSignal): Promise<boolean> {
  try {
    return await endToken(api, token, signal);
  } catch (error) {
    if (isAdapterError(error)) return false;
    throw error;
  }
}
