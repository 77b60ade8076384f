/** One replica of many, a vendor, or the client alone: each of them is a process of its own, and tells how it went. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { randomBytes } from "node:crypto";
import { ledgerBudgets } from "../controller/budgets.ts";
import type { DriftDeps } from "../controller/drift/pass.ts";
import { tendDrift } from "../controller/drift/tend.ts";
import { Accounts } from "../controller/engine/accounts.ts";
import { sharedDeadlines } from "../controller/engine/deadlines.ts";
import { type Db, ledgerOf, openPool } from "../controller/ledger/db.ts";
import { FakeVendor } from "../test/support/fake-vendor.ts";
import { alone, AT_ONCE, benchAdapter, clock, QUESTION } from "./drift-adapter.ts";
import { benchDeps } from "./world.ts";

export type Order =
  | { readonly do: "vendor" }
  | { readonly do: "open"; readonly port: number; readonly url: string }
  | { readonly do: "look" }
  | { readonly do: "ask"; readonly requests: number };

export type Told =
  | { readonly port: number }
  | { readonly ready: true }
  | {
      readonly done: number;
      readonly seconds: number;
      /** Sent to the ledger. */
      readonly statements: number;
      readonly cpuSeconds: number;
      readonly mostMiB: number;
      readonly p99Ms: number;
    };

const SAMPLED_MS = 20;

let statements = 0;
let open: { readonly deps: DriftDeps; readonly port: number } | undefined;

async function obey(order: Order): Promise<Told> {
  if (order.do === "vendor") return vendor();
  if (order.do === "open") {
    // All that a controller has in its memory is in this one's, too.
    await import("../controller/main.ts");
    open = { deps: depsOf(order.url, order.port), port: order.port };
    return { ready: true };
  }
  if (!open) throw new Error("nothing is open");
  const { deps, port } = open;
  return measured(async () => (order.do === "look" ? tendDrift(deps) : ask(port, order.requests)));
}

async function vendor(): Promise<Told> {
  const body = JSON.stringify({ value: "the value" });
  const server = createServer((_, response) => response.setHeader("content-type", "application/json").end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port };
}

function depsOf(url: string, port: number): DriftDeps {
  const pool = openPool({ connectionString: url, max: 12, applicationName: "bench" }, () => undefined);
  const db = counted(ledgerOf(pool));
  const timeout = sharedDeadlines(clock.monotonicMs, (ms) => AbortSignal.timeout(ms));
  const budgets = ledgerBudgets(db, { timeout, monotonicMs: clock.monotonicMs });
  const accounts = new Accounts({ fake: benchAdapter(port) }, () => undefined, clock, budgets.second);
  const base = { ...benchDeps(db, new FakeVendor()), accounts, random: randomBytes, jitter: Math.random };
  return { ...base, timeout, mayCorrect: () => true, stopping: new AbortController().signal };
}

function counted(db: Db): Db {
  return {
    query: async (...asked) => ((statements += 1), db.query(...asked)),
    transaction: async (work) => db.transaction(async (tx) => work(counted(tx))),
  };
}

/** The client with nothing around it, as many at once as looks may ask. */
async function ask(port: number, requests: number): Promise<number> {
  await using http = alone(port);
  const never = new AbortController().signal;
  let left = requests;
  const workers = Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) await http.send(QUESTION, never);
  });
  await Promise.all(workers);
  return requests;
}

async function measured(work: () => Promise<number>): Promise<Told> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let most = process.memoryUsage.rss();
  const sampler = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), SAMPLED_MS);
  delay.enable();
  const began = performance.now();
  const used = process.cpuUsage();
  const asked = statements;
  const done = await work();
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(used);
  delay.disable();
  clearInterval(sampler);
  return {
    done,
    seconds,
    statements: statements - asked,
    cpuSeconds: (user + system) / 1e6,
    mostMiB: most / 2 ** 20,
    p99Ms: delay.percentile(99) / 1e6,
  };
}

process.once("disconnect", () => process.exit(0));
process.on("message", (order: Order) => {
  void obey(order).then(
    (told) => process.send?.(told),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
