/** Vendors on loopback with many consumers each, of which every credential of the bench has one. */
import { openAwsEmulator } from "../adapters/aws/emulator.ts";
import { openCloudflare } from "../adapters/cloudflare/emulator.ts";
import type { Emulator } from "../adapters/emulator/emulator.ts";
import { APP_ID, APP_KEY, INSTALLATION_ID, openGitHubEmulator } from "../adapters/github/emulator.ts";
import { openHeroku } from "../adapters/heroku/emulator.ts";
import { openInfisical } from "../adapters/infisical/emulator.ts";

export interface Vendor extends AsyncDisposable {
  readonly name: string;
  /** `spec` of its VendorAccount, but for `allow`. */
  readonly account: Readonly<Record<string, unknown>>;
  /** What `auth[]` names, by name. */
  readonly auth: Readonly<Record<string, string>>;
  /** The sink block of one consumer, which holds `value` under this key from then on. */
  consumer(index: number, key: string, value: string): object;
  /** Answers nothing but 429, or as always again. */
  storm(on: boolean): void;
}

/** Nothing is counted: what slows the bench down is to be the storm alone. */
const PLENTY = 1_000_000_000;

export async function openVendors(): Promise<readonly Vendor[]> {
  return Promise.all([heroku(), cloudflare(), aws(), github(), infisical()]);
}

/** The vendor's 429, as long as it is on. */
function stormOf(emulator: Pick<Emulator, "set">, headers: Readonly<Record<string, string>>): (on: boolean) => void {
  let calm: (() => void) | undefined;
  return (on) => {
    calm?.();
    calm = on
      ? emulator.set({ times: Infinity, mishap: { kind: "answer", reply: { status: 429, headers, body: {} } } })
      : undefined;
  };
}

async function heroku(): Promise<Vendor> {
  const vendor = await openHeroku({ bucket: { size: PLENTY, perMinute: PLENTY } });
  const { token } = vendor.authorize({ description: "velvet's own" });
  return {
    name: "heroku",
    account: { adapter: "heroku", endpoint: vendor.url, heroku: { dataEndpoint: vendor.dataUrl } },
    auth: { token },
    consumer: (index, key, value) => {
      vendor.makeApp(`app-${index}`);
      vendor.plant(`app-${index}`, { [key]: value });
      return { app: `app-${index}` };
    },
    storm: stormOf(vendor, {}),
    [Symbol.asyncDispose]: async () => vendor[Symbol.asyncDispose](),
  };
}

async function cloudflare(): Promise<Vendor> {
  const vendor = await openCloudflare();
  vendor.state.rate = PLENTY;
  const admin = vendor.plant("user", "velvet itself", ["workers"]);
  return {
    name: "cloudflare",
    account: {
      adapter: "cloudflare",
      endpoint: vendor.endpoint,
      cloudflare: { accountId: vendor.state.accountId, tokenKind: "user" },
    },
    auth: { token: admin.value },
    consumer: (index, key, value) => {
      vendor.plantWorker(`app-${index}`);
      vendor.setSecrets(`app-${index}`, { [key]: value });
      return { script: `app-${index}` };
    },
    storm: stormOf(vendor.api, { "retry-after": "5" }),
    [Symbol.asyncDispose]: async () => vendor[Symbol.asyncDispose](),
  };
}

async function aws(): Promise<Vendor> {
  const vendor = await openAwsEmulator();
  const { id, secret } = vendor.admin;
  return {
    name: "aws",
    account: { adapter: "aws", endpoint: vendor.url, aws: { region: "eu-central-1" } },
    auth: { accessKeyId: id, secretAccessKey: secret },
    consumer: (index, key, value) => {
      const put = { Name: `/bench/${index}/${key}`, Value: value, Type: "SecureString", Overwrite: true };
      vendor.ssm.put(put, Date.now(), "somebody");
      return { parameters: { path: `/bench/${index}` } };
    },
    storm: stormOf(vendor, {}),
    [Symbol.asyncDispose]: async () => vendor[Symbol.asyncDispose](),
  };
}

async function github(): Promise<Vendor> {
  const vendor = await openGitHubEmulator({ limits: false });
  const place = "repos/acme/orders/environments/production";
  return {
    name: "github",
    account: {
      adapter: "github",
      endpoint: vendor.url,
      github: { app: { appId: APP_ID, installationId: INSTALLATION_ID } },
    },
    auth: { privateKey: APP_KEY },
    consumer: (_index, key, value) => {
      vendor.plant(place, { [key]: value });
      return { repository: "acme/orders", environment: "production" };
    },
    storm: stormOf(vendor, { "retry-after": "5" }),
    [Symbol.asyncDispose]: async () => vendor[Symbol.asyncDispose](),
  };
}

async function infisical(): Promise<Vendor> {
  const vendor = await openInfisical({ limits: { read: PLENTY, write: PLENTY, secrets: PLENTY } });
  const admin = vendor.identities.add();
  const own = vendor.identities.addSecret(admin, Date.now());
  const project = vendor.projects.addProject(["prod"]);
  return {
    name: "infisical",
    account: { adapter: "infisical", endpoint: vendor.url },
    auth: { clientId: admin.clientId, clientSecret: own.value },
    consumer: (index, key, value) => {
      const where = { project, environment: "prod", path: `/app-${index}` };
      vendor.projects.plant(where, { [key]: value }, Date.now());
      return where;
    },
    storm: stormOf(vendor.server, { "retry-after": "5" }),
    [Symbol.asyncDispose]: async () => vendor[Symbol.asyncDispose](),
  };
}
