/** A leaked token, from the suspicion to the new one: everything over HTTP, on a real ledger. */
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type HerokuEmulator, openHeroku } from "../../adapters/heroku/emulator.ts";
import { adapters } from "../../adapters/registry.ts";
import { Secret } from "../../adapters/secret.ts";
import { followUpOf } from "../../controller/domain/follow-up.ts";
import type { RotationStatus } from "../../controller/domain/status.ts";
import { summarize } from "../../controller/domain/summarize.ts";
import { Engine } from "../../controller/engine/engine.ts";
import type { Db } from "../../controller/ledger/db.ts";
import type { RotationView } from "../../controller/ledger/views.ts";
import { listRotations } from "../../controller/ledger/views.ts";
import type { DesiredDocument } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import { type Gateway, openGateway } from "./gateway.ts";
import { type Heard, openWebhook, tellTo, type Webhook } from "./webhook.ts";
import { testDeps } from "../support/test-deps.ts";
import { newKeys } from "../support/real-engine.ts";

export interface Leak {
  readonly revocation: RotationView;
  readonly followUp: RotationView;
  readonly heard: readonly Heard[];
  /** From when the leak was recorded until somebody was told. */
  readonly alarmMs: number;
  /** Through the gateway, after all. */
  readonly lets: { readonly old: number; readonly new: number };
  readonly isOldAlive: boolean;
  /** What the app holds is accepted by the vendor, and is not what leaked. */
  readonly hasAppNew: boolean;
}

const KEY = "DEPLOY_TOKEN";
const NAMESPACE = "orders";
export const REVOCATION = "leaked-1";
const WAIT_MS = 120_000;

