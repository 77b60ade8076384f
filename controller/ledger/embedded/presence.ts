/**
 * Who uses the server: each Velvet holds one session with a shared advisory lock, so that the last to leave stops the server, whoever
 * started it, and a killed Velvet counts no longer.
 */
import { Client } from "pg";
import { isAlive } from "./postmaster.ts";

const USERS_LOCK = "7380413120460101";
const SETUP_LOCK = "7380413120460102";
/** A session's name is this and the number of its process. */
const NAME = "velvet presence ";
const OTHERS = `select application_name as name from pg_stat_activity where starts_with(application_name, $1) and pid <> pg_backend_pid()`;

export interface Presence {
  /** For setting up: one Velvet at a time. */
  alone<T>(work: (session: Client) => Promise<T>): Promise<T>;
  /** Leaves. True when nobody else is there, in which case nobody can come any more: the caller must stop the server. */
  leave(): Promise<boolean>;
}

/** Comes to the server at `url` (superuser, database `postgres`). Throws when it is just being stopped: look again then. */
export async function arrive(url: string): Promise<Presence> {
  const session = new Client({
    connectionString: url,
    application_name: `${NAME}${process.pid}`,
    connectionTimeoutMillis: 10_000,
  });
  let lost = false;
  session.on("error", () => (lost = true));
  await session.connect();
  try {
    await session.query("select pg_advisory_lock_shared($1)", [USERS_LOCK]);
  } catch (error) {
    await session.end().catch(() => undefined);
    throw error;
  }
  return {
    alone: async (work) => {
      await session.query("select pg_advisory_lock($1)", [SETUP_LOCK]);
      try {
        return await work(session);
      } finally {
        await session.query("select pg_advisory_unlock($1)", [SETUP_LOCK]);
      }
    },
    // A server that is gone needs no stopping.
    leave: async () => (lost ? false : leave(session).catch(() => false)),
  };
}

/**
 * The lock stays held with the session when it was had alone: who comes now waits until the server cuts them off. A Velvet that was
 * killed may still be counted for a moment, until the server notices that its connection is gone.
 */
async function leave(session: Client): Promise<boolean> {
  await session.query("select pg_advisory_unlock_shared($1)", [USERS_LOCK]);
  if (await tryAlone(session)) return true;
  const others = await session.query<{ name: string }>(OTHERS, [NAME]);
  const alive = others.rows.some(({ name }) => isAlive(Number(name.slice(NAME.length))));
  if (!alive && (await waitAlone(session))) return true;
  await session.end();
  return false;
}

async function tryAlone(session: Client): Promise<boolean> {
  const { rows } = await session.query<{ last: boolean }>("select pg_try_advisory_lock($1) as last", [USERS_LOCK]);
  return rows[0]?.last === true;
}

async function waitAlone(session: Client): Promise<boolean> {
  await session.query("set lock_timeout = '10s'");
  try {
    await session.query("select pg_advisory_lock($1)", [USERS_LOCK]);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === "55P03") return false;
    throw error;
  }
}
