/** Watches the four kinds and brings what they show into the ledger, on one replica at a time. */
import type { Clock } from "../../../adapters/contract.ts";
import type { Kind } from "../../../crds/kinds.gen.ts";
import type { ApiClient } from "../../kubernetes/client.ts";
import { SYSTEM_CLOCK } from "../../kubernetes/clock.ts";
import type { Comeback } from "../../kubernetes/comeback.ts";
import { type Reflector, startReflector } from "../../kubernetes/reflector.ts";
import type { Db } from "../../ledger/db.ts";
import { type HeldLease, holdLease } from "../../ledger/lease.ts";
import { createBell } from "../bell.ts";
import { KINDS } from "../manifest/schema.ts";
import type { RunningSource } from "../poll.ts";
import { readSource } from "../state.ts";
import { changedSomething, type SyncReport } from "../sync.ts";
import type { Health } from "./health.ts";
import { type Intake, openIntake, SOURCE, type SeenChange } from "./intake.ts";
import { type ListOrder, listsOf } from "./resources.ts";
import { trustOf } from "./trust.ts";
import { openVouching } from "./vouching.ts";
import { failureOf } from "./trouble.ts";

export interface KubernetesSourceOptions {
  readonly db: Db;
  readonly client: ApiClient;
  /** Absent: all. */
  readonly namespaces?: readonly string[];
  readonly environment: string;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly owner: string;
  readonly newId: () => string;
  readonly leaseMs?: number;
  /** Every change in the order in which it is seen, once it stands in the ledger. Not awaited, and must not throw. */
  readonly onSeen: (kind: Kind, change: SeenChange) => void;
  /** Runs for as long as this replica is the one that watches. */
  readonly alongside: (signal: AbortSignal) => Promise<void>;
  readonly onChange: (report: SyncReport) => void;
  readonly onFailure: (error: unknown) => void;
  readonly health: Health;
  readonly comeback: Comeback;
  /** What is missing of the admission policies; nothing where all stands. */
  readonly onPolicies: (missing: readonly string[]) => void;
}

const LEASE_MS = 30_000;
const TRY_AGAIN_MS = 5_000;

/** Starts it; it ends on `signal`. */
export function runKubernetesSource(options: KubernetesSourceOptions): RunningSource {
  const { promise: first, resolve, reject } = Promise.withResolvers<void>();
  first.catch(() => undefined);
  const done = run(options, resolve).finally(() =>
    reject(new Error(`stopped before the first sync of the source ${SOURCE}`)),
  );
  return { first, done };
}

async function run(options: KubernetesSourceOptions, synced: () => void): Promise<void> {
  const { db, clock, signal, newId, owner, onFailure } = options;
  const ttlMs = options.leaseMs ?? LEASE_MS;
  const bell = createBell();
  while (!signal.aborted) {
    try {
      const held = await holdLease(db, { name: `source:${SOURCE}`, claim: newId(), owner, ttlMs }, clock);
      if (held !== undefined) await watchWhileHeld(options, held, synced);
      else if ((await readSource(db, SOURCE))?.baseline === true) synced();
      if (held === undefined) await bell.wait(ttlMs / 3, signal);
    } catch (error) {
      onFailure(error);
      await bell.wait(TRY_AGAIN_MS, signal);
    }
  }
}

async function watchWhileHeld(options: KubernetesSourceOptions, held: HeldLease, synced: () => void): Promise<void> {
  const { health } = options;
  const stop = AbortSignal.any([options.signal, held.lost]);
  const lists = listsOf(options.namespaces);
  const vouching = openVouching(options.client, options.clock, options.onPolicies);
  const intake = openIntake({
    db: options.db,
    lease: held.lease,
    lists,
    context: async () => {
      const facts = await vouching.facts(stop);
      return { environment: options.environment, trustOf: (object) => trustOf(object, facts) };
    },
    isIll: () => !health.isWell(),
    onSync: (report) => {
      synced();
      if (changedSomething(report)) options.onChange(report);
    },
  });
  try {
    await Promise.all([watchAll(options, lists, { intake, stop }), options.alongside(stop)]);
  } finally {
    await held.release();
    health.rest();
  }
}

interface Watching {
  readonly intake: Intake;
  readonly stop: AbortSignal;
}

/** One kind after the other, until each is known: what follows names what comes before. Settles on `stop`. */
async function watchAll(options: KubernetesSourceOptions, lists: readonly ListOrder[], watching: Watching) {
  const running: Promise<void>[] = [];
  for (const kind of KINDS) {
    const started = lists.filter((list) => list.kind === kind).map((list) => watch(options, list, watching));
    running.push(...started.map(async ({ done }) => done));
    // It rejects only when it is to stop.
    await Promise.all(started.map(async ({ hasSynced }) => hasSynced)).catch(() => undefined);
    if (watching.stop.aborted) break;
  }
  if (!watching.stop.aborted) await options.health.complete().catch(options.onFailure);
  await Promise.all(running);
}

function watch(options: KubernetesSourceOptions, list: ListOrder, { intake, stop }: Watching): Reflector {
  const { health } = options;
  return startReflector({
    client: options.client,
    resource: list.resource,
    ...(list.namespace === undefined ? {} : { namespace: list.namespace }),
    clock: SYSTEM_CLOCK,
    random: options.random,
    signal: stop,
    comeback: options.comeback,
    apply: async (changes, whole) => {
      await intake.take(list.name, list.kind, changes, whole);
      // The API server may have gone away meanwhile, which what was taken from before does not hide.
      await health.overwritten();
      await health.well(takingOf(list));
      for (const change of changes) options.onSeen(list.kind, change);
    },
    onTrouble: ({ during, error }) => {
      const failure = failureOf(error, "watch");
      options.onFailure(failure);
      void health.ill(during === "apply" ? takingOf(list) : list.name, failure);
    },
    onWatching: () => void health.well(list.name).catch(options.onFailure),
  });
}

/** What a watch brought can wait for the API server while the watch itself goes on. */
function takingOf({ name }: ListOrder): string {
  return `${name}.@taken`;
}
