/** Deadlines of many short calls. A timer and a chain of signals for each would cost more than the call itself. */

const SHORTEST_SHARED_MS = 1_000;
/** Who shares a deadline may be given so much more time. */
const STEP_MS = 100;
const MOST_KEPT = 64;

/**
 * One signal for all who ask for the same time within a tenth of a second: it aborts after `ms` at the earliest, and a tenth of a second
 * later at the latest. Shorter times than a second are nobody else's.
 */
export function sharedDeadlines(
  monotonicMs: () => number,
  timeout: (ms: number) => AbortSignal,
): (ms: number) => AbortSignal {
  const last = new Map<number, { readonly at: number; readonly signal: AbortSignal }>();
  return (ms) => {
    if (ms < SHORTEST_SHARED_MS) return timeout(ms);
    const now = monotonicMs();
    const found = last.get(ms);
    if (found !== undefined && now - found.at <= STEP_MS) return found.signal;
    const signal = timeout(ms + STEP_MS);
    if (last.size >= MOST_KEPT) last.clear();
    last.set(ms, { at: now, signal });
    return signal;
  };
}

/** Calls `stop` when one of these aborts, and not for one that has already. Disposed of, it calls nothing any more. */
export function onAbort(signals: readonly AbortSignal[], stop: () => void): Disposable {
  for (const each of signals) each.addEventListener("abort", stop, ONCE);
  return {
    [Symbol.dispose]: () => {
      for (const each of signals) each.removeEventListener("abort", stop);
    },
  };
}

const ONCE = { once: true } as const;

/**
 * A signal that aborts with the first of these. `stop` is called when that happens, and not where it has happened before. Disposed of, it
 * holds on to none of them, and never aborts any more.
 */
export function linked(
  signals: readonly AbortSignal[],
  stop: () => void,
): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const abort = () => controller.abort(signals.find(({ aborted }) => aborted)?.reason);
  if (signals.some(({ aborted }) => aborted)) abort();
  const { [Symbol.dispose]: letGo } = onAbort(signals, () => [abort(), stop()]);
  return { signal: controller.signal, [Symbol.dispose]: letGo };
}

/** What it comes to, or undefined where one of these aborts first. Leaves nothing behind at any of them. */
export async function unlessAborted<T>(work: Promise<T>, signals: readonly AbortSignal[]): Promise<T | undefined> {
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  if (signals.some(({ aborted }) => aborted)) return undefined;
  using _link = onAbort(signals, () => resolve(undefined));
  return await Promise.race([work, over]);
}
