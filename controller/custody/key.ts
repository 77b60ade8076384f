import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from "node:crypto";
import type { Secret } from "../../adapters/secret.ts";

const KEY_BYTES = 32;
const CHECK_TEXT = "velvet key check v1";

/** One key-encryption key and what is derived from it. Never written anywhere by this code. */
export interface VersionedKey {
  /** Names the key in fingerprints and sealed boxes, so that a later one can be told apart: `k1`, `k2`. */
  readonly id: string;
  readonly encryption: KeyObject;
  readonly fingerprints: KeyObject;
  /** Proves the key without showing it; stored in the ledger's `install` row. */
  readonly check: Buffer;
}

/** The install's keys: the current one, which everything new is sealed with, and those before it, which still open. */
export interface KeyRing extends VersionedKey {
  /** Oldest first, without those that were retired. */
  readonly previous: readonly VersionedKey[];
}

export class WrongKey extends Error {
  override readonly name = "WrongKey";
  readonly reason: string;
  readonly remedy: string;

  constructor(reason: "KeyMalformed" | "KeyMismatch", message: string, remedy: string) {
    super(message);
    this.reason = reason;
    this.remedy = remedy;
  }
}

/** In the list of earlier keys: this one is retired, and its number is not used again. */
export const RETIRED = "-";

/**
 * `material` is 32 bytes in base64, as in `VELVET_KEK`; `previous` are the keys before it, oldest first, or `RETIRED`. A key's number is
 * its place. Throws `WrongKey` with reason `KeyMalformed` where one is no key.
 */
export function keyRing(material: Secret, previous: readonly (Secret | typeof RETIRED)[] = []): KeyRing {
  const earlier = previous.flatMap((each, index) => (each === RETIRED ? [] : [versioned(each, index + 1)]));
  return { ...versioned(material, previous.length + 1), previous: earlier };
}

function versioned(material: Secret, number: number): VersionedKey {
  const bytes = Buffer.from(material.reveal().trim(), "base64");
  if (bytes.length !== KEY_BYTES) {
    throw new WrongKey(
      "KeyMalformed",
      `The key-encryption key has ${bytes.length} bytes in base64, not ${KEY_BYTES}.`,
      "Make one with: openssl rand -base64 32",
    );
  }
  const derive = (purpose: string) =>
    createSecretKey(Buffer.from(hkdfSync("sha256", bytes, "velvet", purpose, KEY_BYTES)));
  const key: VersionedKey = {
    id: `k${number}`,
    encryption: derive("seal"),
    fingerprints: derive("fingerprint"),
    check: createHmac("sha256", derive("check")).update(CHECK_TEXT).digest(),
  };
  bytes.fill(0);
  return key;
}

/** Every key that opens something, the current one first. */
export function openingKeys(ring: KeyRing): readonly VersionedKey[] {
  return [ring, ...ring.previous.toReversed()];
}

export function keyNamed(ring: KeyRing, id: string): VersionedKey | undefined {
  return openingKeys(ring).find((key) => key.id === id);
}

/** The key that the ledger was last started with. Throws `WrongKey` with reason `KeyMismatch` where the ring does not have it. */
export function assertKey(ring: KeyRing, stored: Uint8Array): VersionedKey {
  const found = openingKeys(ring).find(({ check }) => stored.length === check.length && timingSafeEqual(stored, check));
  if (found) return found;
  throw new WrongKey(
    "KeyMismatch",
    "The key-encryption key is not the one that this ledger was made with. Nothing was changed.",
    "Give the key that belongs to this ledger in VELVET_KEK or VELVET_KEK_FILE; the one before a new one in VELVET_KEK_PREVIOUS.",
  );
}
