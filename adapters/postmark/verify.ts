/** What Postmark says of a server token that is shown to it. */
import type { Verdict } from "../contract.ts";
import { isAdapterError, Transient } from "../errors.ts";
import { path } from "../http-path.ts";
import type { Http, HttpAnswer } from "../http.ts";
import type { Secret, SecretFields } from "../secret.ts";
import { codeIn, membersOf } from "./api.ts";

/** "Request does not contain a valid Server token", in whatever words. */
const NO_TOKEN = 10;
/** It is accepted for sending, and nothing is delivered. */
const TEST_TOKEN = "POSTMARK_API_TEST";
const BACK_OFF_MS = 5_000;

/** Undefined where the value is no token that a header can carry. */
export function tokenIn(value: SecretFields): Secret | undefined {
  const token = value["value"];
  return token !== undefined && /^[\x21-\x7e]{1,200}$/.test(token.reveal().trim()) ? token : undefined;
}

/** A token of another server is answered 200 as well: whose it is decides. */
export async function verify(http: Http, serverId: number, value: SecretFields, signal: AbortSignal): Promise<Verdict> {
  const token = tokenIn(value);
  if (!token) return MALFORMED;
  if (token.reveal().trim() === TEST_TOKEN) return NOT_REAL;
  const headers = { accept: "application/json", "x-postmark-server-token": token.reveal().trim() };
  try {
    return judge(await http.send({ method: "GET", path: path`/server`, headers, accept: "any" }, signal), serverId);
  } catch (error) {
    if (!isAdapterError(error) || signal.aborted || !(error instanceof Transient)) throw error;
    return { ...told("inconclusive", error.reason, error.message), ...waitOf(error.retryAfterMs) };
  }
}

function judge(answer: HttpAnswer, serverId: number): Verdict {
  const { status } = answer;
  if (status === 200) return judgeServer(answer, serverId);
  if (status === 401 && codeIn(jsonOf(answer)) === NO_TOKEN) {
    return told("dead", "TokenRejected", "Postmark does not accept it.");
  }
  if (status === 429) {
    return {
      ...told("inconclusive", "RateLimited", "Postmark's rate limit is reached."),
      ...waitOf(answer.retryAfterMs),
    };
  }
  if (status >= 500) return told("inconclusive", "VendorUnavailable", `Postmark answered ${status}.`);
  return told("inconclusive", "EdgeAnswered", `The answer ${status} says nothing about the token.`);
}

function judgeServer(answer: HttpAnswer, serverId: number): Verdict {
  const id = membersOf(jsonOf(answer))["ID"];
  if (id === serverId) return told("alive", "TokenAccepted", "Postmark accepts it for this server.");
  if (typeof id === "number") return told("needs-human", "TokenElsewhere", "It is a token of another server.");
  return told("inconclusive", "AnswerNotUnderstood", "Postmark's answer does not say whose token it is.");
}

function jsonOf(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.text());
  } catch {
    return undefined;
  }
}

/** It does not always say for how long. */
function waitOf(retryAfterMs: number | undefined): { readonly retryAfterMs: number } {
  return { retryAfterMs: Math.max(BACK_OFF_MS, retryAfterMs ?? 0) };
}

function told(liveness: Verdict["liveness"], reason: string, message: string): Verdict {
  return { liveness, reason, message };
}

const MALFORMED = told("dead", "TokenMalformed", "It is no token: it is empty, or has spaces or other characters.");
const NOT_REAL = told("needs-human", "TokenElsewhere", "It is Postmark's test token, with which nothing is delivered.");
