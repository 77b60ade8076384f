/**
 * Sealing: AES-256-GCM with a data key for each value, itself wrapped by the key-encryption key. Both are bound to where the
 * value belongs (install, credential, attempt, purpose), so that ciphertext moved to another row does not open.
 *
 * Layout: version (1) | wrap iv (12) | wrapped data key (32) | wrap tag (16) | iv (12) | tag (16) | ciphertext.
 */
import { type CipherKey, createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { SecretFields } from "../../adapters/secret.ts";
import { Secret } from "../../adapters/secret.ts";
import type { KeyRing, VersionedKey } from "./key.ts";
import { openingKeys } from "./key.ts";

const VERSION = 1;
const IV = 12;
const TAG = 16;
const KEY = 32;
const HEAD = 1 + IV + KEY + TAG + IV + TAG;

export interface SealScope {
  readonly install: string;
  readonly credential: string;
  /** The attempt's id, or the rotation's for the previous value and for what stood in test slots. */
  readonly attempt: string;
  readonly purpose: "new" | "previous" | "slots";
}

/** The sealed value does not open: another key, another row, or changed bytes. Says nothing else on purpose. */
export class Unsealable extends Error {
  override readonly name = "Unsealable";
  readonly reason = "Unsealable";
}

export function seal(ring: KeyRing, scope: SealScope, value: SecretFields): Buffer {
  const plain = Buffer.from(
    JSON.stringify(Object.fromEntries(Object.entries(value).map(([name, secret]) => [name, secret.reveal()]))),
  );
  const dataKey = randomBytes(KEY);
  const aad = context(scope);
  const wrapped = encrypt(ring.encryption, dataKey, aad);
  const body = encrypt(dataKey, plain, aad);
  plain.fill(0);
  dataKey.fill(0);
  return Buffer.concat([Buffer.of(VERSION), wrapped.iv, wrapped.text, wrapped.tag, body.iv, body.tag, body.text]);
}

/** With whichever key of the ring it was sealed with. Throws `Unsealable`. */
export function unseal(ring: KeyRing, scope: SealScope, sealed: Uint8Array): SecretFields {
  for (const key of openingKeys(ring)) {
    const fields = unsealWith(key, scope, sealed);
    if (fields) return fields;
  }
  throw new Unsealable("the sealed value does not open with this key in this place");
}

/** Sealed with the current key, from one before it. Undefined where it is that already, or does not open at all. */
export function resealed(ring: KeyRing, scope: SealScope, sealed: Uint8Array): Buffer | undefined {
  if (ring.previous.length === 0 || unsealWith(ring, scope, sealed)) return undefined;
  for (const key of ring.previous) {
    const fields = unsealWith(key, scope, sealed);
    if (fields) return seal(ring, scope, fields);
  }
  return undefined;
}

/** Undefined: another key, another place, or changed bytes. */
function unsealWith(ring: VersionedKey, scope: SealScope, sealed: Uint8Array): SecretFields | undefined {
  const bytes = Buffer.from(sealed);
  if (bytes.length < HEAD || bytes[0] !== VERSION) return undefined;
  let at = 1;
  const take = (count: number) => bytes.subarray(at, (at += count));
  const [wrapIv, wrapText, wrapTag, iv, tag] = [take(IV), take(KEY), take(TAG), take(IV), take(TAG)];
  const aad = context(scope);
  try {
    const dataKey = decrypt(ring.encryption, wrapIv, wrapText, wrapTag, aad);
    const plain = decrypt(dataKey, iv, bytes.subarray(at), tag, aad);
    const fields: Record<string, string> = JSON.parse(plain.toString("utf8"));
    plain.fill(0);
    dataKey.fill(0);
    return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, Secret.from(text)]));
  } catch {
    return undefined;
  }
}

function context(scope: SealScope): Buffer {
  return Buffer.from(JSON.stringify([scope.install, scope.credential, scope.attempt, scope.purpose]));
}

function encrypt(key: CipherKey, plain: Uint8Array, aad: Uint8Array): { iv: Buffer; text: Buffer; tag: Buffer } {
  const iv = randomBytes(IV);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: TAG }).setAAD(aad);
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return { iv, text, tag: cipher.getAuthTag() };
}

function decrypt(key: CipherKey, iv: Uint8Array, text: Uint8Array, tag: Uint8Array, aad: Uint8Array): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG }).setAAD(aad).setAuthTag(tag);
  return Buffer.concat([decipher.update(text), decipher.final()]);
}
