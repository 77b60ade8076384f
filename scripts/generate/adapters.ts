import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";

/**
 * Where an adapter's settings stand: VendorAccount `spec`, Credential `spec.issuer`, Credential custody and consumers, and a consumer's
 * `restart`.
 */
export type BlockRole = "account" | "issuer" | "sink" | "restart";

export interface AdapterBlocks {
  readonly name: string;
  readonly blocks: Readonly<Partial<Record<BlockRole, unknown>>>;
}

const ROLES: readonly BlockRole[] = ["account", "issuer", "sink", "restart"];

/** Every `adapters/<name>/config.schema.yaml`, by name. Throws on one that cannot stand in a CRD. */
export function readAdapterBlocks(root: URL): AdapterBlocks[] {
  const folder = new URL("adapters/", root);
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/config.schema.yaml`, folder)))
    .map((entry) => entry.name)
    .toSorted()
    .map((name) => ({ name, blocks: readBlocks(name, new URL(`${name}/config.schema.yaml`, folder)) }));
}

function readBlocks(name: string, file: URL): AdapterBlocks["blocks"] {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) throw new Error(`adapters/${name}: not a name for a field`);
  const content: unknown = parse(readFileSync(file, "utf8"));
  const blocks = objectAt(content, `adapters/${name}/config.schema.yaml`);
  for (const [role, schema] of Object.entries(blocks)) {
    const place = `adapters/${name}/config.schema.yaml: ${role}`;
    if (!ROLES.some((known) => known === role)) throw new Error(`${place}: only ${ROLES.join(", ")} may stand here`);
    if (objectAt(schema, place).type !== "object") throw new Error(`${place}: must have type: object`);
    refuseRules(schema, place);
  }
  return blocks;
}

/** A rule in CEL needs an offline twin in the controller, and an adapter is one folder: its own rules belong in its code. */
function refuseRules(schema: unknown, place: string): void {
  if (typeof schema !== "object" || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === "x-kubernetes-validations")
      throw new Error(`${place}: no CEL here; check it in the adapter and throw Terminal`);
    refuseRules(value, `${place}.${key}`);
  }
}

function objectAt(value: unknown, place: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${place}: must be an object`);
  return Object.fromEntries(Object.entries(value));
}
