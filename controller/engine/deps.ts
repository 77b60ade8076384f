import type { Clock } from "../../adapters/contract.ts";
import type { KeyRing } from "../custody/key.ts";
import type { Db } from "../ledger/db.ts";
import type { Meter } from "../metrics/meter.ts";
import type { Accounts } from "./accounts.ts";

/** The few words a log line needs; pino's shape. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
  /** Every line until `run` settles has these facts, those of whoever is called included. Absent where nobody reads. */
  within?<T>(facts: object, run: () => Promise<T>): Promise<T>;
}

/** What is done for one rotation, or one credential, is told with its name. */
export async function within<T>({ log }: { readonly log: Log }, facts: object, run: () => Promise<T>): Promise<T> {
  return log.within === undefined ? run() : log.within(facts, run);
}

/** Where in an effect something may be made to happen, for tests of crashes and pauses. */
export type EffectPoint = "before" | "after";

/** Everything the engine needs from outside. Clock, randomness and time-outs are parameters. */
export interface Deps {
  readonly db: Db;
  readonly accounts: Accounts;
  readonly keys: KeyRing;
  /** The install's id, part of every marker. */
  readonly install: string;
  readonly environment: string;
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
  readonly uuid: () => string;
  /** Uniform in [0, 1), for jitter. */
  readonly jitter: () => number;
  /** Resolves after so many milliseconds of the monotonic clock. */
  readonly pause: (ms: number) => Promise<void>;
  /** Aborts after so many milliseconds of the monotonic clock: every deadline. */
  readonly timeout: (ms: number) => AbortSignal;
  readonly log: Log;
  readonly leaseMs: number;
  /** This replica's name, for people. */
  readonly replica: string;
  /** Absent where nobody measures. */
  readonly meter?: Meter;
  /** Called around every effect, with its label. Absent outside tests. */
  readonly hook?: (label: string, point: EffectPoint) => Promise<void>;
}
