/** Reading answers: what is not as it should be is nothing, and is never quoted. Pure. */
import type { ErrorFacts } from "../errors.ts";
import { Terminal } from "../errors.ts";

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export function itemsOf(value: unknown): readonly Fields[] | undefined {
  return Array.isArray(value) ? value.map(fieldsOf) : undefined;
}

/** Undefined for anything but a text that holds something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function wholeOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
}

/** Heroku's error bodies: `{ "id": "not_found", "message": … }`. */
export function errorId(body: unknown): string | undefined {
  return textOf(fieldsOf(body)["id"]);
}

export const NOT_UNDERSTOOD = {
  reason: "AnswerNotUnderstood",
  message: "Heroku's answer has not the form that its API describes.",
  remedy: "Check that the VendorAccount's endpoint and dataEndpoint are Heroku's APIs.",
};

export function notUnderstood(operation: string): Terminal {
  return new Terminal(NOT_UNDERSTOOD, factsOf(operation));
}

export function factsOf(operation: string): ErrorFacts {
  return { vendor: "heroku", operation };
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `90s`, `1h30m`: as the schema lets it in. */
export function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d|w)/g)];
  return parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNITS[unit] ?? 0), 0);
}
