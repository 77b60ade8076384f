/**
 * Looks per second beside what the same HTTP client does with the same requests and nothing else, in the same run and in a process of the
 * same kind; memory and event-loop delay during the pass; two replicas against one. `npm run bench:drift -- <credentials> <consumers>`.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { cpuSecondsOf, cpuSecondsOfLedger } from "./cpu.ts";
import { OTHER_REQUESTS } from "./drift-adapter.ts";
import type { Order, Told } from "./drift-replica.child.ts";
import { makeDriftWorld } from "./drift-world.ts";
import { type BenchLedger, openBenchLedger } from "./ledger.ts";
import { benchDeps } from "./world.ts";
import { FakeVendor } from "../test/support/fake-vendor.ts";

const MOST_ASKED_ALONE = 20_000;
const [credentials = 1_000, consumers = 10] = process.argv.slice(2).map(Number);
const perLook = consumers + OTHER_REQUESTS;
/** As the chart starts it, unless the environment says otherwise. */
const flags = (process.env["NODE_FLAGS"] ?? "--max-old-space-size=256 --max-semi-space-size=8").split(" ");

type Measured = Extract<Told, { done: number }>;

class Child {
  readonly #child: ChildProcess;

  constructor(execArgv: readonly string[] = []) {
    this.#child = fork(new URL("./drift-replica.child.ts", import.meta.url), { execArgv: [...execArgv] });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async tell<T extends Told>(order: Order): Promise<T> {
    this.#child.send(order);
    const told = once(this.#child, "message");
    const died = once(this.#child, "exit").then(([code]) => Promise.reject(new Error(`a child ended with ${code}`)));
    const [answer] = await Promise.race([told, died]);
    // What a child of this bench sends is what its own types say.
    return answer as T;
  }

  end(): void {
    this.#child.disconnect();
  }
}

interface Machines {
  readonly ledger: BenchLedger;
  readonly vendor: Child;
  readonly client: Child;
}

/** What the others have used of a core while replicas looked, in seconds. */
interface Pass extends Measured {
  readonly ledgerSeconds: number;
  readonly vendorSeconds: number;
}

async function pass({ ledger, vendor }: Machines, replicas: readonly Child[]): Promise<Pass> {
  await ledger.pool.query("update velvet.drift_check set next_check_at = clock_timestamp() - interval '1 second'");
  const [ledgerBefore, vendorBefore] = [await cpuSecondsOfLedger(ledger.pool), await cpuSecondsOf(vendor.pid)];
  const all = await Promise.all(replicas.map(async (each) => each.tell<Measured>({ do: "look" })));
  const ledgerSeconds = (await cpuSecondsOfLedger(ledger.pool)) - ledgerBefore;
  const vendorSeconds = (await cpuSecondsOf(vendor.pid)) - vendorBefore;
  const done = all.reduce((sum, each) => sum + each.done, 0);
  if (done !== credentials) throw new Error(`${done} looks, not ${credentials}`);
  const { rows } = await ledger.pool.query(
    "select from velvet.drift_check where state <> 'clean' or postponed is not null",
  );
  if (rows.length > 0) throw new Error(`${rows.length} were put off, or are false alarms`);
  return {
    done,
    ledgerSeconds,
    vendorSeconds,
    seconds: Math.max(...all.map(({ seconds }) => seconds)),
    statements: all.reduce((sum, { statements }) => sum + statements, 0),
    cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    mostMiB: Math.max(...all.map(({ mostMiB }) => mostMiB)),
    p99Ms: Math.max(...all.map(({ p99Ms }) => p99Ms)),
  };
}

interface Rate {
  readonly perSecond: number;
  /** Of the asking process alone: the same whatever else the machine does. */
  readonly cpuMicros: number;
}

async function askedAlone(client: Child): Promise<Rate> {
  const requests = Math.min(MOST_ASKED_ALONE, credentials * perLook);
  const { seconds, cpuSeconds } = await client.tell<Measured>({ do: "ask", requests });
  return { perSecond: requests / seconds, cpuMicros: (cpuSeconds / requests) * 1e6 };
}

async function told(name: string, machines: Machines, replicas: readonly Child[]): Promise<void> {
  const before = await askedAlone(machines.client);
  const { seconds, cpuSeconds, mostMiB, p99Ms, ...rest } = await pass(machines, replicas);
  const after = await askedAlone(machines.client);
  const ceiling = (before.perSecond + after.perSecond) / 2;
  const rate = credentials / seconds;
  const microsOf = (cpu: number) => (cpu / credentials / perLook) * 1e6;
  const alone = (before.cpuMicros + after.cpuMicros) / 2;
  console.log(
    `${name}: ${rate.toFixed(0)} looks/s, ${(rate * perLook).toFixed(0)} requests/s, ` +
      `${((rate * perLook) / ceiling).toFixed(2)} of the client alone (${ceiling.toFixed(0)}); ` +
      `${mostMiB.toFixed(0)} MiB, event loop p99 ${p99Ms.toFixed(1)} ms; load ${loadavg()[0]?.toFixed(1)}`,
  );
  console.log(
    `  CPU a request: ${microsOf(cpuSeconds).toFixed(0)} µs (the client alone ${alone.toFixed(0)}), ` +
      `the ledger's ${microsOf(rest.ledgerSeconds).toFixed(0)}, the vendor's ${microsOf(rest.vendorSeconds).toFixed(0)}; ` +
      `${(rest.statements / credentials).toFixed(2)} statements a look`,
  );
}

async function size(ledger: BenchLedger): Promise<string> {
  const { rows } = await ledger.pool.query<{ total: string; looks: string }>(
    `select pg_size_pretty(pg_database_size(current_database())) as total,
       pg_size_pretty(pg_total_relation_size('velvet.drift_check')) as looks`,
  );
  return `the ledger: ${rows[0]?.total}, of which ${rows[0]?.looks} are looks`;
}

{
  await using ledger = await openBenchLedger(4);
  await makeDriftWorld(ledger, benchDeps(ledger.db, new FakeVendor()).keys, credentials, consumers);
  const vendor = new Child();
  const { port } = await vendor.tell<{ port: number }>({ do: "vendor" });
  const children = Array.from({ length: 3 }, () => new Child(flags));
  const [client, first, second] = children as [Child, Child, Child];
  for (const child of children) await child.tell({ do: "open", port, url: ledger.appUrl });
  console.log(
    `${credentials} Credentials with ${consumers} consumers each: ${credentials * perLook} requests in a pass.`,
  );
  console.log(await size(ledger));
  const machines: Machines = { ledger, vendor, client };
  await told("the first pass ever", machines, [first]);
  await told("one replica", machines, [first]);
  // What the first replica has compiled by now, the second has, too.
  await pass(machines, [second]);
  await told("two replicas", machines, [first, second]);
  console.log(await size(ledger));
  for (const child of [vendor, ...children]) child.end();
}
