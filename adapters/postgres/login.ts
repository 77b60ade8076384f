/** A login with the value itself, on a fresh connection: the only way to ask a server whether a password is right. */
import { Client } from "pg";
import { codeOf } from "./failure.ts";
import { CONNECT_MS, type Server } from "./server.ts";

export interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export type Login =
  | {
      readonly accepted: true;
      /** Whose rights and ownership the session has. */
      readonly currentUser: string;
      /** Who logged in. */
      readonly sessionUser: string;
      readonly inRecovery: boolean;
    }
  | {
      readonly accepted: false;
      /** SQLSTATE, or a network error's code; absent where the driver gave none. */
      readonly code?: string;
    };

interface Identity {
  readonly currentUser: string;
  readonly sessionUser: string;
  readonly inRecovery: boolean;
}

const WHO = `select current_user::text as "currentUser", session_user::text as "sessionUser",
  pg_is_in_recovery() as "inRecovery"`;

/** What went wrong is in the code. Ends at once when the signal aborts. Throws only where the account itself cannot be used. */
export async function login(server: Server, credentials: Credentials, signal: AbortSignal): Promise<Login> {
  const client = new Client({
    ...server.clientConfig(),
    ...credentials,
    application_name: "velvet verify",
    query_timeout: CONNECT_MS,
  });
  client.on("error", () => undefined);
  const cut = (): unknown => client.connection.stream.destroy();
  signal.addEventListener("abort", cut, { once: true });
  try {
    signal.throwIfAborted();
    await client.connect();
    const { rows } = await client.query<Identity>(WHO);
    await client.end();
    const [who] = rows;
    return who === undefined ? { accepted: false } : { accepted: true, ...who };
  } catch (error) {
    const code = codeOf(error);
    return { accepted: false, ...(code === undefined ? {} : { code }) };
  } finally {
    signal.removeEventListener("abort", cut);
    cut();
  }
}
