/**
 * Which variables of a workload's containers are not read from the Secret although they seem to be: an entry of `env` comes before all of
 * `envFrom`, of two entries of the same name the later one counts, and so does the later of two in `envFrom`. Seen in the workloads that the
 * consumer's restart names, which are read for that anyway.
 */
import type { Shadow } from "../contract.ts";
import { isAdapterError } from "../errors.ts";
import { keysAsked, type KeysOf, laterSource, sourcesOf } from "./later-sources.ts";
import { readWorkload, type Workload, workloadsOf } from "./restart.ts";
import { type Fields, fieldsOf, itemsOf, textAt } from "./shapes.ts";
import type { Place } from "./sink.ts";

export async function shadowsOf(
  place: Place,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, Shadow>>> {
  const found: Record<string, Shadow> = {};
  const keysOf = keysAsked(place, signal);
  for (const workload of workloadsOf(place)) {
    const object = await readOrNone(place, workload, signal);
    for (const container of object === undefined ? [] : containersOf(object)) {
      Object.assign(found, await hiddenIn({ secret: place.block.secret, keysOf }, workload, container, keys));
    }
  }
  return found;
}

async function hiddenIn(
  asked: Omit<Key, "key">,
  workload: Workload,
  container: Fields,
  keys: readonly string[],
): Promise<Readonly<Record<string, Shadow>>> {
  const found: Record<string, Shadow> = {};
  for (const key of keys) {
    const what = await hidingIn(container, { ...asked, key });
    if (what !== undefined)
      found[key] = { by: `${what} of the container ${nameOf(container)} of the ${titleOf(workload)}` };
  }
  return found;
}

function nameOf(container: Fields): string {
  return textAt(container, "name") ?? "";
}

function titleOf({ kind, name }: Workload): string {
  return `${kind} ${name}`;
}

/** That one is not there is said by the next write. */
async function readOrNone(place: Place, workload: Workload, signal: AbortSignal): Promise<Fields | undefined> {
  try {
    return await readWorkload(place, workload, signal);
  } catch (error) {
    if (isAdapterError(error) && error.reason === "WorkloadMissing") return undefined;
    throw error;
  }
}

function containersOf(object: Fields): readonly Fields[] {
  const spec = fieldsOf(fieldsOf(fieldsOf(object["spec"])["template"])["spec"]);
  return [...itemsOf(spec["initContainers"]), ...itemsOf(spec["containers"])];
}

interface Key {
  readonly secret: string;
  readonly key: string;
  readonly keysOf: KeysOf;
}

/** What is read instead of this key; undefined: it is read, or nothing else is seen. */
async function hidingIn(container: Fields, key: Key): Promise<string | undefined> {
  const entries = itemsOf(container["env"]);
  const entry = namesFor(container, key).find((name) => {
    const last = entries.findLast((each) => textAt(each, "name") === name);
    return last !== undefined && !isFrom(last, key);
  });
  if (entry !== undefined) return `the entry ${entry} in env`;
  const sources = sourcesOf(container);
  for (const [index, { kind, name, prefix }] of sources.entries()) {
    const variable = `${prefix}${key.key}`;
    // An entry of env that reads our key under this name comes before all of them.
    if (kind !== "Secret" || name !== key.secret || entries.some((each) => textAt(each, "name") === variable)) continue;
    const later = await laterSource(sources, index, variable, key);
    if (later) return `the ${later.kind} ${later.name}, later in envFrom,`;
  }
  return undefined;
}

/** Under which names the container means to read it. */
function namesFor(container: Fields, key: Key): readonly string[] {
  const whole = sourcesOf(container).filter(({ kind, name }) => kind === "Secret" && name === key.secret);
  const single = itemsOf(container["env"]).filter((entry) => isFrom(entry, key));
  return [
    ...whole.map(({ prefix }) => `${prefix}${key.key}`),
    ...single.flatMap((entry) => textAt(entry, "name") ?? []),
  ];
}

function isFrom(entry: Fields, { secret, key }: Key): boolean {
  const reference = fieldsOf(fieldsOf(entry["valueFrom"])["secretKeyRef"]);
  return textAt(reference, "name") === secret && textAt(reference, "key") === key;
}
