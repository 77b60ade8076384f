import { isDeepStrictEqual } from "node:util";
import { github } from "../../../adapters/github/github.ts";
import { APP_ID, APP_KEY, INSTALLATION_ID, openGitHubEmulator } from "../../../adapters/github/emulator.ts";
import { newPair, PAIR_BYTES } from "../../../adapters/github/ssh-key.ts";
import type { Issuer } from "../../../adapters/contract.ts";
import type { Call } from "../../../adapters/emulator/emulator.ts";
import { accountAt, issued, kept, part, plugged } from "./parts.ts";
import type { EmulatedSetup, IssuerPlug, PlugOptions, SinkPlug } from "./plug.ts";

const REPOSITORY = "acme/orders";
const LOGIN = "octo-bot";

/** The five places for secrets, each with the emulator's name for it. */
const PLACES = {
  repository: [{ repository: REPOSITORY }, "repos/acme/orders/actions"],
  environment: [{ repository: REPOSITORY, environment: "production" }, "repos/acme/orders/environments/production"],
  organization: [{ organization: "acme", visibility: "private" }, "orgs/acme/actions"],
  dependabot: [{ store: "dependabot", repository: REPOSITORY }, "repos/acme/orders/dependabot"],
  "organization-dependabot": [
    { store: "dependabot", organization: "acme", visibility: "private" },
    "orgs/acme/dependabot",
  ],
} as const;

async function openWorld({ now, clock }: PlugOptions) {
  const vendor = await openGitHubEmulator({ now, limits: false });
  const config = { app: { appId: APP_ID, installationId: INSTALLATION_ID } };
  const connection = github.connect(accountAt(vendor.url, { privateKey: APP_KEY }, { config }), clock);
  return { vendor, connection };
}

/** The App's own session token is made and ended beside what is rotated. */
function changes({ method, path }: Call): boolean {
  return method !== "GET" && !/\/access_tokens$|^\/installation\/token$/.test(path);
}

async function openDeployKey(options: PlugOptions): Promise<IssuerPlug> {
  const { vendor, connection } = await openWorld(options);
  const first = newPair(options.random(PAIR_BYTES));
  const original = vendor.plantKey(REPOSITORY, { key: first.publicKey, title: "ci, made by hand" });
  const privateKeys = new Map([[first.publicKey, first.privateKey]]);
  const issuer = part(connection.issuer?.({ deployKey: { repository: REPOSITORY } }));
  return {
    ...plugged(vendor, connection, [vendor], changes),
    issuer: remembering(issuer, privateKeys),
    originalId: String(original.id),
    keys: () =>
      vendor.keys(REPOSITORY).map(({ id, key, title, enabled }) => ({
        id: String(id),
        value: { publicKey: key, privateKey: privateKeys.get(key) ?? "" },
        live: enabled,
        ...(title.startsWith("velvet/") ? { marker: title } : {}),
      })),
  };
}

/** GitHub is never given the private half: only whoever chose it knows it. */
function remembering(issuer: Issuer, privateKeys: Map<string, string>): Issuer {
  return {
    ...issuer,
    mint: async (order, signal) => {
      const { publicKey, privateKey } = order.proposed ?? {};
      if (publicKey && privateKey) privateKeys.set(publicKey.reveal(), privateKey.reveal());
      return issuer.mint(order, signal);
    },
  };
}

/** Whoever makes a token knows what he called it; GitHub's API tells nobody. */
async function openPersonalToken(options: PlugOptions): Promise<IssuerPlug> {
  const { vendor, connection } = await openWorld(options);
  const made = new Map<string, string>();
  const make = (): string => {
    const id = `made-by-hand-${made.size + 1}`;
    made.set(id, vendor.addToken({ kind: "fine-grained", login: LOGIN }));
    return id;
  };
  return {
    ...plugged(vendor, connection, [vendor], changes),
    issuer: part(connection.issuer?.({ personalAccessToken: { login: LOGIN } })),
    originalId: make(),
    keys: () =>
      [...made]
        .filter(([, value]) => vendor.isAlive(value))
        .map(([id, value]) => ({ id, value: { value }, live: true })),
    mintByHand: make,
    revokeByHand: (id) => vendor.endToken(made.get(id) ?? ""),
  };
}

/** What a token of the App's installation is asked for here; the adapter's own one is asked for all. */
const MAY = { contents: "read" } as const;
const HOUR_MS = 3_600_000;

async function openInstallationToken(options: PlugOptions): Promise<IssuerPlug> {
  const { vendor, connection } = await openWorld(options);
  const endsAt = options.now() + HOUR_MS;
  const original = vendor.addToken({ kind: "installation", permissions: MAY, endsAt });
  const names = new Map([[original, "made-by-hand"]]);
  const nameOf = (value: string): string => {
    const name = names.get(value) ?? `made-${names.size}`;
    names.set(value, name);
    return name;
  };
  return {
    ...plugged(vendor, connection, [vendor], changesToken),
    issuer: part(connection.issuer?.({ installationToken: { permissions: MAY } })),
    originalId: nameOf(original),
    keys: () =>
      [...vendor.people.tokens.values()]
        .filter(({ permissions, lastsUntil }) => isDeepStrictEqual(permissions, MAY) && lastsUntil === undefined)
        .map(({ value, endsAt: end = Infinity }) => ({
          id: nameOf(value),
          value: { value },
          live: vendor.isAlive(value),
          endsAt: end,
        })),
  };
}

function changesToken({ method, json }: Call): boolean {
  return method === "DELETE" || (method === "POST" && isDeepStrictEqual(json, { permissions: MAY }));
}

async function openSecrets(
  options: PlugOptions,
  [block, store]: (typeof PLACES)[keyof typeof PLACES],
): Promise<SinkPlug> {
  const { vendor, connection } = await openWorld(options);
  return {
    ...plugged(vendor, connection, [vendor], changes),
    sink: part(connection.sink?.(block)),
    values: () => vendor.peek(store),
    plant: (values) => vendor.plant(store, values),
  };
}

const SECRETS = Object.entries(PLACES).map(([name, place]): readonly [string, EmulatedSetup] => [
  `github-${name}/1x`,
  kept({ sink: "versioned", check: "http" }, async (options) => openSecrets(options, place)),
]);

export const GITHUB: Readonly<Record<string, EmulatedSetup>> = {
  "github-deploy-key/1x": issued(
    { mintClass: "client-supplied", revocation: "immediate", fields: ["privateKey", "publicKey"] },
    openDeployKey,
  ),
  "github-personal-token/1x": issued(
    { mintClass: "manual", revocation: "immediate", revokeNeeds: "value", namedBy: "ledger" },
    openPersonalToken,
  ),
  "github-installation-token/1x": issued(
    {
      mintClass: "unmarked",
      exclusive: true,
      revocation: "immediate",
      revokeNeeds: "value",
      namedBy: "ledger",
      endsByItselfMs: HOUR_MS,
    },
    openInstallationToken,
  ),
  ...Object.fromEntries(SECRETS),
};
