import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from "node:crypto";
import type { Secret } from "../../adapters/secret.ts";

const KEY_BYTES = 32;
const CHECK_TEXT = "velvet key check v1";

/** The install's key-encryption key and what is derived from it. Never written anywhere by this code. */
export interface KeyRing {
  /** Names the key in sealed values, so that a later one can be told apart. */
  readonly id: string;
  readonly encryption: KeyObject;
  readonly fingerprints: KeyObject;
  /** Proves the key without showing it; stored in the ledger's `install` row. */
  readonly check: Buffer;
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

/** `material` is 32 bytes in base64, as in `VELVET_KEK`. Throws `WrongKey` with reason `KeyMalformed` otherwise. */
export function keyRing(material: Secret): KeyRing {
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
  const ring: KeyRing = {
    id: "k1",
    encryption: derive("seal"),
    fingerprints: derive("fingerprint"),
    check: createHmac("sha256", derive("check")).update(CHECK_TEXT).digest(),
  };
  bytes.fill(0);
  return ring;
}

/** Throws `WrongKey` with reason `KeyMismatch` where the ledger was sealed with another key. */
export function assertKey(ring: KeyRing, stored: Uint8Array): void {
  if (stored.length === ring.check.length && timingSafeEqual(stored, ring.check)) return;
  throw new WrongKey(
    "KeyMismatch",
    "The key-encryption key is not the one that this ledger was made with. Nothing was changed.",
    "Give the key that belongs to this ledger in VELVET_KEK or VELVET_KEK_FILE.",
  );
}
