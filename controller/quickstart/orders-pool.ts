import { setTimeout as after } from "node:timers/promises";
import { Client, Pool } from "pg";

/** What the app says about itself. Never a value: the user of a login is public, its password is not. */
export type AppLog = (event: string, facts: Readonly<Record<string, string | number>>) => void;

/** The app's connections to its database: one pool at a time, replaced as a whole when the login changes. */
export interface OrdersPool {
  /** The user that new queries run with. */
  user(): string;
  /** Resolves when no query on an old login runs any more: true, or false where some still do after `ms`. */
  drained(ms: number): Promise<boolean>;
  query<Row>(text: string): Promise<Row[]>;
  /** Connects apart from the pool, with the login in use now, and says which user the server sees. Rejects when it cannot. */
  freshLogin(): Promise<string>;
  /**
   * Switches to another login: proves it on a connection of a new pool first, then lets the queries that run on the old one end.
   * Resolves after the switch, not after the drain. Rejects and keeps the old login where the new one does not work.
   */
  use(url: string): Promise<void>;
  /** Waits for running queries, then closes every connection. */
  close(): Promise<void>;
}

/** One login with its pool. `running` counts queries, because `pg.Pool.end()` forgets those that still wait for a connection. */
interface Lease {
  readonly url: string;
  readonly user: string;
  readonly pool: Pool;
  running: number;
  retired: boolean;
  readonly drained: PromiseWithResolvers<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;

/** Opens the first pool; rejects where its login does not work. */
export async function openOrdersPool(url: string, log: AppLog): Promise<OrdersPool> {
  let current = await lease(url, log);
  const draining = new Set<Lease>();

  const retire = (old: Lease): void => {
    draining.add(old);
    old.retired = true;
    endWhenIdle(old);
    const gone = (): void => void draining.delete(old);
    old.drained.promise.then(gone, gone);
  };

  return {
    user: () => current.user,
    drained: async (ms) => {
      if (draining.size === 0) return true;
      const late = after(ms, false, { ref: false });
      const all = Promise.allSettled([...draining].map(async (each) => each.drained.promise)).then(() => true);
      return Promise.race([all, late]);
    },
    query: async <Row>(text: string) => queryOn<Row>(current, text),
    freshLogin: async () => loginApart(current.url),
    use: async (next) => {
      if (next === current.url) return;
      const proven = await lease(next, log);
      const old = current;
      current = proven;
      log("switched", { from: old.user, to: proven.user });
      retire(old);
      old.drained.promise.then(
        () => log("drained", { user: old.user }),
        () => undefined,
      );
    },
    close: async () => {
      retire(current);
      await Promise.allSettled([...draining].map(async (each) => each.drained.promise));
    },
  };
}

async function lease(url: string, log: AppLog): Promise<Lease> {
  const pool = new Pool({
    connectionString: url,
    max: 4,
    application_name: "orders",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  pool.on("error", (error) => log("connection lost", { code: codeOf(error) }));
  try {
    await pool.query("select 1");
  } catch (error) {
    await pool.end();
    throw error;
  }
  return { url, user: userOf(url), pool, running: 0, retired: false, drained: Promise.withResolvers<void>() };
}

async function queryOn<Row>(on: Lease, text: string): Promise<Row[]> {
  on.running += 1;
  try {
    const result = await on.pool.query(text);
    return result.rows as Row[];
  } finally {
    on.running -= 1;
    endWhenIdle(on);
  }
}

function endWhenIdle(old: Lease): void {
  if (old.retired && old.running === 0 && !old.pool.ending)
    old.pool.end().then(old.drained.resolve, old.drained.reject);
}

async function loginApart(url: string): Promise<string> {
  const client = new Client({
    connectionString: url,
    application_name: "orders health",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on("error", () => undefined); // the query below rejects too
  try {
    await client.connect();
    const result = await client.query<{ user: string }>('select session_user::text as "user"');
    return result.rows[0]?.user ?? "";
  } finally {
    await client.end().catch(() => undefined);
  }
}

function userOf(url: string): string {
  return decodeURIComponent(new URL(url).username);
}

/** The short code of a driver's error: an SQLSTATE or an errno. Never its message, which may quote a connection string. */
export function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "unknown";
}
