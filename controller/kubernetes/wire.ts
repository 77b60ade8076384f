/** Connections to one API server: kept, and shared by all requests. */
import type { IncomingHttpHeaders } from "node:http";
import { createHash } from "node:crypto";
import { Pool, ProxyAgent } from "undici";
import type { Dispatcher } from "undici";
import { abortable } from "./clock.ts";
import type { TlsMaterial } from "./credential.ts";
import { closed, unreachable } from "./faults.ts";

/** Requests that take their turn; watches never wait for one another, because each holds its connection. */
const CONNECTIONS = 8;
const CONNECT_TIMEOUT_MS = 10_000;
/** Below what load balancers cut, and as clients of the API server do it. */
const TCP_KEEP_ALIVE_MS = 30_000;
const IDLE_MS = 20_000;

export interface Line {
  readonly method: Dispatcher.HttpMethod;
  /** Path and query, as they go on the wire. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
  readonly lasting: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Ends with the signal's reason when that is aborted; leaving the loop early closes the connection. */
  readonly body: AsyncIterable<Uint8Array> & { destroy(error?: Error): unknown };
}

interface Lane {
  readonly digest: string;
  readonly requests: Dispatcher;
  readonly watches: Dispatcher;
}

export class Wire implements AsyncDisposable {
  readonly #server: URL;
  readonly #proxy: string | undefined;
  readonly #open = new Set<Lane>();
  #lane: Lane | undefined;
  #closed = false;

  constructor(server: URL, proxy: string | undefined) {
    this.#server = server;
    this.#proxy = proxy;
  }

  /**
   * Sends one request and waits for the head of its answer; redirects are answers. Throws the signal's reason when that is aborted, and
   * an ApiError without a status when there is no answer.
   */
  async ask(line: Line, tls: TlsMaterial, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    if (this.#closed) throw closed();
    const lane = this.#laneFor(tls);
    const { lasting, target, ...rest } = line;
    const path = `${this.#server.pathname.replace(/\/$/, "")}${target}`;
    const request = { ...rest, path, origin: this.#server.origin, signal, headersTimeout: 0, bodyTimeout: 0 };
    const asked = (lasting ? lane.watches : lane.requests).request(request);
    try {
      const { statusCode: status, headers, body } = await abortable(asked, signal);
      // Without a listener, the end of an answer that nobody reads any more would be an uncaught exception.
      body.on("error", () => {});
      return { status, headers, body };
    } catch (error) {
      // While it connects, a request does not hear the signal: it is called off before a byte is sent.
      asked.then(
        ({ body }) => body.on("error", () => {}).destroy(),
        () => {},
      );
      signal.throwIfAborted();
      throw unreachable(error, this.#server);
    }
  }

  /** Client certificates and authorities can change: connections with the old ones end when they are idle. */
  #laneFor(tls: TlsMaterial): Lane {
    const digest = digestOf(tls);
    if (this.#lane?.digest === digest) return this.#lane;
    const old = this.#lane;
    const lane = {
      digest,
      requests: this.#pool(tls, CONNECTIONS),
      watches: this.#pool(tls, null),
    };
    this.#lane = lane;
    this.#open.add(lane);
    if (old) void Promise.allSettled([old.requests.close(), old.watches.close()]).then(() => this.#open.delete(old));
    return lane;
  }

  #pool(tls: TlsMaterial, connections: number | null): Dispatcher {
    const shared = { connections, pipelining: 1, allowH2: false, keepAliveTimeout: IDLE_MS };
    const socket = { timeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS };
    if (this.#proxy !== undefined) {
      return new ProxyAgent({ ...shared, uri: this.#proxy, requestTls: { ...tls, ...socket } });
    }
    return new Pool(this.#server.origin, { ...shared, connect: { ...tls, ...socket, allowH2: false } });
  }

  /** Ends everything that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const lanes = [...this.#open];
    await Promise.allSettled(lanes.flatMap(({ requests, watches }) => [requests.destroy(), watches.destroy()]));
    this.#open.clear();
  }
}

function digestOf({ ca, cert, key, servername, rejectUnauthorized }: TlsMaterial): string {
  const hash = createHash("sha256");
  for (const part of [ca, cert, key, servername, String(rejectUnauthorized)]) {
    hash.update(part === undefined ? "-" : `${part.length}:`).update(part ?? "");
  }
  return hash.digest("hex");
}
