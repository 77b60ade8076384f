/** A controller in a process of its own, with a real repository, a real server to rotate on, and places that cannot be written. */
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { stringify } from "yaml";
import type { Kind } from "../../crds/kinds.gen.ts";
import { listSources, type SourceView } from "../../controller/ledger/sources.ts";
import { listRequests, listRotations, type RequestView, type RotationView } from "../../controller/ledger/views.ts";
import { type TestRemote, testRemote } from "../git/remote.ts";
import { COMPILED } from "../support/compiled.ts";
import { asSuperuser, freshDatabase, freshLedger, testServer } from "../support/postgres.ts";
import { ENTRY, type Env, type Said, velvet } from "./velvet.ts";

export interface BadWorld extends AsyncDisposable {
  readonly remote: TestRemote;
  /** `postgres://127.0.0.1:<port>/<database>`, without a login. */
  readonly server: string;
  /** Of every login here; the roles are random so that test files do not meet. */
  readonly password: string;
  readonly adminPassword: string;
  /** `app` → the server's role of that name. */
  role(name: string): string;
  /** Below the writable root. */
  put(path: string, text: string): Promise<void>;
  start(): Promise<void>;
  velvet(...args: string[]): Promise<Said>;
  rotation(name: string, holds: (view: RotationView) => boolean): Promise<RotationView>;
  request(name: string, holds: (view: RequestView) => boolean): Promise<RequestView>;
  source(name: string, holds: (view: SourceView) => boolean): Promise<SourceView>;
  rotations(name: string): Promise<readonly RotationView[]>;
  readonly log: () => string;
  /** Of the controller, and of every command on its ledger. */
  readonly env: Env;
}

