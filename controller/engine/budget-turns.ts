/**
 * The ledger's count of one account, asked for many calls at once: who asks while others are answered asks with the next ones, so that
 * the account's row is written once for all of them.
 */
import type { Pace, Taken } from "../ledger/accounts.ts";
import { Gathered } from "../ledger/gathered.ts";
import { unlessAborted } from "./deadlines.ts";

/** The ledger's count is a courtesy to the vendor. What must be ended at once is ended without it. */
const LEDGER_MS = 1_000;
const MOST_TOGETHER = 64;
/** What waits for nothing takes ahead what its account may send in so short a time. It is counted as sent, whether it is or not. */
const AHEAD_MS = 100;
const MOST_AHEAD = 256;

export interface TurnParts {
  readonly take: (pace: Pace, count: number) => Promise<readonly Taken[]>;
  /** Aborts after so many milliseconds. */
  readonly timeout: (ms: number) => AbortSignal;
  readonly monotonicMs: () => number;
}

export interface Turns {
  /** What was taken ahead is there at once. */
  readonly take: (pace: Pace) => Taken | Promise<Taken>;
  /** The vendor wants nothing more: nor what was taken ahead. */
  readonly forget: () => void;
}

const FREE: Taken = { granted: true, waitMs: 0 };

/** Where the ledger does not answer, or refuses, all who ask are let through. */
export function turnsOf(parts: TurnParts): Turns {
  const paces = new Map<string, Pacer>();
  return {
    take: (pace) => {
      const key = `${pace.perMinute} ${pace.saved} ${pace.patienceMs}`;
      const pacer = paces.get(key) ?? new Pacer(parts, pace);
      paces.set(key, pacer);
      return pacer.take();
    },
    forget: () => {
      for (const pacer of paces.values()) pacer.forget();
    },
  };
}

class Pacer {
  readonly #parts: TurnParts;
  readonly #pace: Pace;
  readonly #asked: Gathered<undefined, Taken>;
  #ahead = 0;
  #aheadUntil = 0;
  /** With so many left, more is asked for before it is needed. */
  #half = 0;
  #isRefilling = false;
  /** How often the vendor wanted nothing more: an answer from before is worth nothing. */
  #forgotten = 0;

  constructor(parts: TurnParts, pace: Pace) {
    this.#parts = parts;
    this.#pace = pace;
    this.#asked = new Gathered(MOST_TOGETHER, async (all) => this.#ask(all.length));
  }

  take(): Taken | Promise<Taken> {
    if (this.#ahead === 0 || this.#parts.monotonicMs() >= this.#aheadUntil) {
      this.#ahead = 0;
      return this.#asked.ask(undefined);
    }
    this.#ahead -= 1;
    if (this.#ahead > 0 && this.#ahead === this.#half) this.#refill();
    return FREE;
  }

  forget(): void {
    this.#ahead = 0;
    this.#forgotten += 1;
  }

  /** Nobody waits for it: meanwhile there is the other half. */
  #refill(): void {
    if (this.#isRefilling) return;
    this.#isRefilling = true;
    void this.#ask(0).finally(() => (this.#isRefilling = false));
  }

  /** For so many who wait, and as many more as there may be ahead. */
  async #ask(count: number): Promise<readonly Taken[]> {
    const { take, timeout, monotonicMs } = this.#parts;
    const more = count > 0 && this.#isRefilling ? 0 : aheadOf(this.#pace) - this.#ahead;
    const before = this.#forgotten;
    const asked = take(this.#pace, count + more).catch(() => undefined);
    const taken = await unlessAborted(asked, [timeout(LEDGER_MS)]);
    if (taken === undefined) return Array.from({ length: count }, () => FREE);
    if (before === this.#forgotten && more > 0) {
      this.#ahead += taken.slice(count).filter(({ granted, waitMs }) => granted && waitMs === 0).length;
      this.#aheadUntil = monotonicMs() + AHEAD_MS;
      this.#half = Math.floor(this.#ahead / 2);
    }
    return taken.slice(0, count);
  }
}

function aheadOf({ perMinute, patienceMs }: Pace): number {
  if (patienceMs > 0) return 0;
  return perMinute === null ? MOST_AHEAD : Math.min(MOST_AHEAD, Math.floor((perMinute / 60_000) * AHEAD_MS));
}
