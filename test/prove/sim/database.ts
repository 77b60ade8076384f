/** A real ledger whose server lives in virtual time: one database and one connection for a runner, so that the order of statements is fixed. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { Client, type PoolClient } from "pg";
import { type Db, openPool, type Statement } from "../../../controller/ledger/db.ts";
import { migrate } from "../../../controller/ledger/migrate.ts";
import type { TestServer } from "../../support/server.ts";
import { asSuperuser } from "../server.ts";
import { BEGINNING } from "./clock.ts";

/** Reads `<name>.sql` of this folder. */
export function simStatement(name: string): Statement {
  return { name: `sim_${name}`, text: readFileSync(new URL(`./${name}.sql`, import.meta.url), "utf8") };
}

/** After so many tellings the tables are emptied: what is read by its table and not by a key would become slow. */
const EMPTY_AFTER = 200;
const SETTINGS = [
  "search_path = sim, pg_catalog",
  `"sim.now" = '${new Date(BEGINNING).toISOString()}'`,
  `"sim.telling" = '00000000'`,
  "jit = off",
  "synchronous_commit = off",
  // Tables are emptied again and again: a plan must not depend on how full they were when it was made.
  "plan_cache_mode = force_generic_plan",
  "enable_seqscan = off",
  "max_parallel_workers_per_gather = 0",
];
/** No telling outlives its server, so nothing of it is logged ahead. Whoever refers to a table comes before it. */
const UNLOGGED =
  "drift_check held finding correction shared_print tombstone retired attempt consumer rotation credential request schedule object effect decision audit audit_words actor outbox source_problem source lease";
/**
 * Snapshots never change: kept apart, a rotation's row stays small however often it is written. The trigger that guards the audit rows is
 * for the controller's role: whoever begins a telling may remove them. (To switch triggers off for a moment would throw away every plan.)
 */
const FITTED = `alter table velvet.rotation alter column snapshot set storage external;
alter table velvet.rotation set (toast_tuple_target = 256);
drop trigger audit_rows_stay on velvet.audit;
create trigger audit_rows_stay before update or delete on velvet.audit for each row when (current_user = 'velvet_app')
  execute function velvet.refuse_audit_change();
drop trigger audit_words_rows_stay on velvet.audit_words;
create trigger audit_words_rows_stay before update or delete on velvet.audit_words for each row when (current_user = 'velvet_app')
  execute function velvet.refuse_all_but_erasing();
drop trigger actor_rows_stay on velvet.actor;
create trigger actor_rows_stay before update or delete on velvet.actor for each row when (current_user = 'velvet_app')
  execute function velvet.refuse_all_but_erasing();`;
const BEGIN = simStatement("begin");
const EMPTY = readFileSync(new URL("./empty.sql", import.meta.url), "utf8");

/** What a telling needs of a ledger. */
export type ToldLedger = Pick<SimLedger, "db" | "begin" | "quiet" | "now" | "statements"> & AsyncDisposable;

export class SimLedger implements AsyncDisposable {
  readonly db: Db;
  readonly #server: TestServer;
  readonly #name: string;
  readonly #close: () => Promise<void>;
  readonly #client: PoolClient;
  #shown: number | undefined;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  #tellings = 0;
  /** What time it is for the server. */
  now: () => number = () => BEGINNING;
  /** For measuring. */
  statements = 0;

