/** One engine with every adapter of the build, quick to look and to give up. */
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { adapters } from "../../adapters/registry.ts";
import { Secret } from "../../adapters/secret.ts";
import { type KeyRing, keyRing } from "../../controller/custody/key.ts";
import { Accounts, type SecretLookup } from "../../controller/engine/accounts.ts";
import type { EffectPoint, Log } from "../../controller/engine/deps.ts";
import { Engine } from "../../controller/engine/engine.ts";
import type { Db } from "../../controller/ledger/db.ts";

export interface RealEngineOptions {
  /** Resolves what the accounts name in `auth[]`. */
  readonly secrets: SecretLookup;
  readonly leaseMs: number;
  /** Where somebody is to seal something for it. Default: keys that nobody knows. */
  readonly keys?: KeyRing;
  /** Default: nobody reads. */
  readonly log?: Log;
  /** Default: `a`. */
  readonly replica?: string;
  /** Why nothing may be started now. */
  readonly isHeld?: () => string | undefined;
  readonly hook?: (label: string, point: EffectPoint) => Promise<void>;
}

export function newKeys(): KeyRing {
  return keyRing(Secret.from(randomBytes(32).toString("base64")));
}

export function startRealEngine(db: Db, options: RealEngineOptions): Engine {
  const { secrets, leaseMs, keys, log, replica = "a", isHeld, hook } = options;
  const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
  const quiet = () => undefined;
  const deps = {
    db,
    accounts: new Accounts(adapters, secrets, clock),
    keys: keys ?? newKeys(),
    install: "test",
    environment: "test",
    clock,
    random: randomBytes,
    uuid: randomUUID,
    jitter: () => 0,
    timeout: (ms: number) => AbortSignal.timeout(ms),
    pause: async (ms: number) => delay(ms),
    log: log ?? { debug: quiet, info: quiet, warn: quiet, error: quiet },
    leaseMs,
    replica,
    ...(hook ? { hook } : {}),
  };
  const admission = { environment: "test", rotationOn: true, registry: adapters };
  return new Engine(deps, { concurrency: 4, pollMs: 20, admission, ...(isHeld ? { isHeld } : {}) });
}
