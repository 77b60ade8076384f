/** Credentials with a consumer of each grade, at a vendor in memory that is slow and fails, and never three times in a row. */
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Adapter, Connection, Issuer, Sink } from "../../../adapters/contract.ts";
import { OutcomeUnknown, Transient } from "../../../adapters/errors.ts";
import { Secret } from "../../../adapters/secret.ts";
import { keyRing } from "../../../controller/custody/key.ts";
import type { Deps } from "../../../controller/engine/deps.ts";
import type { Db } from "../../../controller/ledger/db.ts";
import type { DesiredDocument } from "../../../controller/sources/look.ts";
import { syncSource } from "../../../controller/sources/sync.ts";
import type { Lots } from "../../prove/sim/random.ts";
import { fakeAdapter, FakeVendor } from "../../support/fake-vendor.ts";
import { testDeps } from "../../support/test-deps.ts";

export const NAMESPACE = "team";
export const GRADES = ["value", "version", "presence", "none"] as const;
export const LEASE_MS = 3_000;
const MOST_IN_A_ROW = 2;
/** A look asks its vendor twice, and one that is killed or put off forgets no failure: so many questions are several looks for certain. */
const QUIET = 12;
const FACTS = { vendor: "fake", operation: "look" };

/** How often something goes wrong, of 1: what looks ask, and what rotations write. */
export interface Weather {
  readonly failing: number;
  readonly limited: number;
  readonly hanging: number;
  readonly lostReplies: number;
}

export const STORMY: Weather = { failing: 0.02, limited: 0.01, hanging: 0.000_05, lostReplies: 0.02 };
export const CALM: Weather = { failing: 0, limited: 0, hanging: 0, lostReplies: 0 };

export class SteadyWorld {
  readonly vendor = new FakeVendor();
  readonly names: readonly string[];
  weather: Weather = STORMY;
  mode: "Warn" | "Correct" = "Correct";
  readonly #db: Db;
  readonly #lots: Lots;
  readonly #keys = keyRing(Secret.from(randomBytes(32).toString("base64")));
  readonly #requests: DesiredDocument[] = [];
  /** Of each place and each vendor: failures, and questions that are answered well after them. */
  readonly #troubles = new Map<string, { failures: number; quiet: number }>();

