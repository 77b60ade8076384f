/**
 * What the emulators of vendors have in common: a real HTTP server on loopback that routes, bounds what it reads, keeps a history, and
 * can be told what goes wrong. What a vendor means by a request is written in that vendor's own folder, from its contract.
 */
import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as a vendor reads it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  /** The variable parts of the route, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed where the content is JSON; else undefined. */
  readonly json: unknown;
  readonly text: string;
  /** The moment at which it takes effect, in milliseconds since 1970. */
  readonly now: number;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, but for a string, which is sent as it is. Absent: no body. */
  readonly body?: unknown;
}

/** `/apps/{app}/config-vars`: a name in braces is one segment. Handlers answer at once, so that each request is one change. */
export interface Route {
  readonly method: string;
  readonly pattern: string;
  readonly handle: (call: Call) => Reply;
}

/** What becomes of a request. */
export type Mishap =
  /** Refused before anything happened. */
  | { readonly kind: "answer"; readonly reply: Reply }
  /** The connection breaks before the vendor has seen anything. */
  | { readonly kind: "reset-before" }
  /** It took effect, and the answer is lost. */
  | { readonly kind: "reset-after" }
  /** No answer; it takes effect so long after it was sent (absent: never). */
  | { readonly kind: "hang"; readonly landsAfterMs?: number }
  /** It takes effect and is answered, and takes effect once more later. */
  | { readonly kind: "twice"; readonly landsAfterMs: number };

export interface Trap {
  /** Absent: any. */
  readonly method?: string;
  readonly path?: RegExp;
  /** The first so many that match pass. Default 0. */
  readonly after?: number;
  /** How many it catches. Default 1. */
  readonly times?: number;
  /** Whether this request is one to catch. Default: every one. */
  readonly when?: (call: Call) => boolean;
  readonly mishap: Mishap;
  /** Called when it has caught a request, and what it does to it has been done. */
  readonly caught?: () => void;
  /** Called when what lands late has landed. */
  readonly landed?: () => void;
}

/** One request that arrived: enough to judge by, and never a value. */
export interface Seen {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly status: number | "reset" | "hung";
}

export interface EmulatorOptions {
  readonly routes: readonly Route[];
  /** What every path begins with: `/client/v4`. Routes, traps and the history leave it out. */
  readonly prefix?: string;
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
  /** Before the route: who may call at all, and how often. An answer ends the request. */
  readonly gate?: (call: Call) => Reply | undefined;
  /** After the route: what the vendor adds to every answer. */
  readonly dress?: (call: Call, reply: Reply) => Reply;
  /** Where no route fits. Default: 404 without a body. */
  readonly unknown?: (call: Call) => Reply;
  /** Holds requests and answers against an official description. What it finds is kept in `strays`. */
  readonly contract?: (call: Call, route: string, reply: Reply) => readonly string[];
}

export interface Emulator extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly seen: readonly Seen[];
  /** What did not fit the official description. */
  readonly strays: readonly string[];
  /** From now on, until what it returns is called. Traps are tried in the order in which they were set. */
  set(trap: Trap): () => void;
  /** Lets what lands late land, up to now. Called by itself before each request. */
  elapse(): void;
  /** The next moment at which something lands by itself. */
  nextMoment(): number | undefined;
}

const MAX_BODY = 4 * 1024 * 1024;

export async function openEmulator(options: EmulatorOptions): Promise<Emulator> {
  const core = new Core(options);
  const server = createServer((request, response) => void core.take(request, response));
  // A machine that paused for seconds must not look like a vendor that hangs up.
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen: core.seen,
    strays: core.strays,
    set: (trap) => core.set(trap),
    elapse: () => core.elapse(),
    nextMoment: () => core.nextMoment(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      if (server.listening) await new Promise((done) => server.close(done));
    },
  };
}

interface Armed {
  readonly trap: Trap;
  passed: number;
  caught: number;
}

class Core {
  readonly seen: Seen[] = [];
  readonly strays: string[] = [];
  readonly #traps: Armed[] = [];
  readonly #options: EmulatorOptions;
  readonly #late: { at: number; act: () => unknown }[] = [];

  constructor(options: EmulatorOptions) {
    this.#options = options;
  }

