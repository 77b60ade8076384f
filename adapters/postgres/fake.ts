/**
 * The vendor's double is a real server. A bench is a part of it that nobody else uses: a database, a role as from before Velvet, and an
 * admin role with exactly the rights that the README lists.
 */
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, globSync, openSync, readFileSync } from "node:fs";
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client, escapeIdentifier, escapeLiteral } from "pg";
import type { PostgresAccount, PostgresIssuer } from "../../crds/kinds.gen.ts";
import type { AccountHandle, Clock, Connection, Issuer } from "../contract.ts";
import { Secret, type SecretFields } from "../secret.ts";
import { type Admin, openAdmin } from "./admin.ts";
import { postgres } from "./postgres.ts";
import { serverOf } from "./server.ts";

export const clock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() };

export interface PgBench extends AsyncDisposable {
  readonly role: string;
  readonly alternate: string;
  readonly admin: string;
  readonly database: string;
  /** Live, as `user` and `password`. */
  readonly adopted: SecretFields;
  readonly connection: Connection;
  issuer(block?: Partial<PostgresIssuer>): Issuer;
  /** The same account with another endpoint or block. Closed with the bench. */
  connect(changed?: { readonly endpoint?: string; readonly config?: PostgresAccount }): Connection;
  /** Velvet's own sessions, without the adapter around them. */
  adminSession(): Admin;
  /** As superuser, in the bench's database. */
  superuser<Row extends object>(sql: string): Promise<Row[]>;
  /** A session of a consumer. Closed with the bench. */
  session(value: SecretFields): Promise<Client>;
  endpoint(database?: string): string;
}

export interface BenchOptions {
  /** Superuser, any database. */
  readonly superuserUrl: string;
  readonly role?: string;
  readonly password?: Secret;
  /** Left out of the admin's rights. */
  readonly without?: "createrole" | "admin option" | "pg_signal_backend";
}

export async function arrange(options: BenchOptions): Promise<PgBench> {
  const suffix = randomBytes(5).toString("hex");
  const [admin, database, role] = [`velvet_${suffix}`, `db_${suffix}`, options.role ?? `orders_${suffix}`];
  const [password, adminPassword] = [options.password ?? Secret.from(`pw-${suffix}`), randomBytes(12).toString("hex")];
  const at = new URL(options.superuserUrl);
  await runAt(at, "postgres", `create database ${database}`);
  at.pathname = `/${database}`;
  const superuser = async <Row extends object>(sql: string): Promise<Row[]> => runAt<Row>(at, database, sql);
  const [server] = await superuser<{ version: number }>("select current_setting('server_version_num')::int as version");
  const version = server?.version ?? 0;
  await superuser(arrangement({ ...options, version, admin, role, password, adminPassword }));

  const endpoint = (name = database): string => `postgres://${at.hostname}:${at.port}/${name}`;
  const open: (AsyncDisposable | Client)[] = [];
  const connect: PgBench["connect"] = (changed = {}) => {
    const config = { user: admin, sslMode: "disable", ...changed.config } as const;
    const account = accountOf(changed.endpoint ?? endpoint(), config, adminPassword);
    const connection = postgres.connect(account, clock);
    open.push(connection);
    return connection;
  };
  const connection = connect();
  return {
    role,
    alternate: `${role}_b`,
    admin,
    database,
    adopted: { user: Secret.from(role), password },
    connection,
    connect,
    superuser,
    endpoint,
    adminSession: () => {
      const account = {
        ...accountOf(endpoint(), {}, adminPassword),
        config: { user: admin, sslMode: "disable" } as const,
      };
      return openAdmin(serverOf(account), () => Secret.from(adminPassword));
    },
    issuer: (block = {}) => issuerAt(connection, { role, ...block }),
    session: async (value) => {
      const [user, word] = [value["user"]?.reveal() ?? "", value["password"]?.reveal() ?? ""];
      const client = new Client({ host: at.hostname, port: Number(at.port), database, user, password: word });
      client.on("error", () => undefined);
      open.push(client);
      await client.connect();
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const each of open) await (each instanceof Client ? each.end() : each[Symbol.asyncDispose]());
      await runAt(at, "postgres", `drop database ${database} with (force)`);
    },
  };
}

export function issuerAt(connection: Connection, block: PostgresIssuer): Issuer {
  const issuer = connection.issuer?.(block);
  if (!issuer) throw new Error("postgres is an issuer");
  return issuer;
}

