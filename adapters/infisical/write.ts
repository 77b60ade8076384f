/** Makes changes of one folder's secrets: what is set is one transaction, and so is what is removed. */
import { Transient } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { Told } from "./api.ts";
import { isPlaceMissing, listAt, notUnderstood, refusal, textAt, yes } from "./api.ts";
import { requestIn } from "./approvals.ts";
import type { Change, Entries } from "./secrets.ts";
import { versionIn } from "./secrets.ts";
import type { Target } from "./sink.ts";
import { awaitedText, versionText, type Versions } from "./version.ts";

/** The version after it, or what it waits for. Removals first, so that nobody reads old values beside new ones. */
export async function apply(
  target: Target,
  changes: ReadonlyMap<string, Secret | null>,
  before: Versions,
  signal: AbortSignal,
): Promise<string> {
  const after = new Map(before);
  const requests: string[] = [];
  for (const [change, entries] of batchesOf(changes, before)) {
    const told = await send(target, change, entries, signal);
    const request = requestIn(told);
    if (request !== undefined) requests.push(request);
    else for (const [name, version] of madeOf(told, change, entries)) after.set(name, version);
  }
  if (requests.length === 0) return versionText(after);
  const awaited = new Map([...before].filter(([name]) => changes.has(name) && after.get(name) === before.get(name)));
  return awaitedText({ requests, before: awaited });
}

function batchesOf(changes: ReadonlyMap<string, Secret | null>, before: Versions): readonly [Change, Entries][] {
  const removed = new Map<string, undefined>();
  const set = new Map<string, Secret>();
  for (const [name, value] of changes) {
    if (value === null) removed.set(name, undefined);
    else set.set(name, value);
  }
  const isNew = [...set.keys()].every((name) => before.get(name) === undefined);
  const batches: [Change, Entries][] = [
    ["DELETE", removed],
    [isNew ? "POST" : "PATCH", set],
  ];
  return batches.filter(([, entries]) => entries.size > 0);
}

async function send(target: Target, change: Change, entries: Entries, signal: AbortSignal): Promise<Told> {
  const { secrets, folders, place } = target;
  const told = await secrets.change(place, change, entries, signal);
  if (isPlaceMissing(told) && change === "POST") {
    await folders.ensure(place, signal);
    return judged(await secrets.change(place, change, entries, signal), change);
  }
  return judged(told, change);
}

function judged(told: Told, change: Change): Told {
  const hasChanged =
    (change === "POST" && told.status === 400 && /already exists?/i.test(told.sentence)) ||
    (change !== "POST" && isPlaceMissing(told));
  if (hasChanged) throw changing(told);
  if (told.status === 400 && /upgrad/i.test(told.sentence)) throw upgrading(told);
  return yes(told);
}

function changing(told: Told): Transient {
  const message = "Somebody else made or removed one of the secrets at the same moment; nothing was written.";
  return new Transient({ reason: "TargetChanging", message }, told.facts, 1000);
}

function upgrading(told: Told): Transient {
  const { facts } = refusal(told);
  const message = "Infisical is upgrading the project, and takes no writes while it does.";
  return new Transient({ reason: "ProjectUpgrading", message }, facts, 30_000);
}

/** The new version of each key of the batch. Throws where the answer does not tell of each: then nobody knows what was done. */
function madeOf(told: Told, change: Change, entries: Entries): readonly (readonly [string, string | undefined])[] {
  if (change === "DELETE") return [...entries.keys()].map((name) => [name, undefined]);
  const made = new Map(
    (listAt(told.body, "secrets") ?? []).map((secret) => [textAt(secret, "secretKey"), versionIn(secret)]),
  );
  return [...entries.keys()].map((name) => {
    const version = made.get(name);
    if (version === undefined) throw notUnderstood(told);
    return [name, version];
  });
}