  get #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  set(trap: Trap): () => void {
    const armed = { trap, passed: 0, caught: 0 };
    this.#traps.push(armed);
    return () => {
      const place = this.#traps.indexOf(armed);
      if (place >= 0) this.#traps.splice(place, 1);
    };
  }

  nextMoment(): number | undefined {
    return this.#late.length === 0 ? undefined : Math.min(...this.#late.map(({ at }) => at));
  }

  elapse(): void {
    const due = this.#late.filter(({ at }) => at <= this.#now).toSorted((one, other) => one.at - other.at);
    for (const late of due) {
      this.#late.splice(this.#late.indexOf(late), 1);
      late.act();
    }
  }

  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const text = await bodyOf(request).catch(() => undefined);
    if (text === undefined) return void socket.destroy();
    this.elapse();
    const call = this.#callOf(request, text);
    const trap = this.#trapFor(call);
    const reply = this.#perform(call, trap);
    const status = reply === "reset" || reply === "hung" ? reply : reply.status;
    this.seen.push({ at: call.now, method: call.method, path: call.path, status });
    trap?.caught?.();
    if (reply === "reset") socket.resetAndDestroy();
    else if (reply !== "hung") send(response, reply);
  }

  #perform(call: Call, trap: Trap | undefined): Reply | "reset" | "hung" {
    const { mishap, landed } = trap ?? {};
    switch (mishap?.kind) {
      case "answer":
        return mishap.reply;
      case "reset-before":
        return "reset";
      case "reset-after":
        this.#act(call);
        return "reset";
      case "hang":
        if (mishap.landsAfterMs !== undefined) this.#later(call, mishap.landsAfterMs, landed);
        return "hung";
      case "twice":
        this.#later(call, mishap.landsAfterMs, landed);
        return this.#act(call);
      default:
        return this.#act(call);
    }
  }

  #later(call: Call, ms: number, landed: (() => void) | undefined): void {
    const at = call.now + ms;
    const act = () => {
      this.#act({ ...call, now: at });
      landed?.();
    };
    this.#late.push({ at, act });
  }

  #act(asked: Call): Reply {
    const { gate, dress, unknown = nothing } = this.#options;
    const found = this.#routeOf(asked);
    const call = { ...asked, params: found?.params ?? {} };
    const given = gate?.(call) ?? (found ? found.route.handle(call) : unknown(call));
    const reply = dress ? dress(call, given) : given;
    this.strays.push(...this.#strayOf(call, found?.route, reply));
    return reply;
  }

  #routeOf({ method, path }: Call): { readonly route: Route; readonly params: Record<string, string> } | undefined {
    for (const route of this.#options.routes) {
      const params = route.method === method ? matched(route.pattern, path) : undefined;
      if (params) return { route, params };
    }
    return undefined;
  }

  #strayOf(call: Call, route: Route | undefined, reply: Reply): readonly string[] {
    if (!route) return [`${call.method} ${call.path} is no route`];
    return this.#options.contract?.(call, route.pattern, reply) ?? [];
  }

  #trapFor(call: Call): Trap | undefined {
    for (const entry of this.#traps) {
      const { trap } = entry;
      if (!fits(trap, call) || entry.caught >= (trap.times ?? 1)) continue;
      entry.passed += 1;
      if (entry.passed <= (trap.after ?? 0)) continue;
      entry.caught += 1;
      return trap;
    }
    return undefined;
  }

  #callOf(request: IncomingMessage, text: string): Call {
    const url = new URL(request.url ?? "/", "http://emulator");
    const { prefix = "" } = this.#options;
    return {
      method: request.method ?? "GET",
      path: url.pathname.startsWith(`${prefix}/`) ? url.pathname.slice(prefix.length) : `(outside)${url.pathname}`,
      params: {},
      query: url.searchParams,
      headers: request.headers,
      json: jsonOf(text),
      text,
      now: this.#now,
    };
  }
}

function fits({ method, path, when }: Trap, call: Call): boolean {
  if (method !== undefined && method !== call.method) return false;
  return (path?.test(call.path) ?? true) && (when?.(call) ?? true);
}

function nothing(): Reply {
  return { status: 404 };
}

function matched(pattern: string, path: string): Record<string, string> | undefined {
  const [names, given] = [pattern.split("/"), path.split("/")];
  if (names.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, name] of names.entries()) {
    const segment = given[index] ?? "";
    if (/^\{.+\}$/.test(name)) params[name.slice(1, -1)] = decodeURIComponent(segment);
    else if (name !== segment) return undefined;
  }
  return params;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw new Error("too large");
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, { status, headers = {}, body }: Reply): void {
  const isText = typeof body === "string";
  const type = isText ? {} : { "content-type": "application/json" };
  response.writeHead(status, { ...(body === undefined ? {} : type), ...headers });
  response.end(body === undefined ? undefined : isText ? body : JSON.stringify(body));
}
