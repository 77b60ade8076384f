/** A deploy key from its first mint to the end of its predecessor: the real ledger, engine and adapters, and an emulated GitHub. */
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  APP_ID,
  APP_KEY,
  type GitHubEmulator,
  INSTALLATION_ID,
  openGitHubEmulator,
} from "../../adapters/github/emulator.ts";
import { Secret } from "../../adapters/secret.ts";
import { listRotations, type RotationView } from "../../controller/ledger/views.ts";
import type { DesiredDocument } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import type { FreshLedger } from "../support/postgres.ts";
import { freshLedger } from "../support/postgres.ts";
import { startRealEngine } from "../support/real-engine.ts";

const STORE = "repos/acme/orders/environments/production";
let ledger: FreshLedger;
let folder: string;
let vendor: GitHubEmulator;
const documents: DesiredDocument[] = [];

beforeAll(async () => {
  [ledger, folder, vendor] = [
    await freshLedger(),
    await mkdtemp(join(tmpdir(), "velvet-test-")),
    await openGitHubEmulator(),
  ];
});

afterAll(async () => {
  await ledger.drop();
  await vendor[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function add(kind: DesiredDocument["kind"], namespace: string, name: string, spec: object): Promise<void> {
  documents.push({ kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } });
  const cursor = randomUUID();
  await syncSource(ledger.db, { source: "test", kind: "git", cursor, trust: "claimed", documents, problems: [] });
}

async function addWorld(): Promise<void> {
  const allow = [{ namespaces: ["orders"] }];
  await add("VendorAccount", "", "files", { adapter: "file", file: { root: folder }, allow });
  await add("VendorAccount", "", "acme-github", {
    adapter: "github",
    endpoint: vendor.url,
    github: { app: { appId: APP_ID, installationId: INSTALLATION_ID } },
    auth: [{ name: "privateKey", env: "VELVET_ACCOUNT_GITHUB_KEY" }],
    allow: [
      { namespaces: ["orders"], targets: { kind: ["deployKey"], repository: ["acme/orders"], access: ["read"] } },
      { namespaces: ["orders"], targets: { store: ["actions"], repository: ["acme/*"], environment: ["production"] } },
    ],
  });
  await add("Credential", "orders", "deploy-key", {
    credentialName: "ORDERS_DEPLOY_KEY",
    environment: "test",
    issuer: { account: "acme-github", github: { deployKey: { repository: "acme/orders" } } },
    custody: { account: "files", file: { path: "custody/deploy-key.json", format: "json" } },
    consumers: [
      {
        id: "deploy",
        account: "acme-github",
        github: { repository: "acme/orders", environment: "production" },
        keys: [{ field: "privateKey", name: "deploy_key" }],
        check: { type: "manual" },
      },
    ],
    gates: { mint: "Automatic", revoke: "Automatic" },
  });
}

async function until(
  name: string,
  wanted: (view: RotationView | undefined) => boolean,
): Promise<RotationView | undefined> {
  let view: RotationView | undefined;
  const look = async (): Promise<boolean> => {
    [view] = await listRotations(ledger.db, { name });
    return wanted(view);
  };
  await expect.poll(look, { timeout: 20_000, interval: 20 }).toBe(true);
  return view;
}

async function rotate(name: string, expected: "Absent" | "Alive"): Promise<RotationView | undefined> {
  const request = { credentialRef: { name: "deploy-key" }, flow: "Operational", reason: "test", requestedBy: "ana" };
  await add("RotationRequest", "orders", name, { ...request, expect: expected });
  await until(name, (view) => view?.consumers.some(({ state }) => state === "settled") ?? false);
  const seen = {
    requestRef: { name },
    action: "ConfirmConsumer",
    consumer: "deploy",
    reason: "it clones",
    decidedBy: "ben",
  };
  await add("RotationDecision", "orders", `${name}-seen`, { ...seen, ticket: "SEC-1" });
  return until(name, (view) => view?.rotation.state === "done");
}

it("mints, hands out and ends deploy keys, and shows no private half", async () => {
  await addWorld();
  const engine = startRealEngine(ledger.db, { secrets: () => Secret.from(APP_KEY), leaseMs: 3_000 });
  await rotate("first", "Absent");
  const [first] = vendor.keys("acme/orders");
  expect(vendor.keys("acme/orders")).toHaveLength(1);
  const view = await rotate("second", "Alive");
  await engine.stop();
  const keys = vendor.keys("acme/orders");
  expect(keys).toMatchObject([{ title: expect.stringMatching(/^velvet\/test\//), readOnly: true }]);
  expect(keys[0]?.id).not.toBe(first?.id);
  const held = vendor.peek(STORE)["DEPLOY_KEY"] ?? "";
  const custody = JSON.parse(await readFile(join(folder, "custody/deploy-key.json"), "utf8")) as object;
  expect(custody).toEqual({ privateKey: held, publicKey: keys[0]?.key });
  expect(view?.rotation.facts.verify).toMatchObject({ liveness: "alive", previousId: String(first?.id) });
  expect(JSON.stringify(view)).not.toContain(held.slice(100, 140));
  expect(vendor.recorded.join("\n")).not.toContain("PRIVATE KEY");
  expect(vendor.strays).toEqual([]);
});

it("names the permission that is missing where GitHub refuses a secret, and keeps the old key", async () => {
  await add("Credential", "orders", "other-key", {
    credentialName: "OTHER_DEPLOY_KEY",
    environment: "test",
    issuer: { account: "acme-github", github: { deployKey: { repository: "acme/orders" } } },
    custody: { account: "files", file: { path: "custody/other-key.json", format: "json" } },
    consumers: [
      {
        id: "copy",
        account: "files",
        file: { path: "copy/key.json", format: "json" },
        keys: [{ field: "privateKey", name: "key" }],
        check: { type: "native" },
      },
      {
        id: "deploy",
        account: "acme-github",
        github: { repository: "acme/orders", environment: "production" },
        keys: [{ field: "privateKey", name: "other_key" }],
        check: { type: "manual" },
      },
    ],
    gates: { mint: "Automatic", revoke: "Automatic" },
  });
  const before = vendor.keys("acme/orders").map(({ id }) => id);
  vendor.people.granted = { ...vendor.people.granted, environments: "read" };
  const engine = startRealEngine(ledger.db, { secrets: () => Secret.from(APP_KEY), leaseMs: 3_000 });
  const request = { credentialRef: { name: "other-key" }, flow: "Operational", reason: "test", requestedBy: "ana" };
  await add("RotationRequest", "orders", "third", { ...request, expect: "Absent" });
  const view = await until("third", (seen) => seen?.rotation.state === "distribute_partial");
  await engine.stop();
  expect(view?.consumers.find(({ id }) => id === "deploy")?.facts.failure).toMatchObject({
    reason: "PermissionMissing",
    message: expect.stringContaining("`environments: write`"),
  });
  expect(vendor.keys("acme/orders").map(({ id }) => id)).toEqual(expect.arrayContaining(before));
  expect(vendor.peek(STORE)["OTHER_KEY"]).toBeUndefined();
});
