/** Watches the four kinds and brings what they show into the ledger, on one replica at a time. */
import type { Clock } from "../../../adapters/contract.ts";
import type { Kind } from "../../../crds/kinds.gen.ts";
import type { ApiClient } from "../../kubernetes/client.ts";
import { SYSTEM_CLOCK } from "../../kubernetes/clock.ts";
import { startReflector } from "../../kubernetes/reflector.ts";
import type { Db } from "../../ledger/db.ts";
import { type HeldLease, holdLease } from "../../ledger/lease.ts";
import { createBell } from "../bell.ts";
import { SourceFailure } from "../failure.ts";
import type { RunningSource } from "../poll.ts";
import { failSource, readSource, touchSource } from "../state.ts";
import { changedSomething, type SyncReport } from "../sync.ts";
import { openIntake, SOURCE, type SeenChange } from "./intake.ts";
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
  const stop = AbortSignal.any([options.signal, held.lost]);
  const lists = listsOf(options.namespaces);
  const vouching = openVouching(options.client, options.clock, options.onPolicies);
  const intake = openIntake({
    db: options.db,
    lease: held.lease,
    lists: lists.map(({ name }) => name),
    context: async () => {
      const facts = await vouching.facts(stop);
      return { environment: options.environment, trustOf: (object) => trustOf(object, facts) };
    },
    onSync: (report) => {
      synced();
      if (changedSomething(report)) options.onChange(report);
    },
  });
  try {
    const health = openHealth(options, lists.length);
    const watching = lists.map(async (list) => watch(options, list, { intake, health, stop }));
    await Promise.all([...watching, options.alongside(stop)]);
  } finally {
    await held.release();
  }
}

interface Watching {
  readonly intake: ReturnType<typeof openIntake>;
  readonly health: Health;
  readonly stop: AbortSignal;
}

async function watch(options: KubernetesSourceOptions, list: ListOrder, watching: Watching): Promise<void> {
  const { intake, health, stop } = watching;
  const reflector = startReflector({
    client: options.client,
    resource: list.resource,
    ...(list.namespace === undefined ? {} : { namespace: list.namespace }),
    clock: SYSTEM_CLOCK,
    random: options.random,
    signal: stop,
    apply: async (changes, whole) => {
      await intake.take(list.name, list.kind, changes, whole);
      for (const change of changes) options.onSeen(list.kind, change);
      await health.well(list.name);
    },
    onTrouble: ({ error }) => void health.ill(list.name, error),
  });
  await reflector.done;
}

/** The source's row says what is wrong with any of its watches, and that it is well again when all are. */
interface Health {
  well(list: string): Promise<void>;
  ill(list: string, trouble: unknown): Promise<void>;
}

function openHealth({ db, onFailure }: KubernetesSourceOptions, lists: number): Health {
  const ill = new Set<string>();
  const seen = new Set<string>();
  return {
    well: async (list) => {
      seen.add(list);
      if (ill.delete(list) && ill.size === 0 && seen.size === lists) await touchSource(db, SOURCE);
    },
    ill: async (list, trouble) => {
      ill.add(list);
      const failure = failureOf(trouble);
      onFailure(failure);
      if (!(failure instanceof SourceFailure)) return;
      await failSource(db, { name: SOURCE, kind: "kubernetes" }, failure).catch(onFailure);
    },
  };
}
