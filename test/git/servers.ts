/** Servers that a git remote can stand behind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttp, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

export interface TestServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Takes connections and says nothing. */
export async function silentServer(): Promise<TestServer & { readonly asked: Promise<void> }> {
  const asked = Promise.withResolvers<void>();
  const server = await listening(createServer(() => asked.resolve()));
  return { ...server, asked: asked.promise };
}

async function listening(server: Server): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** `git daemon` below `base`, on a port that was free a moment ago. */
export async function gitDaemon(base: string): Promise<TestServer> {
  const free = await silentServer();
  const { port } = free;
  await free.close();
  const args = ["daemon", "--verbose", "--reuseaddr", "--listen=127.0.0.1", `--port=${port}`, `--base-path=${base}`];
  const child = spawn("git", args);
  const ready = Promise.withResolvers<void>();
  child.stderr.on("data", (bytes: Buffer) => {
    if (bytes.toString().includes("Ready to rumble")) ready.resolve();
  });
  child.once("error", ready.reject);
  await ready.promise;
  return {
    port,
    close: async () => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

export interface GitHttp {
  /** What `Authorization` must be; nothing: anybody may read. */
  readonly authorization?: string;
  /** Leaves out the client's wish for protocol version 2. */
  readonly oldProtocol?: boolean;
  /** Called for each request that was let in, while its git waits. */
  readonly onRequest?: (request: IncomingMessage) => Promise<void>;
}

/** `git http-backend` below `base`. */
export async function gitHttp(
  base: string,
  options: GitHttp = {},
): Promise<TestServer & { readonly refused: () => number }> {
  let refused = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (options.authorization !== undefined && request.headers.authorization !== options.authorization) {
      refused += request.headers.authorization === undefined ? 0 : 1;
      response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
      return;
    }
    await options.onRequest?.(request);
    await backend(base, request, response, options.oldProtocol ?? false);
  };
  const server = await httpServer((request, response) => void answer(request, response));
  return { ...server, refused: () => refused };
}

export async function httpServer(listener: RequestListener): Promise<TestServer> {
  return listening(createHttp(listener));
}

async function backend(base: string, request: IncomingMessage, response: ServerResponse, old: boolean): Promise<void> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const protocol = request.headers["git-protocol"];
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: base,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_NOSYSTEM: "1",
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      ...(old || typeof protocol !== "string" ? {} : { GIT_PROTOCOL: protocol }),
    },
  });
  child.stdin.on("error", () => undefined);
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(Buffer.from(chunk as Uint8Array));
  const output = Buffer.concat(chunks);
  const end = output.indexOf("\r\n\r\n");
  let status = 200;
  for (const line of output.toString("latin1", 0, end).split("\r\n")) {
    const [name = "", ...value] = line.split(": ");
    if (name.toLowerCase() === "status") status = Number.parseInt(value.join(": "), 10);
    else response.setHeader(name, value.join(": "));
  }
  response.writeHead(status).end(output.subarray(end + 4));
}
