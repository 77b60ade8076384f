/** A Heroku token that was made by hand, in use at two apps, at a developer's machine, and behind a door that tells whom it lets in. */
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type HerokuEmulator, openHeroku } from "../../adapters/heroku/emulator.ts";
import type { CredentialSpec } from "../../crds/kinds.gen.ts";
import { type Door, openDoor } from "./door.ts";
import { CREDENTIAL, CREDENTIAL_NAME, documentOf, type DrillVendor, DrillWorld, NAMESPACE } from "./world.ts";

export const KEY = "DEPLOY_TOKEN";
export type Place = "api" | "worker" | "laptop" | "door";

export interface HerokuDrill {
  readonly world: DrillWorld;
  readonly heroku: HerokuEmulator;
  readonly door: Door;
  /** The one that is in use when it begins. */
  readonly old: { readonly id: string; readonly token: string };
}

export interface HerokuOptions {
  /** Default: both apps. */
  readonly consumers?: readonly Place[];
  readonly credential?: Partial<CredentialSpec>;
}

const APPS: ReadonlySet<Place> = new Set<Place>(["api", "worker"]);
const FILES: Readonly<Partial<Record<Place, string>>> = { laptop: "laptop.json", door: "door.json" };

export async function openHerokuDrill({ consumers = ["api", "worker"], credential = {} }: HerokuOptions = {}) {
  const heroku = await openHeroku();
  const door = await openDoor((token) => heroku.keys().some((key) => key.token === token));
  const own = heroku.authorize({ description: "velvet's own", scope: ["global"] });
  const old = heroku.authorize({ description: "made by hand", scope: ["read"] });
  for (const app of ["api", "worker"]) {
    heroku.makeApp(app);
    heroku.plant(app, { [KEY]: old.token, LOG_LEVEL: "info" });
  }
  let folder = "";
  const heldAt = (place: Place): string | undefined =>
    APPS.has(place) ? heroku.peek(place)[KEY] : inFile(join(folder, FILES[place] ?? ""));
  const vendor: DrillVendor = {
    truth: {
      alive: () => heroku.keys().flatMap(({ id, token: value }) => (id === own.id ? [] : [{ id, value }])),
      held: () => Object.fromEntries(consumers.map((place) => [place, heldAt(place)])),
      strangers: () => new Set(),
    },
    secrets: (name) => (name === "VELVET_ACCOUNT_HEROKU" ? own.token : undefined),
    documents: async (given) => {
      folder = given;
      await mkdir(join(folder, "custody"));
      for (const file of Object.values(FILES))
        await writeFile(join(folder, file), JSON.stringify({ [KEY]: old.token }));
      return [...accounts(heroku, door, folder), documentOf("Credential", CREDENTIAL, spec(consumers, credential))];
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([heroku[Symbol.asyncDispose](), door[Symbol.asyncDispose]()]);
    },
  };
  const world = await DrillWorld.open(vendor);
  const drill: HerokuDrill = { world, heroku, door, old };
  return { ...drill, [Symbol.asyncDispose]: async () => world[Symbol.asyncDispose]() };
}

function inFile(path: string): string | undefined {
  return (JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, string>>)[KEY];
}

function accounts(heroku: HerokuEmulator, door: Door, folder: string) {
  const allow = [{ namespaces: [NAMESPACE] }];
  const send = { field: "value", header: "Authorization", prefix: "Bearer " };
  const endpoints = [{ name: "door", url: door.url, allowPrivate: true, proves: "credential", send }];
  return [
    documentOf("VendorAccount", "files", { adapter: "file", file: { root: folder }, allow }),
    documentOf("VendorAccount", "doors", { adapter: "http", endpoints, allow }),
    documentOf("VendorAccount", "heroku", {
      adapter: "heroku",
      endpoint: heroku.url,
      heroku: { dataEndpoint: heroku.dataUrl },
      auth: [{ name: "token", env: "VELVET_ACCOUNT_HEROKU" }],
      allow,
    }),
  ];
}

const KEYS = [{ field: "value", name: KEY }];

function spec(consumers: readonly Place[], more: Partial<CredentialSpec>): object {
  return {
    credentialName: CREDENTIAL_NAME,
    environment: "test",
    issuer: { account: "heroku", heroku: { authorization: { scope: ["read"] } } },
    custody: { account: "files", file: { path: "custody/token.json", format: "json" }, keys: KEYS },
    readFrom: consumers[0],
    consumers: consumers.map(consumer),
    gates: { mint: "Automatic", revoke: "Automatic" },
    ...more,
  };
}

function consumer(id: Place): object {
  if (APPS.has(id)) return { id, account: "heroku", heroku: { app: id }, keys: KEYS, check: { type: "native" } };
  const file = { path: FILES[id], format: "json" };
  if (id === "laptop") return { id, account: "files", file, keys: KEYS, check: { type: "manual" } };
  const check = { type: "http", account: "doors", endpoint: "door" };
  return { id, account: "files", file, keys: KEYS, check };
}
