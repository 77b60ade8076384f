/** One engine with every adapter of the build, quick to look and to give up. */
import { randomBytes } from "node:crypto";
import { adapters } from "../../adapters/registry.ts";
import { Secret } from "../../adapters/secret.ts";
import { type KeyRing, keyRing } from "../../controller/custody/key.ts";
import { type SecretLookup } from "../../controller/engine/accounts.ts";
import type { Deps, EffectPoint, Log } from "../../controller/engine/deps.ts";
import { Engine } from "../../controller/engine/engine.ts";
import type { Db } from "../../controller/ledger/db.ts";
import { testDeps } from "./test-deps.ts";

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

export function realDeps(db: Db, options: Omit<RealEngineOptions, "isHeld">): Deps {
  return testDeps({ keys: newKeys(), ...options, db, adapters });
}

export function startRealEngine(db: Db, options: RealEngineOptions): Engine {
  const { isHeld, ...own } = options;
  const deps = realDeps(db, own);
  const admission = { environment: "test", rotationOn: true, registry: adapters };
  return new Engine(deps, { concurrency: 4, pollMs: 20, admission, ...(isHeld ? { isHeld } : {}) });
}
