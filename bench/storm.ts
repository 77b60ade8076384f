/**
 * `npm run bench:storm`: a hundred rotations at a time over several vendors, each a real adapter on its emulator. For half a minute one of
 * the vendors answers nothing but 429. What do the others notice?
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "pg";
import type { Adapter, CheckResult } from "../adapters/contract.ts";
import { adapters } from "../adapters/registry.ts";
import { Secret } from "../adapters/secret.ts";
import { ledgerBudgets } from "../controller/budgets.ts";
import { Accounts } from "../controller/engine/accounts.ts";
import { Engine } from "../controller/engine/engine.ts";
import type { Db } from "../controller/ledger/db.ts";
import type { DesiredDocument } from "../controller/sources/look.ts";
import { syncSource } from "../controller/sources/sync.ts";
import { FakeVendor, fakeAdapter } from "../test/support/fake-vendor.ts";
import { openBenchLedger } from "./ledger.ts";
import { openVendors, type Vendor } from "./storm-vendors.ts";
import { benchDeps, document, NAMESPACE } from "./world.ts";

const IN_FLIGHT = 100;
const CALM_MS = 20_000;
const STORM_MS = 30_000;
const CREDENTIALS = 1_200;
const CONCURRENCY = 32;
const LOOK_MS = 100;

interface Ended {
  readonly vendor: string;
  readonly ms: number;
  /** When it ended, in milliseconds since 1970. */
  readonly at: number;
}

async function main(): Promise<void> {
  await using ledger = await openBenchLedger(24);
  const vendors = await openVendors();
  const memory = new FakeVendor();
  await sync(ledger.db, "credentials", [
    document("VendorAccount", "", "issuer", {
      adapter: "fake",
      endpoints: [{ name: "app", url: "https://app.example/ready", proves: "credential" }],
      allow: [{ namespaces: ["*"] }],
    }),
    ...vendors.flatMap((vendor) => documentsOf(memory, vendor)),
  ]);
  // What a new ledger finds at first is taken for what was done before it.
  for (const { name } of vendors) await sync(ledger.db, `requests of ${name}`, []);
  const engine = openEngine(ledger.db, memory, vendors);
  const flow = new Flow(ledger.db, ledger.pool, vendors, () => engine.wake());
  const pump = flow.run();
  const [stormy] = vendors;
  await delay(CALM_MS);
  const from = Date.now();
  stormy?.storm(true);
  await delay(STORM_MS);
  stormy?.storm(false);
  const until = Date.now();
  flow.stop();
  await pump;
  print(vendors, stormy?.name ?? "", flow.ended, { from, until });
  await engine.stop();
  await Promise.all(vendors.map(async (vendor) => vendor[Symbol.asyncDispose]()));
}

function documentsOf(memory: FakeVendor, vendor: Vendor): DesiredDocument[] {
  const { name, account, auth } = vendor;
  const own = Object.keys(auth).map((each) => ({ name: each, env: `${name}.${each}` }));
  const documents = [document("VendorAccount", "", name, { ...account, auth: own, allow: [{ namespaces: ["*"] }] })];
  for (let index = 0; index < CREDENTIALS; index += 1) {
    const id = `${name}-${index}`;
    const value = `value-${id}`;
    memory.keys.set(`old-${id}`, { value, marker: undefined, enabled: true, family: id });
    memory.put(`${id}/custody`, `TOKEN_${index}`, value);
    documents.push(
      document(
        "Credential",
        NAMESPACE,
        id,
        credential(vendor, id, index, vendor.consumer(index, `TOKEN_${index}`, value)),
      ),
    );
  }
  return documents;
}

function credential({ name }: Vendor, id: string, index: number, block: object): object {
  const keys = [{ field: "value", name: `TOKEN_${index}` }];
  return {
    credentialName: id.toUpperCase(),
    environment: "bench",
    issuer: { account: "issuer", fake: { family: id } },
    custody: { account: "issuer", fake: { path: `${id}/custody` }, keys },
    consumers: [
      { id: "app", account: name, [name]: block, keys, check: { type: "http", account: "issuer", endpoint: "app" } },
    ],
    gates: { mint: "Automatic", revoke: "Automatic" },
  };
}

