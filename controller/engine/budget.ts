/**
 * What stands between an account and its vendor: no more calls at once than the account may have, so that one vendor that hangs does not
 * hold every rotation, and no more in a minute than all replicas together are allowed. Whoever would wait too long is sent away with a
 * `Transient`: certainly not sent, and free for other work.
 */
import type { Budget } from "../../adapters/contract.ts";
import type { ErrorFacts } from "../../adapters/errors.ts";
import { Transient } from "../../adapters/errors.ts";
import type { Pace, Taken } from "../ledger/accounts.ts";
import { unlessAborted } from "./deadlines.ts";

export interface BudgetLimits {
  /** Calls at once, of this replica. */
  readonly concurrency: number;
  /** Null: the vendor's own answers are the only limit. */
  readonly perMinute: number | null;
}

export interface BudgetParts {
  readonly account: string;
  readonly limits: BudgetLimits;
  /** The ledger's count, for all replicas; see `budget-turns.ts`. */
  readonly take: (pace: Pace) => Promise<Taken>;
  readonly block: (ms: number) => Promise<void>;
  /** Aborts after so many milliseconds. */
  readonly timeout: (ms: number) => AbortSignal;
  /** Shared by all budgets of one account; default: this one's own. */
  readonly line?: Line;
}

/** Longer than that nobody waits in line: the call's own deadline runs. */
const PATIENCE_MS = 2_000;

export function budgetOf(parts: BudgetParts): Budget {
  const line = parts.line ?? new Line(parts.limits.concurrency);
  return {
    enter: async (facts, signal) => enter(parts, line, paceOf(parts.limits), { facts, signal }),
    block: (ms) => void parts.block(ms).catch(() => undefined),
  };
}

/**
 * For what can wait: it takes no more than half of the places, and nothing of the last half of what is saved up. What rotations need is
 * there for them, however much is looked at.
 */
export function lowBudgetOf(parts: BudgetParts & { readonly line: Line }): Budget {
  const half = new Line(Math.max(1, Math.floor(parts.limits.concurrency / 2)));
  const { perMinute, saved } = paceOf(parts.limits);
  const pace: Pace = { perMinute, saved: Math.max(1, Math.floor(saved / 2)), patienceMs: 0 };
  return {
    async enter(facts, signal) {
      const leave = await half.enter(() => [parts.timeout(PATIENCE_MS), signal]);
      if (!leave) throw busy(parts.account, parts.limits.concurrency, facts);
      try {
        const inner = await enter(parts, parts.line, pace, { facts, signal });
        return { [Symbol.dispose]: () => [inner[Symbol.dispose](), leave()] };
      } catch (error) {
        leave();
        throw error;
      }
    },
    block: (ms) => void parts.block(ms).catch(() => undefined),
  };
}

function paceOf({ perMinute }: BudgetLimits): Pace {
  return { perMinute, saved: Math.max(1, Math.ceil((perMinute ?? 0) / 6)), patienceMs: PATIENCE_MS };
}

interface Entering {
  readonly facts: ErrorFacts;
  readonly signal: AbortSignal;
}

async function enter(parts: BudgetParts, line: Line, pace: Pace, { facts, signal }: Entering): Promise<Disposable> {
  const leave = await line.enter(() => [parts.timeout(PATIENCE_MS), signal]);
  if (!leave) throw busy(parts.account, parts.limits.concurrency, facts);
  try {
    await paced(parts, pace, facts, signal);
  } catch (error) {
    leave();
    throw error;
  }
  return { [Symbol.dispose]: leave };
}

async function paced(parts: BudgetParts, pace: Pace, facts: ErrorFacts, signal: AbortSignal): Promise<void> {
  const { granted, waitMs } = await parts.take(pace);
  if (!granted) throw limited(parts.account, waitMs, facts);
  if (waitMs > 0) await unlessAborted(new Promise<never>(() => undefined), [parts.timeout(waitMs), signal]);
}

/** Whoever comes first goes first. */
export class Line {
  readonly #places: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(places: number) {
    this.#places = places;
  }

  /** How to leave again; undefined where one of `until` aborted before one's turn. */
  async enter(until: () => readonly AbortSignal[]): Promise<(() => void) | undefined> {
    if (this.#inside < this.#places) {
      this.#inside += 1;
      return this.#leaver();
    }
    const { promise: turn, resolve } = Promise.withResolvers<true>();
    const call = () => resolve(true);
    this.#waiting.push(call);
    const came = await unlessAborted(turn, until());
    if (came === true) return this.#leaver();
    const place = this.#waiting.indexOf(call);
    // Called just now, while it gave up: the place goes to the next.
    if (place === -1) this.#next();
    else this.#waiting.splice(place, 1);
    return undefined;
  }

  #leaver(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#next();
    };
  }

  #next(): void {
    const call = this.#waiting.shift();
    if (call) call();
    else this.#inside -= 1;
  }
}

function busy(account: string, concurrency: number, facts: ErrorFacts): Transient {
  const text = {
    reason: "AccountBusy",
    message: `Account ${account} has ${concurrency} calls under way already; this one was not sent.`,
    remedy:
      "Nothing, if it passes. Otherwise raise limits.concurrency of the VendorAccount, if its vendor allows more.",
  };
  return new Transient(text, facts, 1_000);
}

function limited(account: string, waitMs: number, facts: ErrorFacts): Transient {
  const text = {
    reason: "RateLimited",
    message: `Account ${account} has used up what its vendor allows for now; this call was not sent.`,
    remedy: "Nothing: it goes on by itself. Spread rotations of this account, or raise limits.requestsPerMinute of it.",
  };
  return new Transient(text, facts, waitMs);
}
