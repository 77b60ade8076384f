/**
 * The one HTTP client of all adapters. Where it goes is the account's word alone: the base URL comes from the VendorAccount, paths
 * are relative and cannot leave it, redirects are never followed, environment proxies are not used. What an adapter learns of a
 * failure is a typed error with facts, never a body, a header, a query or a URL.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Pool } from "undici";
import type { Budget, Clock } from "./contract.ts";
import type { ErrorFacts } from "./errors.ts";
import { OutcomeUnknown, Terminal } from "./errors.ts";
import type { Reach } from "./http-guard.ts";
import { wireHeaders } from "./http-headers.ts";
import type { Exchange, Limits, Line } from "./http-line.ts";
import { exchange, openPool, wasClosed } from "./http-line.ts";
import type { Effect } from "./http-outcome.ts";
import { ofBreakage, ofStatus, retryAfterMs } from "./http-outcome.ts";
import type { Path } from "./http-path.ts";
import { type HttpTry, tellTry } from "./http-trace.ts";
import { baseOf, targetOf } from "./http-path.ts";
import type { Secret } from "./secret.ts";

/** Equals the package's version; a test says so. */
export const VERSION = "0.1.0";

export interface HttpOptions {
  /** The adapter's name, for error facts. */
  readonly vendor: string;
  /** `account.endpoint`. A path in it is kept as a prefix; user, password and fragment are refused. */
  readonly baseUrl: string | undefined;
  /** `account.headers`: sent with every request. A header that the request itself sets wins. */
  readonly headers: () => Readonly<Record<string, Secret>>;
  readonly clock: Clock;
  /** `account.budget`: asked before each request, and told when the vendor has had enough. */
  readonly budget?: Budget | undefined;
  /** Which addresses may be connected to. Default `any`: the platform team chose the endpoint. Metadata addresses never. */
  readonly reach?: Reach;
  /** The authority that the server's certificate must come from, in PEM, in place of the usual ones. Asked before each request: it may change. */
  readonly ca?: (() => string | undefined) | undefined;
  /** Connections that are kept, and as many again for requests that want one of their own. Default 8. */
  readonly connections?: number;
  /** For a request as a whole, connect and body included. Default 30 s. */
  readonly timeoutMs?: number;
  /** Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** What happens to a body that is larger: the answer is an error (default), or the rest is not read. */
  readonly oversized?: "refuse" | "cut";
  /** No `Retry-After` waits longer than this. Default one hour. */
  readonly retryAfterCapMs?: number;
  /** Picks the vendor's own short code out of a parsed error body. Anything but a short code is dropped. */
  readonly errorCode?: (body: unknown) => string | undefined;
}

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: Path;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string | Secret>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, with the `content-type` of `headers`. Not together with `json`. */
  readonly body?: string | Uint8Array;
  /** Default by method: GET and HEAD `none`, PUT and DELETE `repeatable`, POST and PATCH `once`. */
  readonly effect?: Effect;
  /** Statuses beside 2xx that are answers and not errors, or `any`. */
  readonly accept?: readonly number[] | "any";
  readonly timeoutMs?: number;
}

/** The body is behind calls, so that printing an answer shows none of it. */
export interface HttpAnswer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** Joined with `, ` where it stands more than once. */
  header(name: string): string | undefined;
  text(): string;
  /** Throws `OutcomeUnknown` or `Terminal`, by the request's effect, where it is no JSON. Parse the result. */
  json(): unknown;
}

