/**
 * Looks per second beside what the same HTTP client does with the same requests and nothing else, in the same run; memory and event-loop
 * delay during the pass; two loops against one. `npm run bench:drift -- <credentials> <consumers>`.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { randomBytes } from "node:crypto";
import type { Adapter, Issuer, IssuerTraits, Sink, SinkTraits } from "../adapters/contract.ts";
import { path } from "../adapters/http-path.ts";
import { type Http, openHttp } from "../adapters/http.ts";
import { Secret } from "../adapters/secret.ts";
import { fingerprints } from "../controller/custody/fingerprint.ts";
import type { DriftDeps } from "../controller/drift/pass.ts";
import { tendDrift } from "../controller/drift/tend.ts";
import { Accounts } from "../controller/engine/accounts.ts";
import { FakeVendor } from "../test/support/fake-vendor.ts";
import { type BenchLedger, openBenchLedger } from "./ledger.ts";
import { benchDeps, document, NAMESPACE, sync } from "./world.ts";

const VALUE = "the-same-value-everywhere";
const CONNECTIONS = 32;
const TRAITS: IssuerTraits = {
  mintClass: "client-supplied",
  fields: ["value"],
  // All hold one value here, which is not what is measured.
  publicFields: ["value"],
  breaksWhenMixed: false,
  authority: "vendor",
  negativeControl: true,
  propagation: { windowMs: 1_000, everyMs: 50 },
  revocation: "immediate",
};
const SINK: SinkTraits = { grade: "value", atomic: true, conditional: false };

/** Every question is one request; the answer is the same for all. */
function benchAdapter(http: Http): Adapter {
  const ask = async (signal: AbortSignal): Promise<void> =>
    void (await http.send({ method: "GET", path: path`/look`, effect: "none" }, signal));
  const never = async (): Promise<never> => Promise.reject(new Error("a look changes nothing"));
  const issuer: Issuer = {
    traits: TRAITS,
    list: async (signal) => ask(signal).then(() => [{ id: "current", enabled: true }]),
    verify: async (_, signal) => ask(signal).then(() => ({ liveness: "alive", reason: "Accepted", message: "" })),
    mutate: (value) => value,
    identify: async () => undefined,
    complete: (value) => value,
    mint: never,
    revoke: never,
    destroy: never,
  };
  const sink: Sink = {
    traits: SINK,
    observe: async (_, signal) =>
      ask(signal).then(() => ({ keys: { TOKEN: { present: true, value: Secret.from(VALUE) } } })),
    write: never,
    settle: async () => ({ state: "settled" }),
  };
  return {
    name: "fake",
    roles: ["issuer", "sink"],
    endpoint: "none",
    targets: () => ({}),
    issuerTraits: () => TRAITS,
    sinkTraits: () => SINK,
    connect: () => ({
      probe: async () => ({ ready: true, reason: "Ready", message: "" }),
      issuer: () => issuer,
      sink: () => sink,
      [Symbol.asyncDispose]: async () => undefined,
    }),
  };
}

async function watched(ledger: BenchLedger, deps: DriftDeps, credentials: number, consumers: number): Promise<void> {
  const keys = [{ field: "value", name: "TOKEN" }];
  const block = (place: string) => ({ account: "vendor", fake: { path: place }, keys });
  const names = Array.from({ length: credentials }, (_, index) => `credential-${index}`);
  await sync(ledger.db, [
    document("VendorAccount", "", "vendor", { adapter: "fake", allow: [{ namespaces: ["*"] }] }),
    ...names.map((name) =>
      document("Credential", NAMESPACE, name, {
        credentialName: name.toUpperCase(),
        environment: "bench",
        issuer: { account: "vendor", fake: {} },
        custody: block("custody"),
        consumers: Array.from({ length: consumers }, (_, each) => ({ id: `app-${each}`, ...block(`app-${each}`) })),
      }),
    ),
  ]);
  const { rows } = await ledger.pool.query<{ uid: string; name: string }>(
    "select uid, name from velvet.object where kind = 'Credential'",
  );
  const prints = rows.map(({ uid, name }) => {
    const { whole, fields } = fingerprints(deps.keys, uid, { value: Secret.from(VALUE) });
    return { uid, name, whole, fields };
  });
  await ledger.pool.query(
    `insert into velvet.credential (uid, namespace, name, current_id, fingerprint, fingerprints)
     select x.uid, $2, x.name, 'current', x.whole, x.fields
     from jsonb_to_recordset($1) as x (uid uuid, name text, whole text, fields jsonb)`,
    [JSON.stringify(prints), NAMESPACE],
  );
  await ledger.pool.query(
    `insert into velvet.held (credential, place, until, slots_empty)
     select k.uid, p.place, clock_timestamp(), true from velvet.credential k,
       (select '' as place union all select 'app-' || n from generate_series(0, $1::int - 1) n) p`,
    [consumers],
  );
}

