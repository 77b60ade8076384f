/** A ledger with everything around it that a restore does not bring back: vendors, custody, consumers, the repository, the published checkpoint. */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client, type Pool } from "pg";
import { Secret } from "../../adapters/secret.ts";
import { type Checkpoints, startCheckpoints } from "../../controller/checkpoints/run.ts";
import { signerOf } from "../../controller/checkpoints/statement.ts";
import { publicKeyOf, sealBox } from "../../controller/custody/box.ts";
import { keyRing } from "../../controller/custody/key.ts";
import type { Deps } from "../../controller/engine/deps.ts";
import { Engine } from "../../controller/engine/engine.ts";
import { type Db, ledgerOf, openPool } from "../../controller/ledger/db.ts";
import { ensureInstall } from "../../controller/ledger/install.ts";
import { listRequests, listRotations, type RotationView } from "../../controller/ledger/views.ts";
import { type RunningReport, startReport } from "../../controller/restored/run.ts";
import type { DesiredDocument } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import { FakeVendor } from "../support/fake-vendor.ts";
import type { TestServer } from "../support/server.ts";
import { drillAdapters } from "./vendors.ts";
import { testDeps } from "../support/test-deps.ts";

export const NAMESPACE = "team";
const LONGEST_MS = 60_000;
const LEASE_MS = 15_000;

export class DrillWorld implements AsyncDisposable {
  readonly vendor = new FakeVendor();
  readonly keys = keyRing(Secret.from(Buffer.alloc(32, 7).toString("base64")));
  readonly #server: TestServer;
  readonly #name = `drill_${randomBytes(6).toString("hex")}`;
  readonly #folder: string;
  readonly #documents = new Map<string, DesiredDocument>();
  #pool: Pool;
  #running: { engine: Engine; report: RunningReport } | undefined;
  #checkpoints: Checkpoints | undefined;

  private constructor(server: TestServer, folder: string) {
    this.#server = server;
    this.#folder = folder;
    this.#pool = this.#open();
  }

  static async open(server: TestServer): Promise<DrillWorld> {
    const world = new DrillWorld(server, await mkdtemp(join(tmpdir(), "velvet-drill-")));
    await world.#superuser(`create database ${world.#name} template ${server.template} owner velvet_owner`);
    await ensureInstall(world.db, { id: "test", environment: "test" }, world.keys, world.signer.key);
    for (const adapter of ["fake", "markable", "byhand"])
      world.#add("VendorAccount", "", adapter, { adapter, allow: [{ namespaces: ["*"] }] });
    return world;
  }

