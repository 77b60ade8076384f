import { access, constants } from "node:fs/promises";
import type { FileAccount, FileSink } from "../../crds/kinds.gen.ts";
import type { Clock, Health, Observed, Sink, SinkTraits, WriteOrder, Written } from "../contract.ts";
import { defineAdapter } from "../define.ts";
import type { ErrorFacts } from "../errors.ts";
import { Terminal, Transient } from "../errors.ts";
import { Secret } from "../secret.ts";
import { factsOf, failureOf, stopIfAborted } from "./failures.ts";
import { openFolder } from "./folder.ts";
import type { Folder } from "./folder.ts";
import { acquire } from "./lock.ts";
import { replace } from "./replace.ts";
import type { Snapshot } from "./snapshot.ts";
import { look } from "./snapshot.ts";
import type { Target } from "./target.ts";
import { normalPath, rootOf, targetOf } from "./target.ts";

const TRAITS: SinkTraits = { grade: "value", atomic: true, conditional: true, freeKeys: true };

/** Keeps credentials in dotenv and JSON files below one folder, on a file system that Velvet can reach. */
export const file = defineAdapter<FileAccount, never, FileSink>({
  name: "file",
  endpoint: "none",
  sink: { targets: (block) => ({ path: normalPath(block) }), traits: () => TRAITS },
  connect: (account, clock) => ({
    probe: (signal) => health(account.config, signal),
    sink: (block) => sinkOf(account.config, clock, block),
    async [Symbol.asyncDispose]() {},
  }),
});

function sinkOf(account: FileAccount, clock: Clock, block: FileSink): Sink {
  const at = (verb: "observe" | "write"): Place => {
    const facts = factsOf(verb, normalPath(block));
    return { root: rootOf(account, facts), target: targetOf(block, facts), clock, facts };
  };
  return {
    traits: TRAITS,
    observe: async (keys, signal) => observe(at("observe"), keys, signal),
    write: async (order, signal) => write(at("write"), order, signal),
    // The rename is the effect: what `write` returned is what every reader sees.
    settle: async () => ({ state: "settled" }),
  };
}

interface Place {
  readonly root: string;
  readonly target: Target;
  readonly clock: Clock;
  readonly facts: ErrorFacts;
}

async function health(account: FileAccount, signal: AbortSignal): Promise<Health> {
  const facts = factsOf("probe", "/");
  try {
    stopIfAborted(signal, facts);
    await using root = await openFolder(rootOf(account, facts), [], false);
    await access(root?.at(".") ?? "", constants.W_OK | constants.X_OK);
    return { ready: true, reason: "RootWritable", message: "The root folder is there and can be written." };
  } catch (error) {
    const { reason, message } = failureOf(error, facts, false);
    return { ready: false, reason, message };
  }
}

async function observe(place: Place, keys: readonly string[], signal: AbortSignal): Promise<Observed> {
  const { root, target, facts } = place;
  try {
    stopIfAborted(signal, facts);
    await using folder = await openFolder(root, target.parents, false);
    const seen = await look(folder, target.name, facts);
    const values = target.format.read(seen.text, facts);
    const held = (key: string) => {
      const value = values.get(key);
      return value === undefined ? { present: false } : { present: true, value: Secret.from(value) };
    };
    const changedAt = seen.stat === undefined ? {} : { changedAt: seen.stat.mtime.toISOString() };
    return { keys: Object.fromEntries(keys.map((key) => [key, held(key)])), version: seen.version, ...changedAt };
  } catch (error) {
    throw failureOf(error, facts, false);
  }
}

async function write(place: Place, order: WriteOrder, signal: AbortSignal): Promise<Written> {
  const { root, target, facts } = place;
  try {
    stopIfAborted(signal, facts);
    const changes = textsOf(order, facts);
    const present = await unchanged(place, changes);
    if (present !== undefined) return present;
    await using folder = await openFolder(root, target.parents, true);
    if (folder === undefined) throw changing(facts);
    return await writeLocked(place, folder, order, changes, signal);
  } catch (error) {
    throw failureOf(error, facts, true);
  }
}

/** A look without the lock, which is all that most writes need, and all that a read-only file system allows. */
async function unchanged(place: Place, changes: ReadonlyMap<string, string | null>): Promise<Written | undefined> {
  const { root, target, facts } = place;
  await using folder = await openFolder(root, target.parents, false);
  const seen = await look(folder, target.name, facts);
  const edited = target.format.edit(seen.text, changes, facts);
  return edited === seen.text ? { version: seen.version, changed: false } : undefined;
}

const TRIES = 5;

async function writeLocked(
  place: Place,
  folder: Folder,
  order: WriteOrder,
  changes: ReadonlyMap<string, string | null>,
  signal: AbortSignal,
): Promise<Written> {
  const { target, facts, clock } = place;
  await using lock = await acquire(folder, target.name, clock, facts, signal);
  for (let tried = 0; tried < TRIES; tried += 1) {
    const before = await look(folder, target.name, facts);
    const text = target.format.edit(before.text, changes, facts);
    if (text === before.text) return { version: before.version, changed: false };
    refuseConflict(order, before, facts);
    const version = await replace({ folder, name: target.name, text, mode: target.mode, before }, lock, facts, signal);
    if (version !== undefined) return { version, changed: true };
  }
  throw changing(facts);
}

function refuseConflict(order: WriteOrder, before: Snapshot, facts: ErrorFacts): void {
  if (order.ifVersion === undefined || order.ifVersion === before.version) return;
  throw new Transient({ reason: "VersionConflict", message: "The file changed since it was looked at." }, facts);
}

function changing(facts: ErrorFacts): Transient {
  const message = "Somebody who does not take the file's lock kept changing it; nothing was written.";
  return new Transient({ reason: "TargetChanging", message }, facts, 1000);
}

/** Values as text. Bytes that are no UTF-8 cannot stand in a text file, and a NUL ends a value for most readers. */
function textsOf(order: WriteOrder, facts: ErrorFacts): ReadonlyMap<string, string | null> {
  return new Map(
    Object.entries(order.keys).map(([name, secret]) => {
      const text = secret === null ? null : secret.reveal();
      const fits =
        text === null ||
        (Buffer.from(text, "utf8").equals(secret?.revealBytes() ?? Buffer.of()) && !text.includes("\0"));
      if (!fits) throw valueRefused(facts);
      return [name, text];
    }),
  );
}

function valueRefused(facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "ValueNotRepresentable",
      message: "A value is no UTF-8 text or has a NUL in it, which a text file cannot hold.",
      remedy: "Use an issuer or a field whose value is text, for example base64.",
    },
    facts,
  );
}
