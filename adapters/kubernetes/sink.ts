/** Keys of one Secret. What Velvet owns there is sent whole each time, and only against the version that it was read from. */
import type { ConsumerRestart, KubernetesSink } from "../../crds/kinds.gen.ts";
import type { Observed, Residual, Sink, SinkTraits, WriteOrder, Written } from "../contract.ts";
import { Terminal, Transient } from "../errors.ts";
import { path } from "../http-path.ts";
import { Secret } from "../secret.ts";
import type { Api } from "./api.ts";
import { changing, notUnderstood, OWNER, VENDOR } from "./api.ts";
import { applyKeys, removeKeys } from "./apply.ts";
import { consentFor } from "./consent.ts";
import type { Held } from "./held.ts";
import { claimsOn, heldOf } from "./held.ts";
import { ensureRestart, lookAtWorkloads } from "./restart.ts";
import { newestOf } from "./shapes.ts";
import { settleRestart } from "./settle.ts";
import { shadowsOf } from "./shadows.ts";
import { stampOf, versionOf } from "./stamp.ts";
import type { Wanted } from "./wanted.ts";
import { holds, refuseUnfit, wantedOf } from "./wanted.ts";

export const SINK_TRAITS: SinkTraits = { grade: "value", atomic: true, conditional: true };

/** The version of a Secret that is not there. */
const ABSENT = "absent";
/** How often a write that met another one is begun anew. */
const TRIES = 10;

export interface Place {
  readonly api: Api;
  readonly block: KubernetesSink;
  readonly restart: ConsumerRestart | undefined;
}

export function secretSink(api: Api, block: KubernetesSink, restart: ConsumerRestart | undefined): Sink {
  const place = { api, block, restart };
  return {
    traits: SINK_TRAITS,
    observe: async (keys, signal) => observe(place, keys, signal),
    write: async (order, signal) => write(place, order, signal),
    shadows: async (keys, signal) => shadowsOf(place, keys, signal),
    settle: async (written, signal) => settleRestart(place, written, signal),
    residual: async (signal) => residual(place, signal),
  };
}

const WRITE = { vendor: VENDOR, operation: "write a Secret" };

async function read({ api, block }: Place, signal: AbortSignal): Promise<Held | undefined> {
  const { namespace, secret } = block;
  const at = path`/api/v1/namespaces/${namespace}/secrets/${secret}`;
  const may = `get the Secret ${secret} in the namespace ${namespace}`;
  const answer = await api.ask({ method: "GET", path: at }, may, signal);
  if (answer.status === 404) return undefined;
  const held = heldOf(answer.body);
  if (!held) throw notUnderstood(answer.facts);
  return held;
}

async function observe(place: Place, keys: readonly string[], signal: AbortSignal): Promise<Observed> {
  const held = await read(place, signal);
  if (!held) return { keys: Object.fromEntries(keys.map((key) => [key, { present: false }])), version: ABSENT };
  const changed = newestOf(claimsOn(held, keys));
  const shown = (key: string) => {
    const text = held.keys[key];
    return text === undefined ? { present: false } : { present: true, value: Secret.from(Buffer.from(text, "base64")) };
  };
  return {
    keys: Object.fromEntries(keys.map((key) => [key, shown(key)])),
    version: versionOf(place, held, keys),
    ...(changed && changed.time !== "" ? { changedAt: changed.time } : {}),
    ...(changed ? { changedBy: changed.owner } : {}),
  };
}

/** A workload that is not there stops it before anything is written. */
async function write(place: Place, order: WriteOrder, signal: AbortSignal): Promise<Written> {
  const wanted = wantedOf(order, WRITE);
  await lookAtWorkloads(place, signal);
  const { held, changed } = await writeKeys(place, wanted, order.ifVersion, signal);
  const names = Object.keys(wanted);
  if (held) await ensureRestart(place, stampOf(place.block, held, names), signal);
  return { version: held ? versionOf(place, held, names) : ABSENT, changed };
}

interface Outcome {
  readonly held: Held | undefined;
  readonly changed: boolean;
}