/** Undefined where this machine lets people make mounts of their own. */
export function whyNoMounts(): string | undefined {
  try {
    execFileSync("unshare", ["-rm", "true"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "this machine lets nobody make mounts of their own (unshare -rm)";
  }
}

const MOUNTS = `
mount -t tmpfs -o size=64k tmpfs "$1" && (cat /dev/zero >"$1/full" 2>/dev/null; true) &&
mount --bind "$2" "$2" && mount -o remount,ro,bind "$2" && shift 2 && exec "$@"`;

const LONGEST_MS = 25_000;
const LOOK_MS = 40;
const STOP_MS = 10_000;

export async function openWorld(roles: readonly string[]): Promise<BadWorld> {
  await using making = new AsyncDisposableStack(); // what was made before a failure goes again
  const ledger = await freshLedger();
  making.defer(async () => ledger.drop());
  const database = await freshDatabase();
  making.defer(async () => database.drop());
  const remote = await testRemote();
  making.defer(async () => remote.remove());
  const [prefix, password, adminPassword] = [`bad_${hex(3)}`, hex(12), hex(12)];
  const names = roles.map((name) => `${prefix}_${name}`);
  await makeRoles(names, `${prefix}_admin`, { password, adminPassword });
  making.defer(async () => dropRoles(prefix, database.name));
  const server = `postgres://${testServer().host}:${testServer().port}/${database.name}`;
  const folders = { rw: join(remote.folder, "rw"), full: join(remote.folder, "full"), ro: join(remote.folder, "ro") };
  for (const folder of [...Object.values(folders), join(remote.folder, "platform")]) await mkdir(folder);
  await writePlatform(join(remote.folder, "platform"), folders, server, `${prefix}_admin`, ledger.appUrl);
  const env: Env = {
    DATABASE_URL: ledger.appUrl,
    VELVET_MIGRATION_DATABASE_URL: ledger.ownerUrl,
    VELVET_KEK: randomBytes(32).toString("base64"),
    VELVET_DATA_DIR: join(remote.folder, "data"),
    VELVET_GIT_URL: `file://${remote.path}`,
    VELVET_GIT_NAMESPACES: "teams/*=*",
    VELVET_GIT_INTERVAL: "1s",
    VELVET_PLATFORM_DIR: join(remote.folder, "platform"),
    VELVET_ACCOUNT_BAD_POSTGRES: adminPassword,
    VELVET_ACCOUNT_BAD_WRONG: "hunter2",
  };
  const stack = making.move();
  let log = "";
  const secrets = [password, adminPassword, env["VELVET_KEK"] ?? "", "hunter2"];
  const look = async <T>(what: string, read: () => Promise<T | undefined>): Promise<T> => {
    const end = performance.now() + LONGEST_MS;
    for (;;) {
      const found = await read();
      if (found !== undefined) return found;
      if (performance.now() > end) throw new Error(`${what} did not come to be. The controller's log:\n${log}`);
      await after(LOOK_MS);
    }
  };
  const one = async <T>(read: Promise<readonly T[]>, holds: (view: T) => boolean) => (await read).find(holds);
  return {
    remote,
    server,
    password,
    adminPassword,
    role: (name) => `${prefix}_${name}`,
    put: async (path, text) => {
      await mkdir(dirname(join(folders.rw, path)), { recursive: true });
      await writeFile(join(folders.rw, path), text, { mode: 0o600 });
    },
    start: async () => {
      const controller = startController(env, whyNoMounts() === undefined ? [folders.full, folders.ro] : []);
      stack.defer(controller.stop);
      controller.onText((text) => (log += text));
      await look("the first sync", async () => {
        const sources = await listSources(ledger.db);
        return sources.length === 2 && sources.every(({ baseline }) => baseline) ? sources : undefined;
      });
    },
    velvet: async (...args) => velvet(args, { env, secrets }),
    rotation: async (name, holds) =>
      look(`rotation ${name}`, async () => one(listRotations(ledger.db, { name }), holds)),
    request: async (name, holds) => look(`request ${name}`, async () => one(listRequests(ledger.db, { name }), holds)),
    source: async (name, holds) =>
      look(`source ${name}`, async () => one(listSources(ledger.db), (view) => view.name === name && holds(view))),
    rotations: async (name) => listRotations(ledger.db, { name }),
    log: () => log,
    env,
    [Symbol.asyncDispose]: async () => stack.disposeAsync(),
  };
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}

interface Controller {
  readonly stop: () => Promise<void>;
  readonly onText: (take: (text: string) => void) => void;
}

/** `mounts`: what it sees as full, and as read-only; nobody else does. */
function startController(env: Env, mounts: readonly string[]): Controller {
  const node = [process.execPath, ENTRY, "controller"];
  const [command = "", ...args] =
    mounts.length === 0 ? node : ["unshare", "-rm", "sh", "-c", MOUNTS, "sh", ...mounts, ...node];
  const child = spawn(command, args, {
    env: { PATH: process.env["PATH"] ?? "", HOME: "/nowhere", ...COMPILED, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"], // a test run that is killed closes the channel, and the controller stops
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    stop: async () => {
      child.kill("SIGTERM");
      const late = after(STOP_MS, "late", { ref: false });
      if ((await Promise.race([ended, late])) !== "late") return;
      child.kill("SIGKILL");
      throw new Error("the controller said that it stopped, and did not end");
    },
    onText: (take) => {
      child.stdout?.setEncoding("utf8").on("data", take);
      child.stderr?.setEncoding("utf8").on("data", take);
    },
  };
}

async function makeRoles(
  names: readonly string[],
  admin: string,
  secrets: { readonly password: string; readonly adminPassword: string },
): Promise<void> {
  await asSuperuser(`create role ${admin} login createrole password '${secrets.adminPassword}'`);
  await asSuperuser(`grant pg_signal_backend to ${admin}`);
  for (const name of names) {
    await asSuperuser(`create role ${name} login password '${secrets.password}'`);
    await asSuperuser(`grant ${name} to ${admin} with admin option`);
  }
}

async function dropRoles(prefix: string, database: string): Promise<void> {
  const rows = await asSuperuser<{ name: string }>(
    `select rolname as name from pg_roles where rolname like '${prefix.replaceAll("_", "\\_")}\\_%' order by rolname desc`,
  );
  for (const { name } of rows) await asSuperuser(`drop owned by ${name} cascade`, database);
  for (const { name } of rows) await asSuperuser(`drop role ${name}`);
}

export function manifest(kind: Kind, name: string, spec: object): string {
  return stringify({ apiVersion: "velvet.raxx.app/v1alpha1", kind, metadata: { name }, spec }, { lineWidth: 0 });
}

const ALLOW = [{ namespaces: ["orders"] }];

async function writePlatform(
  folder: string,
  folders: Readonly<Record<"rw" | "full" | "ro", string>>,
  server: string,
  admin: string,
  ledgerUrl: string,
): Promise<void> {
  const postgres = (env: string, endpoint: string) => {
    return {
      adapter: "postgres",
      endpoint,
      auth: [{ name: "password", env }],
      postgres: { user: admin, sslMode: "disable" },
      allow: ALLOW,
    };
  };
  const files = (root: string, ...path: string[]) => {
    return { adapter: "file", file: { root }, allow: [{ namespaces: ["orders"], targets: { path } }] };
  };
  const ledger = new URL(ledgerUrl);
  const accounts: Readonly<Record<string, object>> = {
    server: postgres("VELVET_ACCOUNT_BAD_POSTGRES", server),
    "server-of-the-ledger": postgres("VELVET_ACCOUNT_BAD_POSTGRES", `postgres://localhost:${ledger.port}/postgres`),
    "server-wrong-login": postgres("VELVET_ACCOUNT_BAD_WRONG", server),
    "server-no-secret": postgres("VELVET_ACCOUNT_BAD_MISSING", server),
    files: files(folders.rw, "apps/*", "custody/*"),
    "files-full": files(folders.full, "**"),
    "files-read-only": files(folders.ro, "**"),
    values: { adapter: "random", allow: ALLOW },
    "values-of-others": { adapter: "random", allow: [{ namespaces: ["orders"], credentials: ["somebody-else"] }] },
    checks: {
      adapter: "http",
      endpoints: [{ name: "gone", url: "http://127.0.0.1:9/health", allowPrivate: true, proves: "credential" }],
      allow: ALLOW,
    },
  };
  for (const [name, spec] of Object.entries(accounts))
    await writeFile(join(folder, `${name}.yaml`), manifest("VendorAccount", name, spec));
}
