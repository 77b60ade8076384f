/** One Heroku token in use at four vendors, each with a test slot of its kind, and a Worker that has none. */
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { APP_ID, APP_KEY, INSTALLATION_ID, openGitHubEmulator } from "../../adapters/github/emulator.ts";
import { openHeroku } from "../../adapters/heroku/emulator.ts";
import { openInfisical } from "../../adapters/infisical/emulator.ts";
import { Secret } from "../../adapters/secret.ts";
import { summarize } from "../../controller/domain/summarize.ts";
import type { Engine } from "../../controller/engine/engine.ts";
import type { Db } from "../../controller/ledger/db.ts";
import { listAsked, type RequestView, type RotationView } from "../../controller/ledger/views.ts";
import type { DesiredDocument } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import type { ConsumerSpec, CredentialSpec, RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import { startRealEngine } from "../support/real-engine.ts";

export const KEY = "DEPLOY_TOKEN";
/** What somebody tries things out with, in the slots. */
export const TRIED = { [KEY]: "what-the-preview-app-had-before", LOG_LEVEL: "debug" };
const GITHUB_PLACE = "repos/acme/orders/environments/production";
const WAIT_MS = 60_000;

export type World = Awaited<ReturnType<typeof openWorld>>;

export async function openWorld(db: Db) {
  const [folder, heroku, github, infisical] = await Promise.all([
    mkdtemp(join(tmpdir(), "velvet-rehearsal-")),
    openHeroku(),
    openGitHubEmulator(),
    openInfisical(),
  ]);
  const own = heroku.authorize({ description: "velvet's own", scope: ["global"] });
  const used = heroku.authorize({ description: "orders, made by hand", scope: ["read"] });
  const identity = infisical.identities.add();
  const clientSecret = infisical.identities.addSecret(identity, Date.now()).value;
  const secrets: Readonly<Record<string, string>> = {
    HEROKU: own.token,
    GITHUB: APP_KEY,
    CLIENT_ID: identity.clientId,
    CLIENT_SECRET: clientSecret,
  };
  heroku.makeApp("orders");
  heroku.makeApp("orders-preview");
  heroku.plant("orders", { [KEY]: used.token, LOG_LEVEL: "info" });
  heroku.plant("orders-preview", TRIED);
  github.plant(GITHUB_PLACE, { [KEY]: used.token });
  const project = infisical.projects.addProject(["prod"]);
  const live = { project, environment: "prod", path: "/orders" };
  infisical.projects.plant(live, { [KEY]: used.token }, Date.now());
  await mkdir(join(folder, "web"));
  await writeFile(join(folder, "web/.env"), `PORT=8080\n${KEY}=${used.token}\n`, { mode: 0o600 });
  await writeFile(join(folder, "web/.env.rehearsal"), "# for rehearsals\nPORT=8081\n", { mode: 0o600 });
  await writeFile(join(folder, "custody.json"), JSON.stringify({ value: used.token }), { mode: 0o600 });
  const allow = [{ namespaces: ["orders"] }];
  const documents: DesiredDocument[] = [
    document("VendorAccount", "files", { adapter: "file", file: { root: folder }, allow }),
    document("VendorAccount", "heroku", {
      adapter: "heroku",
      endpoint: heroku.url,
      heroku: { dataEndpoint: heroku.dataUrl },
      auth: [{ name: "token", env: "HEROKU" }],
      allow,
    }),
    document("VendorAccount", "github", {
      adapter: "github",
      endpoint: github.url,
      github: { app: { appId: APP_ID, installationId: INSTALLATION_ID } },
      auth: [{ name: "privateKey", env: "GITHUB" }],
      allow,
    }),
    document("VendorAccount", "infisical", {
      adapter: "infisical",
      endpoint: infisical.url,
      auth: [
        { name: "clientId", env: "CLIENT_ID" },
        { name: "clientSecret", env: "CLIENT_SECRET" },
      ],
      allow,
    }),
  ];
  let engine: Engine | undefined;
  const sync = async (): Promise<void> => {
    const look = { source: "test", kind: "git", trust: "claimed", problems: [] } as const;
    await syncSource(db, { ...look, cursor: randomUUID(), documents });
    engine?.wake();
  };
  const add = async (kind: DesiredDocument["kind"], name: string, spec: object): Promise<void> => {
    documents.push(document(kind, name, spec));
    await sync();
  };
  return {
    heroku,
    usedId: used.id,
    add,
    addCredential: async (consumers: readonly ConsumerSpec[], more: Partial<CredentialSpec> = {}, name = "token") =>
      add("Credential", name, { ...CREDENTIAL, consumers, ...more }),
    consumers: (): readonly ConsumerSpec[] => consumersOf(project),
    /** Asks for it, and lets an engine run until it is as wanted. */
    rehearse: async (
      name: string,
      wanted: (view: RotationView | RequestView) => boolean,
      tell: (line: string) => void = () => undefined,
    ): Promise<RotationView | RequestView> => {
      const request = { credentialRef: { name: "token" }, flow: "Testing", reason: "a drill", requestedBy: "ana" };
      if (!documents.some((each) => each.name === name)) await add("RotationRequest", name, request);
      engine ??= startRealEngine(db, { secrets: ({ env = "" }) => secretOf(secrets[env]), leaseMs: 6_000 });
      engine.wake();
      return follow(db, name, wanted, tell);
    },
    decide: async (name: string, spec: Partial<RotationDecisionSpec>) =>
      add("RotationDecision", `${name}-decision`, {
        requestRef: { name },
        reason: "because",
        decidedBy: "ben",
        ...spec,
      }),
    writeFile: async (path: string, text: string) => writeFile(join(folder, path), text, { mode: 0o600 }),
    /** Everything that a rehearsal must leave as it was, live or not. */
    places: async () => ({
      live: heroku.peek("orders"),
      releases: heroku.newest("orders"),
      preview: heroku.peek("orders-preview"),
      github: github.peek(GITHUB_PLACE),
      vault: [...(infisical.projects.folderAt(live) ?? [])].map(([key, { value }]) => [key, value]),
      vaultSlot: [...(infisical.projects.folderAt({ ...live, path: "/orders/rehearsal" }) ?? [])],
      env: await readFile(join(folder, "web/.env"), "utf8"),
      envSlot: await readFile(join(folder, "web/.env.rehearsal"), "utf8"),
      custody: JSON.parse(await readFile(join(folder, "custody.json"), "utf8")) as object,
      tokens: heroku.keys().map(({ id }) => id),
    }),
    async [Symbol.asyncDispose]() {
      await engine?.stop();
      await Promise.all([heroku, github, infisical].map(async (each) => each[Symbol.asyncDispose]()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function secretOf(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : Secret.from(text);
}

const CREDENTIAL = {
  credentialName: "DEPLOY_TOKEN",
  environment: "test",
  issuer: { account: "heroku", heroku: { authorization: { scope: ["read"] } } },
  custody: { account: "files", file: { path: "custody.json", format: "json" } },
  gates: { mint: "Automatic", revoke: "Approval" },
};

/** A preview app, a key beside the live one, a folder, a file; and one that has no slot. */
function consumersOf(project: string): readonly ConsumerSpec[] {
  const keys = [{ field: "value", name: KEY }];
  const check = { type: "native" } as const;
  const app = { id: "app", account: "heroku", heroku: { app: "orders" }, keys, check };
  const repository = { repository: "acme/orders", environment: "production" };
  const ci = { id: "ci", account: "github", github: repository, keys, check: { type: "manual" } as const };
  const folder = { project, environment: "prod", path: "/orders" };
  const vault = { id: "vault", account: "infisical", infisical: folder, keys, check };
  const web = { id: "web", account: "files", file: { path: "web/.env", format: "dotenv" } as const, keys, check };
  return [
    { ...app, testSlot: { app: "orders-preview" } },
    { ...ci, testSlot: { keySuffix: "_REHEARSAL" } },
    { ...vault, testSlot: { path: "/orders/rehearsal" } },
    { ...web, testSlot: { path: "web/.env.rehearsal" } },
    { id: "batch", account: "heroku", heroku: { app: "orders-batch" }, keys, check },
  ];
}

function document(kind: DesiredDocument["kind"], name: string, spec: object): DesiredDocument {
  const namespace = kind === "VendorAccount" ? "" : "orders";
  return { kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } };
}

async function follow(
  db: Db,
  name: string,
  wanted: (view: RotationView | RequestView) => boolean,
  tell: (line: string) => void,
): Promise<RotationView | RequestView> {
  const end = performance.now() + WAIT_MS;
  let said = "";
  for (;;) {
    const { rotations, requests } = await listAsked(db, { namespace: "orders", name });
    const view = rotations[0] ?? requests[0];
    const line = rotations[0] ? lineOf(rotations[0]) : `${requests[0]?.reason}: ${requests[0]?.message}`;
    if (line !== said) tell(line);
    said = line;
    if (view && wanted(view)) return view;
    if (performance.now() > end) throw new Error(`not so within a minute: ${line}`);
    await delay(20);
  }
}

function lineOf(view: RotationView): string {
  const { stage, consumers } = summarize(view);
  const failed = consumers.filter(({ state }) => state === "failed").map(({ id, message }) => `; ${id}: ${message}`);
  return `${stage.padEnd(13)} ${consumers.map(({ id, state }) => `${id} ${state}`).join(", ")}${failed.join("")}`;
}
