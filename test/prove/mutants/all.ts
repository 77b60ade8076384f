/** Every mutant. */
import type { Mutant } from "./mutant.ts";
import { LEDGER_MUTANTS } from "./ledger.ts";

export const MUTANTS: readonly Mutant[] = [...LEDGER_MUTANTS];
