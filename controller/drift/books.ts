/** Where what each look brought is taken down, one after the other. */
import type { Cause } from "../domain/backoff.ts";
import { meaningOfFailure } from "../domain/drift/failed-look.ts";
import { AT_VENDOR, type Kind, OTHER_KINDS, PLACE_KINDS, placeName, type Seen } from "../domain/drift/kinds.ts";
import { isFoughtOver, type Memory, type PlaceMemory, remembered } from "../domain/drift/memory.ts";
import { meaningOf } from "../domain/drift/place.ts";
import { together } from "../domain/drift/vendor.ts";
import type { CheckClaim } from "../ledger/drift.ts";
import type { PlaceLook } from "./look-at-place.ts";
import type { VendorLook } from "./look-at-vendor.ts";

export interface Kept {
  readonly seen: readonly Seen[];
  readonly memory: Memory;
  readonly couldSee: (place: string, kind: Kind) => boolean;
  /** What a first look after a write of ours found. */
  readonly versions: readonly { readonly place: string; readonly version: string }[];
  /** Of what was put off, the first cause. */
  readonly putOff: Cause | undefined;
}

export class Books {
  readonly #claim: CheckClaim;
  readonly #seen: Seen[] = [];
  readonly #sights: ((place: string, kind: Kind) => boolean)[] = [];
  readonly #places: Record<string, PlaceMemory> = {};
  readonly #versions: { place: string; version: string }[] = [];
  #putOff: Cause | undefined;
  #vendor: Pick<Memory, "others" | "vendorFailures"> = {};

  constructor(claim: CheckClaim) {
    this.#claim = claim;
  }

  see(seen: readonly Seen[], couldSee: (place: string, kind: Kind) => boolean): void {
    this.#seen.push(...seen);
    this.#sights.push(couldSee);
  }

  place(look: PlaceLook): void {
    if ("cause" in look) return this.#failedPlace(look, look.cause);
    const { place, grade, expected } = look;
    const meaning = meaningOf(expected, look.sight);
    const { now, checkedAt } = this.#claim;
    const isEdited = this.#claim.facts.generation !== this.#claim.generation;
    const isOurs = isEdited || expected.held === undefined || checkedAt === null || expected.held.until > checkedAt;
    const memory = remembered(
      this.#before(place),
      { grade, state: meaning.state, digest: meaning.digest },
      now,
      isOurs,
    );
    this.#places[place] = memory;
    if (meaning.version !== undefined) this.#versions.push({ place, version: meaning.version });
    const fought = isFoughtOver(memory) ? [doubleWriter(look, memory)] : [];
    this.see([...meaning.seen, ...fought], (at, kind) => at === place && isOfPlaces(kind));
  }

  left(place: string): void {
    const before = this.#before(place);
    if (before) this.#places[place] = before;
  }

  vendor(look: VendorLook): void {
    if ("inventory" in look) {
      this.#vendor = { others: look.inventory.others };
      return this.see(together(look.inventory.seen), (at, kind) => at === AT_VENDOR && kind !== "SharedValue");
    }
    const failed = meaningOfFailure(AT_VENDOR, "vendor", look.cause, this.#claim.facts.vendorFailures ?? 0);
    const { others } = this.#claim.facts;
    this.#vendor = { vendorFailures: failed.failures, ...(others === undefined ? {} : { others }) };
    if (failed.isPutOff) this.#putOff ??= look.cause;
    else this.see(failed.seen, (place, kind) => place === AT_VENDOR && isOfReaching(kind));
  }

  closed(): Kept {
    const known = new Set(Object.keys(this.#places));
    // A place that the manifest does not name any more is nobody's.
    const isGone = (place: string) => !place.startsWith("@") && !known.has(place);
    return {
      seen: this.#seen,
      memory: { generation: this.#claim.generation, places: this.#remembered(), ...this.#vendor },
      couldSee: (place, kind) => isGone(place) || this.#sights.some((sight) => sight(place, kind)),
      versions: this.#versions,
      putOff: this.#putOff,
    };
  }

  /** Of a look that came to its end the ledger knows when it was: what has not changed is not written again. */
  #remembered(): Readonly<Record<string, PlaceMemory>> {
    if (this.#putOff !== undefined) return this.#places;
    return Object.fromEntries(Object.entries(this.#places).map(([place, memory]) => [place, withoutTime(memory)]));
  }

  #before(place: string): PlaceMemory | undefined {
    return this.#claim.facts.places?.[place];
  }

  #failedPlace({ place, grade }: PlaceLook, cause: Cause): void {
    const before = this.#before(place);
    const failed = meaningOfFailure(place, grade, cause, before?.failures ?? 0);
    const state = failed.isPutOff ? "left" : "unreached";
    this.#places[place] = { ...before, grade, state, ...(failed.failures === 0 ? {} : { failures: failed.failures }) };
    if (failed.isPutOff) this.#putOff ??= cause;
    else this.see(failed.seen, (at, kind) => at === place && isOfReaching(kind));
  }
}

function withoutTime({ grade, state, digest, changes, failures }: PlaceMemory): PlaceMemory {
  return {
    grade,
    state,
    ...(digest === undefined ? {} : { digest }),
    ...(changes === undefined ? {} : { changes }),
    ...(failures === undefined ? {} : { failures }),
  };
}

function isOfPlaces(kind: Kind): boolean {
  return (PLACE_KINDS as readonly Kind[]).includes(kind) && !(OTHER_KINDS as readonly Kind[]).includes(kind);
}

/** It was not seen: what was known of what it holds stays. */
function isOfReaching(kind: Kind): boolean {
  return kind === "Unreachable" || kind === "Renamed";
}

function doubleWriter({ place, grade }: PlaceLook, { changes = [], digest = "" }: PlaceMemory): Seen {
  const message = `${changes.length} times in a day somebody else than Velvet wrote ${placeName(place)}: two write there.`;
  return { place, kind: "DoubleWriter", grade, message, digest, details: { changes } };
}
