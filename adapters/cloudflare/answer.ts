/** What Cloudflare's answers hold, read with nothing taken for granted. Pure. */
import { OutcomeUnknown, Terminal } from "../errors.ts";
import type { ErrorFacts } from "../errors.ts";
import type { Effect } from "../http-outcome.ts";

export interface Envelope {
  readonly success: boolean;
  /** `errors[].code`, those of the chain included. */
  readonly codes: readonly number[];
  readonly result: unknown;
  /** `result_info.total_count`, where it is told. */
  readonly total: number | undefined;
}

/** Undefined where it is none: a proxy's page, half an answer. */
export function envelopeOf(body: unknown): Envelope | undefined {
  const success = field(body, "success");
  if (typeof success !== "boolean") return undefined;
  return {
    success,
    codes: codesIn(field(body, "errors")),
    result: field(body, "result"),
    total: numberIn(field(body, "result_info"), "total_count"),
  };
}

function codesIn(errors: unknown): readonly number[] {
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((error) => [numberIn(error, "code") ?? [], codesIn(field(error, "error_chain"))].flat());
}

export function field(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null && Object.hasOwn(of, name)
    ? (of as Record<string, unknown>)[name]
    : undefined;
}

export function textIn(of: unknown, name: string): string | undefined {
  const found = field(of, name);
  return typeof found === "string" && found !== "" ? found : undefined;
}

export function numberIn(of: unknown, name: string): number | undefined {
  const found = field(of, name);
  return typeof found === "number" && Number.isFinite(found) ? found : undefined;
}

/** A text of this name that is a date. */
export function dateIn(of: unknown, name: string): string | undefined {
  const found = textIn(of, name);
  return found !== undefined && !Number.isNaN(Date.parse(found)) ? found : undefined;
}

/** For an answer that says yes and lacks what was asked for. */
export function notUnderstood(facts: ErrorFacts, effect: Effect, missing: string): Terminal | OutcomeUnknown {
  const text = {
    reason: "AnswerNotUnderstood",
    message: `Cloudflare's answer lacks ${missing}.`,
    remedy: "Check that the VendorAccount's endpoint is Cloudflare's API; report it with the request id.",
  };
  return effect === "none" ? new Terminal(text, facts) : new OutcomeUnknown(text, facts);
}