function openEngine(db: Db, memory: FakeVendor, vendors: readonly Vendor[]): Engine {
  const registry = { ...adapters, fake: withApps(fakeAdapter(memory)) };
  const deps = benchDeps(db, memory);
  const budgets = ledgerBudgets(db, { timeout: deps.timeout, monotonicMs: () => deps.clock.monotonicMs() });
  const secrets = new Map<string, string>(
    vendors.flatMap(({ name, auth }) => Object.entries(auth).map(([each, text]) => [`${name}.${each}`, text] as const)),
  );
  const accounts = new Accounts(
    registry,
    ({ env = "" }) => Secret.from(secrets.get(env) ?? ""),
    deps.clock,
    (account, limits) => budgets.first(account, { ...limits, perMinute: null }),
  );
  const log = { ...deps.log, warn: () => undefined };
  const admission = { environment: "bench", rotationOn: true, registry };
  return new Engine({ ...deps, accounts, log }, { concurrency: CONCURRENCY, pollMs: 250, admission });
}

/** Not every vendor shows what it holds; that an app works with it is not what is measured. */
function withApps(fake: Adapter): Adapter {
  const run = async (): Promise<CheckResult> => ({ outcome: "pass", reason: "Works", message: "It works." });
  return {
    ...fake,
    connect: (account, clock) => ({ ...fake.connect(account, clock), check: ({ proves }) => ({ proves, run }) }),
  };
}

async function sync(db: Db, source: string, documents: readonly DesiredDocument[]): Promise<void> {
  const cursor = String(documents.length);
  await syncSource(db, { source, kind: "git", cursor, trust: "claimed", documents, problems: [] });
}

/** Keeps so many rotations of each vendor under way. */
class Flow {
  readonly ended: Ended[] = [];
  readonly #db: Db;
  readonly #pool: Pool;
  readonly #vendors: readonly Vendor[];
  readonly #wake: () => void;
  readonly #asked = new Map<string, number>();
  readonly #done = new Map<string, number>();
  readonly #told = new Set<string>();
  #seen = new Date(0);
  #stopped = false;

  constructor(db: Db, pool: Pool, vendors: readonly Vendor[], wake: () => void) {
    this.#db = db;
    this.#pool = pool;
    this.#vendors = vendors;
    this.#wake = wake;
  }

  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      await this.#collect();
      await this.#fill();
      await delay(LOOK_MS);
    }
  }

  async #collect(): Promise<void> {
    const { rows } = await this.#pool.query<{ name: string; state: string; ended_at: Date; ms: number }>(
      `select name, state, ended_at, extract(epoch from ended_at - created_at)::float8 * 1000 as ms
       from velvet.rotation where ended_at > $1 order by ended_at`,
      [this.#seen],
    );
    for (const { name, state, ended_at: at, ms } of rows) {
      // The driver's dates are cut to the millisecond: the last one is seen again.
      if (this.#told.has(name)) continue;
      this.#told.add(name);
      if (state !== "done") throw new Error(`${name} ended as ${state}`);
      const vendor = name.slice(0, name.lastIndexOf("-"));
      this.ended.push({ vendor, ms, at: at.getTime() });
      this.#done.set(vendor, (this.#done.get(vendor) ?? 0) + 1);
      this.#seen = at;
    }
  }

  async #fill(): Promise<void> {
    const each = IN_FLIGHT / this.#vendors.length;
    await Promise.all(
      this.#vendors.map(async ({ name }) => {
        const [asked, done] = [this.#asked.get(name) ?? 0, this.#done.get(name) ?? 0];
        const wanted = Math.min(CREDENTIALS, done + each);
        if (wanted <= asked) return;
        this.#asked.set(name, wanted);
        await sync(
          this.#db,
          `requests of ${name}`,
          Array.from({ length: wanted }, (_, index) => request(name, index)),
        );
      }),
    );
    this.#wake();
  }
}

function request(vendor: string, index: number): DesiredDocument {
  const id = `${vendor}-${index}`;
  return document("RotationRequest", NAMESPACE, id, {
    credentialRef: { name: id },
    flow: "Operational",
    expect: "Alive",
    reason: "bench",
    requestedBy: "bench",
  });
}

function print(
  vendors: readonly Vendor[],
  stormy: string,
  ended: readonly Ended[],
  { from, until }: { readonly from: number; readonly until: number },
): void {
  console.log(`${IN_FLIGHT} rotations under way over ${vendors.length} vendors; ${stormy} answers 429 for 30 s`);
  console.log("vendor        before: rotations   median ms   p95 ms   during: rotations   median ms   p95 ms");
  for (const { name } of vendors) {
    const own = ended.filter(({ vendor }) => vendor === name);
    // What began before the storm and ended in it is neither.
    const before = own.filter(({ at }) => at < from);
    const during = own.filter(({ at, ms }) => at - ms >= from && at < until);
    console.log([name.padEnd(12), cells(before), cells(during)].join("  "));
  }
}

function cells(ended: readonly Ended[]): string {
  const times = ended.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(0);
  return `${String(times.length).padStart(17)}  ${at(0.5).padStart(10)}  ${at(0.95).padStart(7)}`;
}

await main();
