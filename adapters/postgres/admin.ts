/** Velvet's own sessions at the server: at most two, one transaction each, given up when the signal aborts. */
import { Pool, type PoolClient } from "pg";
import type { Secret } from "../secret.ts";
import type { Circumstances } from "./failure.ts";
import { failureOf } from "./failure.ts";
import type { Server } from "./server.ts";

/** One transaction. */
export interface Session {
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface Admin extends AsyncDisposable {
  readonly server: Server;
  /**
   * Runs `work` in one transaction. Throws `Transient` or `Terminal` where it certainly has no effect, and `OutcomeUnknown` where the
   * commit was sent and not confirmed. An error of `errors.ts` that `work` throws rolls back and goes on as it is.
   */
  transaction<T>(operation: string, signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T>;
}

/**
 * Bounds on the server's side, far below any deadline of a caller: a statement whose client has gone ends soon after. A role change
 * that was confirmed must survive the server's crash, so a lax `synchronous_commit` is made strict; a stricter one stays.
 */
const BEGIN = `begin;
set local lock_timeout = '3s';
set local statement_timeout = '5s';
set local idle_in_transaction_session_timeout = '10s';
set local search_path = pg_catalog, pg_temp;
select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') in ('off', 'local')`;

export function openAdmin(server: Server, password: () => Secret): Admin {
  let pool: Pool | undefined;
  const opened = (): Pool => {
    // Asked before anything is connected: the driver leaves a socket open when its password cannot be had.
    password();
    return (pool ??= openPool(server, password));
  };
  return {
    server,
    transaction: async (operation, signal, work) => {
      const told: Told = { operation, admin: server.admin, signal };
      const client = await borrow(opened, told);
      return perform(client, told, work);
    },
    async [Symbol.asyncDispose]() {
      await pool?.end();
    },
  };
}

interface Told extends Pick<Circumstances, "operation" | "admin"> {
  readonly signal: AbortSignal;
}

function openPool(server: Server, password: () => Secret): Pool {
  const pool = new Pool({
    ...server.clientConfig(),
    user: server.admin,
    database: server.database,
    password: () => password().reveal(),
    application_name: "velvet",
    max: 2,
    idleTimeoutMillis: 30_000,
  });
  // An idle session that ends is replaced by the next use.
  pool.on("error", () => undefined);
  return pool;
}

async function borrow(opened: () => Pool, { signal, ...told }: Told): Promise<PoolClient> {
  if (signal.aborted) throw failureOf(undefined, { ...told, stage: "connect", aborted: true });
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(new Error("aborted"));
  signal.addEventListener("abort", onAbort, { once: true });
  let connecting: Promise<PoolClient> | undefined;
  try {
    connecting = opened().connect();
    return await Promise.race([connecting, aborted]);
  } catch (error) {
    // A session that comes too late goes back to the pool unused.
    connecting?.then((client) => client.release()).catch(() => undefined);
    throw failureOf(error, { ...told, stage: "connect", aborted: signal.aborted });
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function perform<T>(client: PoolClient, told: Told, work: (session: Session) => Promise<T>): Promise<T> {
  const { signal } = told;
  // Without its commit, a transaction whose connection is cut has no effect.
  const cut = (): unknown => client.connection.stream.destroy();
  const ignore = (): void => undefined;
  client.on("error", ignore);
  signal.addEventListener("abort", cut, { once: true });
  let stage: Circumstances["stage"] = "work";
  let broken = true;
  try {
    signal.throwIfAborted();
    await client.query(BEGIN);
    const result = await work(sessionOf(client));
    signal.throwIfAborted();
    stage = "commit";
    await client.query("commit");
    broken = false;
    return result;
  } catch (error) {
    throw failureOf(error, { operation: told.operation, admin: told.admin, stage, aborted: signal.aborted });
  } finally {
    signal.removeEventListener("abort", cut);
    client.off("error", ignore);
    // A broken session ends here, and the server rolls its transaction back.
    client.release(broken);
  }
}

function sessionOf(client: PoolClient): Session {
  return {
    query: async <Row>(sql: string, values: readonly unknown[] = []) =>
      (await client.query(sql, [...values])).rows as Row[],
  };
}