  constructor(db: Db, lots: Lots, credentials: number) {
    this.#db = db;
    this.#lots = lots;
    this.names = Array.from({ length: credentials }, (_, index) => `credential-${index}`);
    // Consumers that show nothing prove by their own check that they work.
    this.vendor.check = () => ({ outcome: "pass", reason: "Works", message: "works" });
    this.vendor.fault = ({ label }, point) => {
      if (label !== "sink.write" || point !== "after" || this.#lots.next() >= this.weather.lostReplies) return;
      throw new OutcomeUnknown({ reason: "ConnectionLost", message: "the reply was lost" }, FACTS);
    };
    for (const name of this.names) {
      this.vendor.keys.set(`old-${name}`, { value: `old-${name}`, marker: undefined, enabled: true, family: name });
      for (const place of ["custody", ...GRADES]) this.vendor.put(`${name}/${place}`, "TOKEN", `old-${name}`);
      for (const grade of GRADES) this.regrade(name, grade, grade);
    }
  }

  regrade(name: string, place: string, grade: (typeof GRADES)[number]): void {
    this.vendor.traitsOf.set(`${name}/${place}`, { grade, atomic: true, conditional: false });
  }

  deps(replica: string, isLooking: boolean): Deps {
    const fake = fakeAdapter(this.vendor);
    return testDeps({
      db: this.#db,
      adapters: { fake: isLooking ? this.#unsteady(fake) : fake },
      keys: this.#keys,
      install: "steady",
      jitter: () => this.#lots.next(),
      leaseMs: LEASE_MS,
      replica,
    });
  }

  async sync(requests: readonly string[] = []): Promise<void> {
    const spec = { flow: "Operational", expect: "Alive", reason: "test", requestedBy: "ana" };
    for (const name of requests) {
      const request = { ...spec, credentialRef: { name } };
      this.#requests.push(document("RotationRequest", NAMESPACE, `${name}-${this.#requests.length}`, request));
    }
    const endpoints = [{ name: "app", url: "https://app.example.com/", proves: "credential" }];
    const account = { adapter: "fake", allow: [{ namespaces: ["*"] }], endpoints };
    const documents = [
      document("VendorAccount", "", "vendor", account),
      ...this.names.map((name) => document("Credential", NAMESPACE, name, credential(name, this.mode))),
      ...this.#requests,
    ];
    const look = { source: "steady", kind: "git", cursor: randomUUID(), trust: "claimed", problems: [] } as const;
    await syncSource(this.#db, { ...look, documents });
  }

  #unsteady(adapter: Adapter): Adapter {
    return {
      ...adapter,
      connect: (account, clock): Connection => {
        const connection = adapter.connect(account, clock);
        const issuer = connection.issuer?.bind(connection);
        const sink = connection.sink?.bind(connection);
        return {
          ...connection,
          ...(issuer ? { issuer: (config) => this.#unsteadyIssuer(issuer(config), familyIn(config)) } : {}),
          ...(sink ? { sink: (config, restart) => this.#unsteadySink(sink(config, restart), pathIn(config)) } : {}),
        };
      },
    };
  }

  #unsteadyIssuer(issuer: Issuer, family: string): Issuer {
    return {
      ...issuer,
      list: async (signal) => this.#asked(`${family} vendor`, async () => issuer.list(signal)),
      verify: async (value, signal) => this.#asked(`${family} vendor`, async () => issuer.verify(value, signal)),
    };
  }

  #unsteadySink(sink: Sink, path: string): Sink {
    return { ...sink, observe: async (keys, signal) => this.#asked(path, async () => sink.observe(keys, signal)) };
  }

  /** Three failures in a row would be a place that cannot be reached, and no false alarm. */
  async #asked<T>(target: string, work: () => Promise<T>): Promise<T> {
    const lot = this.#isQuiet(target) ? 0.5 : this.#lots.next();
    const { failing, limited, hanging } = this.weather;
    if (lot < failing + hanging) {
      this.#failed(target);
      if (lot < hanging) await new Promise<never>(() => undefined);
      throw new Transient({ reason: "ServerError", message: "not now" }, FACTS);
    }
    if (lot > 1 - limited) throw new Transient({ reason: "RateLimited", message: "too many" }, FACTS, 1_000);
    if (lot > 0.9) await delay(this.#lots.below(8));
    return work();
  }

  #failed(target: string): void {
    const { failures = 0 } = this.#troubles.get(target) ?? {};
    const isEnough = failures + 1 >= MOST_IN_A_ROW;
    this.#troubles.set(target, isEnough ? { failures: 0, quiet: QUIET } : { failures: failures + 1, quiet: 0 });
  }

  #isQuiet(target: string): boolean {
    const trouble = this.#troubles.get(target);
    if (trouble === undefined || trouble.quiet === 0) return false;
    trouble.quiet -= 1;
    return true;
  }
}

function familyIn(config: unknown): string {
  return (config as { family?: string }).family ?? "";
}

function pathIn(config: unknown): string {
  return (config as { path?: string }).path ?? "";
}

function credential(name: string, mode: SteadyWorld["mode"]): object {
  const keys = [{ field: "value", name: "TOKEN" }];
  const block = (place: string) => ({ account: "vendor", fake: { path: `${name}/${place}` }, keys });
  const check = { type: "http", account: "vendor", endpoint: "app" };
  return {
    credentialName: name.toUpperCase(),
    environment: "test",
    issuer: { account: "vendor", fake: { family: name } },
    custody: block("custody"),
    consumers: GRADES.map((grade) => ({ id: grade, ...block(grade), check })),
    gates: { mint: "Automatic", revoke: "Automatic" },
    drift: { mode },
  };
}

function document(kind: DesiredDocument["kind"], namespace: string, name: string, spec: object): DesiredDocument {
  return { kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } };
}