async function writeKeys(
  place: Place,
  wanted: Wanted,
  ifVersion: string | undefined,
  signal: AbortSignal,
): Promise<Outcome> {
  let made: string | undefined;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const held = await read(place, signal);
    // The empty Secret that a first try made is nobody else's change.
    if (made === undefined || held?.version !== made) refuseOther(held, ifVersion);
    if (held ? holds(held, wanted) : isNothing(wanted)) return { held, changed: false };
    if (!held) {
      made = (await create(place, signal))?.version;
      continue;
    }
    const next = await change(place, held, wanted, signal);
    if (next) return { held: next, changed: true };
  }
  throw changing(WRITE);
}

function isNothing(wanted: Wanted): boolean {
  return Object.values(wanted).every((text) => text === null);
}

function refuseOther(held: Held | undefined, ifVersion: string | undefined): void {
  if (ifVersion === undefined) return;
  const version = held?.version ?? ABSENT;
  // What stands after the slash says what a restart waits for.
  if (version === ifVersion.split("/")[0]) return;
  const message = "The Secret was changed since it was looked at; nothing was written.";
  throw new Transient({ reason: "VersionConflict", message }, WRITE);
}

/**
 * Empty, so that it owns no key: what is written comes with the next request, against this one's version, and of two who make it at
 * once neither takes the other's keys away. Undefined where somebody else was first.
 */
async function create({ api, block }: Place, signal: AbortSignal): Promise<Held | undefined> {
  const { namespace, secret } = block;
  const json = { apiVersion: "v1", kind: "Secret", metadata: { name: secret, namespace }, type: "Opaque" };
  const request = { method: "POST", path: path`/api/v1/namespaces/${namespace}/secrets`, json } as const;
  const may = `create Secrets in the namespace ${namespace}`;
  const answer = await api.ask({ ...request, query: { fieldManager: OWNER }, effect: "repeatable" }, may, signal);
  if (answer.status === 409) return undefined;
  if (answer.status === 404) throw namespaceMissing(namespace);
  const held = heldOf(answer.body);
  if (answer.status >= 300 || !held) throw notUnderstood(answer.facts);
  return held;
}

function namespaceMissing(namespace: string): Terminal {
  return new Terminal(
    {
      reason: "NamespaceMissing",
      message: `The cluster has no namespace ${namespace}.`,
      remedy: "Make the namespace, or correct it in the consumer's block.",
    },
    WRITE,
  );
}

/** Undefined where the Secret has changed since it was read. */
async function change(place: Place, held: Held, wanted: Wanted, signal: AbortSignal): Promise<Held | undefined> {
  refuseUnfit(held, wanted, WRITE);
  const force = consentFor(held, Object.keys(wanted), place.block, WRITE);
  const applied = await applyKeys(place, held, { wanted, force }, signal);
  if (!applied) return undefined;
  // A key that somebody else owns as well outlives our leaving it out.
  const left = Object.keys(wanted).filter((key) => wanted[key] === null && applied.keys[key] !== undefined);
  return left.length === 0 ? applied : removeKeys(place, applied, left, signal);
}

async function residual(place: Place, signal: AbortSignal): Promise<readonly Residual[]> {
  const held = await read(place, signal);
  const found: Residual[] = [
    {
      kind: "ClusterBackup",
      message: "Backups of the cluster's etcd made before the write still hold the old value.",
      remedy: "Nothing where the old value is revoked.",
    },
  ];
  if (place.restart === undefined) {
    found.push({
      kind: "RunningPods",
      message:
        "Pods that took the value into their environment, or mount it with subPath, keep the old one until they end.",
      remedy: "Restart them, or name them in the consumer's restart.",
    });
  }
  if (held?.keepsApplied === true) {
    found.push({
      kind: "LastApplied",
      message: "The Secret's annotation of kubectl apply may hold the old value, and the next apply brings it back.",
      remedy: "Remove the key from the applied file, and the annotation from the Secret.",
    });
  }
  return found;
}
