/** Asks Cloudflare about a token with that token itself, on a connection of its own. */
import type { Clock } from "../contract.ts";
import { Transient } from "../errors.ts";
import { fitsHeader } from "../http-headers.ts";
import type { HttpAnswer } from "../http.ts";
import type { Secret } from "../secret.ts";
import type { Envelope } from "./answer.ts";
import { dateIn, envelopeOf, textIn } from "./answer.ts";
import type { Account } from "./api.ts";
import { bearer, httpOf, readMs } from "./api.ts";
import type { TokenRoutes } from "./routes.ts";

export type Told =
  /** The token exists, which is not to say that it works. */
  | {
      readonly told: "known";
      readonly id: string;
      readonly status: string;
      readonly notBefore?: string;
      readonly remaining?: number;
    }
  /** This endpoint knows no such token. Tokens of the other kind are unknown to it as well. */
  | { readonly told: "unknown" }
  /** Cloudflare does not take the text for a token at all. */
  | { readonly told: "malformed" }
  /** No answer to the question. */
  | { readonly told: "nothing"; readonly reason: string; readonly message: string; readonly retryAfterMs?: number };

const UNKNOWN_TOKEN = 1000;
const MALFORMED = new Set([6003, 6111]);

/** Throws `Transient` when the signal aborts, and `Terminal` where the account itself cannot be used. */
export async function askAbout(
  { account, clock }: { readonly account: Account; readonly clock: Clock },
  routes: TokenRoutes,
  token: Secret,
  signal: AbortSignal,
): Promise<Told> {
  // A blank or a line break at an end would be trimmed on our way and not on a consumer's.
  if (!fitsHeader(token.reveal())) return { told: "malformed" };
  await using http = httpOf(account, clock, 1);
  try {
    const headers = bearer(token);
    const timeoutMs = readMs(account);
    const request = { method: "GET", path: routes.verify, headers, accept: "any", timeoutMs } as const;
    return readTold(await http.send(request, signal));
  } catch (error) {
    if (!(error instanceof Transient) || signal.aborted) throw error;
    const wait = error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs };
    return { told: "nothing", reason: error.reason, message: error.message, ...wait };
  }
}

function readTold(answer: HttpAnswer): Told {
  const { status } = answer;
  if (status === 429 || status >= 500) return busy(answer);
  const envelope = envelopeOf(parsed(answer));
  if (envelope === undefined) return NOT_THE_API;
  if (status === 200 && envelope.success) return readKnown(envelope, remainingIn(answer));
  // The status varies between reports; the code does not.
  if (envelope.codes.includes(UNKNOWN_TOKEN)) return { told: "unknown" };
  if (envelope.codes.some((code) => MALFORMED.has(code))) return { told: "malformed" };
  return {
    told: "nothing",
    reason: "ApiTokenRefusedHere",
    message: `Cloudflare refuses to say, with status ${status} and code ${envelope.codes[0] ?? "none"}: the token may be bound to other addresses than Velvet's.`,
  };
}

function readKnown({ result }: Envelope, remaining: number | undefined): Told {
  const [id, status] = [textIn(result, "id"), textIn(result, "status")];
  if (id === undefined || status === undefined) return NOT_THE_API;
  const notBefore = dateIn(result, "not_before");
  return {
    told: "known",
    id,
    status,
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(remaining === undefined ? {} : { remaining }),
  };
}

function busy({ status, retryAfterMs }: HttpAnswer): Told {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status !== 429) {
    return { told: "nothing", reason: "VendorUnavailable", message: `Cloudflare answered ${status}.`, ...wait };
  }
  const message = "Cloudflare's rate limit is reached: every call is refused for the rest of the window.";
  return { told: "nothing", reason: "RateLimited", message, ...wait };
}

const NOT_THE_API: Told = {
  told: "nothing",
  reason: "AnswerNotUnderstood",
  message: "The answer has not the form that Cloudflare's API has: something in between may have given it.",
};

function parsed(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.text());
  } catch {
    return undefined;
  }
}

/** `"default";r=50;t=30`: what is left, and for how many seconds. */
function remainingIn(answer: HttpAnswer): number | undefined {
  const found = /;\s*r=(\d{1,9})/.exec(answer.header("ratelimit") ?? "");
  return found?.[1] === undefined ? undefined : Number(found[1]);
}
