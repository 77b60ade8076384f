/** Which flows a telling really went through, as its ledger says: for the report. */
import type { LedgerRows } from "./judge/ledger.ts";

export const FLOWS = ["Operational", "Revocation", "Testing", "By hand", "Drift"] as const;

export type Flow = (typeof FLOWS)[number];

/** In the order of `FLOWS`. */
export function flowsIn({ rotations, corrections, findings }: LedgerRows): readonly Flow[] {
  const found = new Set<Flow>(rotations.map(({ flow }) => flow));
  if (rotations.some(({ facts }) => facts.assisted !== undefined)) found.add("By hand");
  if (corrections.length + findings.length > 0) found.add("Drift");
  return FLOWS.filter((flow) => found.has(flow));
}

/** How much was told of each flow, and in how much of it a promise was broken. `Several`: two of them or more in one telling. */
export type FlowTally = Readonly<Record<string, { readonly told: number; readonly broken: number }>>;

export const SEVERAL = "Several";

export function counted(tally: FlowTally, flows: readonly string[], isBroken: boolean): FlowTally {
  const names = flows.length > 1 ? [...flows, SEVERAL] : flows;
  const one = { told: 1, broken: Number(isBroken) };
  return added(tally, Object.fromEntries(names.map((name) => [name, one])));
}

export function added(tally: FlowTally, more: FlowTally): FlowTally {
  const sum: Record<string, { told: number; broken: number }> = { ...tally };
  for (const [name, { told, broken }] of Object.entries(more)) {
    const before = sum[name] ?? { told: 0, broken: 0 };
    sum[name] = { told: before.told + told, broken: before.broken + broken };
  }
  return sum;
}
