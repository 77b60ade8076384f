/** Every mutant. */
import { ABORT_MUTANTS } from "./abort.ts";
import { ASSISTED_MUTANTS } from "./assisted.ts";
import { DISTRIBUTE_MUTANTS } from "./distribute.ts";
import { LEDGER_MUTANTS } from "./ledger.ts";
import { MINT_MUTANTS } from "./mint.ts";
import type { Mutant } from "./mutant.ts";
import { REVOCATION_MUTANTS } from "./revocation.ts";
import { REHEARSAL_MUTANTS } from "./rehearsal.ts";
import { REVOKE_MUTANTS } from "./revoke.ts";

export const MUTANTS: readonly Mutant[] = [
  ...MINT_MUTANTS,
  ...DISTRIBUTE_MUTANTS,
  ...REVOKE_MUTANTS,
  ...ASSISTED_MUTANTS,
  ...REVOCATION_MUTANTS,
  ...ABORT_MUTANTS,
  ...REHEARSAL_MUTANTS,
  ...LEDGER_MUTANTS,
];
