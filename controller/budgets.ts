/** What accounts may send, counted in the ledger, so that all replicas together keep to what a vendor allows. */
import type { BudgetMaker } from "./engine/accounts.ts";
import { type BudgetParts, budgetOf, Line, lowBudgetOf } from "./engine/budget.ts";
import { type TurnParts, type Turns, turnsOf } from "./engine/budget-turns.ts";
import { blockBudget, takeBudgets } from "./ledger/accounts.ts";
import type { Db } from "./ledger/db.ts";

export interface Budgets {
  /** For rotations. */
  readonly first: BudgetMaker;
  /** For what gives way to them. */
  readonly second: BudgetMaker;
}

export function ledgerBudgets(db: Db, { timeout, monotonicMs }: Omit<TurnParts, "take">): Budgets {
  const lines = new Map<string, Line>();
  // Both stand in the same line; another generation of an account with other limits has another one.
  const lineOf = (account: string, places: number): Line => {
    const key = `${account} ${places}`;
    const line = lines.get(key) ?? new Line(places);
    lines.set(key, line);
    return line;
  };
  const counts = new Map<string, Turns>();
  const countOf = (account: string): Turns => {
    const take: TurnParts["take"] = async (pace, count) => takeBudgets(db, account, pace, count);
    const count = counts.get(account) ?? turnsOf({ take, timeout, monotonicMs });
    counts.set(account, count);
    return count;
  };
  const parts = (...[account, limits]: Parameters<BudgetMaker>): BudgetParts & { readonly line: Line } => ({
    account,
    limits,
    take: countOf(account).take,
    block: async (ms) => {
      countOf(account).forget();
      return blockBudget(db, account, ms);
    },
    timeout,
    line: lineOf(account, limits.concurrency),
  });
  return {
    first: (account, limits) => budgetOf(parts(account, limits)),
    second: (account, limits) => lowBudgetOf(parts(account, limits)),
  };
}