/** `tell` is given a line whenever something happens. */
export async function runLeak(db: Db, tell: (line: string) => void): Promise<Leak> {
  const folder = await mkdtemp(join(tmpdir(), "velvet-leak-"));
  await using heroku = await openHeroku();
  await using gateway = await openGateway(heroku.url);
  await using webhook = await openWebhook();
  const first = heroku.authorize({ description: "orders, made by hand", scope: ["global"] });
  const admin = heroku.authorize({ description: "velvet's own", scope: ["global"] }).token;
  const world: World = { db, tell, heroku, gateway, webhook, folder, first, documents: [] };
  await settle(world);
  const stopping = new AbortController();
  const engine = openEngine(db, admin);
  const telling = tellTo(webhook, db, stopping.signal, 200);
  try {
    return await story(world, engine);
  } finally {
    stopping.abort();
    await telling;
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface World {
  readonly db: Db;
  readonly tell: (line: string) => void;
  readonly heroku: HerokuEmulator;
  readonly gateway: Gateway;
  readonly webhook: Webhook;
  readonly folder: string;
  readonly first: { readonly id: string; readonly token: string };
  readonly documents: DesiredDocument[];
}

/** The token is in use: at a Heroku app, and at a gateway that lets in whoever shows it. */
async function settle({ heroku, gateway, folder, first, documents, db }: World): Promise<void> {
  heroku.makeApp("orders");
  heroku.plant("orders", { [KEY]: first.token });
  heroku.changeApp("orders", { releaseMs: 300, restartMs: 100, bootMs: 100 });
  await mkdir(join(folder, "gateway"));
  await writeFile(join(folder, "gateway", "token.json"), JSON.stringify({ [KEY]: first.token }));
  await knock(gateway, first.token);
  documents.push(...standing(heroku, gateway, folder));
  await sync(db, documents);
}

async function story(world: World, engine: Engine): Promise<Leak> {
  const { tell, webhook, gateway } = world;
  tell("suspected      a token of orders stands in a public log; Ana asks for a Revocation (SEC-7)");
  await ask(world, engine, REVOCATION, {
    credentialRef: { name: "token" },
    flow: "Revocation",
    reason: "in a public log",
    ticket: "SEC-7",
  });
  const leaked = await follow(world, REVOCATION, ({ rotation }) => rotation.state === "rev_leaked");
  const alarmMs = await alarmed(world, leaked);
  tell("dealt with     the gateway is restarted, and has forgotten whom it let in");
  gateway.restart();
  const revocation = await follow(world, REVOCATION, ended);
  const next = followUpOf(revocation.rotation);
  if (!next) throw new Error("nothing follows");
  tell(`next           Velvet proposes ${next.name}: ${next.spec.flow}, expect ${next.spec.expect}; Ana asks for it`);
  await ask(world, engine, next.name, next.spec);
  const followUp = await follow(world, next.name, ended);
  return { revocation, followUp, heard: webhook.heard, alarmMs, ...(await proofsOf(world)) };
}

async function ask({ db, documents }: World, engine: Engine, name: string, spec: object): Promise<void> {
  documents.push(document("RotationRequest", NAMESPACE, name, { ...spec, requestedBy: "ana" }));
  await sync(db, documents);
  engine.wake();
}

/** How long after the leak was recorded somebody was told. */
async function alarmed({ webhook, tell }: World, { rotation }: RotationView): Promise<number> {
  const alarm = await webhook.next;
  const ms = alarm.atMs - Date.parse(rotation.facts.revocation?.leakedAt ?? "");
  tell(`alarm          heard after ${(ms / 1_000).toFixed(1)} s: ${alarm.text}`);
  return ms;
}

async function proofsOf(world: World): Promise<Pick<Leak, "lets" | "isOldAlive" | "hasAppNew">> {
  const { heroku, gateway, first } = world;
  const held = heroku.peek("orders")[KEY] ?? "";
  const alive = heroku.keys();
  const isNew = held !== first.token && alive.some(({ token }) => token === held);
  return {
    lets: { old: await knock(gateway, first.token), new: await knock(gateway, held) },
    isOldAlive: alive.some(({ id }) => id === first.id),
    hasAppNew: isNew && (await fileHolds(world, held)),
  };
}

function ended({ rotation }: RotationView): boolean {
  return rotation.endedAt !== undefined;
}

async function fileHolds({ folder }: World, token: string): Promise<boolean> {
  return (await readFile(join(folder, "gateway", "token.json"), "utf8")).includes(token);
}

/** What the gateway says to whoever shows this token. */
async function knock(gateway: Gateway, token: string): Promise<number> {
  return (await fetch(gateway.url, { headers: { authorization: `Bearer ${token}` } })).status;
}

function standing(heroku: HerokuEmulator, gateway: Gateway, folder: string): DesiredDocument[] {
  const allow = [{ namespaces: [NAMESPACE] }];
  const keys = [{ field: "value", name: KEY }];
  const send = { field: "value", header: "Authorization", prefix: "Bearer " };
  const endpoints = [{ name: "gateway", url: gateway.url, allowPrivate: true, proves: "credential", send }];
  const files = { adapter: "file", file: { root: folder }, allow };
  return [
    document("VendorAccount", "", "files", files),
    document("VendorAccount", "", "doors", { adapter: "http", endpoints, allow }),
    document("VendorAccount", "", "heroku", {
      adapter: "heroku",
      endpoint: heroku.url,
      heroku: { dataEndpoint: heroku.dataUrl },
      auth: [{ name: "token", env: "VELVET_ACCOUNT_HEROKU" }],
      allow,
    }),
    document("Credential", NAMESPACE, "token", {
      credentialName: "ORDERS_TOKEN",
      environment: "test",
      issuer: { account: "heroku", heroku: { authorization: { scope: ["global"] } } },
      custody: { account: "files", file: { path: "custody.json", format: "json" }, keys },
      readFrom: "heroku-app",
      consumers: [
        { id: "heroku-app", account: "heroku", heroku: { app: "orders" }, keys, check: { type: "native" } },
        {
          id: "gateway",
          account: "files",
          file: { path: "gateway/token.json", format: "json" },
          keys,
          role: "acceptor",
          check: { type: "http", account: "doors", endpoint: "gateway" },
        },
      ],
      gates: { mint: "Automatic", revoke: "Approval" },
    }),
  ];
}

function document(kind: DesiredDocument["kind"], namespace: string, name: string, spec: object): DesiredDocument {
  return { kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } };
}

async function sync(db: Db, documents: readonly DesiredDocument[]): Promise<void> {
  const cursor = randomUUID();
  await syncSource(db, { source: "leak", kind: "git", cursor, trust: "claimed", documents, problems: [] });
}

function openEngine(db: Db, admin: string): Engine {
  const lookup = ({ env }: { readonly env?: string }) =>
    env === "VELVET_ACCOUNT_HEROKU" ? Secret.from(admin) : undefined;
  const own = { install: "leak", leaseMs: 25_000, replica: "leak" };
  const deps = testDeps({ ...own, db, adapters, secrets: lookup, keys: newKeys() });
  return new Engine(deps, {
    concurrency: 4,
    pollMs: 100,
    admission: { environment: "test", rotationOn: true, registry: adapters },
  });
}

/** Looks until it is as wanted, and tells each change. */
async function follow(
  { db, tell }: World,
  name: string,
  wanted: (view: RotationView) => boolean,
): Promise<RotationView> {
  const end = performance.now() + WAIT_MS;
  let said = "";
  for (;;) {
    const [view] = await listRotations(db, { namespace: NAMESPACE, name });
    const line = view ? lineOf(summarize(view)) : "";
    if (view && line !== said) tell(line);
    said = line;
    if (view && wanted(view)) return view;
    if (performance.now() > end) throw new Error(`not so within two minutes: ${line}`);
    await delay(50);
  }
}

function lineOf({ stage, consumers }: RotationStatus): string {
  const places = consumers
    .filter(({ id }) => id !== "custody")
    .map(({ id, state, message }) => {
      return state === "leaking" ? `${id} LEAKING` : `${id} ${message.startsWith("StillSettling") ? "asked" : state}`;
    });
  return `${stage.padEnd(15)}${places.join(", ")}`;
}
