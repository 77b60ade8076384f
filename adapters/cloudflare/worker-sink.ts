/** Secrets of a Worker: written and never shown again. */
import type { Observed, Residual, Settled, Sink, SinkTraits, WriteOrder, Written } from "../contract.ts";
import { isAdapterError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { Deployment, Worker } from "./worker-api.ts";
import { notText } from "./worker-api.ts";

export const WORKER_TRAITS: SinkTraits = { grade: "presence", atomic: true, conditional: false };

const LOOK_AGAIN_MS = 10_000;

export function workerSink(worker: Worker): Sink {
  return {
    traits: WORKER_TRAITS,
    observe: async (keys, signal) => observe(worker, keys, signal),
    write: async (order, signal) => write(worker, order, signal),
    settle: async (written, signal) => settle(worker, written, signal),
    residual: async () => OLD_VERSIONS,
  };
}

async function observe(worker: Worker, keys: readonly string[], signal: AbortSignal): Promise<Observed> {
  const names = await worker.secrets(signal);
  const deployment = await worker.deployment(signal);
  const version = versionOf(deployment);
  return {
    keys: Object.fromEntries(keys.map((key) => [key, { present: names.has(key) }])),
    ...(version === undefined ? {} : { version }),
    ...(deployment?.createdOn === undefined ? {} : { changedAt: deployment.createdOn }),
    ...(deployment?.author === undefined ? {} : { changedBy: deployment.author }),
  };
}

/** Nobody can see whether a secret has this value already, so one that is set is always written. */
async function write(worker: Worker, { keys }: WriteOrder, signal: AbortSignal): Promise<Written> {
  const names = await worker.secrets(signal);
  const entries = Object.entries(keys).filter(([name, secret]) => secret !== null || names.has(name));
  if (entries.length === 0) return written(false, await versionNow(worker, signal));
  await worker.patch(Object.fromEntries(entries.map(([name, secret]) => [name, textOf(name, secret)])), signal);
  return written(true, await versionNow(worker, signal));
}

function textOf(name: string, secret: Secret | null): string | null {
  if (secret === null) return null;
  const text = secret.reveal();
  if (Buffer.from(text, "utf8").equals(secret.revealBytes())) return text;
  throw notText(name);
}

function written(changed: boolean, version: string | undefined): Written {
  return { changed, ...(version === undefined ? {} : { version }) };
}

/** What was written is written, even where nobody can say now which version holds it. */
async function versionNow(worker: Worker, signal: AbortSignal): Promise<string | undefined> {
  try {
    return versionOf(await worker.deployment(signal));
  } catch (error) {
    if (isAdapterError(error)) return undefined;
    throw error;
  }
}

/** The version that serves all; of a gradual deployment each one with its share. */
function versionOf(deployment: Deployment | undefined): string | undefined {
  const [first, ...more] = deployment?.shares ?? [];
  if (first === undefined) return undefined;
  if (more.length === 0 && first.percentage === 100) return first.version;
  return [first, ...more].map(({ version, percentage }) => `${version}:${percentage}`).join("+");
}

async function settle(worker: Worker, { version }: Written, signal: AbortSignal): Promise<Settled> {
  const shares = (await worker.deployment(signal))?.shares ?? [];
  if (shares.length === 0) return pending("The Worker has no deployment that serves.");
  if (version === undefined) return shares.length === 1 ? { state: "settled" } : pending(GRADUAL);
  const others = shares.filter((share) => share.version !== version).map((share) => share.version);
  if (others.length === 0) return { state: "settled" };
  const age = compared(await worker.numbers(signal), version, others);
  if (age === "unknown") return pending(UNKNOWN_AGE);
  if (age === "newer") return { state: "settled" };
  if (others.length < shares.length) return pending(GRADUAL);
  return {
    state: "failed",
    reason: "WorkerRolledBack",
    message: "Somebody deployed an older version of the Worker, which holds the secrets from before the write.",
  };
}

const GRADUAL = "A gradual deployment still serves another version of the Worker.";
const UNKNOWN_AGE =
  "Other versions serve than the one that was written, and Cloudflare does not say whether they are newer.";

/** A version holds the secrets of the one before it, so one that is newer than the write's holds what was written. */
function compared(numbers: ReadonlyMap<string, number>, written: string, others: readonly string[]) {
  const own = numbers.get(written);
  const found = others.map((version) => numbers.get(version));
  if (own === undefined || found.includes(undefined)) return "unknown";
  return found.every((number) => number !== undefined && number > own) ? "newer" : "older";
}

function pending(message: string): Settled {
  return { state: "pending", message, retryAfterMs: LOOK_AGAIN_MS };
}

const OLD_VERSIONS: readonly Residual[] = [
  {
    kind: "WorkerVersions",
    message: "Older versions of the Worker hold the old secret: a rollback brings it back.",
    remedy: "Roll forward only, or write the secret again after a rollback.",
  },
];
