import type { Instant } from "./world.ts";

export { durationMs } from "../../adapters/duration.ts";

/** For people: `340 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `7 d 3 h`. */
export function humanDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return two(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return two(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(minutes / 60);
  return two(Math.floor(hours / 24), "d", hours % 24, "h");
}

function two(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

/** `at` moved by `ms`. */
export function later(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString();
}

/** A vendor's date, in the form of the ledger's; what is no date is none. */
export function instantOf(text: string | null | undefined): Instant | undefined {
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** `ms` spread over a fifth of it, so that what began together does not stay together. `jitter` in [0, 1); whole milliseconds. Pure. */
export function around(ms: number, jitter: number): number {
  return Math.floor(ms * (0.9 + 0.2 * jitter));
}
