/** What an issuer of the fake does for each call. Values are plain text by field; the truth keeps them. */
import type { Fields } from "../places.ts";
import type { Key, Truth } from "../truth.ts";
import { issuerTraitsOf, isPublic, fieldsOf } from "../shape.ts";
import { refused } from "../refusals.ts";

export interface WireKey {
  readonly id: string;
  readonly marker?: string;
  readonly enabled: boolean;
  readonly createdAt?: string;
  readonly lastUsedAt?: string;
  readonly expiresAt?: string;
}

export interface WireMint {
  readonly marker: string;
  readonly proposed?: Fields;
  readonly inventory: readonly WireKey[];
  readonly currentId?: string;
  readonly graceUntil?: string;
}

export interface WireMinted {
  readonly id: string;
  readonly value: Fields;
  readonly issuedAt?: string;
  readonly expiresAt?: string;
}

export interface WireResidual {
  readonly kind: string;
  readonly message: string;
  readonly remedy?: string;
}

/** One mint class. What is missing is as `common.ts` has it. */
export interface MintKind {
  /** The credential that is in use before Velvet comes. */
  original(truth: Truth): Key;
  list(truth: Truth): readonly WireKey[];
  mint(truth: Truth, order: WireMint): WireMinted;
  revoke(truth: Truth, id: string): readonly WireResidual[];
  destroy(truth: Truth, id: string): readonly WireResidual[];
}

/** Hexadecimal, and never the same twice. */
export function newId(truth: Truth, prefix: string): string {
  return `${prefix}-${truth.random(8).toString("hex")}`;
}

/** Values that the vendor chooses: public fields say the id, all others are canaries. */
export function chosenBy(truth: Truth, id: string): Fields {
  return Object.fromEntries(fieldsOf(truth.setup).map((field) => [field, isPublic(field) ? id : truth.canary()]));
}

export function existing(truth: Truth, id: string): Key | undefined {
  const key = truth.keys.get(id);
  return key && !key.destroyed ? key : undefined;
}

export function liveKeys(truth: Truth): Key[] {
  return [...truth.keys.values()].filter((key) => !key.destroyed);
}

/** What the list shows: not yet what is younger than the lag. */
export function listed(truth: Truth, show: (key: Key) => WireKey): WireKey[] {
  const until = truth.now() - (truth.setup.listLagMs ?? 0);
  return liveKeys(truth)
    .filter((key) => key.createdAt <= until)
    .map(show);
}

/** To the second, as most vendors tell it. */
export function second(at: number): string {
  return new Date(Math.floor(at / 1000) * 1000).toISOString().replace(".000Z", "Z");
}

export function exact(at: number): string {
  return new Date(at).toISOString();
}

export function isFull(truth: Truth): boolean {
  const { maxLive } = issuerTraitsOf(truth.setup);
  return maxLive !== undefined && liveKeys(truth).length >= maxLive;
}

/** A quota is a documented answer: certainly nothing was made. */
export function quotaExhausted(): Error {
  return refused(
    "issuer.mint",
    "QuotaExhausted",
    "The vendor allows no more at once.",
    "Remove the one that nobody uses.",
  );
}

/** Disabled where that can be undone, else gone at once. Already gone is a success. */
export function endKey(truth: Truth, id: string): readonly WireResidual[] {
  const key = existing(truth, id);
  if (!key) return [];
  if (issuerTraitsOf(truth.setup).revocation === "quarantine") key.enabled = false;
  else key.destroyed = true;
  truth.judge(`issuer.revoke ${id}`);
  return [];
}

export function removeKey(truth: Truth, id: string): readonly WireResidual[] {
  const key = existing(truth, id);
  if (!key) return [];
  key.destroyed = true;
  truth.judge(`issuer.destroy ${id}`);
  return [];
}
