/** What the engine needs from outside, with this machine's own clock and chance, and nobody who reads the log. */
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Adapter } from "../../adapters/contract.ts";
import { Accounts, type SecretLookup } from "../../controller/engine/accounts.ts";
import type { Deps } from "../../controller/engine/deps.ts";

const quiet = (): void => undefined;
const CLOCK = { now: () => new Date(), monotonicMs: () => performance.now() };

const USUAL = {
  install: "test",
  environment: "test",
  clock: CLOCK,
  random: randomBytes,
  uuid: randomUUID,
  jitter: () => 0,
  timeout: (ms: number) => AbortSignal.timeout(ms),
  pause: async (ms: number) => delay(ms),
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  replica: "a",
};

export interface TestDepsOptions
  extends Partial<Omit<Deps, "accounts" | "db" | "keys" | "leaseMs">>, Pick<Deps, "db" | "keys" | "leaseMs"> {
  readonly adapters: Readonly<Record<string, Adapter>>;
  /** Resolves what the accounts name in `auth[]`. Default: nothing is known. */
  readonly secrets?: SecretLookup;
}

export function testDeps({ adapters, secrets = () => undefined, ...own }: TestDepsOptions): Deps {
  const deps = { ...USUAL, ...own };
  return { ...deps, accounts: new Accounts(adapters, secrets, deps.clock) };
}
