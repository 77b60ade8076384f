/** One Heroku token in five places at five vendors, looked at between rotations by the real adapters. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { adapters } from "../../adapters/registry.ts";
import { Secret } from "../../adapters/secret.ts";
import type { DriftDeps } from "../../controller/drift/pass.ts";
import { tendDrift } from "../../controller/drift/tend.ts";
import { Engine } from "../../controller/engine/engine.ts";
import type { Db } from "../../controller/ledger/db.ts";
import { type DriftView, listDrift } from "../../controller/ledger/drift-views.ts";
import { listRotations, type RotationView } from "../../controller/ledger/views.ts";
import type { DesiredDocument } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import { KEY, openVendors, type Vendors } from "../fan-out/vendors.ts";
import { testDeps } from "../support/test-deps.ts";
import { newKeys } from "../support/real-engine.ts";

const NAMESPACE = "orders";
const CREDENTIAL = "orders-token";
const REQUEST = "orders-token-1";
const WAIT_MS = 60_000;

export interface RealWatch extends AsyncDisposable {
  readonly vendors: Vendors;
  /** Everything is due: one look. */
  look(): Promise<DriftView>;
  mode(mode: "Warn" | "Correct"): Promise<void>;
  /** Own writes are so long ago that no clock can mistake a foreign one for them. */
  longAfter(): Promise<void>;
}

/** A ledger of its own, as the controller's role. */
export async function openRealWatch(db: Db): Promise<RealWatch> {
  const folder = await mkdtemp(join(tmpdir(), "velvet-drift-"));
  const vendors = await openVendors();
  vendors.heroku.changeApp("orders", { releaseMs: 0, restartMs: 0, bootMs: 0 });
  const deps = depsOf(db, vendors);
  const documents = documentsOf(vendors, folder);
  const source = sourceOn(db, documents);
  await source.sync();
  await rotate(db, deps, source);
  await run(db, "update velvet.held set until = until - interval '1 hour'");
  return {
    vendors,
    look: async () => {
      await run(db, "update velvet.drift_check set next_check_at = clock_timestamp() - interval '1 second'");
      await tendDrift(deps);
      const [view] = await listDrift(db, [{ namespace: NAMESPACE, name: CREDENTIAL }]);
      if (!view) throw new Error("nobody watches it");
      return view;
    },
    longAfter: async () => run(db, "update velvet.held set until = until - interval '1 hour'"),
    mode: async (mode) => source.change("Credential", CREDENTIAL, (spec: object) => ({ ...spec, drift: { mode } })),
    [Symbol.asyncDispose]: async () => {
      await deps.accounts.close();
      await vendors[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function run(db: Db, text: string): Promise<void> {
  await db.query({ name: "", text });
}

async function rotate(db: Db, deps: DriftDeps, source: ReturnType<typeof sourceOn>): Promise<void> {
  const admission = { environment: "test", rotationOn: true, registry: adapters };
  const engine = new Engine(deps, { concurrency: 4, pollMs: 50, admission });
  try {
    const request = { credentialRef: { name: CREDENTIAL }, flow: "Operational", expect: "Alive" };
    await source.add("RotationRequest", REQUEST, { ...request, reason: "test", requestedBy: "ana" });
    const blind = await until(db, ({ consumers }) => consumers.filter(({ state }) => state === "settled").length === 2);
    for (const { id } of blind.consumers.filter(({ state }) => state === "settled")) {
      const decision = { requestRef: { name: REQUEST }, action: "ConfirmConsumer", consumer: id };
      await source.add("RotationDecision", `seen-${id}`, { ...decision, reason: "it works", decidedBy: "ben" });
    }
    await until(db, ({ rotation }) => rotation.state === "done");
  } finally {
    await engine.stop();
  }
}

async function until(db: Db, wanted: (view: RotationView) => boolean): Promise<RotationView> {
  const end = performance.now() + WAIT_MS;
  for (;;) {
    const [view] = await listRotations(db, { namespace: NAMESPACE, name: REQUEST });
    if (view && wanted(view)) return view;
    if (performance.now() > end) throw new Error(`not so within a minute: ${JSON.stringify(view?.consumers)}`);
    await delay(20);
  }
}

function depsOf(db: Db, { secrets }: Vendors): DriftDeps {
  const secretOf = (name = ""): Secret | undefined => {
    const text = secrets.get(name);
    return text === undefined ? undefined : Secret.from(text);
  };
  const deps = testDeps({
    db,
    adapters,
    secrets: ({ env }) => secretOf(env),
    keys: newKeys(),
    install: "drift",
    jitter: () => 0.5,
    leaseMs: 25_000,
    replica: "drift",
  });
  return { ...deps, mayCorrect: () => true, stopping: new AbortController().signal };
}

function documentsOf({ accounts, secrets, places }: Vendors, folder: string): DesiredDocument[] {
  const allow = [{ namespaces: [NAMESPACE] }];
  const authOf = (name: string) =>
    [...secrets.keys()]
      .filter((key) => key.startsWith(`${name}.`))
      .map((key) => ({ name: key.split(".")[1], env: key }));
  const keys = [{ field: "value", name: KEY }];
  return [
    document("VendorAccount", "", "custody", { adapter: "file", file: { root: folder }, allow }),
    ...Object.entries(accounts).map(([name, spec]) =>
      document("VendorAccount", "", name, { ...spec, auth: authOf(name), allow }),
    ),
    document("Credential", NAMESPACE, CREDENTIAL, {
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
        check: isBlind ? { type: "manual" } : { type: "native" },
      })),
      gates: { mint: "Automatic", revoke: "Automatic" },
    }),
  ];
}

function document(kind: DesiredDocument["kind"], namespace: string, name: string, spec: object): DesiredDocument {
  return { kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } };
}

function sourceOn(db: Db, documents: DesiredDocument[]) {
  const sync = async (): Promise<void> => {
    const look = { source: "drift", kind: "git", cursor: randomUUID(), trust: "claimed", problems: [] } as const;
    await syncSource(db, { ...look, documents });
  };
  return {
    sync,
    add: async (kind: DesiredDocument["kind"], name: string, spec: object): Promise<void> => {
      documents.push(document(kind, NAMESPACE, name, spec));
      await sync();
    },
    change: async (kind: DesiredDocument["kind"], name: string, edit: (spec: object) => object): Promise<void> => {
      const at = documents.findIndex((each) => each.kind === kind && each.name === name);
      const found = documents[at];
      if (!found) throw new Error(`there is no ${kind} ${name}`);
      documents[at] = { ...found, spec: edit({ ...(found.spec as object) }) };
      await sync();
    },
  };
}
