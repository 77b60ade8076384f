/** What the kubelet and Prometheus ask: is it alive, can rotations begin, what is switched on, what is measured. Nothing else, and nothing is read. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Readiness } from "./readiness.ts";

export interface ProbesOrder {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly readiness: Readiness;
  /** Shown as they are: never a secret, an address or a path. */
  readonly flags: Readonly<Record<string, string | readonly string[]>>;
  readonly monotonicMs: () => number;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface Probes {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  /** JSON, but for text that says what it is. */
  readonly body: object | string;
  readonly contentType?: string;
}

const BEAT_MS = 500;
const REQUEST_MS = 5_000;
const CONNECTIONS = 64;

/** Throws `ProbesCannotListen`. */
export async function startProbes(order: ProbesOrder): Promise<Probes> {
  const heart = heartbeat(order.monotonicMs);
  const limits = {
    requestTimeout: REQUEST_MS,
    headersTimeout: REQUEST_MS,
    maxHeaderSize: 8_192,
    keepAliveTimeout: 1_000,
  };
  const server = createServer(limits, (request, response) => void reply(order, heart, request, response));
  server.maxConnections = CONNECTIONS;
  try {
    server.listen(order.port, order.host);
    await once(server, "listening");
  } catch (error) {
    heart.stop();
    throw new ProbesCannotListen(order, error);
  }
  const close = async () => {
    heart.stop();
    await closed(server);
  };
  return { port: (server.address() as AddressInfo).port, close }; // it listens on TCP, so it has an address and a port
}

/** Another one has the port, or the host is not this machine's. */
export class ProbesCannotListen extends Error {
  override readonly name = "ProbesCannotListen";
  readonly reason = "ProbesCannotListen";
  readonly stillFine = "Nothing was started.";
  readonly remedy = "Give another VELVET_HTTP_PORT or VELVET_HTTP_HOST, or leave both out: then nothing is served.";

  constructor({ host, port }: ProbesOrder, cause: unknown) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    super(`the probes cannot listen on ${host}:${port} (${code})`);
  }
}

async function reply(
  order: ProbesOrder,
  heart: Heartbeat,
  { method, url }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, body, contentType = "application/json" } = await answer(order, heart, method, url);
  const text = typeof body === "string" ? body : `${JSON.stringify(body)}\n`;
  const fixed = {
    "content-type": contentType,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  };
  // Whatever is sent along is not read: the connection ends with the answer.
  const polite = status < 400 || status === 503 ? {} : { connection: "close" };
  const allow = status === 405 ? { allow: "GET, HEAD" } : {};
  response.writeHead(status, { ...fixed, ...polite, ...allow, "content-length": Buffer.byteLength(text) });
  response.end(method === "HEAD" ? undefined : text);
}

async function answer(order: ProbesOrder, heart: Heartbeat, method = "", url = ""): Promise<Answer> {
  if (method !== "GET" && method !== "HEAD") return { status: 405, body: { error: "only GET and HEAD" } };
  switch (url) {
    case "/healthz":
      return { status: 200, body: { alive: true, longestLagMs: heart.longestLagMs() } };
    case "/readyz": {
      const ready = await order.readiness.ask();
      return { status: ready.ready ? 200 : 503, body: ready };
    }
    case "/flags":
      return { status: 200, body: order.flags };
    case "/metrics": {
      const { contentType, text } = await order.metrics();
      return { status: 200, body: text, contentType };
    }
    default:
      return { status: 404, body: { error: "only /healthz, /readyz, /flags and /metrics" } };
  }
}

interface Heartbeat {
  /** Since it was last asked: how much later than planned the event loop came to a timer. */
  longestLagMs(): number;
  stop(): void;
}

/** That there is an answer at all shows that the event loop turns; the lag shows how well. */
function heartbeat(monotonicMs: () => number): Heartbeat {
  let last = monotonicMs();
  let longest = 0;
  const timer = setInterval(() => {
    const now = monotonicMs();
    longest = Math.max(longest, now - last - BEAT_MS);
    last = now;
  }, BEAT_MS);
  timer.unref();
  return {
    longestLagMs: () => {
      const lag = Math.round(longest);
      longest = 0;
      return lag;
    },
    stop: () => clearInterval(timer),
  };
}

async function closed(server: Server): Promise<void> {
  const done = once(server, "close");
  server.close();
  server.closeAllConnections();
  await done;
}