interface Pass {
  readonly seconds: number;
  readonly rssMiB: number;
  readonly delayP99Ms: number;
}

async function pass(ledger: BenchLedger, deps: DriftDeps, credentials: number, loops: number): Promise<Pass> {
  await ledger.pool.query("update velvet.drift_check set next_check_at = clock_timestamp() - interval '1 second'");
  globalThis.gc?.();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  let most = process.memoryUsage.rss();
  const began = performance.now();
  const drain = async (): Promise<number> => {
    let done = 0;
    for (let found = await tendDrift(deps); found > 0; found = await tendDrift(deps)) {
      done += found;
      most = Math.max(most, process.memoryUsage.rss());
    }
    return done;
  };
  const done = await Promise.all(Array.from({ length: loops }, drain));
  const seconds = (performance.now() - began) / 1_000;
  delay.disable();
  const looked = done.reduce((sum, each) => sum + each, 0);
  if (looked !== credentials) throw new Error(`${looked} looks, not ${credentials}`);
  const { rows } = await ledger.pool.query<{ state: string }>("select distinct state from velvet.drift_check");
  if (rows.some(({ state }) => state !== "clean")) throw new Error("a false alarm");
  return { seconds, rssMiB: most / 2 ** 20, delayP99Ms: delay.percentile(99) / 1e6 };
}

/** The client with nothing around it, as many at once as all loops ask. */
async function raw(http: Http, requests: number, atOnce: number): Promise<number> {
  let left = requests;
  const never = new AbortController().signal;
  const began = performance.now();
  const ask = { method: "GET", path: path`/look`, effect: "none" } as const;
  const workers = Array.from({ length: atOnce }, async () => {
    while (left-- > 0) await http.send(ask, never);
  });
  await Promise.all(workers);
  return requests / ((performance.now() - began) / 1_000);
}

const [credentials = 1_000, consumers = 10] = process.argv.slice(2).map(Number);
const body = JSON.stringify({ value: VALUE });
const server = createServer((_, response) => response.setHeader("content-type", "application/json").end(body));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
const http = openHttp({
  vendor: "fake",
  baseUrl: `http://127.0.0.1:${port}`,
  headers: () => ({}),
  clock,
  connections: CONNECTIONS,
});
{
  await using ledger = await openBenchLedger(12);
  const accounts = new Accounts({ fake: benchAdapter(http) }, () => undefined, clock);
  const stopping = new AbortController().signal;
  const base = { ...benchDeps(ledger.db, new FakeVendor()), accounts, random: randomBytes, jitter: Math.random };
  const deps: DriftDeps = { ...base, mayCorrect: () => true, stopping };
  await watched(ledger, deps, credentials, consumers);
  const perLook = consumers + 3;
  const requests = credentials * perLook;
  console.log(`${credentials} Credentials with ${consumers} consumers each: ${requests} requests in a pass.`);
  const before = await raw(http, requests, CONNECTIONS / 2);
  const one = await pass(ledger, deps, credentials, 1);
  const two = await pass(ledger, deps, credentials, 2);
  const after = await raw(http, requests, CONNECTIONS / 2);
  const ceiling = (before + after) / 2;
  const told = (name: string, { seconds, rssMiB, delayP99Ms }: Pass): string =>
    `${name}: ${(credentials / seconds).toFixed(0)} looks/s, ${(requests / seconds).toFixed(0)} requests/s, ` +
    `${(requests / seconds / ceiling).toFixed(2)} of the client alone; ${rssMiB.toFixed(0)} MiB, event loop p99 ${delayP99Ms.toFixed(1)} ms`;
  console.log(`the client alone: ${ceiling.toFixed(0)} requests/s`);
  console.log(told("one loop", one));
  console.log(told("two loops", two));
  await accounts.close();
}
await http[Symbol.asyncDispose]();
server.close();
