/** One credential that is in use, on a real ledger with the real engine and adapters, at vendors that are real servers. One drill each. */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../../adapters/secret.ts";
import { keyRing } from "../../controller/custody/key.ts";
import { summarize } from "../../controller/domain/summarize.ts";
import type { RotationStatus } from "../../controller/domain/status.ts";
import { type RunningDrift, startDrift } from "../../controller/drift/run.ts";
import type { Deps } from "../../controller/engine/deps.ts";
import type { Engine } from "../../controller/engine/engine.ts";
import { type DriftView, listDrift } from "../../controller/ledger/drift-views.ts";
import { listRequests, listRotations, type RequestView, type RotationView } from "../../controller/ledger/views.ts";
import type { DesiredDocument } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import type { FreshLedger } from "../support/postgres.ts";
import { freshLedger } from "../support/postgres.ts";
import { realDeps, type RealEngineOptions, startRealEngine } from "../support/real-engine.ts";
import { poll } from "./poll.ts";

export const NAMESPACE = "orders";
export const CREDENTIAL = "token";
export const CREDENTIAL_NAME = "DEPLOY_TOKEN";
export const REQUEST = "first";

/** What the vendor itself says, asked behind Velvet's back. */
export interface Truth {
  /** Every credential that it accepts now. */
  readonly alive: () => readonly { readonly id: string; readonly value: string }[];
  /** What each consumer holds now. */
  readonly held: () => Readonly<Record<string, string | undefined>>;
  /** Of those that it accepts: who was there before Velvet, and is somebody else's. */
  readonly strangers: () => ReadonlySet<string>;
}

export interface DrillVendor extends AsyncDisposable {
  readonly truth: Truth;
  readonly secrets: (name: string) => string | undefined;
  /** Accounts and the Credential, in use by its consumers. `folder`: of the files. */
  readonly documents: (folder: string) => Promise<readonly DesiredDocument[]>;
}

export class DrillWorld implements AsyncDisposable {
  readonly ledger: FreshLedger;
  readonly folder: string;
  readonly kek = randomBytes(32).toString("base64");
  /** Consumers that held something which the vendor did not accept, and after which step. */
  readonly outages: string[] = [];
  /** False where consumers cannot have a living credential: it was dead before, or is ended on purpose. */
  mustWork = true;
  readonly #vendor: DrillVendor;
  readonly #documents: DesiredDocument[] = [];
  readonly #engines: Engine[] = [];
  /** Why nothing may be started now. */
  held: string | undefined;
  /** Called when a call to the outside has been made, and before it is recorded. */
  hook: (label: string) => Promise<void> = async () => undefined;
  /** Called before a call is made. */
  hold: (label: string) => Promise<void> = async () => undefined;
  #drift: RunningDrift | undefined;

