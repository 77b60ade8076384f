/** What Heroku's answer to `GET /account` says of the token that asked. Pure. */
import type { Liveness, Verdict } from "../contract.ts";
import type { HttpAnswer } from "../http.ts";
import { ON_HOLD, REST_MS, TWO_FACTOR } from "./client.ts";
import { errorId, fieldsOf, NOT_UNDERSTOOD, textOf } from "./shapes.ts";

export function verdictOf(answer: HttpAnswer): Verdict {
  const { status } = answer;
  const body = jsonOf(answer);
  if (status === 429) {
    const retryAfterMs = answer.retryAfterMs ?? REST_MS;
    return { ...verdict("inconclusive", "RateLimited", "The user's rate limit is reached."), retryAfterMs };
  }
  if (status >= 500) return verdict("inconclusive", "VendorUnavailable", `Heroku answered ${status}.`);
  if (status === 200) return accepted(body);
  return refused(status, errorId(body));
}

function accepted(body: unknown): Verdict {
  const { id, email } = fieldsOf(body);
  if (textOf(id) === undefined || textOf(email) === undefined) return unreadable();
  return verdict("alive", "TokenAccepted", "Heroku accepted the token.");
}

/** A status without Heroku's own word for it came from something in between. */
function refused(status: number, id: string | undefined): Verdict {
  switch (`${status} ${id ?? ""}`) {
    case "401 unauthorized":
      return verdict("dead", "TokenRejected", "Heroku refused the token.");
    case "403 forbidden":
      return verdict("restricted", "ScopeTooNarrow", "Heroku knows the token, whose scope does not reach the account.");
    case "403 two_factor":
      return verdict("needs-human", TWO_FACTOR.reason, TWO_FACTOR.message);
    case "403 suspended":
    case "402 delinquent":
    case "422 verification_needed":
      return verdict("needs-human", ON_HOLD.reason, ON_HOLD.message);
    default:
      return unreadable();
  }
}

function unreadable(): Verdict {
  return verdict("inconclusive", NOT_UNDERSTOOD.reason, NOT_UNDERSTOOD.message);
}

export function verdict(liveness: Liveness, reason: string, message: string): Verdict {
  return { liveness, reason, message };
}

function jsonOf(answer: HttpAnswer): unknown {
  try {
    return answer.json();
  } catch {
    return undefined;
  }
}
