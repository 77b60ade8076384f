/**
 * Secrets Manager as a sink: the keys are members of one JSON object. A new version is put beside the current one, and becomes it only
 * if the current one is still the one that was read: that is the compare-and-set.
 */
import { createHmac } from "node:crypto";
import type { DescribeSecretResponse } from "@aws-sdk/client-secrets-manager";
import type { AwsSink } from "../../crds/kinds.gen.ts";
import type { Observed, ObservedKey, Residual, Settled, Sink, SinkTraits, WriteOrder, Written } from "../contract.ts";
import { isAdapterError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Access } from "./access.ts";
import * as faults from "./secret-faults.ts";
import { edited, isNested, isSame, type Members, printMembers, readMembers, textOf } from "./secret-json.ts";
import { type Current, type SecretStore, secretStoreOf } from "./secret-store.ts";

export type SecretBlock = NonNullable<AwsSink["secret"]>;

export const SECRET: SinkTraits = { grade: "value", atomic: true, conditional: true };

/** Stands for a secret, or a current version, that does not exist: no version of AWS's is named like this. */
const MISSING = "none";
const MAX_BYTES = 65_536;
const TRIES = 5;

interface Vault {
  readonly store: SecretStore;
  readonly block: SecretBlock;
  readonly key: () => Uint8Array;
}

export function secretOf(access: Access, block: SecretBlock): Sink {
  const vault = { store: secretStoreOf(access, block.name), block, key: () => access.ownSecret() };
  return {
    traits: SECRET,
    observe: async (keys, signal) => observe(vault, keys, signal),
    write: async (order, signal) => write(vault, order, signal),
    settle: async (written, signal) => settle(vault, written, signal),
    residual: async () => residual(block),
  };
}

async function observe({ store }: Vault, keys: readonly string[], signal: AbortSignal): Promise<Observed> {
  const current = await store.current(signal);
  const members = membersOf(store, current);
  const seen = keys.map((key): [string, ObservedKey] => {
    const text = textOf(members, key);
    return [key, text === undefined ? { present: members.has(key) } : { present: true, value: Secret.from(text) }];
  });
  const changedAt = current?.createdAt === undefined ? {} : { changedAt: current.createdAt.toISOString() };
  return { keys: Object.fromEntries(seen), version: current?.version ?? MISSING, ...changedAt };
}

function membersOf({ name }: SecretStore, current: Current | undefined): Members {
  const members = current && !current.text ? undefined : readMembers(current?.text);
  if (members === undefined) throw faults.notJson(name);
  return members;
}

async function write(vault: Vault, order: WriteOrder, signal: AbortSignal): Promise<Written> {
  const { store } = vault;
  for (let tried = 0; tried < TRIES; tried += 1) {
    const current = await store.current(signal);
    const base = current?.version ?? MISSING;
    const members = membersOf(store, current);
    const next = edited(members, order.keys);
    if (isSame(members, next)) return { version: base, changed: false };
    if (order.ifVersion !== undefined && order.ifVersion !== base) throw faults.changedMeanwhile(store.name);
    refuseMisfits(store.name, order, members);
    const version = await replace(vault, current, next, signal);
    if (version !== undefined) return { version, changed: true };
  }
  throw faults.changedMeanwhile(store.name);
}

function refuseMisfits(name: string, { keys }: WriteOrder, members: Members): void {
  for (const [key, value] of Object.entries(keys)) {
    if (isNested(members, key)) throw faults.memberNotText(name, key);
    if (value !== null && !Buffer.from(value.reveal(), "utf8").equals(value.revealBytes())) {
      throw faults.textRefused(name);
    }
  }
}

/** The new version, or undefined where somebody else was first. */
async function replace(
  vault: Vault,
  current: Current | undefined,
  next: Members,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { store, block } = vault;
  const text = printMembers(next);
  if (text.revealBytes().length > MAX_BYTES) throw faults.textRefused(store.name);
  const version = tokenFor(vault, current?.version ?? MISSING, text);
  const known = await store.describe(signal);
  if (known === undefined) {
    return (await store.create(version, text, block.kmsKey, signal)) === "done" ? version : undefined;
  }
  refuseManaged(store.name, known);
  await store.put(version, text, "AWSPENDING", signal);
  const from = current === undefined ? {} : { from: current.version };
  const moved = await store.stage("AWSCURRENT", { ...from, to: version }, signal);
  await unstage(store, version, signal);
  return moved === "done" ? version : undefined;
}

function refuseManaged(name: string, known: DescribeSecretResponse): void {
  if (known.DeletedDate !== undefined) throw faults.scheduledForDeletion(name);
  if (known.OwningService !== undefined && known.OwningService !== "") {
    throw faults.managedElsewhere(name, "the AWS service that owns it");
  }
  if (known.RotationEnabled === true) throw faults.managedElsewhere(name, "its own rotation function");
}

/** A version that is current needs the stage no more, and one that came too late must not stay readable. Neither is worth a failure. */
async function unstage(store: SecretStore, version: string, signal: AbortSignal): Promise<void> {
  try {
    await store.stage("AWSPENDING", { from: version }, signal);
  } catch (error) {
    if (!isAdapterError(error)) throw error;
  }
}

/**
 * The version's id, which AWS takes as the request's token too: the same text after the same version is the same version, whoever sends
 * it and however often. Everybody who may list versions sees it, so it is keyed: a plain hash of a value can be guessed.
 */
function tokenFor({ store, key }: Vault, base: string, text: Secret): string {
  const hash = createHmac("sha256", key())
    .update(JSON.stringify(["velvet", store.name, base]))
    .update(text.revealBytes());
  const hex = hash.digest("hex").slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Stages say it without the value. */
async function settle({ store }: Vault, { version }: Written, signal: AbortSignal): Promise<Settled> {
  const stages = version === undefined ? [] : ((await store.describe(signal))?.VersionIdsToStages?.[version] ?? []);
  if (version === MISSING || stages.includes("AWSCURRENT") || stages.includes("AWSPREVIOUS"))
    return { state: "settled" };
  const message = `AWS does not show the new version of ${store.name} as AWSCURRENT yet.`;
  return { state: "pending", message, retryAfterMs: 1_000 };
}

function residual({ name }: SecretBlock): readonly Residual[] {
  return [
    {
      kind: "PreviousSecretVersion",
      message: `The version before stays readable in ${name} as AWSPREVIOUS until the next write.`,
      remedy: "Nothing, once the old value is revoked: AWS drops versions without a stage by itself.",
    },
  ];
}
