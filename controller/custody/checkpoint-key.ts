/**
 * The install's signature under its checkpoints: Ed25519. The private key follows from the oldest key-encryption key that is given, so
 * that a later one does not make what was published look forged, and there is nothing more to keep; the public one is `<key id>:<32 bytes in base64>`, stands in the ledger and beside what is published, and is no secret.
 */
import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign, verify } from "node:crypto";
import type { KeyRing, VersionedKey } from "./key.ts";

const RAW = 32;
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");

export function checkpointKeyOf(ring: KeyRing): string {
  const first = firstOf(ring);
  const spki = createPublicKey(privateKey(first)).export({ format: "der", type: "spki" });
  return `${first.id}:${spki.subarray(SPKI_HEAD.length).toString("base64")}`;
}

export function signCheckpoint(ring: KeyRing, statement: Uint8Array): Buffer {
  return sign(null, statement, privateKey(firstOf(ring)));
}

/** False for another key, another statement, and what is no key or signature at all. */
export function isSigned(publicKey: string, statement: Uint8Array, signature: Uint8Array): boolean {
  const raw = Buffer.from(publicKey.split(":")[1] ?? "", "base64");
  if (raw.length !== RAW) return false;
  const key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: "der", type: "spki" });
  return verify(null, statement, key, signature);
}

function firstOf(ring: KeyRing): VersionedKey {
  return ring.previous[0] ?? ring;
}

function privateKey(ring: VersionedKey): KeyObject {
  const seed = Buffer.from(hkdfSync("sha256", ring.encryption, "velvet", "checkpoint key", RAW));
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
}
