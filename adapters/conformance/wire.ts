/** Servers on loopback for tests, and what a test asks of a failure. */
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { inspect } from "node:util";

export interface Listening extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** How many connections were made so far. */
  connections(): number;
}

/** Starts a server on a free port of 127.0.0.1. Disposing of it also cuts its open connections. */
export async function listening(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  let count = 0;
  server.on("connection", (socket: Socket) => {
    count += 1;
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => count,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((done) => server.close(done));
    },
  };
}

/** An HTTP server. It keeps connections for as long as it runs, so that a machine that paused is not taken for a vendor that hangs up. */
export const answering = (listener: RequestListener): Promise<Listening> => {
  const server = createServer(listener);
  server.keepAliveTimeout = 0;
  return listening(server);
};

/** A TCP server that does with each connection as it likes. */
export const behaving = (behave: (socket: Socket) => void): Promise<Listening> => listening(createTcpServer(behave));

const HALF = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{";

/** What can go wrong after a request was sent: a title that reads after "a request that", what the peer does, what the client says. */
export const AFTER_SENT: readonly (readonly [title: string, behave: (socket: Socket) => void, reason: string])[] = [
  ["is reset before it is read", (socket) => socket.once("readable", () => socket.resetAndDestroy()), "ConnectionLost"],
  ["is reset after it was read", (socket) => socket.once("data", () => socket.resetAndDestroy()), "ConnectionLost"],
  ["is closed without an answer", (socket) => socket.once("data", () => socket.end()), "ConnectionLost"],
  ["is never answered on an open connection", (socket) => socket.resume(), "AnswerTimeout"],
  ["is answered without an end", (socket) => socket.once("data", () => socket.write(HALF)), "AnswerTimeout"],
  ["is answered by half", (socket) => socket.once("data", () => socket.end(HALF)), "ConnectionLost"],
  [
    "is answered in another protocol",
    (socket) => socket.once("data", () => socket.end("hi\r\n\r\n")),
    "ConnectionLost",
  ],
];

/** The error of work that must fail. */
export async function failure(work: Promise<unknown>): Promise<unknown> {
  let result: unknown;
  try {
    result = await work;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a failure, got ${inspect(result)}`);
}

/** Whatever a log line, a console or a serialiser could show of a thing. */
export function everything(thing: unknown): string {
  const shown = inspect(thing, { depth: 20, showHidden: true, getters: true });
  const text = thing instanceof Error ? `${thing.message}${thing.stack ?? ""}${inspect(thing.cause)}` : "";
  return `${shown}${JSON.stringify(thing) ?? ""}${text}`;
}
