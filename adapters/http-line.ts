/**
 * One request on the wire. It drives undici's `dispatch` and not its `request`, which neither tells whether a byte had left when it
 * failed nor ends when it is aborted while it connects; a protocol that must know "certainly not sent" needs both.
 */
import type { IncomingHttpHeaders } from "node:http";
import { Pool, buildConnector } from "undici";
import type { Dispatcher } from "undici";
import type { Breakage } from "./http-outcome.ts";
import type { Reach } from "./http-guard.ts";
import { guardedLookup, literalRefused, refused } from "./http-guard.ts";

export interface Line {
  readonly method: string;
  /** Path and query, as they go on the wire. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export type Exchange =
  | { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }
  | {
      readonly broken: Breakage;
      readonly sent: boolean;
      readonly status?: number;
      readonly headers?: IncomingHttpHeaders;
    };

export interface PoolShape {
  readonly origin: string;
  readonly reach: Reach;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** False: each request goes on a connection of its own, which is closed after it. */
  readonly keep: boolean;
  /** Whom to trust instead of the usual authorities, in PEM. */
  readonly ca?: string | undefined;
}

/** Connections to one origin, HTTP/1.1 only, one request at a time on each, and only to addresses within reach. */
export function openPool(shape: PoolShape): Pool {
  const dial = buildConnector({
    allowH2: false,
    timeout: shape.connectTimeoutMs,
    ...(shape.ca === undefined ? {} : { ca: shape.ca }),
    lookup: guardedLookup(shape.reach),
  });
  return new Pool(shape.origin, {
    connections: shape.connections,
    pipelining: shape.keep ? 1 : 0,
    allowH2: false,
    connect: (options, callback) => {
      if (literalRefused(options.hostname, shape.reach)) return callback(refused(), null);
      return dial(options, callback);
    },
  });
}

export interface Limits {
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  readonly oversized: "refuse" | "cut";
}

/** How a connection ends that its other end has closed, as far as a client is told. */
const CLOSED = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

/** True where the other end closed the connection before anything of an answer was understood: as one does that was kept for too long. */
export function wasClosed(result: Exchange): boolean {
  if (!("broken" in result) || result.broken.kind !== "failed" || result.status !== undefined) return false;
  return result.sent && CLOSED.has(result.broken.code ?? "");
}

/** Sends one request and waits for the whole answer, at most `timeoutMs`. Never rejects: how it broke is the answer. */
export function exchange(pool: Dispatcher, line: Line, limits: Limits, signal: AbortSignal): Promise<Exchange> {
  return new Promise((resolve) => {
    const call = new Call(limits, resolve);
    const stop = () => call.end({ kind: "aborted" });
    const timer = setTimeout(() => call.end({ kind: "deadline" }), limits.timeoutMs);
    call.onEnd = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    };
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    dispatch(pool, line, call);
  });
}

function dispatch(pool: Dispatcher, line: Line, call: Call): void {
  const body = line.body === undefined ? {} : { body: line.body };
  try {
    pool.dispatch(
      { method: line.method, path: line.target, headers: line.headers, ...body, headersTimeout: 0, bodyTimeout: 0 },
      call,
    );
  } catch (error) {
    call.end({ kind: "failed", code: codeOf(error) });
  }
}

/** The state of one exchange. It ends exactly once; what arrives later is dropped, and what was not yet sent is never sent. */
class Call implements Dispatcher.DispatchHandler {
  onEnd: () => void = () => {};
  readonly #limits: Limits;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #ended = false;
  #sent = false;
  #controller: Dispatcher.DispatchController | undefined;
  #head: { status: number; headers: IncomingHttpHeaders } | undefined;

  constructor(limits: Limits, resolve: (exchange: Exchange) => void) {
    this.#limits = limits;
    this.#resolve = resolve;
  }

  /** The first one wins. The connection of an exchange that broke after it was sent is closed. */
  end(broken: Breakage): void {
    this.#finish({ broken, sent: this.#sent, ...this.#head });
    this.#controller?.abort(new Error("ended"));
  }

  #finish(exchange: Exchange): void {
    if (this.#ended) return;
    this.#ended = true;
    this.onEnd();
    this.#resolve(exchange);
  }

  /** Called when a connection stands and before the first byte is written: the last moment to call it off. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#ended) return controller.abort(new Error("ended"));
    this.#sent = true;
    this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status >= 200) this.#head = { status, headers };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended) return;
    const room = this.#limits.maxBodyBytes - this.#size;
    this.#size += chunk.length;
    this.#chunks.push(chunk.subarray(0, room));
    if (chunk.length <= room) return;
    if (this.#limits.oversized === "cut") this.onResponseEnd();
    this.end({ kind: "oversized" });
  }

  onResponseEnd(): void {
    if (this.#head !== undefined) this.#finish({ ...this.#head, body: Buffer.concat(this.#chunks) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#finish({ broken: { kind: "failed", code: codeOf(error) }, sent: this.#sent, ...this.#head });
  }
}

/** Only a short code ever leaves a client's error; its message may name a URL. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