  private constructor(ledger: FreshLedger, folder: string, vendor: DrillVendor) {
    [this.ledger, this.folder, this.#vendor] = [ledger, folder, vendor];
  }

  static async open(vendor: DrillVendor): Promise<DrillWorld> {
    const [ledger, folder] = await Promise.all([freshLedger(), mkdtemp(join(tmpdir(), "velvet-drill-"))]);
    const world = new DrillWorld(ledger, folder, vendor);
    world.#documents.push(...(await vendor.documents(folder)));
    await world.sync();
    return world;
  }

  get truth(): Truth {
    return this.#vendor.truth;
  }

  start(replica = "a"): Engine {
    const engine = startRealEngine(this.ledger.db, { ...this.#options(replica), isHeld: () => this.held });
    this.#engines.push(engine);
    return engine;
  }

  /** Looks between rotations from now on; everything is due whenever it is woken by `due`. */
  watch(): void {
    const deps = realDeps(this.ledger.db, this.#options("watch"));
    this.#drift = startDrift({ ...deps, mayCorrect: () => true }, 30);
  }

  /** Makes a look due, and returns when one has ended that began after this. */
  async looked(): Promise<DriftView> {
    const due =
      "update velvet.drift_check set next_check_at = clock_timestamp() - interval '1 second' returning clock_timestamp() as now";
    const [row] = await this.sql<{ now: Date }>(due);
    this.#drift?.wake();
    return poll("a look", async () => {
      const [view] = await listDrift(this.ledger.db, [{ namespace: NAMESPACE, name: CREDENTIAL }]);
      return view && row && Date.parse(view.checkedAt ?? "") > row.now.getTime() ? view : undefined;
    });
  }

  /** What was written last was written so long ago that no clock can take a foreign write for one of Velvet's. */
  async longAfter(): Promise<void> {
    await this.sql("update velvet.held set until = until - interval '1 hour'");
    await this.sql("update velvet.rotation set ended_at = ended_at - interval '1 hour' where ended_at is not null");
  }

  deps(): Deps {
    return realDeps(this.ledger.db, this.#options("other"));
  }

  #options(replica: string): RealEngineOptions {
    return {
      secrets: ({ env = "" }) => {
        const value = this.#vendor.secrets(env);
        return value === undefined ? undefined : Secret.from(value);
      },
      leaseMs: 9_000,
      keys: keyRing(Secret.from(this.kek)),
      replica,
      hook: async (label, point) => {
        if (point === "before") return this.hold(label);
        await this.hook(label);
        this.#judge(label);
      },
    };
  }

  /** I1, after every step that touched the world. */
  #judge(label: string): void {
    if (!this.mustWork) return;
    const alive = new Set(this.truth.alive().map(({ value }) => value));
    for (const [consumer, value] of Object.entries(this.truth.held())) {
      if (value === undefined || !alive.has(value)) this.outages.push(`${consumer} after ${label}`);
    }
  }

  async add(document: {
    readonly kind: DesiredDocument["kind"];
    readonly name: string;
    readonly spec: unknown;
  }): Promise<void> {
    this.#documents.push(documentOf(document.kind, document.name, document.spec));
    await this.sync();
    for (const engine of this.#engines) engine.wake();
  }

  async sync(): Promise<void> {
    const look = { source: "test", kind: "git", trust: "claimed", problems: [] } as const;
    await syncSource(this.ledger.db, { ...look, cursor: randomUUID(), documents: [...this.#documents] });
  }

  async request(more: object = {}, name = REQUEST): Promise<void> {
    const spec = { credentialRef: { name: CREDENTIAL }, flow: "Operational", reason: "quarterly", requestedBy: "ana" };
    const expect = "flow" in more ? {} : { expect: "Alive" };
    await this.add({ kind: "RotationRequest", name, spec: { ...spec, ...expect, ...more } });
  }

  async view(name = REQUEST): Promise<RotationView> {
    const [view] = await listRotations(this.ledger.db, { namespace: NAMESPACE, name });
    if (!view) throw new Error(`there is no rotation ${name}`);
    return view;
  }

  async status(name = REQUEST): Promise<RotationStatus> {
    return summarize(await this.view(name));
  }

  /** `hurried`: with every wait cut short, so that what is tried again later is tried again now. */
  async until(
    what: string,
    wanted: (view: RotationView) => boolean,
    { name = REQUEST, hurried = false }: { readonly name?: string; readonly hurried?: boolean } = {},
  ): Promise<RotationView> {
    let last: RotationView | undefined;
    const look = async () => {
      if (hurried) await this.hurry();
      [last] = await listRotations(this.ledger.db, { namespace: NAMESPACE, name });
      return last !== undefined && wanted(last) ? last : undefined;
    };
    const saw = async () => {
      const requests = last ? [] : await listRequests(this.ledger.db, { namespace: NAMESPACE, name });
      return JSON.stringify([last && { ...last.rotation, snapshot: undefined }, requests]);
    };
    return poll(`${name}: ${what}`, look, saw);
  }

  async in(state: string, name = REQUEST): Promise<RotationView> {
    return this.until(state, ({ rotation }) => rotation.state === state, { name });
  }

  async soon(state: string, name = REQUEST): Promise<RotationView> {
    return this.until(state, ({ rotation }) => rotation.state === state, { name, hurried: true });
  }

  async refused(name: string): Promise<RequestView> {
    return poll(`${name}: refused`, async () => {
      const [view] = await listRequests(this.ledger.db, { namespace: NAMESPACE, name });
      return view?.state === "refused" ? view : undefined;
    });
  }

  /** What has failed is tried again in five minutes and not in a second: whoever mends something now is not overtaken by the next try. */
  async calm(): Promise<void> {
    const at = new Date(Date.now() + 300_000).toISOString();
    await poll("nobody works on it", async () => {
      const rows = await this.sql(
        `with calm as (
           update velvet.rotation set next_action_at = $1::timestamptz, facts = case when facts ? 'failure'
             then jsonb_set(facts, '{failure,nextTryAt}', to_jsonb($1::text)) else facts end
           where ended_at is null and lease_until < now() returning id),
         rows as (
           update velvet.consumer c set facts = jsonb_set(c.facts, '{failure,nextTryAt}', to_jsonb($1::text))
           from calm where c.rotation = calm.id and c.facts ? 'failure' returning c.id)
         select id from calm`,
        [at],
      );
      return rows.length > 0 ? true : undefined;
    });
  }

  /** What is waited for is over: the next try of what failed, and the time in which an earlier write may still land. Never while a replica works on it. */
  async hurry(): Promise<void> {
    const past = `to_jsonb('2026-01-01T00:00:00.000Z'::text)`;
    await this.ledger.pool.query(
      `with due as (
         update velvet.rotation set next_action_at = now(), facts = case when facts #> '{failure,nextTryAt}' is null then facts
           else jsonb_set(facts, '{failure,nextTryAt}', ${past}) end
         where ended_at is null and lease_until < now() returning id)
       update velvet.consumer c set facts = (case when c.facts #> '{failure,nextTryAt}' is null then c.facts
           else jsonb_set(c.facts, '{failure,nextTryAt}', ${past}) end)
         || case when c.facts ? 'unsureUntil' then jsonb_build_object('unsureUntil', ${past}) else '{}' end
       from due where c.rotation = due.id`,
    );
  }

  async sql<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.ledger.pool.query<Row>(text, [...values])).rows;
  }

  async stop(): Promise<void> {
    await this.#drift?.stop();
    await Promise.all(this.#engines.splice(0).map(async (engine) => engine.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.ledger.drop();
    await this.#vendor[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function documentOf(kind: DesiredDocument["kind"], name: string, spec: unknown): DesiredDocument {
  const namespace = kind === "VendorAccount" ? "" : NAMESPACE;
  return { kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } };
}
