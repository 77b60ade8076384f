/**
 * The install's signature under its checkpoints: Ed25519. Where no key is given the private one follows from the current key-encryption key,
 * so that there is nothing more to keep; where that changes, the one that followed from the key before names the new one, so that what was
 * published does not look forged and every earlier key can be retired. The public one is `<key id>:<32 bytes in base64>`, stands in the
 * ledger and beside what is published, and is no secret.
 */
import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign, verify } from "node:crypto";
import type { Secret } from "../../adapters/secret.ts";
import type { KeyRing, VersionedKey } from "./key.ts";

const RAW = 32;
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");

/** A private key that signs checkpoints, and its public one. */
export interface CheckpointKey {
  readonly key: string;
  sign(statement: Uint8Array): Buffer;
}

/** The key that follows from one key-encryption key. */
export function derivedKey({ id, encryption }: VersionedKey): CheckpointKey {
  return keyOf(id, Buffer.from(hkdfSync("sha256", encryption, "velvet", "checkpoint key", RAW)));
}

/** A key of the operator's: 32 bytes in base64, as `VELVET_CHECKPOINT_KEY` holds them. */
export function givenKey(material: Secret): CheckpointKey {
  return keyOf("own", Buffer.from(material.reveal().trim(), "base64"));
}

function keyOf(id: string, seed: Buffer): CheckpointKey {
  const own: KeyObject = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
  seed.fill(0);
  const spki = createPublicKey(own).export({ format: "der", type: "spki" });
  return {
    key: `${id}:${spki.subarray(SPKI_HEAD.length).toString("base64")}`,
    sign: (statement) => sign(null, statement, own),
  };
}

export function checkpointKeyOf(ring: KeyRing): string {
  return derivedKey(ring).key;
}

export function signCheckpoint(ring: KeyRing, statement: Uint8Array): Buffer {
  return derivedKey(ring).sign(statement);
}

/** False for another key, another statement, and what is no key or signature at all. */
export function isSigned(publicKey: string, statement: Uint8Array, signature: Uint8Array): boolean {
  const raw = Buffer.from(publicKey.split(":")[1] ?? "", "base64");
  if (raw.length !== RAW) return false;
  const key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: "der", type: "spki" });
  return verify(null, statement, key, signature);
}
