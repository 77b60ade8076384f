/** A ledger that can be backed up and restored under the controllers that stand on it. */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { readConfig } from "../../controller/config.ts";
import type { HoldView } from "../../controller/ledger/holds.ts";
import { listHolds } from "../../controller/ledger/holds.ts";
import { listSources } from "../../controller/ledger/sources.ts";
import { listRequests, listRotations, type RequestView } from "../../controller/ledger/views.ts";
import { openLog } from "../../controller/log.ts";
import { runController } from "../../controller/main.ts";
import { manifest } from "../bad-input/world.ts";
import { type Said, velvet } from "../bad-input/velvet.ts";
import { type TestRemote, testRemote } from "../git/remote.ts";
import { asSuperuser, type FreshLedger, freshLedger, testServer } from "../support/postgres.ts";

/** Only for what hangs: many programs run side by side here. */
const LONGEST_MS = 60_000;
const LOOK_MS = 40;

export interface Line {
  readonly level: string;
  readonly msg: string;
  readonly reason?: string;
  readonly [fact: string]: unknown;
}

export interface Replica {
  readonly log: readonly Line[];
  /** As SIGTERM does. */
  stop(): Promise<void>;
}

export class RestoredWorld implements AsyncDisposable {
  readonly ledger: FreshLedger;
  readonly remote: TestRemote;
  readonly env: Readonly<Record<string, string>>;
  readonly #replicas: Replica[] = [];
  readonly #backups: string[] = [];

  private constructor(ledger: FreshLedger, remote: TestRemote) {
    this.ledger = ledger;
    this.remote = remote;
    this.env = {
      PATH: process.env["PATH"] ?? "",
      DATABASE_URL: ledger.appUrl,
      VELVET_MIGRATION_DATABASE_URL: ledger.ownerUrl,
      VELVET_AUDIT_DATABASE_URL: ledger.auditorUrl,
      VELVET_KEK: randomBytes(32).toString("base64"),
      VELVET_DATA_DIR: join(remote.folder, "data"),
      VELVET_GIT_URL: `file://${remote.path}`,
      VELVET_GIT_NAMESPACES: "teams/*=*",
      VELVET_GIT_INTERVAL: "1s",
      VELVET_PLATFORM_DIR: join(remote.folder, "platform"),
    };
  }

  /** With a credential that rotates, and no request. */
  static async open(): Promise<RestoredWorld> {
    const [ledger, remote] = await Promise.all([freshLedger(), testRemote()]);
    const world = new RestoredWorld(ledger, remote);
    const [platform, files] = [join(remote.folder, "platform"), join(remote.folder, "files")];
    for (const folder of [platform, files]) await mkdir(folder);
    const allow = [{ namespaces: ["orders"], targets: { path: ["**"] } }];
    const accounts = {
      values: { adapter: "random", allow: [{ namespaces: ["orders"] }] },
      files: { adapter: "file", file: { root: files }, allow },
    };
    for (const [name, spec] of Object.entries(accounts))
      await writeFile(join(platform, `${name}.yaml`), manifest("VendorAccount", name, spec));
    await world.commit(credential("token"));
    return world;
  }

  get file(): string {
    return join(this.env["VELVET_DATA_DIR"] ?? "", "checkpoint.json");
  }

  async published(): Promise<Record<string, unknown>> {
    return JSON.parse(await readFile(this.file, "utf8")) as Record<string, unknown>;
  }

  async commit(files: Readonly<Record<string, string>>): Promise<string> {
    return this.remote.commit(files);
  }

  /** Returns when it has read its sources. */
  async start(more: Readonly<Record<string, string>> = {}): Promise<Replica> {
    const environment = { ...this.env, ...more };
    const stop = new AbortController();
    const log: Line[] = [];
    const ready = Promise.withResolvers<void>();
    const running = runController({
      config: readConfig(environment, { root: false, home: "/nowhere" }),
      environment,
      log: openLog({ level: "debug", stream: { write: (line) => log.push(JSON.parse(line) as Line) } }),
      clock: { now: () => new Date(), monotonicMs: () => performance.now() },
      random: randomBytes,
      stop: stop.signal,
      checkpointMs: 500,
      onReady: ready.resolve,
    });
    running.catch(ready.reject);
    const replica = { log, stop: async () => (stop.abort(), running) };
    this.#replicas.push(replica);
    await ready.promise;
    const cursor = await this.remote.git("rev-parse", "HEAD");
    await this.until("the first sync", async () => {
      const sources = await listSources(this.ledger.db);
      return sources.length === 2 && sources.every((each) => each.kind !== "git" || each.cursor === cursor);
    });
    return replica;
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#replicas.splice(0).map(async (replica) => replica.stop()));
  }

