/** Everything that is measured, for Prometheus. Names are controller-runtime's where they mean the same. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Measures } from "../ledger/measures.ts";
import { ledgerGauges } from "./ledger-gauges.ts";
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
    personReminded: (waits_for, aloud) => made.reminders.inc({ waits_for, aloud: String(aloud) }),
    rotationEnded: (flow, state) => made.ended.inc({ flow, state }),
    text: async (measures) => {
      ledger.show(measures);
      return registry.metrics();
    },
  };
}

// oxlint-disable-next-line explicit-function-return-type -- each instrument has its own labels
function instruments(registry: Registry) {
  const registers = [registry];
  const labelNames = ["controller"] as const;
  return {
    build: new Gauge({ name: "velvet_build_info", help: "Which version runs.", labelNames: ["version"], registers }),
    ...workInstruments(registers),
    active: new Gauge({
      name: "controller_runtime_active_workers",
      help: "Rotations that this replica works on now.",
      labelNames,
      registers,
    }),
    places: new Gauge({
      name: "controller_runtime_max_concurrent_reconciles",
      help: "How many it works on at once, at most.",
      labelNames,
      registers,
    }),
    reminders: new Counter({
      name: "velvet_reminders_total",
      help: "How often this replica reminded a person, by what was waited for; aloud: the alarm was told too.",
      labelNames: ["waits_for", "aloud"],
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

// oxlint-disable-next-line explicit-function-return-type -- each instrument has its own labels
function workInstruments(registers: Registry[]) {
  const labelNames = ["controller"] as const;
  return {
    passes: new Counter({
      name: "controller_runtime_reconcile_total",
      help: "Turns of work on one rotation, by how they ended.",
      labelNames: ["controller", "result"],
      registers,
    }),
    errors: new Counter({
      name: "controller_runtime_reconcile_errors_total",
      help: "Turns that broke off.",
      labelNames,
      registers,
    }),
    passSeconds: new Histogram({
      name: "controller_runtime_reconcile_time_seconds",
      help: "How long a turn of work on one rotation took.",
      labelNames,
      buckets: SECONDS,
      registers,
    }),
    effects: new Histogram({
      name: "velvet_effect_seconds",
      help: "Calls to vendors and consumers, by what they are and what came of them.",
      labelNames: ["effect", "outcome"],
      buckets: SECONDS,
      registers,
    }),
  };
}
