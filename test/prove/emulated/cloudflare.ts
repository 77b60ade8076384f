import type { CheckEndpoint, Connection } from "../../../adapters/contract.ts";
import { cloudflare } from "../../../adapters/cloudflare/cloudflare.ts";
import { type CloudflareEmulator, openCloudflare } from "../../../adapters/cloudflare/emulator.ts";
import type { HeldToken, TokenOwner } from "../../../adapters/cloudflare/emulator-state.ts";
import type { CloudflareIssuer } from "../../../crds/kinds.gen.ts";
import type { EmulatedSetup, HeldKey, IssuerPlug, PlugOptions, SinkPlug } from "./plug.ts";
import { accountAt, issued, kept, part, plugged } from "./parts.ts";

const NAME = "orders-dns";
const SCRIPT = "orders-api";

interface World {
  readonly vendor: CloudflareEmulator;
  readonly connection: Connection;
}

async function openWorld({ now, clock }: PlugOptions, owner: TokenOwner = "user"): Promise<World> {
  const vendor = await openCloudflare({ now });
  const admin = vendor.plant(owner, "velvet itself", ["userTokens", "accountTokens", "access", "workers"]);
  const account = accountAt(
    vendor.endpoint,
    { token: admin.value },
    {
      config: { accountId: vendor.state.accountId, tokenKind: owner },
      endpoints: [originEndpoint(`${vendor.origin.url}/health`)],
    },
  );
  const connection = cloudflare.connect(account, clock);
  return { vendor, connection };
}

function originEndpoint(url: string): CheckEndpoint {
  return {
    name: "origin",
    url,
    method: "GET",
    expectStatus: [200],
    proves: "credential",
    send: { field: "clientSecret", header: "CF-Access-Client-Secret" },
    allowPrivate: true,
    timeoutMs: 3_000,
  };
}

async function openToken(options: PlugOptions, owner: TokenOwner, roll: boolean): Promise<IssuerPlug> {
  const world = await openWorld(options, owner);
  const { vendor } = world;
  const original = vendor.plant(owner, NAME, ["zoneRead"]);
  const block = { name: NAME, ...(roll ? { roll } : {}) };
  const config: CloudflareIssuer = owner === "user" ? { userToken: block } : { accountToken: block };
  const rolls = roll ? rolledKeys(vendor) : undefined;
  return {
    ...plugged(world.vendor, world.connection, [world.vendor.api, world.vendor.origin]),
    issuer: part(world.connection.issuer?.(config)),
    originalId: roll ? `${original.id}@0` : original.id,
    keys: rolls ?? (() => ownTokens(vendor).map((token) => heldToken(vendor, token))),
  };
}

function ownTokens(vendor: CloudflareEmulator): readonly HeldToken[] {
  return vendor.keys().filter(({ name }) => name.startsWith(NAME));
}

function markerOf({ name }: HeldToken): { readonly marker?: string } {
  return name === NAME ? {} : { marker: name.slice(NAME.length + 1) };
}

function heldToken(vendor: CloudflareEmulator, token: HeldToken): HeldKey {
  const { id, value } = token;
  return { id, value: { value }, live: vendor.isAlive(value), ...markerOf(token) };
}

/** A rolled token is another credential with each value. Between the roll and its new name only the value says so. */
function rolledKeys(vendor: CloudflareEmulator): () => readonly HeldKey[] {
  const named = new Map<string, string>();
  return () =>
    ownTokens(vendor).map((token) => {
      const { marker } = markerOf(token);
      const name = `${token.id}@${marker?.slice(-36) ?? "0"}`;
      const taken = [...named].some(([value, id]) => id === name && value !== token.value);
      if (!taken) named.set(token.value, name);
      const id = named.get(token.value) ?? `${token.id}@unnamed`;
      return {
        id,
        value: { value: token.value },
        live: vendor.isAlive(token.value),
        ...(taken ? {} : markerOf(token)),
      };
    });
}

async function openServiceToken(options: PlugOptions): Promise<IssuerPlug> {
  const world = await openWorld(options);
  const { vendor, connection } = world;
  const token = vendor.plantServiceToken("orders");
  const seen = new Map<string, string>();
  return {
    ...plugged(world.vendor, world.connection, [world.vendor.api, world.vendor.origin]),
    issuer: part(connection.issuer?.({ accessServiceToken: { tokenId: token.id, probe: "origin" } })),
    originalId: `${token.id}@1`,
    keys: () => {
      const { id, clientId, secret, version, previous } = token;
      seen.set(secret, `${id}@${version}`);
      const old = previous && previous.until > options.now() ? [previous.secret] : [];
      return [secret, ...old].map((clientSecret) => ({
        id: seen.get(clientSecret) ?? `${id}@unknown`,
        value: { clientId, clientSecret },
        live: vendor.isLetIn(clientId, clientSecret),
      }));
    },
  };
}

async function openWorker(options: PlugOptions): Promise<SinkPlug> {
  const world = await openWorld(options);
  world.vendor.plantWorker(SCRIPT);
  return {
    ...plugged(world.vendor, world.connection, [world.vendor.api, world.vendor.origin]),
    sink: part(world.connection.sink?.({ script: SCRIPT })),
    values: () => world.vendor.peek(SCRIPT),
    plant: (values) => world.vendor.setSecrets(SCRIPT, values),
  };
}

export const CLOUDFLARE: Readonly<Record<string, EmulatedSetup>> = {
  "cloudflare-user-token/1x": issued({ mintClass: "markable" }, async (options) => openToken(options, "user", false)),
  "cloudflare-account-token/1x": issued({ mintClass: "markable" }, async (options) =>
    openToken(options, "account", false),
  ),
  "cloudflare-roll/1x": issued({ mintClass: "roll-in-place", strategy: "Replace", lateUnseen: true }, async (options) =>
    openToken(options, "user", true),
  ),
  "cloudflare-service-token/1x": issued(
    {
      mintClass: "native-grace",
      graceKeeps: "last",
      revocation: "immediate",
      fields: ["clientSecret", "clientId"],
    },
    openServiceToken,
  ),
  "cloudflare-worker/1x": kept({ sink: "write-only", check: "http" }, openWorker),
};
