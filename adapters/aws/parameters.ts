/** The Parameter Store as a sink: one parameter for each key, each written by itself. */
import type { ParameterMetadata } from "@aws-sdk/client-ssm";
import type { AwsSink } from "../../crds/kinds.gen.ts";
import type { Observed, ObservedKey, Residual, Settled, Sink, SinkTraits, WriteOrder, Written } from "../contract.ts";
import type { Secret } from "../secret.ts";
import type { Access } from "./access.ts";
import { typeDiffers, valueRefused } from "./parameter-faults.ts";
import { type Held, type ParameterStore, parameterStoreOf } from "./parameter-store.ts";

export type ParametersBlock = NonNullable<AwsSink["parameters"]>;

export const PARAMETERS: SinkTraits = { grade: "value", atomic: false, conditional: false, freeKeys: true };

interface Shelf {
  readonly store: ParameterStore;
  readonly block: ParametersBlock;
}

export function parametersOf(access: Access, block: ParametersBlock): Sink {
  const shelf = { store: parameterStoreOf(access, block.path), block };
  return {
    traits: PARAMETERS,
    observe: async (keys, signal) => observe(shelf, keys, signal),
    write: async (order, signal) => write(shelf, order, signal),
    settle: async (written, signal) => settle(shelf, written, signal),
    residual: async () => residual(block),
  };
}

async function observe({ store, block }: Shelf, keys: readonly string[], signal: AbortSignal): Promise<Observed> {
  const held = await store.read(keys.map(nameIn(block)), block.label, signal);
  const seen = keys.map((key) => [key, held.get(nameIn(block)(key))] as const);
  const dates = seen.flatMap(([, found]) => found?.changedAt?.getTime() ?? []);
  return {
    keys: Object.fromEntries(
      seen.map(([key, found]): [string, ObservedKey] => [
        key,
        found ? { present: true, value: found.value } : { present: false },
      ]),
    ),
    version: versionOf(new Map(seen.flatMap(([key, found]) => (found ? [[key, found.version] as const] : [])))),
    ...(dates.length === 0 ? {} : { changedAt: new Date(Math.max(...dates)).toISOString() }),
  };
}

async function write(shelf: Shelf, order: WriteOrder, signal: AbortSignal): Promise<Written> {
  const { store, block } = shelf;
  const wanted = wantedOf(order, block);
  const removed = Object.keys(order.keys).filter((key) => order.keys[key] === null);
  const names = [...wanted.map(({ name }) => name), ...removed.map(nameIn(block))];
  const held = await store.read(names, block.label, signal);
  const changed = wanted.filter(({ name, value }) => held.get(name)?.value.equals(value) !== true);
  const known = await describe(store, changed, block, signal);
  const versions = new Map<string, number>();
  for (const { key, name } of wanted) versions.set(key, held.get(name)?.version ?? 0);
  for (const change of changed) versions.set(change.key, await put(shelf, change, known.get(change.name), signal));
  const gone = await remove(store, removed.map(nameIn(block)), held, block, signal);
  return { version: versionOf(versions), changed: changed.length > 0 || gone };
}

interface Wish {
  readonly key: string;
  readonly name: string;
  readonly value: Secret;
}

function wantedOf({ keys }: WriteOrder, block: ParametersBlock): Wish[] {
  return Object.entries(keys).flatMap(([key, value]) => {
    const name = nameIn(block)(key);
    if (value === null) return [];
    if (!fits(value)) throw valueRefused(name);
    return [{ key, name, value }];
  });
}

/** All of them are looked at before the first is written: a type that differs must not leave half of the keys changed. */
async function describe(
  store: ParameterStore,
  changed: readonly { readonly name: string }[],
  block: ParametersBlock,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ParameterMetadata>> {
  const { type = "SecureString" } = block;
  const known = await store.describe(
    changed.map(({ name }) => name),
    signal,
  );
  for (const [name, { Type: held }] of known) if (held !== type) throw typeDiffers(name, held ?? "parameter", type);
  return known;
}

/** An overwrite that names neither key nor tier may get the region's defaults, and shut out who reads with the key of before. */
async function put(
  { store, block }: Shelf,
  { name, value }: Wish,
  known: ParameterMetadata | undefined,
  signal: AbortSignal,
): Promise<number> {
  const { type = "SecureString", label } = block;
  const key = block.kmsKey ?? known?.KeyId;
  const tier = block.tier ?? known?.Tier;
  const request = {
    Name: name,
    Type: type,
    Overwrite: true,
    ...(key !== undefined && type === "SecureString" ? { KeyId: key } : {}),
    ...(tier === undefined ? {} : { Tier: tier }),
  };
  const version = await store.put({ ...request, Value: value.reveal() }, signal);
  if (label !== undefined) await store.label(name, version, label, signal);
  return version;
}

/** Where a label says what is in use, a parameter can be there without it. */
async function remove(
  store: ParameterStore,
  names: readonly string[],
  held: ReadonlyMap<string, Held>,
  { label }: ParametersBlock,
  signal: AbortSignal,
): Promise<boolean> {
  const unlabelled = names.filter((name) => !held.has(name));
  const more = label === undefined || unlabelled.length === 0 ? NONE : await store.read(unlabelled, undefined, signal);
  const there = names.filter((name) => held.has(name) || more.has(name));
  for (const name of there) await store.remove(name, signal);
  return there.length > 0;
}

const NONE: ReadonlyMap<string, Held> = new Map();

/** The store may show an older version for a moment. */
async function settle({ store, block }: Shelf, written: Written, signal: AbortSignal): Promise<Settled> {
  const wanted = versionsIn(written.version ?? "");
  const held = await store.read([...wanted.keys()].map(nameIn(block)), block.label, signal);
  const late = [...wanted].filter(([key, version]) => (held.get(nameIn(block)(key))?.version ?? 0) < version);
  if (late.length === 0) return { state: "settled" };
  const message = `AWS does not show the new version of ${late.map(([key]) => nameIn(block)(key)).join(", ")} yet.`;
  return { state: "pending", message, retryAfterMs: 1_000 };
}

function residual({ path }: ParametersBlock): readonly Residual[] {
  return [
    {
      kind: "ParameterHistory",
      message: `Parameters under ${path} keep up to 100 older versions, which whoever may ssm:GetParameterHistory can read.`,
      remedy: "Nothing, once the old value is revoked. Else delete the parameter, and let Velvet make it again.",
    },
  ];
}

function nameIn({ path }: ParametersBlock): (key: string) => string {
  return (key) => `${path}/${key}`;
}

const MAX_BYTES = 8_192;

/** What no parameter of any tier can hold. */
function fits(value: Secret): boolean {
  const text = value.reveal();
  const bytes = value.revealBytes();
  if (bytes.length === 0 || bytes.length > MAX_BYTES || /\{\{[^]*\}\}/.test(text)) return false;
  return Buffer.from(text, "utf8").equals(bytes);
}

/** `API_KEY@3,DATABASE_URL@12`: neither character can stand in the name of a key. */
function versionOf(versions: ReadonlyMap<string, number>): string {
  return [...versions]
    .map(([key, version]) => `${key}@${version}`)
    .toSorted()
    .join(",");
}

function versionsIn(text: string): ReadonlyMap<string, number> {
  const entries = text === "" ? [] : text.split(",");
  return new Map(
    entries.map((entry): [string, number] => {
      const [key = "", version] = entry.split("@");
      return [key, Number(version)];
    }),
  );
}
