/** One Heroku token, used in five places at five vendors, rotated under load while one of the places fails twice. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { adapters } from "../../adapters/registry.ts";
import { Secret } from "../../adapters/secret.ts";
import { summarize } from "../../controller/domain/summarize.ts";
import type { RotationStatus } from "../../controller/domain/status.ts";
import { Engine } from "../../controller/engine/engine.ts";
import type { Db } from "../../controller/ledger/db.ts";
import { listAsked } from "../../controller/ledger/views.ts";
import type { DesiredDocument } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import { openApps, type Probes } from "./apps.ts";
import { KEY, openVendors, type Vendors } from "./vendors.ts";
import { testDeps } from "../support/test-deps.ts";
import { newKeys } from "../support/real-engine.ts";

export interface FanOut {
  readonly status: RotationStatus;
  readonly probes: Probes;
  /** How often the place that fails refused. */
  readonly failures: number;
  /** Which places hold the new token, by consumer. */
  readonly held: Readonly<Record<string, boolean>>;
  readonly isNewAlive: boolean;
  readonly isOldAlive: boolean;
}

const WAIT_MS = 60_000;
const REQUEST = "orders-token-1";

/** `tell` is given a line whenever the rotation moves on. */
export async function runFanOut(db: Db, tell: (line: string) => void): Promise<FanOut> {
  const folder = await mkdtemp(join(tmpdir(), "velvet-fan-out-"));
  await using vendors = await openVendors();
  await using apps = await openApps(vendors);
  const documents = documentsOf(vendors, apps.url, folder);
  const engine = openEngine(db, vendors);
  // Twice the Parameter Store has no time.
  vendors.aws.arm(
    "ssm:PutParameter",
    { kind: "answer", reply: vendors.aws.throttling("ssm:PutParameter") },
    { times: 2 },
  );
  try {
    apps.begin();
    // What a new ledger finds at first is taken for what was done before it.
    await sync(
      db,
      documents.filter(({ kind }) => kind !== "RotationRequest"),
    );
    await sync(db, documents);
    engine.wake();
    const gate = await follow(db, tell, ({ gate: open }) => open !== undefined);
    documents.push(approval(gate.gate?.digest ?? ""));
    await sync(db, documents);
    engine.wake();
    const status = await follow(db, tell, ({ endedAt }) => endedAt !== undefined);
    return { status, probes: await apps.end(), failures: refusals(vendors), ...proofsOf(vendors) };
  } finally {
    await apps.end();
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function documentsOf({ accounts, secrets, places }: Vendors, appsUrl: string, folder: string): DesiredDocument[] {
  const allow = [{ namespaces: ["orders"] }];
  const authOf = (name: string) =>
    [...secrets.keys()]
      .filter((key) => key.startsWith(`${name}.`))
      .map((key) => ({ name: key.split(".")[1], env: key }));
  const endpoints = places
    .filter(({ isBlind }) => isBlind)
    .map(({ id }) => ({
      name: id,
      url: `${appsUrl}/${id}`,
      allowPrivate: true,
      proves: "credential",
      send: { field: "value", header: "Authorization", prefix: "Bearer " },
    }));
  const keys = [{ field: "value", name: KEY }];
  return [
    document("VendorAccount", "", "custody", { adapter: "file", file: { root: folder }, allow }),
    document("VendorAccount", "", "apps", { adapter: "http", endpoints, allow }),
    ...Object.entries(accounts).map(([name, spec]) =>
      document("VendorAccount", "", name, { ...spec, auth: authOf(name), allow }),
    ),
    document("Credential", "orders", "orders-token", {
      credentialName: "ORDERS_TOKEN",
      environment: "test",
      issuer: { account: "heroku", heroku: { authorization: { scope: ["global"] } } },
      custody: { account: "custody", file: { path: "custody/orders.json", format: "json" }, keys },
      readFrom: "heroku-app",
      consumers: places.map(({ id, account, block, isBlind }) => ({
        id,
        account,
        [account]: block,
        keys,
        check: isBlind ? { type: "http", account: "apps", endpoint: id } : { type: "native" },
      })),
      gates: { mint: "Automatic", revoke: "Approval" },
    }),
    document("RotationRequest", "orders", REQUEST, {
      credentialRef: { name: "orders-token" },
      flow: "Operational",
      expect: "Alive",
      reason: "the quarter's rotation",
      ticket: "OPS-1",
      requestedBy: "ana",
    }),
  ];
}

function approval(digest: string): DesiredDocument {
  return document("RotationDecision", "orders", "approve-1", {
    requestRef: { name: REQUEST },
    action: "Approve",
    gate: "Revoke",
    digest,
    confirm: "ORDERS_TOKEN",
    ticket: "OPS-1",
    reason: "every place works",
    decidedBy: "ben",
  });
}

function document(kind: DesiredDocument["kind"], namespace: string, name: string, spec: object): DesiredDocument {
  return { kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } };
}

async function sync(db: Db, documents: readonly DesiredDocument[]): Promise<void> {
  const cursor = randomUUID();
  await syncSource(db, { source: "fan-out", kind: "git", cursor, trust: "claimed", documents, problems: [] });
}

function openEngine(db: Db, { secrets }: Vendors): Engine {
  const deps = testDeps({
    db,
    adapters,
    secrets: ({ env = "" }) => secretOf(secrets, env),
    keys: newKeys(),
    install: "fan-out",
    jitter: () => 0.5,
    leaseMs: 25_000,
    replica: "fan-out",
  });
  const admission = { environment: "test", rotationOn: true, registry: adapters };
  return new Engine(deps, { concurrency: 8, pollMs: 100, admission });
}

function secretOf(secrets: ReadonlyMap<string, string>, name: string): Secret | undefined {
  const text = secrets.get(name);
  return text === undefined ? undefined : Secret.from(text);
}

/** Looks until it is as wanted, and tells each change. */
async function follow(
  db: Db,
  tell: (line: string) => void,
  wanted: (status: RotationStatus) => boolean,
): Promise<RotationStatus> {
  const end = performance.now() + WAIT_MS;
  let said = "";
  for (;;) {
    const { rotations, requests } = await listAsked(db, { namespace: "orders", name: REQUEST });
    const status = rotations[0] && summarize(rotations[0]);
    const line = status ? lineOf(status) : `${requests[0]?.reason}: ${requests[0]?.message}`;
    if (line !== said) tell(line);
    said = line;
    if (status && wanted(status)) return status;
    if (performance.now() > end) throw new Error(`not so within a minute: ${line}`);
    await delay(50);
  }
}

function lineOf({ stage, consumers, conditions }: RotationStatus): string {
  const places = consumers.filter(({ id }) => id !== "custody").map(({ id, state }) => `${id} ${state}`);
  const stalled = conditions.find(({ type, status }) => type === "Stalled" && status === "True");
  return `${stage.padEnd(18)} ${places.join(", ")}${stalled ? `  (${stalled.reason}: ${stalled.message})` : ""}`;
}

/** What the Parameter Store refused. */
function refusals({ aws }: Vendors): number {
  return aws.seen.filter(({ status }) => status === 400).length;
}

function proofsOf({ heroku, places, first }: Vendors) {
  const alive = new Map(heroku.keys().map(({ id, token }) => [token, id]));
  const old = [...alive.values()].includes(first.id);
  const tokens = places.map(({ id, held }) => [id, held()] as const);
  const fresh = tokens[0]?.[1];
  return {
    held: Object.fromEntries(
      tokens.map(([id, token]) => [id, token !== undefined && token !== first.token && token === fresh]),
    ),
    isNewAlive: fresh !== undefined && fresh !== first.token && alive.has(fresh),
    isOldAlive: old,
  };
}
