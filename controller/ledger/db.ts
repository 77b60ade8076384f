import { readFileSync } from "node:fs";
import { type CustomTypesConfig, Pool, type PoolClient, types as parsers } from "pg";

/** A statement of `queries/`: named, so that each connection prepares it once. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Reads `queries/<name>.sql`. Called while modules load, so that a missing file stops the start. */
export function statement(name: string): Statement {
  return { name, text: readFileSync(new URL(`./queries/${name}.sql`, import.meta.url), "utf8") };
}

/** The ledger, or one transaction on it. */
export interface Db {
  /** Runs one statement. `bigint` columns come as numbers, `timestamptz` as `Date`, `jsonb` parsed, `bytea` as `Buffer`. */
  query<Row>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
  /** All or nothing. `synchronous_commit` is the server's default, which must be `on`. Does not nest. */
  transaction<T>(work: (tx: Db) => Promise<T>): Promise<T>;
}

const types: CustomTypesConfig = {
  getTypeParser(oid: (typeof parsers.builtins)[keyof typeof parsers.builtins], format?: "text" | "binary") {
    if (oid === parsers.builtins.INT8) return (text: string) => Number(text);
    return parsers.getTypeParser(oid, format);
  },
};

export interface PoolOptions {
  readonly connectionString: string;
  /** Connections at most. */
  readonly max: number;
  readonly applicationName: string;
  /** How long a question waits for a connection. Default: 10 seconds. */
  readonly patienceMs?: number;
}

/** A pool of connections to the ledger. Errors of idle connections are given to `onError`, never thrown. */
export function openPool(options: PoolOptions, onError: (error: Error) => void): Pool {
  const pool = new Pool({
    connectionString: options.connectionString,
    max: options.max,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.patienceMs ?? 10_000,
    types,
  });
  pool.on("error", onError);
  return pool;
}

export function ledgerOf(pool: Pool): Db {
  return {
    query: async <Row>(statement: Statement, values: readonly unknown[] = []) => run<Row>(pool, statement, values),
    transaction: async <T>(work: (tx: Db) => Promise<T>) => {
      const client = await pool.connect();
      let broken: Error | undefined;
      // A connection that dies while nothing is asked of it says so as an event; without a listener that would end Velvet.
      const onError = (error: Error) => (broken = error);
      client.on("error", onError);
      try {
        await client.query("begin");
        const result = await work(insideOf(client));
        await client.query("commit");
        return result;
      } catch (error) {
        await client.query("rollback").catch((failure: Error) => (broken = failure));
        throw error;
      } finally {
        client.off("error", onError);
        client.release(broken);
      }
    },
  };
}

function insideOf(client: PoolClient): Db {
  return {
    query: async <Row>(statement: Statement, values: readonly unknown[] = []) => run<Row>(client, statement, values),
    transaction: async () => Promise.reject(new Error("a transaction does not nest")),
  };
}

async function run<Row>(
  target: Pool | PoolClient,
  { name, text }: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  const result = await target.query({ name, text, values: [...values] });
  return result.rows as Row[];
}
