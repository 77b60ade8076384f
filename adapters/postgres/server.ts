/** Where the account's server is, and how a connection to it is made. */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { ClientConfig } from "pg";
import type { PostgresAccount } from "../../crds/kinds.gen.ts";
import type { TypedAccount } from "../define.ts";
import { failed } from "./failure.ts";
import { parseUrl, type Place } from "./value.ts";

export interface Server extends Place {
  /** Velvet's own role. */
  readonly admin: string;
  /** Without user, password and database. Throws `Terminal` where the account's `caFile` cannot be read. */
  clientConfig(): ClientConfig;
}

/** A login takes one round trip less than this, or the server is as good as away. */
export const CONNECT_MS = 5_000;

/** Throws `Terminal` `EndpointInvalid`. */
export function serverOf(account: TypedAccount<PostgresAccount>): Server {
  const { host, port, database = "postgres", user } = parseUrl(account.endpoint ?? "") ?? {};
  if (host === undefined || port === undefined || user !== undefined || `${host}${port}`.includes(",")) {
    throw failed("read the endpoint", {
      reason: "EndpointInvalid",
      message: `The endpoint of account ${account.name} is not of the form postgres://host:port/database.`,
      remedy: "Set spec.endpoint of the VendorAccount to one host, without user and password.",
    });
  }
  const { user: admin = "velvet_admin", sslMode = "verify-full", caFile } = account.config;
  return {
    host,
    port,
    database,
    admin,
    clientConfig: () => ({
      host,
      port: Number(port),
      ssl: tlsOf(sslMode, host, caFile),
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
    }),
  };
}

type SslMode = NonNullable<PostgresAccount["sslMode"]>;

function tlsOf(mode: SslMode, host: string, caFile: string | undefined): false | ConnectionOptions {
  if (mode === "disable") return false;
  if (mode === "require") return { rejectUnauthorized: false };
  // For an address the driver names no host, and Node would compare the certificate with "localhost".
  const named = isIP(host) === 0 ? {} : { host };
  return { rejectUnauthorized: true, ...named, ...(caFile === undefined ? {} : { ca: readAuthorities(caFile) }) };
}

function readAuthorities(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw failed("read the caFile", {
      reason: "CaFileUnreadable",
      message: `The account's caFile ${path} cannot be read.`,
      remedy: "Mount it, readable by the controller.",
    });
  }
}
