/** Everything that is measured, for Prometheus. Names are controller-runtime's where they mean the same. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Measures } from "../ledger/measures.ts";
import type { Meter } from "./meter.ts";

export interface MetricsOrder {
  readonly version: string;
  /** Rotations at once. */
  readonly concurrency: number;
}

export interface Metrics extends Meter {
  readonly contentType: string;
  /** `measures` absent: the ledger did not answer, and what it knows is left out rather than told from before. */
  text(measures: Measures | undefined): Promise<string>;
}

const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const ROTATION = { controller: "rotation" };

export function createMetrics({ version, concurrency }: MetricsOrder): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const made = instruments(registry);
  made.build.set({ version }, 1);
  made.places.set(ROTATION, concurrency);
  for (const result of ["success", "requeue_after", "error"]) made.passes.inc({ ...ROTATION, result }, 0);
  const ledger = ledgerGauges(registry);
  return {
    contentType: registry.contentType,
    effectEnded: (effect, outcome, ms) => made.effects.observe({ effect, outcome }, ms / 1_000),
    workBegun: () => made.active.inc(ROTATION),
    workEnded: (result, ms) => {
      made.active.dec(ROTATION);
      made.passes.inc({ ...ROTATION, result });
      made.passSeconds.observe(ROTATION, ms / 1_000);
      if (result === "error") made.errors.inc(ROTATION);
    },
    rotationEnded: (flow, state) => made.ended.inc({ flow, state }),
    text: async (measures) => {
      ledger.show(measures);
      return registry.metrics();
    },
  };
}

// oxlint-disable-next-line explicit-function-return-type -- one entry for each instrument, each with its own labels
function instruments(registry: Registry) {
  const registers = [registry];
  return {
    build: new Gauge({ name: "velvet_build_info", help: "Which version runs.", labelNames: ["version"], registers }),
    passes: new Counter({
      name: "controller_runtime_reconcile_total",
      help: "Turns of work on one rotation, by how they ended.",
      labelNames: ["controller", "result"],
      registers,
    }),
    errors: new Counter({
      name: "controller_runtime_reconcile_errors_total",
      help: "Turns that broke off.",
      labelNames: ["controller"],
      registers,
    }),
    passSeconds: new Histogram({
      name: "controller_runtime_reconcile_time_seconds",
      help: "How long a turn of work on one rotation took.",
      labelNames: ["controller"],
      buckets: SECONDS,
      registers,
    }),
    active: new Gauge({
      name: "controller_runtime_active_workers",
      help: "Rotations that this replica works on now.",
      labelNames: ["controller"],
      registers,
    }),
    places: new Gauge({
      name: "controller_runtime_max_concurrent_reconciles",
      help: "How many it works on at once, at most.",
      labelNames: ["controller"],
      registers,
    }),
    effects: new Histogram({
      name: "velvet_effect_seconds",
      help: "Calls to vendors and consumers, by what they are and what came of them.",
      labelNames: ["effect", "outcome"],
      buckets: SECONDS,
      registers,
    }),
    ended: new Counter({
      name: "velvet_rotations_ended_total",
      help: "Rotations that this replica brought to their end.",
      labelNames: ["flow", "state"],
      registers,
    }),
  };
}

interface LedgerGauges {
  show(measures: Measures | undefined): void;
}

const COUNTS: Readonly<Record<string, readonly [keyof Measures, string]>> = {
  velvet_rotations_stalled: ["stalled", "Live rotations that only a person can lead on."],
  velvet_gates_open: ["gates", "Gates that wait for a person."],
  workqueue_depth: ["waiting", "Rotations that could go on and that no replica holds."],
  velvet_requests_pending: ["requests", "Requests that wait to be admitted."],
  velvet_credentials: ["credentials", "Credentials that are declared."],
  velvet_credentials_due: ["due", "Credentials whose rotation is due."],
  velvet_orphans_suspected: ["orphans", "Mints whose copy may be alive at a vendor, owned by nobody."],
  velvet_retired_open: ["retired", "Old credentials that are still restorable, or still live."],
  velvet_outbox_pending: ["toShow", "What has changed and is not shown yet."],
  velvet_ledger_holds: ["holds", "Reasons why nothing may begin: the ledger is behind its published checkpoint."],
};

function ledgerGauges(registry: Registry): LedgerGauges {
  const registers = [registry];
  const gauge = (name: string, help: string, ...labelNames: string[]): Gauge =>
    new Gauge({ name, help, labelNames, registers });
  const counts = Object.entries(COUNTS).map(([name, [key, help]]) => ({ key, gauge: gauge(name, help) }));
  const up = gauge("velvet_ledger_up", "Whether the ledger answered this very question.");
  const states = gauge("velvet_rotations", "Live rotations, by state.", "state");
  const ready = gauge("velvet_account_ready", "Whether the last probe of an account found it working.", "account");
  const left = gauge(
    "velvet_account_quota_remaining",
    "What is left of an account's quota, where its vendor tells.",
    "account",
  );
  const sourceReady = gauge("velvet_source_ready", "Whether the last look at a source went well.", "source");
  const synced = gauge(
    "velvet_source_synced_timestamp_seconds",
    "When a source was last looked at with success.",
    "source",
  );
  const labelled = [states, ready, left, sourceReady, synced];
  return {
    show: (measures) => {
      up.set(measures === undefined ? 0 : 1);
      for (const one of labelled) one.reset();
      for (const { key, gauge: one } of counts) {
        const value = measures?.[key];
        if (typeof value === "number") one.set(value);
        else one.set(Number.NaN);
      }
      if (measures === undefined) return;
      for (const [state, count] of Object.entries(measures.rotations)) states.set({ state }, count);
      for (const { name: account, ready: isReady, remaining } of measures.accounts) {
        ready.set({ account }, isReady ? 1 : 0);
        if (remaining !== null) left.set({ account }, remaining);
      }
      for (const { name: source, ready: isReady, syncedAt } of measures.sources) {
        sourceReady.set({ source }, isReady ? 1 : 0);
        if (syncedAt !== null) synced.set({ source }, syncedAt);
      }
    },
  };
}
