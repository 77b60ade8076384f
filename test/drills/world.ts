/** One credential that is in use, on a real ledger with the real engine and adapters, at vendors that are real servers. One drill each. */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../../adapters/secret.ts";
import { keyRing } from "../../controller/custody/key.ts";
import { summarize } from "../../controller/domain/summarize.ts";
import type { RotationStatus } from "../../controller/domain/status.ts";
import type { Engine } from "../../controller/engine/engine.ts";
import { listRequests, listRotations, type RequestView, type RotationView } from "../../controller/ledger/views.ts";
import type { DesiredDocument } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import type { FreshLedger } from "../support/postgres.ts";
import { freshLedger } from "../support/postgres.ts";
import { startRealEngine } from "../support/real-engine.ts";
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
    const engine = startRealEngine(this.ledger.db, {
      secrets: ({ env = "" }) => {
        const value = this.#vendor.secrets(env);
        return value === undefined ? undefined : Secret.from(value);
      },
      leaseMs: 3_000,
      keys: keyRing(Secret.from(this.kek)),
      replica,
      isHeld: () => this.held,
      hook: async (label, point) => {
        if (point === "after") await this.hook(label);
        if (point === "after") this.#judge(label);
      },
    });
    this.#engines.push(engine);
    return engine;
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
    return poll(`${name}: ${what}`, look, () => JSON.stringify(last && { ...last.rotation, snapshot: undefined }));
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
