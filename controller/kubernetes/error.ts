/**
 * Why the API server did not do what it was asked. It carries a short list of fields, each bounded: never a body, a header or what was
 * sent. `reason` is the API server's own (`NotFound`, `Conflict`, `Invalid` …), or one of this folder's where it never answered.
 */
import { isRecord } from "./object.ts";
import { oneLine } from "./text.ts";

export interface ApiCause {
  /** A path like `spec.consumers[0].name`. */
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

export interface ApiErrorFacts {
  /** HTTP status; undefined when there was no answer. */
  readonly status?: number | undefined;
  readonly reason: string;
  readonly causes?: readonly ApiCause[];
  readonly retryAfterMs?: number | undefined;
  /** Short code of a connection's failure: `ECONNREFUSED`. */
  readonly code?: string | undefined;
  /** For a person: what to do next. */
  readonly remedy?: string | undefined;
}

const MAX_CAUSES = 16;
const MAX_MESSAGE = 1_024;
const MAX_CAUSE = 512;
const MAX_FIELD = 256;
const MAX_RETRY_AFTER_S = 3_600;
const REASON = /^[A-Za-z][A-Za-z0-9]{0,63}$/;

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number | undefined;
  readonly reason: string;
  readonly causes: readonly ApiCause[];
  readonly retryAfterMs: number | undefined;
  readonly code: string | undefined;
  readonly remedy: string | undefined;

  constructor(message: string, facts: ApiErrorFacts) {
    super(oneLine(message, MAX_MESSAGE));
    this.status = facts.status;
    this.reason = facts.reason;
    this.causes = facts.causes ?? [];
    this.retryAfterMs = facts.retryAfterMs;
    this.code = facts.code;
    this.remedy = facts.remedy;
  }
}

export function isApiError(error: unknown): error is ApiError {
  return error instanceof ApiError;
}

export interface Refusal {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Of the header, as it came. */
  readonly retryAfter?: string | undefined;
}

/**
 * The error of a Status object, or of whatever stands in its place. The API server quotes what it refuses, so that an answer about
 * Secrets is known by its reason and its fields only.
 */
export function refusalOf(body: unknown, refusal: Refusal): ApiError {
  const status = isRecord(body) && body["kind"] === "Status" ? body : {};
  const details = isRecord(status["details"]) ? status["details"] : {};
  const quotes = !/\/secrets(\/|$)/.test(refusal.path);
  const reason = reasonOf(status["reason"], refusal.status);
  const said = quotes && typeof status["message"] === "string" ? status["message"] : reason;
  return new ApiError(`${refusal.method} ${refusal.path}: ${refusal.status}: ${said}`, {
    status: refusal.status,
    reason,
    causes: causesOf(details["causes"], quotes),
    retryAfterMs: retryAfterMs(details["retryAfterSeconds"] ?? refusal.retryAfter),
    remedy: REMEDIES[refusal.status],
  });
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: "Renew the credential that the kubeconfig names, for example by logging in again.",
  403: "Let a cluster administrator grant the verb that the message names; kubectl auth can-i shows what is allowed.",
};

/** Of HTTP statuses that come without a Status object, from a proxy in between for example. */
const BY_STATUS = new Map([
  [400, "BadRequest"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "NotFound"],
  [409, "Conflict"],
  [410, "Gone"],
  [429, "TooManyRequests"],
  [500, "InternalError"],
  [503, "ServiceUnavailable"],
]);

function reasonOf(said: unknown, status: number): string {
  if (typeof said === "string" && REASON.test(said)) return said;
  return BY_STATUS.get(status) ?? BY_STATUS.get(status >= 500 ? 500 : 400) ?? "";
}

function causesOf(value: unknown, quotes: boolean): ApiCause[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, MAX_CAUSES)
    .filter(isRecord)
    .map(({ field, reason, message }) => ({
      field: typeof field === "string" ? oneLine(field, MAX_FIELD) : "",
      reason: typeof reason === "string" && REASON.test(reason) ? reason : "",
      message: quotes && typeof message === "string" ? oneLine(message, MAX_CAUSE) : "",
    }));
}

/** Seconds, as the API server gives them; a date or nonsense is none. At most an hour. */
function retryAfterMs(value: unknown): number | undefined {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || !/^\d{1,9}$/.test(text)) return undefined;
  return Math.min(Number(text), MAX_RETRY_AFTER_S) * 1_000;
}