interface Arrangement extends BenchOptions {
  /** `server_version_num` */
  readonly version: number;
  readonly admin: string;
  readonly role: string;
  readonly password: Secret;
  readonly adminPassword: string;
}

/** As in the README, and in the log all that the admin says. */
function arrangement({ version, admin, role, password, adminPassword, without }: Arrangement): string {
  const quoted = escapeIdentifier(role);
  const createrole = without === "createrole" ? "" : "createrole";
  return [
    `create role ${quoted} login password ${escapeLiteral(password.reveal())}`,
    `create role ${admin} login ${createrole} password ${escapeLiteral(adminPassword)}`,
    `alter role ${admin} set log_statement = 'all'`,
    ...(without === "admin option" ? [] : administration(version, quoted, admin)),
    ...(without === "pg_signal_backend" ? [] : [`grant pg_signal_backend to ${admin}`]),
  ].join(";\n");
}

/** What lets Velvet alter a role that it did not create. Up to PostgreSQL 15 that is CREATEROLE alone. */
export function administration(version: number, role: string, admin: string): readonly string[] {
  return version < 160_000 ? [] : [`grant ${role} to ${admin} with admin true, inherit false, set false`];
}

export function accountOf(endpoint: string, config: PostgresAccount, password: string): AccountHandle {
  const secret = (): Secret => Secret.from(password);
  return { name: "orders-postgres", generation: 1, endpoint, config, endpoints: [], secret, headers: () => ({}) };
}

async function runAt<Row extends object>(url: URL, database: string, sql: string): Promise<Row[]> {
  const at = new URL(url);
  at.pathname = `/${database}`;
  const client = new Client({ connectionString: at.href });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Where the machine has Postgres programs of its own, oldest first: another major version than the embedded one. */
export function systemPrograms(): string | undefined {
  const found = globSync("/usr/lib/postgresql/*/bin").toSorted();
  return found.find((folder) => existsSync(join(folder, "postgres")));
}

export interface OwnServer extends AsyncDisposable {
  readonly superuserUrl: string;
  readonly port: number;
  log(): Promise<string>;
  /** PEM of the authority that its certificate is signed by: itself, for `localhost` and 127.0.0.1. */
  readonly caFile: string;
}

/** A throw-away server with TLS. Needs `openssl`. */
export async function startOwnServer(programs: string): Promise<OwnServer> {
  const home = await mkdtemp(join(tmpdir(), "velvet-pg-"));
  const [data, log, passwordFile] = [join(home, "data"), join(home, "log"), join(home, "password")];
  const [key, caFile] = [join(home, "server.key"), join(home, "server.crt")];
  const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
  execFileSync("openssl", [...request, "-addext", names, "-keyout", key, "-out", caFile], { stdio: "ignore" });
  const password = randomBytes(12).toString("hex");
  await writeFile(passwordFile, password);
  const account = unprivileged();
  for (const path of [home, passwordFile, key]) await own(path, account);
  const runAs = { ...account, cwd: "/", env: { LC_ALL: "C" } };
  const init = [
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "scram-sha-256",
    `--pwfile=${passwordFile}`,
    "--no-sync",
    "-E",
    "UTF8",
  ];
  execFileSync(join(programs, "initdb"), init, { ...runAs, stdio: "ignore" });
  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "ssl=on"];
  const files = [`ssl_cert_file=${caFile}`, `ssl_key_file=${key}`];
  const output = openSync(log, "a");
  const args = ["-D", data, "-p", String(port), ...[...settings, ...files].flatMap((setting) => ["-c", setting])];
  const server = spawn(join(programs, "postgres"), args, { ...runAs, stdio: ["ignore", output, output] });
  closeSync(output);
  const superuserUrl = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const ended = new Promise((done) => server.once("exit", done));
  await untilReady(superuserUrl);
  return {
    superuserUrl,
    port,
    caFile,
    log: async () => readFile(log, "utf8"),
    async [Symbol.asyncDispose]() {
      server.kill("SIGINT");
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Postgres refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync("/etc/passwd", "utf8").split("\n").toReversed();
  const [, , uid, gid] = lines.find((line) => /^(postgres|nobody):/.test(line))?.split(":") ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

async function own(path: string, account: { uid: number; gid: number } | undefined): Promise<void> {
  if (account) await chown(path, account.uid, account.gid);
  await chmod(path, path.endsWith(".key") ? 0o600 : 0o700);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** Nothing tells when a server takes connections; it is asked, for a minute at most. */
async function untilReady(url: string): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    try {
      await runAt(new URL(url), "postgres", "select 1");
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await delay(50);
    }
  }
}