  async velvet(...args: string[]): Promise<Said> {
    return velvet(args, { env: this.env });
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + LONGEST_MS;
    let last: unknown;
    while (performance.now() < end) {
      // While it is restored, the ledger answers nothing.
      if (await holds().catch((error: unknown) => ((last = error), false))) return;
      await after(LOOK_MS);
    }
    throw new Error(`${what} did not come to be (${last instanceof Error ? last.message : "it never failed"})`);
  }

  async request(name: string, state: RequestView["state"] | "done"): Promise<void> {
    await this.until(`${name}: ${state}`, async () => {
      const rotations = await listRotations(this.ledger.db, { name });
      if (state === "done") return rotations.some(({ rotation }) => rotation.state === "done");
      const found = await listRequests(this.ledger.db, { name });
      if (found.some((each) => each.state === state)) return true;
      throw new Error(`it is ${JSON.stringify(found.map((each) => each.state))}`);
    });
  }

  async held(reason: string): Promise<HoldView> {
    let found: HoldView | undefined;
    await this.until(`held by ${reason}`, async () => {
      found = (await listHolds(this.ledger.db)).find((hold) => hold.reason === reason);
      return found !== undefined;
    });
    if (found === undefined) throw new Error("unreachable");
    return found;
  }

  async free(): Promise<void> {
    await this.until("free", async () => (await listHolds(this.ledger.db)).length === 0);
  }

  /** Returns when every loop of every replica has come round, which the sources' own show. */
  async looked(): Promise<void> {
    const { rows } = await this.ledger.pool.query<{ now: Date }>("select clock_timestamp() as now");
    const since = (rows[0]?.now ?? new Date()).getTime();
    await this.until("more looks", async () => {
      const sources = await listSources(this.ledger.db);
      return sources.some(({ kind, syncedAt }) => kind === "git" && Date.parse(syncedAt ?? "") > since + 3_000);
    });
  }

  /** A copy of the whole database. */
  async backup(): Promise<string> {
    const name = `backup_${randomBytes(6).toString("hex")}`;
    this.#backups.push(name);
    await this.#copy(this.ledger.name, name);
    return name;
  }

  /** The ledger is what it was then; `empty`: what it is before any start. Its connections break, as in every restore. */
  async restore(backup: string): Promise<void> {
    await asSuperuser(`drop database ${this.ledger.name} with (force)`);
    await this.#copy(backup === "empty" ? testServer().template : backup, this.ledger.name);
  }

  /** Postgres copies only what nobody is connected to. */
  async #copy(from: string, to: string): Promise<void> {
    await asSuperuser(`alter database ${from} allow_connections false`);
    await asSuperuser(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${from}'`);
    try {
      await asSuperuser(`create database ${to} template ${from} owner velvet_owner`);
    } finally {
      await asSuperuser(`alter database ${from} allow_connections true`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAll().catch(() => undefined);
    await Promise.all([this.ledger.drop(), this.remote.remove()]);
    for (const name of this.#backups) await asSuperuser(`drop database if exists ${name} with (force)`);
  }
}

export function credential(name: string): Record<string, string> {
  const spec = {
    credentialName: name.toUpperCase(),
    environment: "development",
    issuer: { account: "values", random: {} },
    custody: { account: "files", file: { path: `custody/${name}.json`, format: "json" } },
    consumers: [
      {
        id: "app",
        account: "files",
        file: { path: `apps/${name}.env`, format: "dotenv" },
        keys: [{ field: "value", name: "SECRET" }],
        check: { type: "native" },
      },
    ],
    gates: { mint: "Automatic", revoke: "Automatic" },
    rotation: { overlap: "0s", quarantine: "0s" },
  };
  return { [`teams/orders/credentials/${name}.yaml`]: manifest("Credential", name, spec) };
}

export function request(name: string, more: object = {}): Record<string, string> {
  const spec = {
    credentialRef: { name: "token" },
    flow: "Operational",
    expect: "Absent",
    reason: "drill",
    requestedBy: "ana",
    ...more,
  };
  return { [`teams/orders/requests/${name}.yaml`]: manifest("RotationRequest", name, spec) };
}

/** Rotated once, backed up, rotated once more, stopped gracefully. Returns the backup. */
export async function rotatedAfterBackup(world: RestoredWorld): Promise<string> {
  await world.start();
  await world.commit(request("before"));
  await world.request("before", "done");
  await world.stopAll();
  const backup = await world.backup();
  await world.start();
  await world.commit(request("after", { expect: "Alive" }));
  await world.request("after", "done");
  await world.stopAll();
  return backup;
}
