import { infisical } from "../../../adapters/infisical/infisical.ts";
import { openInfisical } from "../../../adapters/infisical/emulator.ts";
import type { Call } from "../../../adapters/emulator/emulator.ts";
import { accountAt, issued, kept, part, plugged } from "./parts.ts";
import type { EmulatedSetup, IssuerPlug, PlugOptions, SinkPlug } from "./plug.ts";

const PLENTY = { read: 100_000, write: 100_000, secrets: 100_000 };
const FOLDER = "/orders/api";

async function openWorld({ now, clock }: PlugOptions) {
  const vendor = await openInfisical({ now, limits: PLENTY });
  const admin = vendor.identities.add();
  const own = vendor.identities.addSecret(admin, now());
  const auth = { clientId: admin.clientId, clientSecret: own.value };
  return { vendor, connection: infisical.connect(accountAt(vendor.url, auth), clock) };
}

/** A login changes nothing that is rotated. */
function changes({ method, path }: Call): boolean {
  return method !== "GET" && !/\/login$|\/token\//.test(path);
}

async function openClientSecret(options: PlugOptions): Promise<IssuerPlug> {
  const { vendor, connection } = await openWorld(options);
  const target = vendor.identities.add();
  const original = vendor.identities.addSecret(target, options.now(), { description: "made by hand" });
  return {
    ...plugged(vendor, connection, [vendor.server], changes),
    issuer: part(connection.issuer?.({ identity: target.id })),
    originalId: `${target.id}/${original.id}`,
    keys: () =>
      target.secrets
        .filter(({ revoked }) => !revoked)
        .map(({ id, value, description }) => ({
          id: `${target.id}/${id}`,
          value: { clientSecret: value, clientId: target.clientId },
          live: true,
          ...(description.startsWith("velvet/") ? { marker: description } : {}),
        })),
  };
}

async function openFolder(options: PlugOptions, needsApproval: boolean): Promise<SinkPlug> {
  const { vendor, connection } = await openWorld(options);
  const project = vendor.projects.addProject(["prod"]);
  const where = { project, environment: "prod", path: FOLDER };
  const { projects } = vendor;
  return {
    ...plugged(vendor, connection, [vendor.server], changes),
    sink: part(connection.sink?.(where)),
    values: () => Object.fromEntries([...(projects.folderAt(where) ?? [])].map(([name, { value }]) => [name, value])),
    plant: (values) => {
      projects.plant(where, values, options.now());
      if (needsApproval) projects.protectedPaths.add(FOLDER);
    },
    approve: () => {
      for (const [id, { status }] of projects.approvals) if (status === "open") projects.approve(id, options.now());
    },
  };
}

export const INFISICAL: Readonly<Record<string, EmulatedSetup>> = {
  "infisical-client-secret/1x": issued(
    { mintClass: "markable", revocation: "immediate", fields: ["clientSecret", "clientId"] },
    openClientSecret,
  ),
  "infisical-folder/1x": kept({ sink: "readable" }, async (options) => openFolder(options, false)),
  "infisical-approval/1x": kept({ sink: "approval" }, async (options) => openFolder(options, true)),
};
