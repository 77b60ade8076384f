/** What accounts may send, counted in the ledger, so that all replicas together keep to what a vendor allows. */
import type { BudgetMaker } from "./engine/accounts.ts";
import { type BudgetParts, budgetOf, Line, lowBudgetOf } from "./engine/budget.ts";
import { blockBudget, type Pace, type Taken, takeBudgets } from "./ledger/accounts.ts";
import type { Db } from "./ledger/db.ts";
import { Gathered } from "./ledger/gathered.ts";

export interface Budgets {
  /** For rotations. */
  readonly first: BudgetMaker;
  /** For what gives way to them. */
  readonly second: BudgetMaker;
}

export function ledgerBudgets(db: Db): Budgets {
  const lines = new Map<string, Line>();
  // Both stand in the same line; another generation of an account with other limits has another one.
  const lineOf = (account: string, places: number): Line => {
    const key = `${account} ${places}`;
    const line = lines.get(key) ?? new Line(places);
    lines.set(key, line);
    return line;
  };
  const parts = (...[account, limits]: Parameters<BudgetMaker>): BudgetParts & { readonly line: Line } => ({
    account,
    limits,
    take: takerOf(db, account),
    block: async (ms) => blockBudget(db, account, ms),
    timeout: (ms) => AbortSignal.timeout(ms),
    line: lineOf(account, limits.concurrency),
  });
  return {
    first: (account, limits) => budgetOf(parts(account, limits)),
    second: (account, limits) => lowBudgetOf(parts(account, limits)),
  };
}

/** Who asks while another is answered asks with the next, so that an account's row is written once for all of them. */
function takerOf(db: Db, account: string): BudgetParts["take"] {
  const paces = new Map<string, Gathered<Pace, Taken>>();
  return async (pace) => {
    const key = `${pace.perMinute} ${pace.saved} ${pace.patienceMs}`;
    const same =
      paces.get(key) ?? new Gathered(MOST_AT_ONCE, async (all) => takeBudgets(db, account, pace, all.length));
    paces.set(key, same);
    return same.ask(pace);
  };
}

const MOST_AT_ONCE = 64;
