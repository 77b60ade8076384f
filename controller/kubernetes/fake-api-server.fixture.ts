/**
 * An API server for tests: real HTTP on the loopback interface, with the semantics of lists, watches and writes. `fault` decides for each
 * request how it goes wrong.
 */
import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { FakeGone, FakeStore } from "./fake-store.fixture.ts";
import { FakeWatch } from "./fake-watch.fixture.ts";
import { readBody, sayStatus, write } from "./fake-writes.fixture.ts";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly collection: string;
  readonly key: string | undefined;
  readonly namespace: string | undefined;
  readonly subresource: string | undefined;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly watch: boolean;
}

export type Fault =
  /** A Status object with this code. */
  | {
      readonly status: number;
      readonly reason?: string;
      readonly headers?: Record<string, string>;
      readonly body?: unknown;
    }
  /** The connection breaks, before the answer or after so many bytes of it. */
  | { readonly reset: number }
  /** Silence, before the answer or after so many bytes of it. */
  | { readonly stall: number }
  /** Status 200, and this. */
  | { readonly say: string }
  /** The true answer, after this. */
  | { readonly after: Promise<unknown> };

const PATH = /^\/(api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/;

export class FakeApiServer {
  readonly store = new FakeStore();
  readonly watches = new Set<FakeWatch>();
  readonly sockets = new Set<Socket>();
  readonly asked: Asked[] = [];
  readonly #changed = new EventEmitter();
  /** How each request goes wrong; undefined: not at all. */
  fault: (asked: Asked) => Fault | undefined = () => undefined;
  /** How it tells that a watch begins with what is forgotten. */
  goneAs: "status" | "event" = "event";
  accepted = 0;
  #server: Server | undefined;
  port = 0;

  static async start(): Promise<FakeApiServer> {
    const fake = new FakeApiServer();
    await fake.start();
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens, on the port that it had before. */
  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    server.on("connection", (socket: Socket) => {
      this.accepted += 1;
      this.sockets.add(socket);
      socket.on("close", () => {
        this.sockets.delete(socket);
        this.#changed.emit("changed");
      });
    });
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) => void server.listen(this.port, "127.0.0.1", resolve));
    const address = server.address();
    if (address !== null && typeof address === "object") this.port = address.port;
    this.#server = server;
  }

  /** As with SIGKILL: connections break, and nobody listens. What it keeps stays. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.sockets) socket.resetAndDestroy();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Resolves when it holds; looked at whenever something reaches or leaves the server. */
  async until(holds: (fake: this) => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!holds(this)) return;
        this.#changed.off("changed", look);
        resolve();
      };
      this.#changed.on("changed", look);
      look();
    });
  }

  lists(): Asked[] {
    return this.asked.filter(({ method, key, watch }) => method === "GET" && key === undefined && !watch);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = askedOf(request, this.url);
    const body = await readBody(request);
    this.asked.push(asked);
    const fault = this.fault(asked);
    this.#changed.emit("changed");
    if (fault && "after" in fault) await fault.after;
    else if (fault) return this.#fail(asked, fault, response);
    if (asked.watch) return this.#watch(asked, response);
    if (asked.method === "GET" && asked.key === undefined) return this.#list(asked, response);
    write(this.store, asked, body, response);
    this.#changed.emit("changed");
  }

  #fail(asked: Asked, fault: Exclude<Fault, { after: unknown }>, response: ServerResponse): void {
    if ("status" in fault) return sayStatus(response, fault.status, fault.reason, fault.headers, fault.body);
    if ("say" in fault) return void response.writeHead(200, { "content-type": "application/json" }).end(fault.say);
    const bytes = "reset" in fault ? fault.reset : fault.stall;
    const end = (): void => void ("reset" in fault && response.socket?.resetAndDestroy());
    if (bytes === 0) return end();
    const whole = JSON.stringify(this.#listBody(asked));
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(whole) });
    response.write(whole.slice(0, bytes), end);
  }

  #list(asked: Asked, response: ServerResponse): void {
    try {
      const body = this.#listBody(asked);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    } catch (error) {
      if (!(error instanceof FakeGone)) throw error;
      sayStatus(response, 410, "Expired");
    }
  }

  #listBody({ collection, namespace, query }: Asked): object {
    const limit = Number(query.get("limit") ?? Infinity);
    const { items, revision, token } = this.store.page(
      collection,
      namespace,
      limit,
      query.get("continue") ?? undefined,
    );
    const bare = items.map(({ apiVersion: _apiVersion, kind: _kind, ...rest }) => rest);
    const metadata = { resourceVersion: String(revision), ...(token === undefined ? {} : { continue: token }) };
    return { kind: "ThingList", metadata, items: bare };
  }

  #watch(asked: Asked, response: ServerResponse): void {
    const watch = new FakeWatch(asked, response, this.store);
    if (watch.gone && this.goneAs === "status") return sayStatus(response, 410, "Expired");
    watch.begin();
    this.watches.add(watch);
    response.on("close", () => {
      watch.stop();
      this.watches.delete(watch);
      this.#changed.emit("changed");
    });
    this.#changed.emit("changed");
  }
}

function askedOf(request: IncomingMessage, base: string): Asked {
  const url = new URL(request.url ?? "/", base);
  const [, root = "", namespace, plural = "", name, subresource] = PATH.exec(url.pathname) ?? [];
  return {
    method: request.method ?? "",
    path: url.pathname,
    collection: `${root}/${plural}`,
    key: name === undefined || namespace === undefined ? name : `${namespace}/${name}`,
    namespace,
    subresource,
    query: url.searchParams,
    headers: request.headers,
    watch: url.searchParams.get("watch") === "true",
  };
}
