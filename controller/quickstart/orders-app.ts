/**
 * The quickstart's "orders" service: a small app as a team would write it, which knows nothing of Velvet. It reads its database
 * login from a dotenv file, follows that file, and answers requests from its database.
 *
 *   node orders-app.ts <dotenv file> [port]
 *
 * Prints one line `{"port": …}` on stdout when it is ready, and its log as JSON lines on stderr.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Following, followVariable, readVariable } from "./dotenv-follow.ts";
import { type AppLog, codeOf, type OrdersPool, openOrdersPool } from "./orders-pool.ts";

export interface OrdersApp {
  readonly port: number;
  /** Answers what is open, then closes everything. */
  close(): Promise<void>;
}

interface State {
  readonly pool: OrdersPool;
  readonly following: Following;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

/** How long a health check waits for queries on the old login. */
const DRAIN_MS = 2_000;
const VARIABLE = "DATABASE_URL";
const LATEST = "select id, item, quantity from orders order by id desc limit 20";

/** Starts the app on 127.0.0.1. Rejects where the login in its dotenv file does not work. */
export async function startOrdersApp(dotenv: string, port: number, log: AppLog): Promise<OrdersApp> {
  const pool = await openOrdersPool(await readVariable(dotenv, VARIABLE), log);
  const following = followVariable({
    path: dotenv,
    name: VARIABLE,
    take: async (url) => pool.use(url),
    refused: (error) => log("kept the old login", { user: pool.user(), code: codeOf(error) }),
    retryMs: 1_000,
  });
  const server = createServer((request, response) => void answer(server, { pool, following }, request, response));
  const { port: bound } = await listen(server, port);
  return {
    port: bound,
    close: async () => {
      following.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      await pool.close();
    },
  };
}

async function listen(server: Server, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server.address() as AddressInfo));
  });
}

async function answer(server: Server, state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body } = await route(state, request).catch((error: unknown) => ({
    status: 503,
    body: { error: "the database does not answer", code: codeOf(error) },
  }));
  const text = JSON.stringify(body);
  if (!server.listening) response.shouldKeepAlive = false; // it is closing
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
}

async function route({ pool, following }: State, request: IncomingMessage): Promise<Answer> {
  if (request.method !== "GET") return { status: 405, body: { error: "only GET" } };
  const path = request.url?.split("?", 1)[0]; // a check adds a query, against caches
  if (path === "/orders") return { status: 200, body: { orders: await pool.query<object>(LATEST) } };
  if (path === "/health/login") {
    await following.caughtUp(); // who has just written the file may ask at once
    return healthOf(pool, request.headers["x-expected-user"]);
  }
  return { status: 404, body: { error: "no such route" } };
}

/** 200 only when the app runs with the expected login, with no query left on another, and that login works on a fresh connection. */
async function healthOf(pool: OrdersPool, expected: string | string[] | undefined): Promise<Answer> {
  const user = pool.user();
  if (user !== expected) return { status: 409, body: { error: "runs with another login", user } };
  if (!(await pool.drained(DRAIN_MS)))
    return { status: 409, body: { error: "queries on the old login still run", user } };
  const seen = await pool.freshLogin();
  return seen === expected
    ? { status: 200, body: { user } }
    : { status: 409, body: { error: "the server sees another user", user } };
}

async function main([dotenv, port = "0"]: readonly string[]): Promise<void> {
  if (dotenv === undefined) throw new Error("usage: orders-app <dotenv file> [port]");
  const log: AppLog = (event, facts) => void process.stderr.write(`${JSON.stringify({ event, ...facts })}\n`);
  const app = await startOrdersApp(dotenv, Number(port), log);
  const stop = (): void => void app.close().then(() => process.exit(0));
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  process.once("disconnect", stop); // the parent is gone
  process.stdout.write(`${JSON.stringify({ port: app.port })}\n`);
}

if (import.meta.main) await main(process.argv.slice(2));