  private constructor(server: TestServer, name: string, client: PoolClient, close: () => Promise<void>) {
    this.#server = server;
    this.#name = name;
    this.#client = client;
    this.#close = close;
    this.db = {
      query: async <Row>(statement: Statement, values: readonly unknown[] = []) =>
        this.#alone(async () => {
          await this.#showTime();
          return this.#run<Row>(statement, values);
        }),
      transaction: async (work) => this.#alone(async () => this.#transaction(work)),
    };
  }

  static async open(server: TestServer): Promise<SimLedger> {
    const name = `sim_${randomBytes(6).toString("hex")}`;
    await asSuperuser(server, `create database ${name} owner velvet_owner`);
    await asSuperuser(server, readFileSync(new URL("./sim.sql", import.meta.url), "utf8"), name);
    // In force before anything is made: defaults, views and functions bind to the first function of that name.
    await asSuperuser(server, SETTINGS.map((setting) => `alter database ${name} set ${setting};`).join("\n"));
    const { host, port, passwords } = server;
    const urlFor = (role: "velvet_owner" | "velvet_app"): string =>
      `postgres://${role}:${passwords[role]}@${host}:${port}/${name}`;
    await migrate({ migrationUrl: urlFor("velvet_owner"), appRole: "velvet_app", auditorRoles: ["velvet_auditor"] });
    await refuseOtherClocks(server, name);
    await asSuperuser(server, FITTED, name);
    await asSuperuser(
      server,
      UNLOGGED.split(" ")
        .map((table) => `alter table velvet.${table} set unlogged;`)
        .join("\n"),
      name,
    );
    const pool = openPool(
      {
        connectionString: await socketUrl(server, urlFor("velvet_app")),
        max: 1,
        applicationName: "velvet proof",
      },
      () => undefined,
    );
    const client = await pool.connect();
    return new SimLedger(server, name, client, async () => {
      client.release();
      await pool.end();
    });
  }

  /** A new telling, of which the ledger knows nothing yet; its uuids begin with `prefix`, and its source is past its first look. */
  async begin(prefix: string): Promise<void> {
    if (this.#tellings > 0 && this.#tellings % EMPTY_AFTER === 0) await this.#empty();
    this.#tellings += 1;
    this.#shown = undefined;
    await this.db.query(BEGIN, [prefix]);
  }

  /** Resolves when nothing is asked of the server; undefined when that is so already. */
  quiet(): Promise<void> | undefined {
    return this.#waiting === 0 ? undefined : this.#last.then(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await asSuperuser(this.#server, `drop database if exists ${this.#name} with (force)`);
  }

  /** One after the other, in the order of asking. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    try {
      return await work();
    } finally {
      this.#waiting -= 1;
      resolve();
    }
  }

  async #transaction<T>(work: (tx: Db) => Promise<T>): Promise<T> {
    await this.#showTime();
    const tx: Db = {
      query: async <Row>(statement: Statement, values: readonly unknown[] = []) => this.#run<Row>(statement, values),
      transaction: async () => Promise.reject(new Error("a transaction does not nest")),
    };
    await this.#client.query("begin");
    try {
      const result = await work(tx);
      await this.#client.query("commit");
      return result;
    } catch (error) {
      await this.#client.query("rollback");
      throw error;
    } finally {
      this.statements += 2;
    }
  }

  async #run<Row>({ name, text }: Statement, values: readonly unknown[]): Promise<Row[]> {
    this.statements += 1;
    const result = await this.#client.query({ name, text, values: [...values] });
    return result.rows as Row[];
  }

  /** The server's clock is set when the time is next asked for. */
  async #showTime(): Promise<void> {
    const now = this.now();
    if (now === this.#shown) return;
    await this.#run({ name: "sim_time", text: "select set_config('sim.now', $1, false)" }, [
      new Date(now).toISOString(),
    ]);
    this.#shown = now;
  }

  async #empty(): Promise<void> {
    await asSuperuser(this.#server, EMPTY, this.#name);
  }
}

/** Every default of the ledger's tables is this clock's, or tellings would live in two times. */
async function refuseOtherClocks(server: TestServer, database: string): Promise<void> {
  const rows = await asSuperuser<{ name: string }>(
    server,
    `select attrelid::regclass || '.' || attname as name from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid::regclass::text like 'velvet.%' and a.attrelid <> 'velvet.migration'::regclass
        and pg_get_expr(d.adbin, d.adrelid) ~ 'clock_timestamp|now|uuid' and not exists (
          select from pg_depend p join pg_proc f on f.oid = p.refobjid join pg_namespace n on n.oid = f.pronamespace
          where p.classid = 'pg_attrdef'::regclass and p.objid = d.oid and n.nspname = 'sim')`,
    database,
  );
  if (rows.length > 0) throw new Error(`not in virtual time: ${rows.map(({ name }) => name).join(", ")}`);
}

/** Over the server's socket where it can be reached: a third less for each statement. */
async function socketUrl(server: TestServer, url: string): Promise<string> {
  const [row] = await asSuperuser<{ unix_socket_directories: string }>(server, "show unix_socket_directories");
  const folder = row?.unix_socket_directories ?? "";
  if (!existsSync(`${folder}/.s.PGSQL.${server.port}`)) return url;
  const { username, password, pathname } = new URL(url);
  const local = `postgres://${username}:${password}@${encodeURIComponent(folder)}:${server.port}${pathname}`;
  return (await canConnect(local)) ? local : url;
}

async function canConnect(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
