/** What only one vendor does, from the request to the end of the rotation: the real ledger, engine and adapters, and emulated vendors. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openCloudflare } from "../../adapters/cloudflare/emulator.ts";
import { APP_ID, APP_KEY, INSTALLATION_ID, openGitHubEmulator } from "../../adapters/github/emulator.ts";
import { openHeroku } from "../../adapters/heroku/emulator.ts";
import { openInfisical } from "../../adapters/infisical/emulator.ts";
import { Secret } from "../../adapters/secret.ts";
import { publicKeyOf, sealBox } from "../../controller/custody/box.ts";
import { summarize } from "../../controller/domain/summarize.ts";
import { listAccounts } from "../../controller/ledger/accounts.ts";
import { listRotations, type RotationView } from "../../controller/ledger/views.ts";
import { newKeys, startRealEngine } from "../support/real-engine.ts";
import {
  APP,
  OLD,
  PATIENCE,
  add,
  addCredential,
  app,
  decide,
  folder,
  ledger,
  request,
  until,
  useWorld,
} from "./by-vendor.fixture.ts";

useWorld();

it("a Worker that is not active is not asked about and not written, is shown so, and holds back the end of the old value", async () => {
  await using vendor = await openCloudflare();
  const { value } = vendor.plant("user", "velvet itself", ["workers"]);
  vendor.plantWorker("orders-old");
  vendor.setSecrets("orders-old", { TOKEN: OLD });
  await add("VendorAccount", "edge", {
    adapter: "cloudflare",
    endpoint: vendor.endpoint,
    cloudflare: { accountId: vendor.state.accountId, tokenKind: "user" },
    auth: [{ name: "token", env: "TOKEN" }],
  });
  const worker = { id: "edge", account: "edge", cloudflare: { script: "orders-old" }, active: false };
  const keys = [{ field: "value", name: "TOKEN" }];
  await addCredential({ consumers: [APP, { ...worker, keys, check: { type: "manual" } }] });
  const engine = startRealEngine(ledger.db, { secrets: () => Secret.from(value), leaseMs: 3_000 });
  await request();
  const view = await until((seen) => seen.rotation.state === "done" || summarize(seen).gate !== undefined);
  await engine.stop();
  expect(await app()).not.toBe(OLD);
  expect(summarize(view)).toMatchObject({
    gate: { name: "Revoke", message: expect.stringContaining("Not proven: edge") },
  });
  expect(summarize(view).consumers.find(({ id }) => id === "edge")).toMatchObject({
    state: "inactive",
    message: "inactive: not written, and may still hold the old credential",
  });
  expect(vendor.api.seen.map(({ path }) => path).filter((path) => path.includes("orders-old"))).toEqual([]);
  expect(vendor.peek("orders-old")).toEqual({ TOKEN: OLD });
});

it("a wrong value that a person hands in reaches nobody, and the right one goes through", async () => {
  await using vendor = await openGitHubEmulator();
  const old = vendor.addToken({ kind: "fine-grained", login: "octo-bot" });
  await writeFile(join(folder, "app.json"), JSON.stringify({ token: old }), { mode: 0o600 });
  await add("VendorAccount", "github", {
    adapter: "github",
    endpoint: vendor.url,
    github: { app: { appId: APP_ID, installationId: INSTALLATION_ID } },
    auth: [{ name: "privateKey", env: "KEY" }],
  });
  const personalAccessToken = { login: "octo-bot" };
  await addCredential({ issuer: { account: "github", currentId: "old-token", github: { personalAccessToken } } });
  const keys = newKeys();
  const engine = startRealEngine(ledger.db, { secrets: () => Secret.from(APP_KEY), leaseMs: 3_000, keys });
  const scope = { install: "test", namespace: "orders", credential: "token" };
  const sealed = (text: string): object => ({
    action: "ProvideValue",
    sealedValue: sealBox(publicKeyOf(keys), scope, { value: Secret.from(text) }),
  });
  await request();
  await until(({ rotation }) => rotation.facts.awaitsValueSince !== undefined);

  const wrong = vendor.addToken({ kind: "fine-grained", login: "somebody-else" });
  await decide("wrong", sealed(wrong));
  await until(({ rotation }) => rotation.facts.failure?.reason === "NewCredentialRefused");
  // A new token may be unknown for a while: that while is over.
  await ledger.pool.query("update velvet.attempt set created_at = created_at - interval '1 minute'");
  await ledger.pool.query("update velvet.rotation set next_action_at = now() where ended_at is null");
  const refused = await until(({ rotation }) => rotation.facts.failure?.remedy?.includes("Hand in the right") ?? false);
  expect(refused.rotation.facts.failure).toMatchObject({
    reason: "NewCredentialRefused",
    message: expect.stringContaining("not of the user whom the manifest names"),
  });
  expect(refused.consumers.map(({ state }) => state)).toEqual(refused.consumers.map(() => "pending"));
  expect(await app()).toBe(old);
  await expect(readFile(join(folder, "custody.json"))).rejects.toThrow("ENOENT");
  expect([vendor.isAlive(old), vendor.isAlive(wrong)]).toEqual([true, true]);

  const right = vendor.addToken({ kind: "fine-grained", login: "octo-bot" });
  await decide("right", sealed(right));
  const view = await until(({ rotation }) => rotation.state === "done");
  await engine.stop();
  expect(await app()).toBe(right);
  expect([vendor.isAlive(old), vendor.isAlive(wrong), vendor.isAlive(right)]).toEqual([false, true, true]);
  expect(JSON.stringify([refused, view])).not.toMatch(/github_pat_/);
});

it("a write that Infisical makes a request of waits for its approval, which is named, and ends when somebody approves", async () => {
  await using vendor = await openInfisical();
  const { identities, projects } = vendor;
  const admin = identities.add();
  const own = identities.addSecret(admin, Date.now());
  const where = { project: projects.addProject(["prod"]), environment: "prod", path: "/orders/api" };
  projects.plant(where, { TOKEN: OLD }, Date.now());
  projects.protectedPaths.add(where.path);
  await add("VendorAccount", "infisical", {
    adapter: "infisical",
    endpoint: vendor.url,
    auth: [
      { name: "clientId", env: "ID" },
      { name: "clientSecret", env: "SECRET" },
    ],
  });
  const api = { id: "api", account: "infisical", infisical: where, keys: [{ field: "value", name: "TOKEN" }] };
  await addCredential({ consumers: [APP, { ...api, check: { type: "native" } }] });
  const secrets = ({ env }: { readonly env?: string }) => Secret.from(env === "ID" ? admin.clientId : own.value);
  const engine = startRealEngine(ledger.db, { secrets, leaseMs: 3_000 });
  await request();
  const shown = (view: RotationView) => summarize(view).consumers.find(({ id }) => id === "api");
  const waiting = await until((view) => /approval/.test(shown(view)?.message ?? ""));
  const [name] = [...projects.approvals.keys()];
  expect(shown(waiting)?.message).toContain(name);
  expect(summarize(waiting)).toMatchObject({ ready: false, pendingConsumers: expect.arrayContaining(["api"]) });
  expect(projects.folderAt(where)?.get("TOKEN")?.value).toBe(OLD);

  projects.approve(name ?? "", Date.now());
  // It is looked at again by itself too, only later.
  await decide("approved", { action: "RetryConsumers" });
  await until(({ rotation }) => rotation.state === "done");
  await engine.stop();
  expect(projects.folderAt(where)?.get("TOKEN")?.value).toBe(await app());
  expect(await app()).not.toBe(OLD);
});

it("a token of Heroku that is not global leaves its account not ready, with the reason, and nothing begins", async () => {
  await using vendor = await openHeroku();
  const { token } = vendor.authorize({ description: "velvet's own", scope: ["read"] });
  await add("VendorAccount", "heroku", {
    adapter: "heroku",
    endpoint: vendor.url,
    auth: [{ name: "token", env: "TOKEN" }],
  });
  await addCredential({ issuer: { account: "heroku", heroku: { authorization: { scope: ["read"] } } } });
  const engine = startRealEngine(ledger.db, { secrets: () => Secret.from(token), leaseMs: 3_000 });
  const account = async () => (await listAccounts(ledger.db)).find(({ name }) => name === "heroku");
  await expect.poll(async () => (await account())?.ready, PATIENCE).toBe(false);
  expect(await account()).toMatchObject({ reason: "AccountForbidden", message: expect.stringContaining("`global`") });
  await request();
  const waiting = async () =>
    (await ledger.pool.query("select state, reason, message from velvet.request where name = 'first'")).rows[0];
  await expect.poll(async () => (await waiting())?.reason, PATIENCE).toBe("AccountNotReady");
  await engine.stop();
  expect(await waiting()).toMatchObject({ state: "pending", message: expect.stringContaining("`global`") });
  expect(await listRotations(ledger.db, { name: "first" })).toEqual([]);
  expect(vendor.seen.filter(({ method }) => method !== "GET")).toEqual([]);
});
