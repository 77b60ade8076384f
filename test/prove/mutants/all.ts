/** Every mutant, by the flow that its rule belongs to. */
import type { Flow } from "../flows.ts";
import { ABORT_MUTANTS } from "./abort.ts";
import { ASSISTED_MUTANTS } from "./assisted.ts";
import { DISTRIBUTE_MUTANTS } from "./distribute.ts";
import { DRIFT_MUTANTS } from "./drift.ts";
import { LEDGER_MUTANTS } from "./ledger.ts";
import { MINT_MUTANTS } from "./mint.ts";
import type { Mutant } from "./mutant.ts";
import { REVOCATION_MUTANTS } from "./revocation.ts";
import { REHEARSAL_MUTANTS } from "./rehearsal.ts";
import { REVOKE_MUTANTS } from "./revoke.ts";

const BY_FLOW: readonly (readonly [Flow, readonly Mutant[]])[] = [
  ["Operational", [...MINT_MUTANTS, ...DISTRIBUTE_MUTANTS, ...REVOKE_MUTANTS]],
  ["By hand", ASSISTED_MUTANTS],
  ["Revocation", REVOCATION_MUTANTS],
  ["Operational", ABORT_MUTANTS],
  ["Testing", REHEARSAL_MUTANTS],
  ["Drift", DRIFT_MUTANTS],
  ["Operational", LEDGER_MUTANTS],
];

export const MUTANTS: readonly Mutant[] = BY_FLOW.flatMap(([, mutants]) => mutants);

export function flowOf(mutant: Mutant): Flow {
  return BY_FLOW.find(([, mutants]) => mutants.includes(mutant))?.[0] ?? "Operational";
}
