/** What an answer of GitHub that is no success means. Of its body only short codes go on. */
import { type AdapterError, type ErrorFacts, type ErrorText, Terminal, Transient } from "../errors.ts";
import { type Effect, ofStatus } from "../http-outcome.ts";
import type { HttpAnswer } from "../http.ts";

/** By status: what a refusal means to who asked. Said only where the answer is GitHub's own. */
export type Refusals = Readonly<Partial<Record<number, ErrorText>>>;

export interface Asked {
  readonly effect: Effect;
  readonly operation: string;
  readonly means: Refusals;
  readonly secondaryWaitMs: number;
  readonly now: Date;
}

const LONGEST_REST_MS = 3_600_000;

/**
 * How long GitHub wants to be left alone; undefined where the answer is no rate limit. A limited request was not performed. The primary
 * limit is a 403 or 429 with nothing remaining, until its reset; a secondary one has `retry-after`, or says so in its message only.
 */
export function restOf(
  answer: HttpAnswer,
  { secondaryWaitMs, now }: Pick<Asked, "secondaryWaitMs" | "now">,
): number | undefined {
  if (answer.status !== 403 && answer.status !== 429) return undefined;
  if (answer.retryAfterMs !== undefined) return answer.retryAfterMs;
  const reset = Number(answer.header("x-ratelimit-reset"));
  if (answer.header("x-ratelimit-remaining") === "0" && reset > 0) {
    // Both dates are the vendor's, so that a clock of ours that is wrong does no harm.
    return Math.min(Math.max(reset * 1000 - vendorTime(answer, now), 1_000), LONGEST_REST_MS);
  }
  return /rate limit|abuse detection/i.test(errorOf(answer).message) ? secondaryWaitMs : undefined;
}

/** GitHub's clock where the answer tells it, in milliseconds since 1970. */
export function vendorTime(answer: HttpAnswer, now: Date): number {
  const told = Date.parse(answer.header("date") ?? "");
  return Number.isNaN(told) ? now.getTime() : told;
}

export function refusalOf(answer: HttpAnswer, asked: Asked): AdapterError {
  const { status } = answer;
  const facts = factsOf(answer, asked.operation);
  const restMs = restOf(answer, asked);
  if (restMs !== undefined) return new Transient(LIMITED, facts, restMs);
  if (status === 301 || status === 307 || status === 308) return new Terminal(MOVED, facts);
  const told = isOwn(answer) && (status !== 403 || isPermission(answer)) ? asked.means[status] : undefined;
  return told === undefined ? ofStatus(status, asked.effect, facts, answer.retryAfterMs) : new Terminal(told, facts);
}

const LIMITED: ErrorText = { reason: "RateLimited", message: "GitHub's rate limit is reached; nothing was done." };

const MOVED: ErrorText = {
  reason: "RepositoryMoved",
  message: "GitHub redirects: the repository, or its owner, has another name now.",
  remedy: "Write the new name into the manifest, and into the account's allow[].",
};

function factsOf(answer: HttpAnswer, operation: string): ErrorFacts {
  const requestId = answer.header("x-github-request-id");
  const { code } = errorOf(answer);
  return {
    vendor: "github",
    operation,
    status: answer.status,
    ...(requestId === undefined ? {} : { requestId }),
    ...(code === undefined ? {} : { code }),
  };
}

/** True where GitHub itself answered, and not a proxy or a login wall before it. */
export function isOwn(answer: HttpAnswer): boolean {
  return answer.header("x-github-request-id") !== undefined || errorOf(answer).message !== "";
}

/** Other causes of a 403 (single sign-on, an allow list of addresses, too many bad logins) are no lack of a permission. */
function isPermission(answer: HttpAnswer): boolean {
  return /not accessible|must have admin/i.test(errorOf(answer).message);
}

/** The message is looked at, and never shown. */
export function errorOf(answer: HttpAnswer): { readonly message: string; readonly code?: string } {
  const body = objectOf(answer);
  const message = typeof body["message"] === "string" ? body["message"] : "";
  const [first] = Array.isArray(body["errors"]) ? (body["errors"] as unknown[]) : [];
  const code = typeof first === "object" && first !== null && "code" in first ? first.code : undefined;
  return { message, ...(typeof code === "string" ? { code } : {}) };
}

/** Empty where the body is no JSON object. */
export function objectOf(answer: HttpAnswer): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(answer.text());
    return typeof body === "object" && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}
