/** A rotation from request to end, with the real ledger, the real engine and a vendor in memory. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Adapter } from "../../adapters/contract.ts";
import { Secret } from "../../adapters/secret.ts";
import type { CredentialSpec, RotationDecisionSpec, RotationRequestSpec } from "../../crds/kinds.gen.ts";
import { keyRing } from "../../controller/custody/key.ts";
import { summarize } from "../../controller/domain/summarize.ts";
import type { RotationStatus } from "../../controller/domain/status.ts";
import type { Deps, EffectPoint } from "../../controller/engine/deps.ts";
import { Engine } from "../../controller/engine/engine.ts";
import type { DesiredDocument } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import type { RequestView, RotationView } from "../../controller/ledger/views.ts";
import { listRequests, listRotations } from "../../controller/ledger/views.ts";
import { fakeAdapter, FakeVendor } from "./fake-vendor.ts";
import type { FreshLedger } from "./postgres.ts";
import { freshLedger } from "./postgres.ts";
import { testDeps } from "./test-deps.ts";

export const NAMESPACE = "team";
export const CREDENTIAL = "token";
export const CREDENTIAL_NAME = "TOKEN";

export interface ScenarioOptions {
  readonly credential?: Partial<CredentialSpec>;
  readonly account?: object;
  readonly consumers?: readonly Partial<CredentialSpec["consumers"][number]>[];
  readonly leaseMs?: number;
}

type Hook = (label: string, point: EffectPoint) => Promise<void>;

export class Scenario implements AsyncDisposable {
  readonly ledger: FreshLedger;
  readonly vendor = new FakeVendor();
  readonly #documents = new Map<string, DesiredDocument>();
  readonly #engines: Engine[] = [];
  readonly #keys = keyRing(Secret.from(Buffer.alloc(32, 7).toString("base64")));
  readonly #leaseMs: number;
  hook: Hook | undefined;
  /** Why nothing may be started now. */
  held: string | undefined;
  /** Of the engines that are started from now on. */
  rotationOn = true;

  private constructor(ledger: FreshLedger, leaseMs: number) {
    this.ledger = ledger;
    this.#leaseMs = leaseMs;
  }

  /** An account, a credential that is in use by its consumers, and no request yet. */
  static async open(options: ScenarioOptions = {}): Promise<Scenario> {
    const scenario = new Scenario(await freshLedger(), options.leaseMs ?? 6_000);
    const consumers = (options.consumers ?? [{ id: "app" }]).map((consumer, index) => ({
      id: consumer.id ?? `app-${index}`,
      account: "vendor",
      fake: { path: consumer.id ?? `app-${index}` },
      keys: [{ field: "value", name: "TOKEN" }],
      check: { type: "native" as const },
      ...consumer,
    }));
    scenario.#add("VendorAccount", "", "vendor", {
      adapter: "fake",
      allow: [{ namespaces: ["*"] }],
      ...options.account,
    });
    scenario.#add("Credential", NAMESPACE, CREDENTIAL, {
      credentialName: CREDENTIAL_NAME,
      environment: "test",
      issuer: { account: "vendor", fake: {} },
      custody: { account: "vendor", fake: { path: "custody" }, keys: [{ field: "value", name: "TOKEN" }] },
      consumers,
      gates: { mint: "Automatic", revoke: "Automatic" },
      ...options.credential,
    });
    scenario.vendor.keys.set("key-0", { value: "old-value", marker: undefined, enabled: true });
    scenario.vendor.put("custody", "TOKEN", "old-value");
    for (const consumer of consumers) {
      scenario.vendor.put(consumer.id, "TOKEN", "old-value");
      scenario.vendor.required.add(consumer.id);
    }
    await scenario.sync();
    return scenario;
  }

  get adapter(): Adapter {
    return fakeAdapter(this.vendor);
  }

  deps(replica = "a"): Deps {
    return testDeps({
      db: this.ledger.db,
      adapters: { fake: this.adapter },
      keys: this.#keys,
      leaseMs: this.#leaseMs,
      replica,
      hook: async (label, point) => this.hook?.(label, point),
    });
  }

  start(replica = "a"): Engine {
    const engine = this.#engine(this.deps(replica));
    this.#engines.push(engine);
    return engine;
  }

  /** A replica that can be killed at any moment: from then on nothing of it reaches the ledger or the vendor. */
  startMortal(replica: string, hook: (label: string, point: EffectPoint, die: () => void) => void): void {
    const life = { over: false };
    const never = async <T>() => new Promise<T>(() => undefined);
    const deps = this.deps(replica);
    const mortal: Deps = {
      ...deps,
      db: {
        query: async (statement, values) => (life.over ? never() : deps.db.query(statement, values)),
        transaction: async (run) => (life.over ? never() : deps.db.transaction(run)),
      },
      hook: async (label, point) => {
        if (!life.over) hook(label, point, () => (life.over = true));
        if (life.over) await never();
      },
    };
    this.#engine(mortal);
  }

  #engine(deps: Deps): Engine {
    return new Engine(deps, {
      concurrency: 8,
      pollMs: 20,
      admission: { environment: "test", rotationOn: this.rotationOn, registry: { fake: this.adapter } },
      isHeld: () => this.held,
    });
  }

  async request(name: string, spec: Partial<RotationRequestSpec> = {}): Promise<void> {
    this.#add("RotationRequest", NAMESPACE, name, {
      credentialRef: { name: CREDENTIAL },
      flow: "Operational",
      expect: "Alive",
      reason: "scheduled",
      requestedBy: "ana",
      ...spec,
    });
    await this.sync();
  }

  async decide(
    name: string,
    spec: Omit<RotationDecisionSpec, "reason" | "decidedBy"> & Partial<RotationDecisionSpec>,
  ): Promise<void> {
    this.#add("RotationDecision", NAMESPACE, name, { reason: "because", decidedBy: "ben", ...spec });
    await this.sync();
  }

  async change(kind: DesiredDocument["kind"], name: string, patch: (spec: never) => object): Promise<void> {
    const key = `${kind}/${name}`;
    const found = this.#documents.get(key);
    if (!found) throw new Error(`there is no ${key}`);
    this.#documents.set(key, { ...found, spec: patch(found.spec as never) });
    await this.sync();
  }

  async sync(): Promise<void> {
    await syncSource(this.ledger.db, {
      source: "test",
      kind: "git",
      cursor: randomUUID(),
      trust: "claimed",
      documents: [...this.#documents.values()],
      problems: [],
    });
  }

  async rotation(name: string): Promise<RotationView> {
    const [found] = await listRotations(this.ledger.db, { namespace: NAMESPACE, name });
    if (!found) throw new Error(`there is no rotation ${name}`);
    return found;
  }

  async status(name: string): Promise<RotationStatus> {
    return summarize(await this.rotation(name));
  }

  /** Waits until the rotation is as wanted; fails with what it was instead. */
  async until(name: string, wanted: (view: RotationView) => boolean, ms = 10_000): Promise<RotationView> {
    const end = performance.now() + ms;
    for (;;) {
      const [view] = await listRotations(this.ledger.db, { namespace: NAMESPACE, name });
      if (view && wanted(view)) return view;
      if (performance.now() > end) {
        const seen = view
          ? JSON.stringify({ ...view.rotation, snapshot: undefined, consumers: view.consumers })
          : "nothing";
        throw new Error(
          `${name} never came to be as wanted: ${seen}; ${JSON.stringify(await listRequests(this.ledger.db))}`,
        );
      }
      await delay(10);
    }
  }

  async ended(name: string): Promise<RotationView> {
    return this.until(name, ({ rotation }) => rotation.endedAt !== undefined);
  }

  async requestState(name: string, wanted: RequestView["state"], ms = 10_000): Promise<RequestView> {
    const end = performance.now() + ms;
    for (;;) {
      const [view] = await listRequests(this.ledger.db, { namespace: NAMESPACE, name });
      if (view?.state === wanted) return view;
      if (performance.now() > end) throw new Error(`${name} is ${JSON.stringify(view)}`);
      await delay(10);
    }
  }

  /** How a decision was answered. */
  async answer(name: string, ms = 10_000): Promise<{ state: string; reason: string; message: string }> {
    const end = performance.now() + ms;
    for (;;) {
      const { rows } = await this.ledger.pool.query<{ state: string; reason: string; message: string }>(
        "select state, reason, message from velvet.decision where name = $1",
        [name],
      );
      if (rows[0] && rows[0].state !== "pending") return rows[0];
      if (performance.now() > end) throw new Error(`the decision ${name} was never answered`);
      await delay(10);
    }
  }

  async sealedLeft(): Promise<number> {
    const { rows } = await this.ledger.pool.query<{ left: number }>(
      "select (select count(*) from velvet.rotation where sealed_previous is not null) + (select count(*) from velvet.attempt where sealed is not null) as left",
    );
    return Number(rows[0]?.left);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#engines.map(async (engine) => engine.stop()));
    await this.ledger.drop();
  }

  #add(kind: DesiredDocument["kind"], namespace: string, name: string, spec: object): void {
    this.#documents.set(`${kind}/${name}`, { kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } });
  }
}
