/** What the sinks' calls do. Every kind after a real one: see `SinkKind`. */
import type { Observed, Settled } from "../../../adapters/contract.ts";
import { refused, versionConflict } from "./refusals.ts";
import { liveWritesIn } from "./beside.ts";
import type { Place, Waiting } from "./places.ts";
import { valuesFor } from "./places.ts";
import { sinkTraitsOf } from "./shape.ts";
import type { Key, Truth } from "./truth.ts";

/** A release takes so long where the setup says nothing. */
const RELEASE_MS = 2_000;
const PENDING_RETRY_MS = 1_000;

export interface WireOrder {
  readonly keys: Readonly<Record<string, string | null>>;
  readonly ifVersion?: string;
}

export interface WireWritten {
  readonly version?: string;
  readonly changed: boolean;
}

/** Plain JSON of `Observed`: values as text. */
export interface WireObserved extends Omit<Observed, "keys"> {
  readonly keys: Readonly<Record<string, { readonly present: boolean; readonly value?: string }>>;
}

function placeOf(truth: Truth, target: string): Place {
  const place = truth.place(target);
  if (place) return place;
  throw refused("sink.observe", "TargetGone", "The vendor knows no such target.", "Correct the name.");
}

export function observe(truth: Truth, target: string, names: readonly string[]): WireObserved {
  const place = placeOf(truth, target);
  const { grade } = sinkTraitsOf(place.kind);
  const keys = names.map((name) => {
    const value = place.values.get(name);
    if (value === undefined) return [name, { present: false }] as const;
    return [name, grade === "value" ? { present: true, value } : { present: true }] as const;
  });
  return {
    keys: Object.fromEntries(keys),
    ...(grade === "presence" ? {} : { version: shownVersion(place) }),
    ...(grade === "presence" || place.changedAt === undefined
      ? {}
      : { changedAt: new Date(place.changedAt).toISOString() }),
  };
}

/** A write in waiting does not show: what is read is what was there before. */
function shownVersion(place: Place): string {
  const waiting = place.waiting[0];
  return String(waiting ? waiting.version - 1 : place.version);
}

/** `doomed`: this write will never take effect. `most`: of several keys in several requests only so many arrive. */
export function write(
  truth: Truth,
  target: string,
  order: WireOrder,
  { doomed, most }: { readonly doomed: boolean; readonly most?: number },
): WireWritten {
  const place = placeOf(truth, target);
  if (alreadyHolds(place, order)) return { changed: false, version: shownVersion(place) };
  if (place.managed) throw managed();
  if (place.kind === "cas" && order.ifVersion !== undefined && order.ifVersion !== String(place.version)) {
    throw versionConflict();
  }
  return take(truth, place, order.keys, doomed, most);
}

/** Only where it shows its values; what is on its way there would change it after all. */
function alreadyHolds(place: Place, order: WireOrder): boolean {
  if (sinkTraitsOf(place.kind).grade !== "value" || place.waiting.length > 0) return false;
  // A release that failed is begun anew.
  if (place.failed.has(place.version)) return false;
  return Object.entries(order.keys).every(([name, text]) => (place.values.get(name) ?? null) === text);
}

function managed(): Error {
  return refused(
    "sink.write",
    "RequestRefused",
    "The vendor writes this target itself, and refuses what others write there.",
    "Let the vendor write it.",
  );
}

function take(truth: Truth, place: Place, keys: WireOrder["keys"], doomed: boolean, most?: number): WireWritten {
  place.version += 1;
  const { version } = place;
  if (place.kind === "settling" || place.kind === "approval") {
    const waiting: Waiting = { version, keys, doomed };
    place.waiting.push(waiting);
    if (place.kind === "settling") {
      truth.at(truth.now() + (truth.setup.releaseMs ?? RELEASE_MS), () => release(truth, place, waiting));
    }
    return { changed: true, version: String(version) };
  }
  apply(truth, place, keys, "sink.write", most);
  return sinkTraitsOf(place.kind).grade === "presence"
    ? { changed: true }
    : { changed: true, version: String(version) };
}

/** Takes effect, at once or key by key; what is replaced was in use until now. */
function apply(truth: Truth, place: Place, keys: WireOrder["keys"], deed: string, most?: number): void {
  const before = truth.heldBy(place.id);
  if (before) before.lastUsedAt = truth.now();
  for (const [name, text] of Object.entries(keys).slice(0, most)) {
    if (text === null) place.values.delete(name);
    else place.values.set(name, text);
    if (!place.atomic) truth.judge(`${deed} ${place.id}, key by key`);
  }
  truth.liveWrites.push(...liveWritesIn(truth, place, keys, deed));
  place.changedAt = truth.now();
  truth.judge(`${deed} ${place.id}`);
}

function release(truth: Truth, place: Place, waiting: Waiting): void {
  if (!place.waiting.includes(waiting)) return;
  place.waiting = place.waiting.filter((each) => each !== waiting);
  if (waiting.doomed) {
    place.failed.add(waiting.version);
    truth.record("vendor.release", place.id, "refused", `release ${waiting.version} failed`);
    return;
  }
  truth.record("vendor.release", place.id, "done", `release ${waiting.version}`);
  apply(truth, place, waiting.keys, "vendor.release");
}

/** Somebody decides on everything that waits here, in order. What is doomed is turned down. */
export function approve(truth: Truth, target: string): void {
  const place = truth.place(target);
  if (place?.kind !== "approval") return;
  for (const waiting of place.waiting.splice(0)) {
    if (waiting.doomed) {
      place.failed.add(waiting.version);
      truth.record("vendor.decline", target, "refused", `change ${waiting.version} was turned down`);
    } else {
      truth.record("vendor.approve", target, "done", `change ${waiting.version}`);
      apply(truth, place, waiting.keys, "vendor.approve");
    }
  }
}

export function settle(truth: Truth, target: string, written: WireWritten): Settled {
  const place = placeOf(truth, target);
  const version = written.version === undefined ? place.version : Number(written.version);
  if (place.failed.has(version)) {
    return { state: "failed", reason: "ReleaseFailed", message: "The target did not take the change up." };
  }
  const isPending = place.waiting.some((waiting) => waiting.version <= version);
  if (!isPending) return { state: "settled" };
  const what =
    place.kind === "approval" ? "Somebody has to approve the change at the target." : "A release is under way.";
  return { state: "pending", message: what, retryAfterMs: PENDING_RETRY_MS };
}

/** Puts this key's value there past every sink, as a person or the vendor itself does. */
export function plant(truth: Truth, target: string, key: Key, label: string): void {
  const place = placeOf(truth, target);
  place.version += 1;
  truth.record(label, target, "done", `holds ${key.id}`);
  apply(truth, place, valuesFor(place, key.value), label);
}
