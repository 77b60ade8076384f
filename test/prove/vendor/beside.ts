/** What a rehearsal may write and what it may not: keys beside the live ones, and the live ones themselves. */
import { isSlotPath } from "./shape.ts";
import type { Place } from "./places.ts";
import type { Truth } from "./truth.ts";

/** A write of a live key took effect. */
export interface LiveWrite {
  readonly place: string;
  readonly at: number;
  /** Whose value it is; undefined: nobody's, or the key was removed. */
  readonly id: string | undefined;
  /** What brought it about: `sink.write`, `vendor.plant`, `vendor.release` and the like. */
  readonly deed: string;
}

/** Every key that is not live, with what stands there: `app.test TOKEN`. */
export function besideLive(truth: Truth): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const place of truth.places.values()) {
    for (const [name, text] of place.values) if (!isLive(place, name)) found.set(`${place.id} ${name}`, text);
  }
  return found;
}

function isLive(place: Place, name: string): boolean {
  if (isSlotPath(place.id)) return false;
  return place.keys.some((key) => key.name === name || key.previousName === name);
}

/** The keys that are not as they were. */
export function disturbed(truth: Truth, before: ReadonlyMap<string, string>): readonly string[] {
  const now = besideLive(truth);
  const names = new Set([...before.keys(), ...now.keys()]);
  return [...names].filter((name) => before.get(name) !== now.get(name)).sort();
}

export function liveWritesIn(
  truth: Truth,
  place: Place,
  keys: Readonly<Record<string, string | null>>,
  deed: string,
): readonly LiveWrite[] {
  return Object.entries(keys)
    .filter(([name]) => isLive(place, name))
    .map(([, text]) => ({
      place: place.id,
      at: truth.now(),
      deed,
      id: text === null ? undefined : ownerOfText(truth, text),
    }));
}

function ownerOfText(truth: Truth, text: string): string | undefined {
  return [...truth.keys.values()].find(({ value }) => Object.values(value).includes(text))?.id;
}
