import type { Clock } from "./clock.ts";

/**
 * A clock that a test moves. Pauses of up to `skipMs` end at once, and the clock with them; longer ones end when the test says so.
 */
export class ManualClock implements Clock {
  /** How long each pause that was skipped was to be. */
  readonly skipped: number[] = [];
  readonly #skipMs: number;
  readonly #sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();
  #nowMs = 0;

  constructor(skipMs: number) {
    this.#skipMs = skipMs;
  }

  now(): Date {
    return new Date(Date.UTC(2030, 0, 1) + this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** How long each of those that sleep still has to. */
  sleeping(): number[] {
    return [...this.#sleepers].map(({ untilMs }) => untilMs - this.#nowMs);
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (ms <= this.#skipMs) {
      this.skipped.push(ms);
      await new Promise((resolve) => setImmediate(resolve));
      this.advance(ms);
      return signal.throwIfAborted();
    }
    const sleep = Promise.withResolvers<void>();
    const sleeper = { untilMs: this.#nowMs + ms, wake: () => sleep.resolve() };
    this.#sleepers.add(sleeper);
    signal.addEventListener("abort", sleeper.wake, { once: true });
    await sleep.promise;
    signal.removeEventListener("abort", sleeper.wake);
    this.#sleepers.delete(sleeper);
    signal.throwIfAborted();
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    for (const { untilMs, wake } of this.#sleepers) if (untilMs <= this.#nowMs) wake();
  }
}
