import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HerokuEmulator, openHeroku } from "../../adapters/heroku/emulator.ts";
import { Secret } from "../../adapters/secret.ts";
import { listRotations } from "../../controller/ledger/views.ts";
import type { DesiredDocument } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import type { FreshLedger } from "../support/postgres.ts";
import { freshLedger } from "../support/postgres.ts";
import { startRealEngine } from "../support/real-engine.ts";

const APP = "orders-production";
const DATABASE = "postgresql-sunny-1234";

let ledger: FreshLedger;
let folder: string;
let vendor: HerokuEmulator;
let token: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "velvet-test-"));
  ledger = await freshLedger();
  vendor = await openHeroku();
  ({ token } = vendor.authorize({ description: "velvet's own" }));
  vendor.makeApp(APP, { formation: ["web.1", "worker.1"] });
});
afterEach(async () => {
  await ledger.drop();
  await vendor[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function document(kind: DesiredDocument["kind"], name: string, spec: object): DesiredDocument {
  const namespace = kind === "VendorAccount" ? "" : "orders";
  return { kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } };
}

function accounts(): DesiredDocument[] {
  const allow = [{ namespaces: ["orders"] }];
  return [
    document("VendorAccount", "files", { adapter: "file", file: { root: folder }, allow }),
    document("VendorAccount", "heroku", {
      adapter: "heroku",
      endpoint: vendor.url,
      auth: [{ name: "token", env: "TOKEN" }],
      heroku: { dataEndpoint: vendor.dataUrl },
      allow,
    }),
  ];
}

function credential(name: string, issuer: object, key: object, rotation: object = {}): DesiredDocument {
  return document("Credential", name, {
    credentialName: name.toUpperCase(),
    environment: "test",
    issuer: { account: "heroku", heroku: issuer },
    custody: { account: "files", file: { path: `custody/${name}.json`, format: "json" } },
    readFrom: "app",
    consumers: [{ id: "app", account: "heroku", heroku: { app: APP }, keys: [key], check: { type: "native" } }],
    gates: { mint: "Automatic", revoke: "Automatic" },
    rotation,
  });
}

async function sync(documents: DesiredDocument[]): Promise<void> {
  const look = {
    source: "test",
    kind: "git",
    cursor: randomUUID(),
    trust: "claimed",
    documents,
    problems: [],
  } as const;
  await syncSource(ledger.db, look);
}

/** Until it is in this state, and what the ledger says of it then. */
async function rotate(wanted: DesiredDocument, state = "done") {
  await sync([...accounts(), wanted]);
  const engine = startRealEngine(ledger.db, {
    secrets: ({ env }) => (env === "TOKEN" ? Secret.from(token) : undefined),
    leaseMs: 3_000,
  });
  const request = { credentialRef: { name: wanted.name }, flow: "Operational", expect: "Alive", reason: "test" };
  await sync([...accounts(), wanted, document("RotationRequest", "first", { ...request, requestedBy: "ana" })]);
  engine.wake();
  const view = async () => (await listRotations(ledger.db, { name: "first" }))[0];
  await expect.poll(async () => (await view())?.rotation.state, { timeout: 20_000, interval: 20 }).toBe(state);
  await engine.stop();
  return view();
}

async function custody(name: string): Promise<Record<string, string>> {
  return JSON.parse(await readFile(join(folder, "custody", `${name}.json`), "utf8")) as Record<string, string>;
}

describe("with Heroku", () => {
  it("a token that was made by hand is adopted, replaced in the app in one release, and deleted", async () => {
    const old = vendor.authorize({ description: "made by hand", scope: ["read"] });
    vendor.plant(APP, { READER_TOKEN: old.token, FOREIGN: "keep me" });
    const before = vendor.newest(APP);
    const key = { field: "value", name: "READER_TOKEN" };
    const view = await rotate(credential("reader", { authorization: { scope: ["read"] } }, key));
    const ours = vendor.keys().filter(({ description }) => description.startsWith("velvet/"));
    expect(ours).toHaveLength(1);
    expect(vendor.keys().map(({ id }) => id)).not.toContain(old.id);
    expect(vendor.peek(APP)).toEqual({ READER_TOKEN: ours[0]?.token, FOREIGN: "keep me" });
    expect(await custody("reader")).toEqual({ value: ours[0]?.token });
    expect(vendor.newest(APP)).toBe(before + 1);
    expect(JSON.stringify(view)).not.toContain(ours[0]?.token);
    expect(vendor.strays).toEqual([]);
  });

  it("an old token whose DELETE fails lives on, named by its id, beside a new one that everybody has", async () => {
    const old = vendor.authorize({ description: "made by hand", scope: ["read"] });
    vendor.plant(APP, { READER_TOKEN: old.token });
    const reply = { status: 503, body: { id: "unavailable", message: "later" } };
    vendor.set({ method: "DELETE", times: 100, mishap: { kind: "answer", reply } });
    const key = { field: "value", name: "READER_TOKEN" };
    const view = await rotate(credential("reader", { authorization: { scope: ["read"] } }, key), "revoke_failed");
    expect(view?.retired).toMatchObject([{ vendorId: old.id, state: "live" }]);
    expect(vendor.keys().map(({ id }) => id)).toContain(old.id);
    expect(vendor.peek(APP)["READER_TOKEN"]).not.toBe(old.token);
  });

  it("a release phase that fails leaves the old token in use everywhere, and says so", async () => {
    const old = vendor.authorize({ description: "made by hand", scope: ["read"] });
    vendor.plant(APP, { READER_TOKEN: old.token });
    vendor.changeApp(APP, { releaseMs: 1, releaseFails: true });
    const key = { field: "value", name: "READER_TOKEN" };
    const wanted = credential("reader", { authorization: { scope: ["read"] } }, key);
    const view = await rotate(wanted, "distribute_failed");
    expect(view?.consumers.find(({ id }) => id === "app")?.facts.failure).toMatchObject({ reason: "ReleaseFailed" });
    expect(vendor.peek(APP)["READER_TOKEN"]).toBe(old.token);
    expect(vendor.keys().map(({ id }) => id)).toContain(old.id);
  });

  it("an app that was deleted fails alone, as gone, and everybody else has the new token beside the old one", async () => {
    const old = vendor.authorize({ description: "made by hand", scope: ["read"] });
    vendor.plant(APP, { READER_TOKEN: old.token });
    const key = { field: "value", name: "READER_TOKEN" };
    const wanted = credential("reader", { authorization: { scope: ["read"] } }, key);
    const spec = wanted.spec as { readonly consumers: readonly object[] };
    const deleted = { id: "deleted", account: "heroku", heroku: { app: "orders-old" }, keys: [key] };
    const consumers = [...spec.consumers, { ...deleted, check: { type: "native" } }];
    const view = await rotate({ ...wanted, spec: { ...spec, consumers } }, "distribute_partial");
    expect(view?.consumers.find(({ id }) => id === "deleted")?.facts.failure).toMatchObject({ reason: "TargetGone" });
    const [ours] = vendor.keys().filter(({ description }) => description.startsWith("velvet/"));
    expect(vendor.peek(APP)["READER_TOKEN"]).toBe(ours?.token);
    expect(vendor.keys().map(({ id }) => id)).toContain(old.id);
  });

  it("a database login whose answer is lost is found, written by Heroku alone, and ends by itself", async () => {
    const credentials = { credentials: ["orders"], keepsMs: 1_500 };
    vendor.makeDatabase(DATABASE, credentials, [{ app: APP, key: "DATABASE_URL", credential: "orders" }]);
    const old = vendor.databaseUrl(DATABASE, "orders");
    vendor.setData({ method: "POST", mishap: { kind: "reset-after" } });
    const key = { field: "url", name: "DATABASE_URL" };
    const issuer = { postgres: { addon: DATABASE, credential: "orders" } };
    await rotate(credential("database", issuer, key, { overlap: "2s" }));
    const now = vendor.databaseUrl(DATABASE, "orders");
    expect(now).not.toBe(old);
    expect((await custody("database"))["url"]).toBe(now);
    expect(vendor.peek(APP)["DATABASE_URL"]).toBe(now);
    expect(vendor.logins(DATABASE, "orders").map(({ state }) => state)).toEqual(["active"]);
    expect(vendor.dataSeen.filter(({ method }) => method === "POST")).toHaveLength(1);
    expect(vendor.seen.filter(({ method }) => method === "PATCH")).toEqual([]);
  });
});
