import { setTimeout as wait } from "node:timers/promises";

/** Time as this folder sees it: a test hands in its own. */
export interface Clock {
  /** Wall clock, for what people read. Nothing that safety rests on. */
  now(): Date;
  /** Monotonic milliseconds, for deadlines and intervals. */
  monotonicMs(): number;
  /** Resolves after so many milliseconds; rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await wait(ms, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};

export interface Deadline extends Disposable {
  /** Aborts with the outer signal's reason, or with `overdue()` when the time is up. */
  readonly signal: AbortSignal;
  /** The time no longer runs; the outer signal is still heeded. */
  stopTimer(): void;
  leftMs(): number;
}

/** A signal that aborts with `outer`, or after `ms`. Dispose of it, so that a long-lived `outer` keeps nothing of it. */
export function deadline(outer: AbortSignal, ms: number, clock: Clock, overdue: () => Error): Deadline {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(overdue()), ms);
  const until = clock.monotonicMs() + ms;
  const pass = (): void => stop.abort(outer.reason);
  if (outer.aborted) pass();
  else outer.addEventListener("abort", pass, { once: true });
  const stopTimer = (): void => clearTimeout(timer);
  return {
    signal: stop.signal,
    stopTimer,
    leftMs: () => until - clock.monotonicMs(),
    [Symbol.dispose]: () => {
      stopTimer();
      outer.removeEventListener("abort", pass);
    },
  };
}

/** `promise`, or the signal's reason as soon as it is aborted: for work that does not listen to a signal itself. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const stop = (): void => {
    try {
      signal.throwIfAborted();
    } catch (error) {
      aborted.reject(error);
    }
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
