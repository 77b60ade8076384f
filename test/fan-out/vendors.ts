/** Five vendors on loopback, each of which holds a copy of one Heroku token for an app that uses it. */
import { type AwsEmulator, openAwsEmulator } from "../../adapters/aws/emulator.ts";
import { type CloudflareEmulator, openCloudflare } from "../../adapters/cloudflare/emulator.ts";
import {
  APP_ID,
  APP_KEY,
  type GitHubEmulator,
  INSTALLATION_ID,
  openGitHubEmulator,
} from "../../adapters/github/emulator.ts";
import { type HerokuEmulator, openHeroku } from "../../adapters/heroku/emulator.ts";
import { type InfisicalEmulator, openInfisical } from "../../adapters/infisical/emulator.ts";

export const KEY = "DEPLOY_TOKEN";
const GITHUB_PLACE = "repos/acme/orders/environments/production";
const FOLDER = "/orders";
const PARAMETERS = "/orders/production";

export interface Place {
  /** As the Credential calls the consumer. */
  readonly id: string;
  /** The account's name, and the adapter's. */
  readonly account: string;
  readonly block: object;
  /** Only the app itself can tell whether it works. */
  readonly isBlind: boolean;
  /** What the app there uses now. */
  readonly held: () => string | undefined;
  /** Another hand writes it, or removes it. */
  readonly overwrite: (value: string | undefined) => void;
}

export interface Vendors extends AsyncDisposable {
  readonly heroku: HerokuEmulator;
  readonly aws: AwsEmulator;
  /** The token in use before Velvet, and the id of its authorization. */
  readonly first: { readonly id: string; readonly token: string };
  readonly places: readonly Place[];
  /** `spec` of each VendorAccount, but for `auth` and `allow`. */
  readonly accounts: Readonly<Record<string, object>>;
  /** What `auth[]` names, as `<account>.<name>`. */
  readonly secrets: ReadonlyMap<string, string>;
}

interface Open {
  readonly heroku: HerokuEmulator;
  readonly cloudflare: CloudflareEmulator;
  readonly aws: AwsEmulator;
  readonly github: GitHubEmulator;
  readonly infisical: InfisicalEmulator;
}

export async function openVendors(): Promise<Vendors> {
  const [heroku, cloudflare, aws, github, infisical] = await Promise.all([
    openHeroku(),
    openCloudflare(),
    openAwsEmulator(),
    openGitHubEmulator(),
    openInfisical(),
  ]);
  const open: Open = { heroku, cloudflare, aws, github, infisical };
  const first = heroku.authorize({ description: "orders, made by hand", scope: ["global"] });
  const admin = logins(open);
  return {
    heroku,
    aws,
    first,
    places: placesOf(open, first.token),
    accounts: {
      heroku: { adapter: "heroku", endpoint: heroku.url, heroku: { dataEndpoint: heroku.dataUrl } },
      cloudflare: {
        adapter: "cloudflare",
        endpoint: cloudflare.endpoint,
        cloudflare: { accountId: cloudflare.state.accountId, tokenKind: "user" },
      },
      aws: { adapter: "aws", endpoint: aws.url, aws: { region: "eu-central-1" } },
      github: {
        adapter: "github",
        endpoint: github.url,
        github: { app: { appId: APP_ID, installationId: INSTALLATION_ID } },
      },
      infisical: { adapter: "infisical", endpoint: infisical.url },
    },
    secrets: admin,
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(open).map(async (each: AsyncDisposable) => each[Symbol.asyncDispose]()));
    },
  };
}

/** Velvet's own at each vendor. */
function logins({ heroku, cloudflare, aws, infisical }: Open): ReadonlyMap<string, string> {
  const identity = infisical.identities.add();
  return new Map([
    ["heroku.token", heroku.authorize({ description: "velvet's own", scope: ["global"] }).token],
    ["cloudflare.token", cloudflare.plant("user", "velvet itself", ["workers"]).value],
    ["aws.accessKeyId", aws.admin.id],
    ["aws.secretAccessKey", aws.admin.secret],
    ["github.privateKey", APP_KEY],
    ["infisical.clientId", identity.clientId],
    ["infisical.clientSecret", infisical.identities.addSecret(identity, Date.now()).value],
  ]);
}

function placesOf({ heroku, cloudflare, aws, github, infisical }: Open, token: string): readonly Place[] {
  heroku.makeApp("orders");
  heroku.plant("orders", { [KEY]: token, LOG_LEVEL: "info" });
  heroku.changeApp("orders", { releaseMs: 500, restartMs: 200, bootMs: 200 });
  github.plant(GITHUB_PLACE, { [KEY]: token });
  const project = infisical.projects.addProject(["prod"]);
  const folder = { project, environment: "prod", path: FOLDER };
  infisical.projects.plant(folder, { [KEY]: token }, Date.now());
  const parameter = { Name: `${PARAMETERS}/${KEY}`, Value: token, Type: "SecureString", Overwrite: true };
  aws.ssm.put(parameter, Date.now(), "somebody");
  cloudflare.plantWorker("orders");
  cloudflare.setSecrets("orders", { [KEY]: token });
  return [
    place(
      "heroku-app",
      "heroku",
      { app: "orders" },
      () => heroku.peek("orders")[KEY],
      (value) => heroku.plant("orders", { [KEY]: value ?? null }),
    ),
    blind(
      "github-environment",
      "github",
      { repository: "acme/orders", environment: "production" },
      () => github.peek(GITHUB_PLACE)[KEY],
      // A second later: GitHub's dates have no more.
      (value) =>
        value === undefined
          ? github.remove(GITHUB_PLACE, KEY)
          : github.plant(GITHUB_PLACE, { [KEY]: value }, { updatedAt: Date.now() + 1_000 }),
    ),
    place(
      "infisical",
      "infisical",
      folder,
      () => infisical.projects.folderAt(folder)?.get(KEY)?.value,
      (value) =>
        value === undefined
          ? void infisical.projects.folderAt(folder)?.delete(KEY)
          : infisical.projects.plant(folder, { [KEY]: value }, Date.now()),
    ),
    place(
      "ssm",
      "aws",
      { parameters: { path: PARAMETERS } },
      () => aws.ssm.parameters.get(`${PARAMETERS}/${KEY}`)?.versions.at(-1)?.value,
      (value) =>
        value === undefined
          ? void aws.ssm.parameters.delete(`${PARAMETERS}/${KEY}`)
          : void aws.ssm.put({ ...parameter, Value: value }, Date.now(), "somebody"),
    ),
    blind(
      "worker",
      "cloudflare",
      { script: "orders" },
      () => cloudflare.peek("orders")[KEY],
      (value) => cloudflare.setSecrets("orders", { [KEY]: value ?? null }),
    ),
  ];
}

type Hands = readonly [held: Place["held"], overwrite: Place["overwrite"]];

function place(id: string, account: string, block: object, ...[held, overwrite]: Hands): Place {
  return { id, account, block, isBlind: false, held, overwrite };
}

function blind(id: string, account: string, block: object, ...hands: Hands): Place {
  return { ...place(id, account, block, ...hands), isBlind: true };
}
