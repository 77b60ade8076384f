/** Waiting for work that others wait for too. */
import type { ErrorFacts } from "../errors.ts";
import { Transient } from "../errors.ts";

/**
 * The outcome of work that is begun, or joined, by `begin`; `Transient` once the signal aborts. The work itself goes on for those who
 * still wait. Nothing is begun for a signal that has aborted.
 */
export async function waitFor<T>(begin: () => Promise<T>, signal: AbortSignal, facts: ErrorFacts): Promise<T> {
  if (signal.aborted) throw interrupted(facts);
  const work = begin();
  // Whoever leaves early must not make its failure an unhandled one.
  work.catch(() => {});
  let stop = (): void => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(interrupted(facts));
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function interrupted(facts: ErrorFacts): Transient {
  return new Transient({ reason: "Interrupted", message: "Velvet stopped waiting before Infisical answered." }, facts);
}
