import { createHistogram } from "node:perf_hooks";
import type { Clock } from "../../adapters/contract.ts";
import { Pool } from "undici";

export interface ProbeFailure {
  /** RFC 3339. */
  readonly at: string;
  /** An HTTP status, or a short error code. */
  readonly what: string;
}

export interface ProbeCounts {
  readonly made: number;
  readonly failed: number;
  /** The first failures, at most ten. */
  readonly failures: readonly ProbeFailure[];
}

export interface ProbeReport extends ProbeCounts {
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

export interface Prober {
  counts(): ProbeCounts;
  /** Lets the requests in flight end, and counts them. Idempotent. */
  stop(): Promise<ProbeReport>;
}

const KEPT_FAILURES = 10;

/**
 * Calls `GET <origin><path>` without pause on each of `connections` keep-alive connections. Anything but a whole answer with
 * status 200 is a failure; nothing is ever tried again, so that no failure is hidden.
 */
export function startProber(origin: string, path: string, connections: number, clock: Clock): Prober {
  const pool = new Pool(origin, { connections, pipelining: 1, headersTimeout: 10_000, bodyTimeout: 10_000 });
  const latency = createHistogram();
  const failures: ProbeFailure[] = [];
  let made = 0;
  let failed = 0;
  const stopping = new AbortController();

  const once = async (): Promise<void> => {
    const startedMs = clock.monotonicMs();
    const what = await call(pool, path);
    latency.record(Math.max(1, Math.round((clock.monotonicMs() - startedMs) * 1_000)));
    made += 1;
    if (what === "200") return;
    failed += 1;
    if (failures.length < KEPT_FAILURES) failures.push({ at: clock.now().toISOString(), what });
  };
  const loops = Array.from({ length: connections }, async () => {
    while (!stopping.signal.aborted) await once();
  });

  const end = async (): Promise<ProbeReport> => {
    stopping.abort();
    await Promise.all(loops);
    await pool.close();
    const ms = (microseconds: number): number => Math.round(microseconds / 100) / 10;
    const latencyMs = { p50: ms(latency.percentile(50)), p99: ms(latency.percentile(99)), max: ms(latency.max) };
    return { made, failed, failures: [...failures], latencyMs };
  };
  let ended: Promise<ProbeReport> | undefined;

  return {
    counts: () => ({ made, failed, failures: [...failures] }),
    stop: async () => (ended ??= end()),
  };
}

/** The status of a whole answer, or what went wrong. Never rejects. */
async function call(pool: Pool, path: string): Promise<string> {
  try {
    const { statusCode, body } = await pool.request({ method: "GET", path });
    await body.text();
    return String(statusCode);
  } catch (error) {
    return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "broken";
  }
}
