/** One answer to Prometheus: what this replica measured, and what the ledger counts, asked now and then. */
import type { Measures } from "../ledger/measures.ts";
import type { Metrics } from "./metrics.ts";

export type Scrape = () => Promise<{ readonly contentType: string; readonly text: string }>;

export interface Count {
  /** Where to ask, as soon as there is a ledger. */
  from(read: () => Promise<Measures>): void;
  /** Undefined where the ledger does not answer in time. Never rejects. */
  ask(): Promise<Measures | undefined>;
}

/** However many scrape, the ledger is asked once in so long. */
const FRESH_MS = 5_000;
const LONGEST_MS = 2_000;

export function createCount(order: {
  readonly monotonicMs: () => number;
  readonly timeout: (ms: number) => AbortSignal;
}): Count {
  let read: (() => Promise<Measures>) | undefined;
  let last: { readonly at: number; readonly measures: Promise<Measures | undefined> } | undefined;
  return {
    from: (ledger) => void (read = ledger),
    ask: async () => {
      if (read === undefined) return undefined;
      const now = order.monotonicMs();
      if (last === undefined || now - last.at > FRESH_MS) {
        last = { at: now, measures: inTime(read(), order.timeout(LONGEST_MS)) };
      }
      return last.measures;
    },
  };
}

async function inTime(asked: Promise<Measures>, limit: AbortSignal): Promise<Measures | undefined> {
  const late = new Promise<undefined>((resolve) =>
    limit.addEventListener("abort", () => resolve(undefined), { once: true }),
  );
  return Promise.race([asked.catch(() => undefined), late]);
}

export function scrapeOf(metrics: Metrics, count: Count): Scrape {
  return async () => ({ contentType: metrics.contentType, text: await metrics.text(await count.ask()) });
}
