import { randomBytes } from "node:crypto";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { request } from "undici";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { Clock } from "../../adapters/contract.ts";
import { type EmbeddedPostgres, startEmbedded } from "../ledger/embedded/embedded.ts";
import { type OrdersApp, startOrdersApp } from "./orders-app.ts";
import { makeOrdersDatabase, type OrdersDatabase } from "./orders-database.ts";
import { openOrdersPool } from "./orders-pool.ts";
import { startProber } from "./prober.ts";

const clock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() };
const SECOND_PASSWORD = randomBytes(16).toString("hex");

let folder: string;
let server: EmbeddedPostgres;
let database: OrdersDatabase;
let admin: Client;
let secondUrl: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "velvet-orders-"));
  server = await startEmbedded({ dataDir: join(folder, "server"), durable: false, log: () => undefined });
  database = await makeOrdersDatabase(server.superuserUrl, randomBytes);
  const url = new URL(database.endpoint);
  url.username = database.admin.user;
  url.password = database.admin.password.reveal();
  admin = new Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(`create role orders_b login in role orders password '${SECOND_PASSWORD}'`);
  url.username = "orders_b";
  url.password = SECOND_PASSWORD;
  secondUrl = url.href;
});

afterAll(async () => {
  await admin?.end();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The app's log, with a promise for the first event of a name. */
function recorder(): {
  log: (event: string, facts: object) => void;
  seen: (event: string) => Promise<void>;
  text: () => string;
} {
  const lines: string[] = [];
  const awaited = new Map<string, PromiseWithResolvers<void>>();
  const slot = (event: string): PromiseWithResolvers<void> => {
    const found = awaited.get(event) ?? Promise.withResolvers<void>();
    awaited.set(event, found);
    return found;
  };
  return {
    log: (event, facts) => {
      lines.push(JSON.stringify({ event, ...facts }));
      slot(event).resolve();
    },
    seen: async (event) => slot(event).promise,
    text: () => lines.join("\n"),
  };
}

async function writeDotenv(path: string, url: string): Promise<void> {
  await writeFile(`${path}.new`, `# the orders app\nDATABASE_URL=${url}\nOTHER=kept\n`);
  await rename(`${path}.new`, path);
}

async function sessionsOf(user: string): Promise<number> {
  const { rows } = await admin.query("select 1 from pg_stat_activity where usename = $1", [user]);
  return rows.length;
}

const open: OrdersApp[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map(async (app) => app.close()));
  await admin.query("alter role orders login");
});

async function startApp(
  name: string,
): Promise<{ dotenv: string; origin: string; logged: ReturnType<typeof recorder> }> {
  const dotenv = join(folder, name);
  await writeDotenv(dotenv, database.url.reveal());
  const logged = recorder();
  const app = await startOrdersApp(dotenv, 0, logged.log);
  open.push(app);
  return { dotenv, origin: `http://127.0.0.1:${app.port}`, logged };
}

async function health(origin: string, user?: string): Promise<{ status: number; text: string }> {
  const headers = user === undefined ? {} : { "x-expected-user": user };
  const { statusCode, body } = await request(`${origin}/health/login?velvet=0`, { headers });
  return { status: statusCode, text: await body.text() };
}

it("fails no request while its login is rotated by hand, the old one is disabled and its sessions are ended", async () => {
  const { dotenv, origin, logged } = await startApp("rotate.env");
  const prober = startProber(origin, "/orders", 3, clock);

  await writeDotenv(dotenv, secondUrl);
  await logged.seen("drained");
  // the app lets go of them by itself; a backend needs a moment more to end
  await expect.poll(async () => sessionsOf("orders"), { timeout: 10_000 }).toBe(0);
  await admin.query("alter role orders nologin");
  await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'orders'");
  const before = prober.counts().made;
  await expect.poll(() => prober.counts().made, { timeout: 10_000 }).toBeGreaterThan(before + 20);

  const report = await prober.stop();
  expect(report.failures).toEqual([]);
  expect(report.failed).toBe(0);
  expect(report.made).toBeGreaterThan(20);
  expect(report.latencyMs.p99).toBeGreaterThanOrEqual(report.latencyMs.p50);
});

it("keeps the old login while the new one does not work, and takes it as soon as it does", async () => {
  const { dotenv, origin, logged } = await startApp("late.env");
  await admin.query("alter role orders_b nologin");
  await writeDotenv(dotenv, secondUrl);
  await logged.seen("kept the old login");
  expect((await health(origin, "orders")).status).toBe(200);
  expect((await request(`${origin}/orders`)).statusCode).toBe(200);

  await admin.query("alter role orders_b login");
  await logged.seen("switched");
  await logged.seen("drained");
  expect((await health(origin, "orders_b")).status).toBe(200);
});

it("answers for the new login to whoever asks right after writing it", async () => {
  const { dotenv, origin } = await startApp("at-once.env");
  await writeDotenv(dotenv, secondUrl);
  expect(await health(origin, "orders_b")).toEqual({ status: 200, text: '{"user":"orders_b"}' });
});

it("says 409 to another user or none, and 503 when its login does not work on a fresh connection", async () => {
  const { origin } = await startApp("health.env");
  expect((await health(origin, "orders")).status).toBe(200);
  expect((await health(origin, "orders_b")).status).toBe(409);
  expect((await health(origin)).status).toBe(409);
  await admin.query("alter role orders nologin");
  expect((await health(origin, "orders")).status).toBe(503);
});

it("shows no part of a login in any answer or log line", async () => {
  const { dotenv, origin, logged } = await startApp("secret.env");
  await admin.query("alter role orders_b nologin");
  await writeDotenv(dotenv, secondUrl);
  await logged.seen("kept the old login");
  await admin.query("alter role orders_b login");
  await logged.seen("drained");
  const answers = [await health(origin, "orders"), await health(origin, "orders_b"), await health(origin)];
  const shown = [...answers.map(({ text }) => text), logged.text()].join("\n");
  expect(shown).not.toContain(SECOND_PASSWORD);
  expect(shown).not.toContain(new URL(database.url.reveal()).password);
});

it("lets running queries, and those that wait for a connection, end on the old login", async () => {
  const pool = await openOrdersPool(database.url.reveal(), () => undefined);
  // more than the pool has connections
  const running = Array.from({ length: 6 }, async () =>
    pool.query<{ who: string }>("select session_user::text as who from pg_sleep(0.2)"),
  );
  await pool.use(secondUrl);
  expect(await pool.drained(1)).toBe(false);
  expect(await pool.query("select session_user::text as who")).toEqual([{ who: "orders_b" }]);
  expect((await Promise.all(running)).flat().map(({ who }) => who)).toEqual(Array(6).fill("orders"));
  await pool.close();
  expect(await pool.drained(1)).toBe(true);
});

it("counts what fails, and remembers when", async () => {
  const { origin } = await startApp("down.env");
  await open.pop()?.close();
  const prober = startProber(origin, "/orders", 1, clock);
  await expect.poll(() => prober.counts().failed, { timeout: 10_000 }).toBeGreaterThan(0);
  const report = await prober.stop();
  expect(report.failed).toBe(report.made);
  expect(report.failures[0]).toEqual({ at: expect.stringMatching(/^\d{4}-.*Z$/), what: "ECONNREFUSED" });
  expect(report.failures.length).toBeLessThanOrEqual(10);
});
