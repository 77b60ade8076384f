/** Looks at one place, and takes away nothing but fingerprints of what it saw. */
import type { Observed, ObservedKey, SinkTraits } from "../../adapters/contract.ts";
import type { Secret, SecretFields } from "../../adapters/secret.ts";
import type { ConsumerKey } from "../../crds/kinds.gen.ts";
import { fingerprints } from "../custody/fingerprint.ts";
import type { Cause } from "../domain/backoff.ts";
import type { Expected, SeenKey, Sight } from "../domain/drift/place.ts";
import { fieldsFrom } from "../engine/value.ts";
import type { CheckClaim } from "../ledger/drift.ts";
import { type LookPass, opened } from "./pass.ts";
import { shadowsAt, withShadows } from "./shadows.ts";
import type { Spot } from "./spot.ts";
import { observeAlone, type Observing } from "./targets.ts";

/** `value` is for the one use of it in this look, and is kept nowhere. */
export type PlaceLook = { readonly place: string; readonly grade: SinkTraits["grade"]; readonly expected: Expected } & (
  | { readonly sight: Sight; readonly value: SecretFields | undefined }
  | { readonly cause: Cause }
);

export async function lookAtPlace(
  pass: LookPass,
  spot: Spot,
  observing: Observing = async (at, sink) => observeAlone(pass, at, sink),
): Promise<PlaceLook> {
  const { place, keys } = spot;
  const { grade } = spot.traits;
  const expected = expectedOf(pass, spot);
  const found = { place, grade, expected };
  if (grade === "none") return { ...found, sight: { keys: {} }, value: undefined };
  const sink = opened(() => pass.deps.accounts.sink(pass.snapshot, place));
  if ("cause" in sink) return { ...found, cause: sink.cause };
  const outcome = await observing(spot, sink.value);
  if (outcome.kind !== "done") return { ...found, cause: outcome.cause };
  const observed = outcome.value;
  const shadows = await shadowsAt(pass, sink.value, expected);
  if (shadows.kind !== "done") return { ...found, cause: shadows.cause };
  const value = grade === "value" ? fieldsFrom(keys, observed) : undefined;
  return { ...found, sight: withShadows(sightOf(pass, keys, observed, value), shadows.value), value };
}

function expectedOf({ claim }: LookPass, { place, keys, traits: { grade } }: Spot): Expected {
  const held = claim.held.find((row) => row.place === place);
  const prints: Record<string, string | null> = {};
  for (const { field, name, previousKey } of keys) {
    const print = claim.fingerprints[field];
    // A field that the ledger has no fingerprint of can only be there or not: nothing is compared.
    if (print !== undefined) prints[name] = print;
    if (previousKey !== undefined && held?.slotsEmpty === true) prints[previousKey] = null;
  }
  const { version, until } = held ?? {};
  return {
    place,
    grade,
    prints,
    ...(until === undefined ? {} : { held: { until, ...(version === undefined ? {} : { version }) } }),
  };
}

function sightOf(
  pass: LookPass,
  keys: readonly ConsumerKey[],
  observed: Observed,
  value: SecretFields | undefined,
): Sight {
  const { version, changedAt, changedBy } = observed;
  // Asked only where something differs: it costs as much as all the rest.
  let whole: boolean | undefined;
  const isWholeOld = (): boolean => (whole ??= value !== undefined && isOldWhole(pass, value));
  const seen: Record<string, SeenKey> = {};
  for (const { field, name, previousKey } of keys) {
    seen[name] = seenKey(pass, field, observed.keys[name], isWholeOld);
    if (previousKey !== undefined) seen[previousKey] = seenKey(pass, field, observed.keys[previousKey], () => false);
  }
  return {
    keys: seen,
    ...(version === undefined ? {} : { version }),
    ...(changedAt === undefined ? {} : { changedAt }),
    ...(changedBy === undefined ? {} : { changedBy }),
  };
}

function seenKey(pass: LookPass, field: string, key: ObservedKey | undefined, isWholeOld: () => boolean): SeenKey {
  if (key?.present !== true || key.value?.isEmpty === true) return { present: false };
  return { present: true, ...(key.value ? printOf(pass, field, key.value, isWholeOld) : {}) };
}

function printOf(
  { prints, claim }: LookPass,
  field: string,
  value: Secret,
  isWholeOld: () => boolean,
): Pick<SeenKey, "print" | "isOld"> {
  const print = prints.of(field, value);
  const isOld = claim.fingerprints[field] !== print && (isWholeOld() || isOldField(claim, field, print));
  return { print, ...(isOld ? { isOld } : {}) };
}

function isOldField({ oldPrints }: CheckClaim, field: string, print: string): boolean {
  return oldPrints.some((fields) => fields[field] === print);
}

/** Of a value from before Velvet only the fingerprint of the whole is known. */
function isOldWhole({ deps, claim }: LookPass, value: SecretFields): boolean {
  const { whole } = fingerprints(deps.keys, claim.credential, value);
  return whole !== claim.fingerprint && claim.retired.some((retired) => retired.fingerprint === whole);
}
