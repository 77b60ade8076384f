/** Lets an official client send through Velvet's HTTP: its pools, budget, deadline and errors, and no redirects. */
import type { Http } from "../http.ts";
import type { Effect } from "../http-outcome.ts";
import { path } from "../http-path.ts";

/** What a client is given beside a command, and gives on to its handler. */
export interface SendOptions {
  readonly effect: Effect;
  readonly signal: AbortSignal;
  /** The same signal, under the name that the clients know. */
  readonly abortSignal: AbortSignal;
}

/** A signed request, as far as it is of interest here. */
interface SignedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Handler {
  readonly handle: (
    request: SignedRequest,
    options?: Partial<Pick<SendOptions, "effect" | "signal">> & { readonly requestTimeout?: number },
  ) => Promise<{ response: { statusCode: number; headers: Record<string, string>; body: Uint8Array } }>;
}

/** Set by whoever frames the message, with the same values as those that were signed; and who sends it is Velvet. */
const NOT_PASSED_ON = new Set(["host", "content-length", "user-agent"]);

/** Of an answer, what the clients read. */
const HEADERS = [
  "content-type",
  "date",
  "x-amzn-requestid",
  "x-amz-request-id",
  "x-amzn-errortype",
  "x-amzn-query-error",
];

/**
 * Every status is an answer: what it means stands in the body, which the client reads. Where the answer did not come, the error of
 * `Http` goes through the client as it is. All services have one path, that of `http`'s base URL.
 */
export function handlerOver(http: Http): Handler {
  return {
    handle: async (request, { effect = "once", signal = new AbortController().signal } = {}) => {
      const answer = await http.send(
        { method: "POST", path: path``, headers: passedOn(request), body: bodyOf(request), effect, accept: "any" },
        signal,
      );
      const headers = HEADERS.flatMap((name) => {
        const value = answer.header(name);
        return value === undefined ? [] : [[name, value] as const];
      });
      const body = Buffer.from(answer.text(), "utf8");
      return { response: { statusCode: answer.status, headers: Object.fromEntries(headers), body } };
    },
  };
}

function passedOn({ headers }: SignedRequest): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_PASSED_ON.has(name.toLowerCase())));
}

/** A string, or bytes: none of the services that are used here takes a stream. */
function bodyOf({ body }: SignedRequest): string | Uint8Array {
  if (typeof body === "string") return body;
  return body instanceof Uint8Array ? new Uint8Array(body) : "";
}
