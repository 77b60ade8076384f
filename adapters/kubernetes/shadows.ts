/**
 * Which variables of a workload's containers are not read from the Secret although they seem to be: an entry of `env` comes before all of
 * `envFrom`, and of two entries of the same name the later one counts. Seen in the workloads that the consumer's restart names, which are
 * read for that anyway; what another Secret or ConfigMap of a later `envFrom` holds nobody may ask for here.
 */
import type { Shadow } from "../contract.ts";
import { isAdapterError } from "../errors.ts";
import { readWorkload, type Workload, workloadsOf } from "./restart.ts";
import { type Fields, fieldsOf, itemsOf, textAt } from "./shapes.ts";
import type { Place } from "./sink.ts";

export async function shadowsOf(
  place: Place,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, Shadow>>> {
  const found: Record<string, Shadow> = {};
  for (const workload of workloadsOf(place)) {
    const object = await readOrNone(place, workload, signal);
    for (const container of object === undefined ? [] : containersOf(object)) {
      Object.assign(found, hiddenIn(place, workload, container, keys));
    }
  }
  return found;
}

function hiddenIn(
  { block: { secret } }: Place,
  { kind, name: workload }: Workload,
  container: Fields,
  keys: readonly string[],
): Readonly<Record<string, Shadow>> {
  const hidden = keys.flatMap((key) => {
    const name = hidingIn(container, secret, key);
    if (name === undefined) return [];
    const by = `the entry ${name} in env of the container ${textAt(container, "name") ?? ""} of the ${kind} ${workload}`;
    return [[key, { by }] as const];
  });
  return Object.fromEntries(hidden);
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

/** The name of the variable that should hold this key and does not. */
function hidingIn(container: Fields, secret: string, key: string): string | undefined {
  const entries = itemsOf(container["env"]);
  return namesFor(container, secret, key).find((name) => {
    const last = entries.findLast((entry) => textAt(entry, "name") === name);
    return last !== undefined && !isFrom(last, secret, key);
  });
}

/** Under which names the container means to read it. */
function namesFor(container: Fields, secret: string, key: string): readonly string[] {
  const whole = itemsOf(container["envFrom"]).filter(
    (source) => textAt(fieldsOf(source["secretRef"]), "name") === secret,
  );
  const single = itemsOf(container["env"]).filter((entry) => isFrom(entry, secret, key));
  return [
    ...whole.map((source) => `${textAt(source, "prefix") ?? ""}${key}`),
    ...single.flatMap((entry) => textAt(entry, "name") ?? []),
  ];
}

function isFrom(entry: Fields, secret: string, key: string): boolean {
  const reference = fieldsOf(fieldsOf(entry["valueFrom"])["secretKeyRef"]);
  return textAt(reference, "name") === secret && textAt(reference, "key") === key;
}