export interface Http extends AsyncDisposable {
  /**
   * Sends once, with one exception: a read whose kept connection was closed before any answer is sent once more, on a connection of its
   * own and within the same deadline. Whoever closes a connection that was idle has not read the request, and a read does no harm twice.
   * A request with effect `once` never travels on a kept connection, so that none is lost on one that the other end gave up. Throws `Transient`, `Terminal` or `OutcomeUnknown` as `http-outcome.ts` rules: a failure before any
   * byte left is without effect, a request that was sent and not answered is unknown unless it only reads.
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
}

/** After a 429 that does not say for how long. */
const DEFAULT_REST_MS = 60_000;
const REQUEST_IDS = ["x-request-id", "request-id", "x-amzn-requestid", "x-github-request-id", "cf-ray"];

/** Opens nothing yet: connects when first used. */
export function openHttp(options: HttpOptions): Http {
  const lines = linesOf(options);
  return {
    async send(request, signal) {
      const facts = { vendor: options.vendor, operation: `${request.method} ${request.path.pattern || "/"}` };
      const base = baseOf(options.baseUrl, facts);
      const line = lineOf(options, request, base, facts);
      const result = await answered(options, lines.to(base.origin), { line, request, facts }, signal);
      return judge(options, request, result, facts);
    },
    async [Symbol.asyncDispose]() {
      await lines.destroy();
    },
  };
}

/** Connections to each origin. Where the authority has changed, those that it no longer vouches for take no further request. */
function linesOf(options: HttpOptions) {
  const origins = new Map<string, Connections>();
  return {
    to(origin: string): Connections {
      const ca = options.ca?.();
      const open = origins.get(origin);
      if (open && open.ca === ca) return open;
      void open?.kept.close();
      void open?.single.close();
      const fresh = openConnections(options, origin, ca);
      origins.set(origin, fresh);
      return fresh;
    },
    async destroy(): Promise<void> {
      const all = [...origins.values()].flatMap(({ kept, single }) => [kept, single]);
      await Promise.all(all.map(async (pool) => pool.destroy()));
    },
  };
}

interface Connections {
  readonly ca: string | undefined;
  readonly kept: Pool;
  /** Each request has one of its own. */
  readonly single: Pool;
  /** Set by the first answer: from then on a request may travel on a connection from before. */
  warm: boolean;
}

function openConnections(options: HttpOptions, origin: string, ca: string | undefined): Connections {
  const shape = {
    origin,
    reach: options.reach ?? "any",
    connections: options.connections ?? 8,
    connectTimeoutMs: 10_000,
    ca,
  };
  return { ca, kept: openPool({ ...shape, keep: true }), single: openPool({ ...shape, keep: false }), warm: false };
}

interface Sending {
  readonly line: Line;
  readonly request: HttpRequest;
  readonly facts: ErrorFacts;
}

async function answered(
  options: HttpOptions,
  connections: Connections,
  { line, request, facts }: Sending,
  signal: AbortSignal,
): Promise<Exchange> {
  const effect = effectOf(request);
  const timeoutMs = request.timeoutMs ?? options.timeoutMs ?? 30_000;
  const until = performance.now() + timeoutMs;
  const send = async (pool: Pool, ms: number, again = false): Promise<Exchange> => {
    using _turn = await options.budget?.enter(facts, signal);
    const begunAt = performance.now();
    const result = await exchange(pool, line, limitsOf(options, ms), signal);
    tellTry(facts, () => ({ ms: Math.round(performance.now() - begunAt), again, ...endOf(result) }));
    if (result.status === 429) options.budget?.block(waitOf(options, result.headers) ?? DEFAULT_REST_MS);
    return result;
  };
  if (effect === "once") return send(connections.single, timeoutMs);
  const { warm } = connections;
  const first = await send(connections.kept, timeoutMs);
  connections.warm ||= !("broken" in first);
  if (!warm || effect !== "none" || !wasClosed(first)) return first;
  return send(connections.single, Math.max(0, until - performance.now()), true);
}

function endOf(result: Exchange): Pick<HttpTry, "status" | "broken"> {
  if (!("broken" in result)) return { status: result.status };
  const { broken, status } = result;
  const how = broken.kind === "failed" ? (broken.code ?? broken.kind) : broken.kind;
  return { broken: how, ...(status === undefined ? {} : { status }) };
}

function limitsOf(options: HttpOptions, timeoutMs: number): Limits {
  return {
    timeoutMs,
    maxBodyBytes: options.maxBodyBytes ?? 1024 * 1024,
    oversized: options.oversized ?? "refuse",
  };
}

function lineOf(options: HttpOptions, request: HttpRequest, base: URL, facts: ErrorFacts): Line {
  const own: Record<string, string | Secret> = { "user-agent": `velvet/${VERSION}` };
  if (request.json !== undefined) own["content-type"] = "application/json";
  const body = request.json === undefined ? request.body : JSON.stringify(request.json);
  return {
    method: request.method,
    target: targetOf(base, request.path, request.query ?? {}, facts),
    headers: wireHeaders([own, options.headers(), request.headers ?? {}], facts),
    ...(body === undefined ? {} : { body: typeof body === "string" ? Buffer.from(body, "utf8") : body }),
  };
}

function judge(options: HttpOptions, request: HttpRequest, result: Exchange, facts: ErrorFacts): HttpAnswer {
  const effect = effectOf(request);
  const known = { ...facts, ...seen(result.headers, result.status) };
  const wait = waitOf(options, result.headers);
  // The status rules even where the error's body did not arrive whole: a documented no stays a no.
  const body = "broken" in result ? Buffer.alloc(0) : result.body;
  const refusedByStatus = result.status !== undefined && !isAnswer(result.status, request.accept);
  if (refusedByStatus && result.status !== undefined) {
    const code = options.errorCode?.(parsed(body));
    throw ofStatus(result.status, effect, code === undefined ? known : { ...known, code }, wait);
  }
  if ("broken" in result) throw ofBreakage(result.broken, result.sent, effect, known);
  return {
    status: result.status,
    retryAfterMs: wait,
    header: (name) => headerOf(result.headers, name),
    text: () => body.toString("utf8"),
    json: () => {
      const value = parsed(body);
      return value === undefined ? notJson(effect, known) : value;
    },
  };
}

function isAnswer(status: number, accept: HttpRequest["accept"]): boolean {
  return (status >= 200 && status < 300) || accept === "any" || (accept?.includes(status) ?? false);
}

function effectOf({ effect, method }: HttpRequest): Effect {
  if (effect !== undefined) return effect;
  if (method === "GET" || method === "HEAD") return "none";
  return method === "PUT" || method === "DELETE" ? "repeatable" : "once";
}

function seen(headers: IncomingHttpHeaders | undefined, status: number | undefined): Partial<ErrorFacts> {
  const requestId = REQUEST_IDS.map((name) => headerOf(headers, name)).find((id) => id !== undefined);
  return { ...(status === undefined ? {} : { status }), ...(requestId === undefined ? {} : { requestId }) };
}

function waitOf(options: HttpOptions, headers: IncomingHttpHeaders | undefined): number | undefined {
  const texts = { retryAfter: headerOf(headers, "retry-after"), date: headerOf(headers, "date") };
  return retryAfterMs(texts, options.clock.now(), options.retryAfterCapMs ?? 3_600_000);
}

function headerOf(headers: IncomingHttpHeaders | undefined, name: string): string | undefined {
  const value = headers?.[name.toLowerCase()];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** Undefined where it is no JSON; JSON has no undefined. */
function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function notJson(effect: Effect, facts: ErrorFacts): never {
  const text = {
    reason: "AnswerNotUnderstood",
    message: "The vendor's answer is not JSON.",
    remedy: "Check that the VendorAccount's endpoint is the API and not a web page.",
  };
  throw effect === "none" ? new Terminal(text, facts) : new OutcomeUnknown(text, facts);
}
