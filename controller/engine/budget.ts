/**
 * What stands between an account and its vendor: no more calls at once than the account may have, so that one vendor that hangs does not
 * hold every rotation, and no more in a minute than all replicas together are allowed. Whoever would wait too long is sent away with a
 * `Transient`: certainly not sent, and free for other work.
 */
import type { Budget } from "../../adapters/contract.ts";
import type { ErrorFacts } from "../../adapters/errors.ts";
import { Transient } from "../../adapters/errors.ts";
import type { Pace } from "../ledger/accounts.ts";

export interface BudgetLimits {
  /** Calls at once, of this replica. */
  readonly concurrency: number;
  /** Null: the vendor's own answers are the only limit. */
  readonly perMinute: number | null;
}

export interface BudgetParts {
  readonly account: string;
  readonly limits: BudgetLimits;
  /** The ledger's count, for all replicas. */
  readonly take: (pace: Pace) => Promise<{ readonly granted: boolean; readonly waitMs: number }>;
  readonly block: (ms: number) => Promise<void>;
  /** Aborts after so many milliseconds. */
  readonly timeout: (ms: number) => AbortSignal;
}

/** Longer than that nobody waits in line: the call's own deadline runs. */
const PATIENCE_MS = 2_000;
/** The ledger's count is a courtesy to the vendor. What must be ended at once is ended without it. */
const LEDGER_MS = 1_000;

export function budgetOf(parts: BudgetParts): Budget {
  const { account, limits } = parts;
  const line = new Line(limits.concurrency);
  const pace: Pace = {
    perMinute: limits.perMinute,
    saved: Math.max(1, Math.ceil((limits.perMinute ?? 0) / 6)),
    patienceMs: PATIENCE_MS,
  };
  return {
    async enter(facts, signal) {
      const leave = await line.enter(async () => aborted(AbortSignal.any([parts.timeout(PATIENCE_MS), signal])));
      if (!leave) throw busy(account, limits.concurrency, facts);
      try {
        await paced(parts, pace, facts, signal);
      } catch (error) {
        leave();
        throw error;
      }
      return { [Symbol.dispose]: leave };
    },
    block: (ms) => void parts.block(ms).catch(() => undefined),
  };
}

async function paced(parts: BudgetParts, pace: Pace, facts: ErrorFacts, signal: AbortSignal): Promise<void> {
  const unknown = { granted: true, waitMs: 0 };
  const counted = parts.take(pace).catch(() => unknown);
  const late = aborted(parts.timeout(LEDGER_MS)).then(() => unknown);
  const { granted, waitMs } = await Promise.race([counted, late]);
  if (!granted) throw limited(parts.account, waitMs, facts);
  if (waitMs > 0) await aborted(AbortSignal.any([parts.timeout(waitMs), signal]));
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Whoever comes first goes first. */
class Line {
  readonly #places: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(places: number) {
    this.#places = places;
  }

  /** How to leave again; undefined where `over` came before one's turn. */
  async enter(over: () => Promise<void>): Promise<(() => void) | undefined> {
    if (this.#inside < this.#places) {
      this.#inside += 1;
      return this.#leaver();
    }
    const { promise: turn, resolve } = Promise.withResolvers<true>();
    const call = () => resolve(true);
    this.#waiting.push(call);
    const came = await Promise.race([turn, over().then(() => false)]);
    if (came) return this.#leaver();
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
