/**
 * What stands between an account and its vendor: no more calls at once than the account may have, so that one vendor that hangs does not
 * hold every rotation, and no more in a minute than all replicas together are allowed. Whoever would wait too long is sent away with a
 * `Transient`: certainly not sent, and free for other work.
 */
import type { Budget } from "../../adapters/contract.ts";
import type { ErrorFacts } from "../../adapters/errors.ts";
import { Transient } from "../../adapters/errors.ts";
import type { Pace, Taken } from "../ledger/accounts.ts";
import { onAbort, unlessAborted } from "./deadlines.ts";

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
  readonly take: (pace: Pace) => Taken | Promise<Taken>;
  readonly block: (ms: number) => Promise<void>;
  /** Aborts after so many milliseconds. */
  readonly timeout: (ms: number) => AbortSignal;
  /** Shared by all budgets of one account; default: this one's own. */
  readonly line?: Line;
}

/** Longer than that nobody waits in line: the call's own deadline runs. */
const PATIENCE_MS = 2_000;

export function budgetOf(parts: BudgetParts): Budget {
  const lines = [parts.line ?? new Line(parts.limits.concurrency)];
  return madeOf(parts, lines, paceOf(parts.limits));
}

/**
 * For what can wait: it takes no more than half of the places, and nothing of the last half of what is saved up. What rotations need is
 * there for them, however much is looked at.
 */
export function lowBudgetOf(parts: BudgetParts & { readonly line: Line }): Budget {
  const half = new Line(Math.max(1, Math.floor(parts.limits.concurrency / 2)));
  const { perMinute, saved } = paceOf(parts.limits);
  const pace: Pace = { perMinute, saved: Math.max(1, Math.floor(saved / 2)), patienceMs: 0 };
  return madeOf(parts, [half, parts.line], pace);
}

/** Whoever enters stands in each of these lines, in this order. */
function madeOf(parts: BudgetParts, lines: readonly Line[], pace: Pace): Budget {
  return {
    enter: (facts, signal) => enter(parts, lines, pace, { facts, signal }),
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

async function enter(
  parts: BudgetParts,
  lines: readonly Line[],
  pace: Pace,
  { facts, signal }: Entering,
): Promise<Disposable> {
  const place = new Place();
  try {
    for (const line of lines) {
      const came = line.take() || (await line.wait([parts.timeout(PATIENCE_MS), signal]));
      if (!came) throw busy(parts.account, parts.limits.concurrency, facts);
      place.in.push(line);
    }
    const { granted, waitMs } = await parts.take(pace);
    if (!granted) throw limited(parts.account, waitMs, facts);
    if (waitMs > 0) await unlessAborted(new Promise<never>(() => undefined), [parts.timeout(waitMs), signal]);
    return place;
  } catch (error) {
    place[Symbol.dispose]();
    throw error;
  }
}

/** One's places in lines, left together, and once however often it is said. */
class Place implements Disposable {
  readonly in: Line[] = [];

  [Symbol.dispose](): void {
    for (const line of this.in.splice(0)) line.leave();
  }
}

/** Whoever comes first goes first. */
export class Line {
  readonly #places: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(places: number) {
    this.#places = places;
  }

  /** True: one is in, and leaves once. */
  take(): boolean {
    if (this.#inside >= this.#places) return false;
    this.#inside += 1;
    return true;
  }

  /** The same for whoever waits; false where one of `until` aborted before one's turn. */
  async wait(until: readonly AbortSignal[]): Promise<boolean> {
    if (until.some(({ aborted }) => aborted)) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const call = () => resolve(true);
    using _link = onAbort(until, () => resolve(false));
    this.#waiting.push(call);
    if (await promise) return true;
    const place = this.#waiting.indexOf(call);
    // Called just now, while it gave up: the place goes to the next.
    if (place === -1) this.leave();
    else this.#waiting.splice(place, 1);
    return false;
  }

  leave(): void {
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
