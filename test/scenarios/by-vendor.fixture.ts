/** A token in a file, to be rotated into places at emulated vendors: for scenarios of what only one vendor does. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import { listRotations, type RotationView } from "../../controller/ledger/views.ts";
import { type Orders, ordersOn } from "../support/orders.ts";
import type { FreshLedger } from "../support/postgres.ts";
import { freshLedger } from "../support/postgres.ts";

export const OLD = "old-shared-token-with-32-characters";
export const PATIENCE = { timeout: 20_000, interval: 20 };
export let ledger: FreshLedger;
export let folder: string;
let orders: Orders;

/** A ledger and a folder of its own for each test of the file that calls it. */
export function useWorld(): void {
  beforeEach(async () => {
    [ledger, folder] = [await freshLedger(), await mkdtemp(join(tmpdir(), "velvet-test-"))];
    orders = ordersOn(ledger.db);
    await writeFile(join(folder, "app.json"), JSON.stringify({ token: OLD }), { mode: 0o600 });
    await add("VendorAccount", "files", { adapter: "file", file: { root: folder } });
    await add("VendorAccount", "values", { adapter: "random", random: {} });
  });

  afterEach(async () => {
    await ledger.drop();
    await rm(folder, { recursive: true, force: true });
  });
}

export const add: Orders["add"] = async (kind, name, spec) => orders.add(kind, name, spec);

export const APP = {
  id: "app",
  account: "files",
  file: { path: "app.json", format: "json" },
  keys: [{ field: "value", name: "token" }],
  check: { type: "native" },
};

export async function addCredential(more: object): Promise<void> {
  await add("Credential", "token", {
    credentialName: "TOKEN",
    environment: "test",
    issuer: { account: "values", random: { bytes: 32, encoding: "base64url" } },
    custody: { account: "files", file: { path: "custody.json", format: "json" } },
    readFrom: "app",
    consumers: [APP],
    gates: { mint: "Automatic", revoke: "Automatic" },
    ...more,
  });
}

export async function request(): Promise<void> {
  const asked = { flow: "Operational", expect: "Alive", reason: "test", requestedBy: "ana" };
  await add("RotationRequest", "first", { credentialRef: { name: "token" }, ...asked });
}

export async function decide(name: string, spec: object): Promise<void> {
  const by = { reason: "because", decidedBy: "ben", ticket: "SEC-1" };
  await add("RotationDecision", name, { requestRef: { name: "first" }, ...by, ...spec });
}

export async function until(wanted: (view: RotationView) => boolean): Promise<RotationView> {
  let found: RotationView | undefined;
  const look = async (): Promise<boolean> => {
    [found] = await listRotations(ledger.db, { name: "first" });
    return found !== undefined && wanted(found);
  };
  await expect.poll(look, PATIENCE).toBe(true);
  if (!found) throw new Error("there is no rotation");
  return found;
}

export async function app(): Promise<string | undefined> {
  return (JSON.parse(await readFile(join(folder, "app.json"), "utf8")) as { token?: string }).token;
}
