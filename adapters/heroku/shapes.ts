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
