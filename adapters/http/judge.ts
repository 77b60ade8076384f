import type { CheckEndpoint, CheckResult } from "../contract.ts";
import type { Seen } from "./edge.ts";
import { edgeOf } from "./edge.ts";

/**
 * What an answer says of the consumer, by its status alone. What somebody else answered, or might have answered, is inconclusive: it
 * is neither a pass nor a lock-out. Pure.
 */
export function judge(
  endpoint: CheckEndpoint,
  answer: Seen & { readonly retryAfterMs: number | undefined },
): CheckResult {
  const { status } = answer;
  const named = `Endpoint \`${endpoint.name}\` answered ${status}`;
  const doubt = doubtOf(answer);
  if (doubt !== undefined) {
    const wait = answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs };
    return { outcome: "inconclusive", reason: doubt.reason, message: `${named}${doubt.because}.`, ...wait };
  }
  if (endpoint.expectStatus.includes(status)) {
    return { outcome: "pass", reason: "StatusExpected", message: `${named}.` };
  }
  if (status === 401 || status === 403) {
    return { outcome: "unauthorized", reason: "Unauthorized", message: `${named}.` };
  }
  const message = `${named}, expected ${endpoint.expectStatus.join(" or ")}.`;
  return { outcome: "fail", reason: "StatusUnexpected", message };
}

/** Proxy login, request timeout, too early: said by whoever stands in between, or of this moment only. */
const NOT_NOW = new Set([407, 408, 425]);

function doubtOf(answer: Seen): { readonly reason: string; readonly because: string } | undefined {
  const { status } = answer;
  const edge = edgeOf(answer);
  if (edge !== undefined) return { reason: "EdgeAnswered", because: `, but ${edge} spoke and not the consumer` };
  if (status >= 300 && status < 400) {
    const because = ", a redirect, perhaps to an identity wall, which headers in the account can pass";
    return { reason: "Redirected", because };
  }
  if (status === 429) return { reason: "RateLimited", because: ": its rate limit is reached" };
  if (status >= 500 || NOT_NOW.has(status)) return { reason: "ConsumerUnavailable", because: ", which is no verdict" };
  return undefined;
}
