/** Secrets of one folder of Infisical. */
import type { InfisicalSink } from "../../crds/kinds.gen.ts";
import type { Observed, ObservedKey, Settled, Sink, SinkTraits, WriteOrder, Written } from "../contract.ts";
import { Terminal } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { Approvals } from "./approvals.ts";
import { closed, pending } from "./approvals.ts";
import type { Folders } from "./folders.ts";
import { checkedKeys, isReference, keptForm } from "./form.ts";
import type { Place, Secrets, Shown } from "./secrets.ts";
import { awaitedIn, versionText, type Versions } from "./version.ts";
import { apply } from "./write.ts";

export interface Vault {
  readonly secrets: Secrets;
  readonly folders: Folders;
  readonly approvals: Approvals;
}

export interface Target extends Vault {
  readonly place: Place;
  readonly readValues: boolean;
}

export function sinkTraits(block: InfisicalSink): SinkTraits {
  return { grade: block.readValues === false ? "version" : "value", atomic: true, conditional: false, freeKeys: true };
}

export function placeOf(block: InfisicalSink): Place {
  return { project: block.project, environment: block.environment, path: block.path ?? "/" };
}

export function sinkOf(vault: Vault, block: InfisicalSink): Sink {
  const target: Target = { ...vault, place: placeOf(block), readValues: block.readValues !== false };
  return {
    traits: sinkTraits(block),
    observe: async (keys, signal) => observe(target, keys, signal),
    write: async (order, signal) => write(target, order, signal),
    settle: async (written, signal) => settle(target, written, signal),
    residual: async () => [OLD_VERSIONS],
  };
}

const OLD_VERSIONS = {
  kind: "SecretVersions",
  message: "Infisical keeps the versions that were overwritten, and shows them to whoever may read the secret.",
  remedy: "Revoke the old credential; versions are only removed with the secret itself.",
};

/** What is under these names now. */
async function look(
  { secrets, folders, place }: Target,
  names: readonly string[],
  wantsValue: boolean,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Shown | undefined>> {
  const seen = new Map<string, Shown | undefined>();
  for (const name of names) seen.set(name, await secrets.read(place, name, wantsValue, signal));
  // "Not found" is said of a wrong project too.
  if (![...seen.values()].some((shown) => shown !== undefined)) await folders.needRoot(place, signal);
  return seen;
}

async function observe(target: Target, names: readonly string[], signal: AbortSignal): Promise<Observed> {
  const seen = await look(target, names, target.readValues, signal);
  if (target.readValues) refuseHidden(target, seen);
  const newest = [...seen.values()]
    .filter((shown) => shown?.changedAt !== undefined)
    .toSorted((one, other) => ((one?.changedAt ?? "") < (other?.changedAt ?? "") ? 1 : -1))[0];
  return {
    keys: Object.fromEntries([...seen].map(([name, shown]) => [name, keyOf(shown)])),
    version: versionText(versionsOf(seen)),
    ...(newest?.changedAt === undefined ? {} : { changedAt: newest.changedAt }),
    ...(newest?.changedBy === undefined ? {} : { changedBy: newest.changedBy }),
  };
}

/** A reference is there and is nobody's value. */
function keyOf(shown: Shown | undefined): ObservedKey {
  if (shown === undefined) return { present: false };
  if (shown.value === undefined || isReference(shown.value.reveal())) return { present: true };
  return { present: true, value: shown.value };
}

/** A value that is not shown is no other value: taken for one, it would be drift for ever. */
function refuseHidden({ place }: Target, seen: ReadonlyMap<string, Shown | undefined>): void {
  if (![...seen.values()].some((shown) => shown !== undefined && shown.value === undefined)) return;
  throw new Terminal(
    {
      reason: "ValueHidden",
      message: `Infisical shows this account that secrets in ${place.path} are there, and not their values.`,
      remedy: "Allow the account's identity to read values there, or set `readValues: false`.",
    },
    { vendor: "infisical", operation: "read secrets" },
  );
}

function versionsOf(seen: ReadonlyMap<string, Shown | undefined>): Versions {
  return new Map([...seen].map(([name, shown]) => [name, shown?.version]));
}

async function write(target: Target, order: WriteOrder, signal: AbortSignal): Promise<Written> {
  const wanted = checkedKeys(order, WRITING);
  const seen = await look(target, [...wanted.keys()], target.readValues, signal);
  if (target.readValues) refuseHidden(target, seen);
  const changes = new Map([...wanted].filter(([name, value]) => differs(seen.get(name), value)));
  if ([...changes.keys()].some((name) => seen.get(name)?.isRotated)) throw rotatedElsewhere();
  if (changes.size === 0) return { version: versionText(versionsOf(seen)), changed: false };
  return { version: await apply(target, changes, versionsOf(seen), signal), changed: true };
}

const WRITING = { vendor: "infisical", operation: "write secrets" };

/** A value that is not read is written again. */
function differs(shown: Shown | undefined, wanted: Secret | null): boolean {
  if (wanted === null) return shown !== undefined;
  return shown?.value === undefined || keptForm(shown.value.reveal()) !== wanted.reveal();
}

function rotatedElsewhere(): Terminal {
  return new Terminal(
    {
      reason: "RotatedByInfisical",
      message: "One of the secrets belongs to a rotation of Infisical's own, which drops what others write.",
      remedy: "End that rotation in Infisical, or name another key in the consumer's keys[].name.",
    },
    WRITING,
  );
}

/** A write that was made is in effect when Infisical answers. One that became a request is, once each key has changed. */
async function settle(target: Target, written: Written, signal: AbortSignal): Promise<Settled> {
  const awaited = awaitedIn(written.version);
  if (awaited === undefined) return { state: "settled" };
  const seen = await look(target, [...awaited.before.keys()], false, signal);
  const isThere = [...awaited.before].every(([name, before]) => seen.get(name)?.version !== before);
  if (isThere) return { state: "settled" };
  const fates = [];
  for (const request of awaited.requests) fates.push(await target.approvals.fateOf(request, signal));
  if (fates.includes("closed")) return closed();
  return fates.every((fate) => fate === "merged") ? { state: "settled" } : pending(awaited);
}
