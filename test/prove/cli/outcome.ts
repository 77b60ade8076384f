/** What a run of one layer came to, for people and for programs. */
import type { FlowTally } from "../flows.ts";
import type { Found } from "./messages.ts";

export interface LayerOutcome {
  readonly layer: string;
  readonly about: string;
  readonly bar: string;
  readonly seed: number;
  /** Told on a double of the ledger, not on PostgreSQL. */
  readonly double: boolean;
  readonly commit: string;
  /** RFC 3339, when it ended. */
  readonly date: string;
  readonly schedules: number;
  readonly violations: readonly Found[];
  readonly labelsHit: readonly string[];
  readonly flows: FlowTally;
  readonly labelsKnown: readonly string[];
  readonly seconds: number;
  readonly workers: number;
  /** Every schedule that was asked for was told. */
  readonly complete: boolean;
  /** What broke down: then nothing is proven. */
  readonly broke: readonly string[];
}

/** Nothing told is nothing kept. */
export function kept(outcome: LayerOutcome): boolean {
  return outcome.schedules > 0 && outcome.violations.length === 0 && outcome.broke.length === 0;
}

export function missing(outcome: LayerOutcome): string[] {
  const hit = new Set(outcome.labelsHit);
  return outcome.labelsKnown.filter((label) => !hit.has(label));
}

/** `1,234 in 12 s, 103/s`: three digits are as much as a rate is worth. */
export function rate(schedules: number, seconds: number): string {
  const each = schedules / Math.max(seconds, 0.001);
  return `${each >= 100 ? Math.round(each).toLocaleString("en") : each.toPrecision(2)}/s`;
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function count(number: number): string {
  return number.toLocaleString("en");
}

/** The command that tells this schedule again. */
export function replayCommand(outcome: Pick<LayerOutcome, "layer" | "seed" | "double">, schedule: string): string {
  const ledger = outcome.double ? " --ledger memory" : "";
  return `npm run prove -- --layers ${outcome.layer} --seed ${outcome.seed}${ledger} --replay ${quoted(schedule)}`;
}

/** As one word of a shell, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
