import { abortable, deadline } from "./clock.ts";
import type { Clock } from "./clock.ts";
import type { Credential, Credentials } from "./credential.ts";
import { isApiError, refusalOf } from "./error.ts";
import { overdue, redirected, tooLarge, unreachable, unreadable } from "./faults.ts";
import { LineCut, LineTooLong, lines } from "./lines.ts";
import { eventOf } from "./watch-event.ts";
import type { WatchEvent } from "./watch-event.ts";
import type { Answer, Line, Wire } from "./wire.ts";

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From `pathOf`: encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** `application/json` where there is a body and nothing else is said. */
  readonly contentType?: "application/json" | "application/apply-patch+yaml" | "application/merge-patch+json";
  /** For the whole request with all its tries, the answer's last byte included; of a watch, until it begins. 30 seconds. */
  readonly timeoutMs?: number;
  /** Not sent again, whatever comes of it, but for a credential that was read anew. */
  readonly once?: boolean;
}

export interface ApiClient extends AsyncDisposable {
  /**
   * The parsed answer of a request that succeeded; that it is a `T` is for the caller to prove. Throws an ApiError, or the signal's
   * reason when that is aborted.
   *
   * It is sent again only where that is safe: after 401, once, with a credential that was read anew; after 429 with a Retry-After, which
   * the API server says before it does anything; and a GET after 503 or a refused connection. At most four times, within the
   * deadline. After any other broken connection a change may have been made: the caller looks.
   */
  send<T>(request: ApiRequest, signal: AbortSignal): Promise<T>;
  /**
   * The events of a watch, until the API server ends it. `watch=true` is added. Throws like `send`, for a line that is too long, not
   * whole or no event as well. Leaving the loop, or the signal, closes the connection. `onOpen`: it has begun, which may be long before
   * there is anything to say.
   */
  watch(request: ApiRequest, signal: AbortSignal, onOpen?: () => void): AsyncIterable<WatchEvent>;
  /** As people know it: scheme, host, port, and the path in front of the API. */
  readonly server: string;
  /** Of the context, or of the pod. */
  readonly namespace: string;
}

export type { WatchEvent };

export interface ClientOptions {
  readonly server: URL;
  readonly namespace: string;
  readonly userAgent: string;
  readonly wire: Wire;
  readonly credentials: Credentials;
  readonly clock: Clock;
  /** In [0, 1): spreads what is tried again. */
  readonly random: () => number;
}

const TIMEOUT_MS = 30_000;
/** A page of 500 objects is a tenth of it. */
const MAX_ANSWER_BYTES = 64 * 1_024 * 1_024;
const MAX_REFUSAL_BYTES = 1_024 * 1_024;
/** An object in etcd is at most 1.5 MiB, and JSON does not make eight of it. */
const MAX_EVENT_BYTES = 8 * 1_024 * 1_024;
const MAX_RETRIES = 4;
const FIRST_RETRY_MS = 200;

export function openClient(options: ClientOptions): ApiClient {
  return new Client(options);
}

