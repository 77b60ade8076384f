/** Everything that the quickstart stands on: a server, an app, a team's repository, the platform's folder, the controller. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseDocument } from "yaml";
import { type Db, ledgerOf, openPool } from "../ledger/db.ts";
import { type EmbeddedLedger, openEmbeddedLedger } from "../ledger/embedded/open.ts";
import { migrate } from "../ledger/migrate.ts";
import { type Child, scriptBeside, startChild } from "./child.ts";
import { makeOrdersDatabase, type OrdersDatabase } from "./orders-database.ts";
import { makePlatformFolder } from "./platform-folder.ts";
import type { Story } from "./story.ts";
import { makeTenantRepository, type TenantRepository } from "./tenant-repository.ts";

/** Where things are, all below one folder. */
export interface Places {
  readonly folder: string;
  /** `VELVET_DATA_DIR`: the embedded server, and the key-encryption key. */
  readonly velvet: string;
  readonly platform: string;
  /** Root of the file account. */
  readonly files: string;
  readonly dotenv: string;
  readonly custody: string;
  readonly appLog: string;
  readonly controllerLog: string;
}

export interface World {
  readonly places: Places;
  readonly ledger: EmbeddedLedger;
  readonly db: Db;
  readonly orders: OrdersDatabase;
  /** The app's dotenv file as the team wrote it. */
  readonly dotenvBefore: string;
  readonly app: Child;
  /** `http://127.0.0.1:<port>` */
  readonly appOrigin: string;
  readonly tenant: TenantRepository;
  /** The environment that a second terminal needs for `velvet status`. */
  readonly controllerEnv: Readonly<Record<string, string>>;
  readonly controller: Child;
}

export interface WorldOrder {
  readonly places: Places;
  /** `PATH`, for git and for the children. */
  readonly searchPath: string;
  readonly random: (bytes: number) => Buffer;
  readonly story: Story;
  /** Whatever is started is given here, to be stopped in the reverse order. */
  readonly stack: AsyncDisposableStack;
}

export const NAMESPACE = "orders";
export const CREDENTIAL = "orders-db";
const QUARANTINE = "5s";
const EXAMPLES = fileURLToPath(new URL("../../manifests/", import.meta.url));

export function placesIn(folder: string): Places {
  const files = join(folder, "files");
  return {
    folder,
    velvet: join(folder, "velvet"),
    platform: join(folder, "platform"),
    files,
    dotenv: join(files, "orders", ".env"),
    custody: join(files, "custody", "orders-db.json"),
    appLog: join(folder, "orders-app.log"),
    controllerLog: join(folder, "controller.log"),
  };
}

/** Starts everything. What was started before a failure is on the stack. */
export async function makeWorld(order: WorldOrder): Promise<World> {
  const { places, story, stack, searchPath } = order;
  const { ledger, db, orders } = await story.step("PostgreSQL: the ledger, and the team's database", async () =>
    startServer(order),
  );
  const dotenvBefore = dotenvText(orders);
  const { app, origin } = await story.step("The orders app, on the login that it always had", async () => {
    await mkdir(join(places.files, "orders"), { recursive: true });
    await mkdir(join(places.files, "custody"), { recursive: true });
    await writeFile(places.dotenv, dotenvBefore, { mode: 0o600 });
    const child = stack.use(startApp(places, searchPath));
    return { app: child, origin: await originOf(child) };
  });
  const tenant = await story.step("The team's repository, and the platform's folder", async () => {
    await makePlatformFolder(join(EXAMPLES, "platform"), places.platform, {
      ordersDatabase: orders.endpoint,
      filesRoot: places.files,
      loginCheck: `${origin}/health/login`,
    });
    const example = await readFile(join(EXAMPLES, "credentials", `${CREDENTIAL}.yaml`), "utf8");
    const text = withShortQuarantine(example);
    const path = tenantPath("credentials", CREDENTIAL);
    return makeTenantRepository(places.folder, searchPath, [{ path, text }]);
  });
  const controllerEnv = environmentOf(places, tenant, orders, searchPath);
  const controller = stack.use(startController(places, controllerEnv));
  return { places, ledger, db, orders, dotenvBefore, app, appOrigin: origin, tenant, controllerEnv, controller };
}

/** Two roles take turns, so a second rotation waits until the retired one is destroyed: a day is too long for a try. */
function withShortQuarantine(example: string): string {
  const credential = parseDocument(example);
  const quarantine = credential.createNode(QUARANTINE);
  quarantine.comment = " so that a second rotation can be tried soon; left out, it is a day";
  credential.setIn(["spec", "rotation", "quarantine"], quarantine);
  return credential.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Where a manifest of the team stands in its repository. */
export function tenantPath(folder: "credentials" | "requests" | "decisions", name: string): string {
  return `teams/${NAMESPACE}/${folder}/${name}.yaml`;
}

async function startServer(order: WorldOrder): Promise<Pick<World, "ledger" | "db" | "orders">> {
  const { places, stack, random } = order;
  const ledger = await openEmbeddedLedger({ dataDir: places.velvet, durable: false, log: () => undefined });
  stack.defer(async () => ledger.stop());
  await migrate({
    migrationUrl: ledger.migrationUrl.reveal(),
    appRole: "velvet_app",
    auditorRoles: ["velvet_auditor"],
  });
  const connectionString = ledger.appUrl.reveal();
  const pool = openPool({ connectionString, max: 2, applicationName: "velvet quickstart" }, () => undefined);
  stack.defer(async () => pool.end());
  return { ledger, db: ledgerOf(pool), orders: await makeOrdersDatabase(ledger.server.superuserUrl, random) };
}

/** As the team wrote it: a comment and a variable that Velvet must not touch. */
function dotenvText(orders: OrdersDatabase): string {
  return [
    "# Settings of the orders app. DATABASE_URL is rotated by Velvet, the rest is ours.",
    "LOG_LEVEL=info",
    `DATABASE_URL=${orders.url.reveal()}`,
    'GREETING="Good morning" # kept as it is',
    "",
  ].join("\n");
}

function startApp(places: Places, searchPath: string): Child {
  const script = scriptBeside(import.meta.url, "./orders-app");
  const env = { PATH: searchPath };
  return startChild({ title: "the orders app", script, args: [places.dotenv], env, log: places.appLog }, "first line");
}

async function originOf(app: Child): Promise<string> {
  const ready: unknown = JSON.parse(await app.firstLine);
  const port = typeof ready === "object" && ready !== null && "port" in ready ? ready.port : undefined;
  if (typeof port !== "number") throw new Error("the orders app did not say which port it listens on");
  return `http://127.0.0.1:${port}`;
}

function environmentOf(
  places: Places,
  tenant: TenantRepository,
  orders: OrdersDatabase,
  searchPath: string,
): Readonly<Record<string, string>> {
  return {
    PATH: searchPath,
    VELVET_DATA_DIR: places.velvet,
    VELVET_ENV: "development",
    VELVET_INSTALL: "quickstart",
    VELVET_GIT_URL: `file://${tenant.bare}`,
    VELVET_GIT_BRANCH: "main",
    VELVET_GIT_NAMESPACES: "teams/*=*",
    VELVET_GIT_INTERVAL: "1s",
    VELVET_PLATFORM_DIR: places.platform,
    VELVET_ACCOUNT_ORDERS_POSTGRES: orders.admin.password.reveal(),
  };
}

function startController(places: Places, env: Readonly<Record<string, string>>): Child {
  const script = scriptBeside(import.meta.url, "../cli/velvet");
  return startChild({ title: "the controller", script, args: ["controller"], env, log: places.controllerLog }, "log");
}