  get db(): Db {
    return ledgerOf(this.#pool);
  }

  get signer() {
    return signerOf("test", this.keys);
  }

  /** One that its consumers have in use, unless it is to be issued for the first time. */
  async credential(name: string, { adapter = "fake", isNew = false, more = {} }: CredentialShape = {}): Promise<void> {
    this.#add("Credential", NAMESPACE, name, {
      credentialName: name.toUpperCase().replaceAll("-", "_"),
      environment: "test",
      issuer: { account: adapter, [adapter]: { family: name } },
      custody: { account: "fake", fake: { path: `${name}/custody` }, keys: [{ field: "value", name: "TOKEN" }] },
      consumers: ["app", "job"].map((id) => ({
        id,
        account: "fake",
        fake: { path: `${name}/${id}` },
        keys: [{ field: "value", name: "TOKEN" }],
        check: { type: "native" },
      })),
      gates: { mint: "Automatic", revoke: "Automatic" },
      rotation: { overlap: "0s", quarantine: "24h" },
      ...more,
    });
    if (isNew) return;
    this.vendor.keys.set(`${name}-0`, { value: `${name}-value-0`, marker: undefined, enabled: true, family: name });
    for (const place of PLACES) this.vendor.put(`${name}/${place}`, "TOKEN", `${name}-value-0`);
    this.require(name);
  }

  /** From now on its consumers are never to hold what the vendor refuses. */
  require(name: string): void {
    for (const id of ["app", "job"]) this.vendor.required.add(`${name}/${id}`);
  }

  request(name: string, credential: string, spec: object = {}): void {
    this.#add("RotationRequest", NAMESPACE, name, {
      credentialRef: { name: credential },
      flow: "Operational",
      expect: "Alive",
      reason: "drill",
      requestedBy: "ana",
      ...spec,
    });
  }

  decide(name: string, spec: object): void {
    this.#add("RotationDecision", NAMESPACE, name, { reason: "drill", decidedBy: "ben", ...spec });
  }

  /** What a person made at the vendor, handed in. */
  handIn(request: string, credential: string, value: string): void {
    const box = sealBox(
      publicKeyOf(this.keys),
      { install: "test", namespace: NAMESPACE, credential },
      { value: Secret.from(value) },
    );
    this.decide(`${request}-value`, { requestRef: { name: request }, action: "ProvideValue", sealedValue: box });
  }

  async sync(): Promise<void> {
    const documents = [...this.#documents.values()];
    const look = {
      source: "test",
      kind: "git",
      cursor: randomUUID(),
      trust: "claimed",
      documents,
      problems: [],
    } as const;
    await syncSource(this.db, look);
    this.#running?.engine.wake();
  }

  async start(): Promise<void> {
    const deps = this.deps();
    this.#checkpoints = await this.#startCheckpoints();
    const engine = new Engine(deps, {
      concurrency: 16,
      pollMs: 50,
      admission: { environment: "test", rotationOn: true, registry: drillAdapters(this.vendor) },
      isHeld: () => (this.#checkpoints ? this.#checkpoints.isHeld() : "not compared"),
    });
    this.#running = { engine, report: startReport(this.deps(), 200) };
  }

  async #startCheckpoints(): Promise<Checkpoints> {
    const { db, clock, log } = this.deps();
    return startCheckpoints({
      db,
      signer: this.signer,
      file: join(this.#folder, "checkpoint.json"),
      host: "drill",
      owner: "drill",
      newId: randomUUID,
      clock,
      log,
      intervalMs: 500,
      pollMs: 200,
      onFree: () => this.#running?.engine.wake(),
    });
  }

  /** The published checkpoint is lost, too. */
  async forgetPublished(): Promise<void> {
    await rm(join(this.#folder, "checkpoint.json"), { force: true });
  }

  /** Its manifest is gone from the repository. */
  async remove(kind: DesiredDocument["kind"], name: string): Promise<void> {
    this.#documents.delete(`${kind}/${name}`);
    await this.sync();
  }

  /** Publishes once more. */
  async stop(): Promise<void> {
    await Promise.all([this.#running?.engine.stop(), this.#running?.report.stop()]);
    await this.#checkpoints?.stop();
    this.#running = this.#checkpoints = undefined;
  }

  get isHeld(): boolean {
    return this.#checkpoints?.isHeld() !== undefined;
  }

  /**
   * While rotations run: Postgres copies only what nobody is connected to, so that connections break. Who publishes is not hit by that: a
   * lease that could not be given back would delay the next publication beyond this drill's hour.
   */
  async backup(): Promise<void> {
    await this.#checkpoints?.stop();
    await this.#copy(this.#name, `${this.#name}_backup`);
    this.#checkpoints = await this.#startCheckpoints();
  }

  async restore(): Promise<void> {
    await this.#pool.end();
    await this.#superuser(`drop database ${this.#name} with (force)`);
    await this.#copy(`${this.#name}_backup`, this.#name);
    this.#pool = this.#open();
  }

  async rotation(name: string): Promise<RotationView | undefined> {
    return (await listRotations(this.db, { namespace: NAMESPACE, name }))[0];
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + LONGEST_MS;
    let last: unknown;
    while (performance.now() < end) {
      if (await holds().catch((error: unknown) => ((last = error), false))) return;
      await delay(20);
    }
    throw new Error(`${what} did not come to be: ${last instanceof Error ? last.message : await this.#told()}`);
  }

  async ended(...names: readonly string[]): Promise<void> {
    for (const name of names)
      await this.until(`the end of ${name}`, async () => (await this.rotation(name))?.rotation.endedAt !== undefined);
  }

  async rows<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#pool.query<Row>(sql, [...values])).rows;
  }

  async #told(): Promise<string> {
    const [rotations, requests] = await Promise.all([listRotations(this.db, {}), listRequests(this.db)]);
    const live = rotations.map(({ rotation: { name, state, facts } }) => ({ name, state, failure: facts.failure }));
    return JSON.stringify({ live, requests: requests.map(({ name, state, reason }) => `${name} ${state} ${reason}`) });
  }

  deps(): Deps {
    const adapters = drillAdapters(this.vendor);
    return testDeps({ db: this.db, adapters, keys: this.keys, leaseMs: LEASE_MS, replica: "drill" });
  }

  #add(kind: DesiredDocument["kind"], namespace: string, name: string, spec: object): void {
    this.#documents.set(`${kind}/${name}`, { kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } });
  }

  #open(): Pool {
    const { passwords, host, port } = this.#server;
    const connectionString = `postgres://velvet_app:${passwords.velvet_app}@${host}:${port}/${this.#name}`;
    return openPool({ connectionString, max: 24, applicationName: "drill" }, () => undefined);
  }

  async #copy(from: string, to: string): Promise<void> {
    await this.#superuser(`alter database ${from} allow_connections false`);
    await this.#superuser(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${from}'`);
    try {
      await this.#superuser(`create database ${to} template ${from} owner velvet_owner`);
    } finally {
      await this.#superuser(`alter database ${from} allow_connections true`);
      await this.#superuser(`alter database ${to} allow_connections true`);
    }
  }

  async #superuser(sql: string): Promise<void> {
    const client = new Client({ connectionString: this.#server.superuserUrl });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
    await this.#pool.end();
    for (const name of [this.#name, `${this.#name}_backup`])
      await this.#superuser(`drop database if exists ${name} with (force)`);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export interface CredentialShape {
  readonly adapter?: "fake" | "markable" | "byhand";
  /** It is to be issued for the first time. */
  readonly isNew?: boolean;
  /** Of its spec. */
  readonly more?: object;
}

export const PLACES = ["custody", "app", "job"] as const;
