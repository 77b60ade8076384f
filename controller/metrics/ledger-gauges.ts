/** What the ledger counts, as gauges: each is a name, a meaning, and where it is read from. */
import { Gauge, type Registry } from "prom-client";
import type { Measures } from "../ledger/measures.ts";

export interface LedgerGauges {
  /** Undefined: the ledger did not answer, and what was so before is not told again. */
  show(measures: Measures | undefined): void;
}

interface Single {
  readonly name: string;
  readonly help: string;
  readonly of: (measures: Measures) => number;
}

const SINGLES: readonly Single[] = [
  { name: "velvet_rotations_stalled", help: "Live rotations that only a person can lead on.", of: (m) => m.stalled },
  { name: "velvet_gates_open", help: "Gates that wait for a person.", of: (m) => m.gates },
  {
    name: "velvet_rotations_unanswered",
    help: "Live rotations, requests that cannot begin, and places that are fought over, whose person was reminded in vain, so that the alarm was told.",
    of: (m) => m.unanswered,
  },
  { name: "workqueue_depth", help: "Rotations that could go on and that no replica holds.", of: (m) => m.waiting },
  { name: "velvet_requests_pending", help: "Requests that wait to be admitted.", of: (m) => m.requests },
  { name: "velvet_credentials", help: "Credentials that are declared.", of: (m) => m.credentials },
  { name: "velvet_credentials_due", help: "Credentials whose rotation is due.", of: (m) => m.due },
  {
    name: "velvet_orphans_suspected",
    help: "Mints whose copy may be alive at a vendor, owned by nobody.",
    of: (m) => m.orphans,
  },
  {
    name: "velvet_credentials_unaccounted",
    help: "What vendors have alive with this install's marker and nobody owns, by the last sweeps.",
    of: (m) => m.unaccounted,
  },
  { name: "velvet_retired_open", help: "Old credentials that are still restorable or live.", of: (m) => m.retired },
  {
    name: "velvet_outbox_pending",
    help: "What has changed and is not shown yet; of meaning where an API server is watched.",
    of: (m) => m.toShow,
  },
  { name: "velvet_ledger_holds", help: "Reasons why nothing may begin, such as LedgerRollback.", of: (m) => m.holds },
];

interface Many {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly of: (measures: Measures) => readonly (readonly [label: string, value: number | null])[];
}

const MANY: readonly Many[] = [
  {
    name: "velvet_rotations",
    help: "Live rotations, by state.",
    label: "state",
    of: (m) => Object.entries(m.rotations),
  },
  {
    name: "velvet_account_ready",
    help: "Whether the last probe of an account found it working.",
    label: "account",
    of: (m) => m.accounts.map(({ name, ready }) => [name, Number(ready)]),
  },
  {
    name: "velvet_account_quota_remaining",
    help: "What is left of an account's quota, where its vendor tells.",
    label: "account",
    of: (m) => m.accounts.map(({ name, remaining }) => [name, remaining]),
  },
  {
    name: "velvet_source_ready",
    help: "Whether the last look at a source went well.",
    label: "source",
    of: (m) => m.sources.map(({ name, ready }) => [name, Number(ready)]),
  },
  {
    name: "velvet_source_synced_timestamp_seconds",
    help: "When a source was last looked at with success.",
    label: "source",
    of: (m) => m.sources.map(({ name, syncedAt }) => [name, syncedAt]),
  },
];

export function ledgerGauges(registry: Registry): LedgerGauges {
  const registers = [registry];
  const up = new Gauge({
    name: "velvet_ledger_up",
    help: "Whether the ledger answered this very question.",
    registers,
  });
  const singles = SINGLES.map(({ name, help, of }) => ({ of, gauge: new Gauge({ name, help, registers }) }));
  const many = MANY.map(({ name, help, label, of }) => {
    return { of, label, gauge: new Gauge({ name, help, labelNames: [label], registers }) };
  });
  return {
    show: (measures) => {
      up.set(measures === undefined ? 0 : 1);
      for (const { gauge, of } of singles) gauge.set(measures === undefined ? Number.NaN : of(measures));
      for (const { gauge, label, of } of many) {
        gauge.reset();
        for (const [value, number] of measures === undefined ? [] : of(measures)) {
          if (number !== null) gauge.set({ [label]: value }, number);
        }
      }
    },
  };
}
