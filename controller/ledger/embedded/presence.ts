/**
 * Who uses the server: each Velvet holds one session with a shared advisory lock, so that the last to leave stops the server, whoever
 * started it, and a killed Velvet counts no longer.
 */
import { Client } from "pg";

const USERS_LOCK = "7380413120460101";
const SETUP_LOCK = "7380413120460102";

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
    application_name: "velvet presence",
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
    leave: async () => (lost ? false : leave(session)),
  };
}

/** The lock stays held with the session when it was had alone: who comes now waits until the server cuts them off. */
async function leave(session: Client): Promise<boolean> {
  await session.query("select pg_advisory_unlock_shared($1)", [USERS_LOCK]);
  const { rows } = await session.query<{ last: boolean }>("select pg_try_advisory_lock($1) as last", [USERS_LOCK]);
  if (rows[0]?.last === true) return true;
  await session.end();
  return false;
}