class Client implements ApiClient {
  readonly server: string;
  readonly namespace: string;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.server = options.server.href.replace(/\/$/, "");
    this.namespace = options.namespace;
    this.#options = options;
  }

  async send<T>(request: ApiRequest, signal: AbortSignal): Promise<T> {
    using limit = deadline(signal, request.timeoutMs ?? TIMEOUT_MS, this.#options.clock, () => overdue(request));
    for (let retries = 0; ; retries += 1) {
      try {
        const { status, body } = await this.#open(request, limit.signal, false);
        return parsed(await this.#text(request, body, limit.signal), request, status) as T;
      } catch (error) {
        limit.signal.throwIfAborted();
        const retriesLeft = request.once === true ? 0 : MAX_RETRIES - retries;
        const pauseMs = retriesLeft > 0 ? pauseBefore(error, request, retries, this.#options.random()) : undefined;
        if (pauseMs === undefined || pauseMs >= limit.leftMs()) throw error;
        await this.#options.clock.sleep(pauseMs, limit.signal);
      }
    }
  }

  async *watch(request: ApiRequest, signal: AbortSignal, onOpen?: () => void): AsyncGenerator<WatchEvent> {
    const asked = { ...request, query: { ...request.query, watch: "true" } };
    using limit = deadline(signal, request.timeoutMs ?? TIMEOUT_MS, this.#options.clock, () => overdue(request));
    const { body } = await this.#open(asked, limit.signal, true);
    limit.stopTimer();
    onOpen?.();
    try {
      for await (const line of lines(body, MAX_EVENT_BYTES)) {
        limit.signal.throwIfAborted();
        yield eventOf(parsed(line, request, 200), request);
      }
    } catch (error) {
      limit.signal.throwIfAborted();
      throw this.#streamError(error, request);
    } finally {
      body.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.wire[Symbol.asyncDispose]();
  }

  /** The answer of a request that succeeded, its body not read yet; after 401 with a credential that was read anew. */
  async #open(request: ApiRequest, signal: AbortSignal, lasting: boolean): Promise<Answer> {
    const { credentials } = this.#options;
    const credential = await abortable(credentials.current(), signal);
    const answer = await this.#ask(request, credential, signal, lasting);
    if (answer.status !== 401) return this.#succeeded(request, answer, signal);
    await this.#refusalText(request, answer, signal);
    const renewed = await abortable(credentials.renewed(credential), signal);
    return this.#succeeded(request, await this.#ask(request, renewed, signal, lasting), signal);
  }

  async #ask(request: ApiRequest, credential: Credential, signal: AbortSignal, lasting: boolean): Promise<Answer> {
    const { headers, tls } = credential.reveal();
    return this.#options.wire.ask(lineOf(request, headers, this.#options.userAgent, lasting), tls, signal);
  }

  async #succeeded(request: ApiRequest, answer: Answer, signal: AbortSignal): Promise<Answer> {
    const { status, headers, body } = answer;
    if (status >= 200 && status < 300) return answer;
    if (status < 400) {
      body.destroy();
      throw redirected(request, status);
    }
    const text = await this.#refusalText(request, answer, signal);
    const after = headers["retry-after"];
    const retryAfter = typeof after === "string" ? after : undefined;
    throw refusalOf(json(text), { method: request.method, path: request.path, status, retryAfter });
  }

  /** What a refusal says, or nothing when that cannot be read: it is a refusal all the same. */
  async #refusalText(request: ApiRequest, { body }: Answer, signal: AbortSignal): Promise<string> {
    try {
      return await this.#text(request, body, signal, MAX_REFUSAL_BYTES);
    } catch {
      signal.throwIfAborted();
      return "";
    }
  }

  async #text(request: ApiRequest, body: Answer["body"], signal: AbortSignal, max = MAX_ANSWER_BYTES): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const chunk of body) {
        size += chunk.length;
        if (size > max) throw tooLarge(request);
        chunks.push(chunk);
      }
    } catch (error) {
      signal.throwIfAborted();
      throw isApiError(error) ? error : unreachable(error, this.#options.server);
    }
    return Buffer.concat(chunks, size).toString("utf8");
  }

  #streamError(error: unknown, request: ApiRequest): Error {
    if (isApiError(error)) return error;
    if (error instanceof LineTooLong) return tooLarge(request);
    if (error instanceof LineCut) return unreadable(request, undefined);
    return unreachable(error, this.#options.server);
  }
}

function lineOf(
  request: ApiRequest,
  headers: Readonly<Record<string, string | string[]>>,
  agent: string,
  lasting: boolean,
): Line {
  const { method, path, query = {}, body, contentType = "application/json" } = request;
  const asked = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const search = new URLSearchParams(Object.fromEntries(asked)).toString();
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return {
    method,
    target: search === "" ? path : `${path}?${search}`,
    headers: {
      ...headers,
      accept: "application/json",
      "user-agent": agent,
      ...(body === undefined ? {} : { "content-type": contentType }),
    },
    ...sent,
    lasting,
  };
}

/** How long to wait before the same request is sent again; undefined when it is not. */
function pauseBefore(error: unknown, request: ApiRequest, retries: number, random: number): number | undefined {
  if (!isApiError(error)) return undefined;
  const { status, retryAfterMs, code } = error;
  const backoffMs = FIRST_RETRY_MS * 2 ** retries * (0.5 + random / 2);
  if (status === 429) return retryAfterMs === undefined ? undefined : Math.max(retryAfterMs, backoffMs);
  if (request.method !== "GET") return undefined;
  if (status === 503) return Math.max(retryAfterMs ?? 0, backoffMs);
  return code === "ECONNREFUSED" ? backoffMs : undefined;
}

/** undefined for what is no JSON. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parsed(text: string, request: ApiRequest, status: number): unknown {
  const value = json(text);
  if (value === undefined) throw unreadable(request, status);
  return value;
}
