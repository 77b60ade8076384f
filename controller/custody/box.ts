/**
 * Values that people hand in, sealed to the install's public key (X25519, HKDF-SHA-256, AES-256-GCM), so that they can stand in a
 * merged manifest. A box is bound to the credential that it was made for: put into a decision about another one, it does not open.
 *
 * Text form: `v1:<key id>:<base64 of ephemeral public key (32) | iv (12) | tag (16) | ciphertext>`. The private key follows from the
 * key-encryption key, so there is nothing more to keep.
 */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import type { SecretFields } from "../../adapters/secret.ts";
import { Secret } from "../../adapters/secret.ts";
import type { KeyRing, VersionedKey } from "./key.ts";
import { keyNamed } from "./key.ts";
import { Unsealable } from "./seal.ts";

const RAW = 32;
const IV = 12;
const TAG = 16;
const PKCS8_HEAD = Buffer.from("302e020100300506032b656e04220420", "hex");
const SPKI_HEAD = Buffer.from("302a300506032b656e032100", "hex");

/** Which credential a box is for. */
export interface BoxScope {
  readonly install: string;
  readonly namespace: string;
  readonly credential: string;
}

/** `<key id>:<32 bytes in base64>`: what people seal to. It is no secret. */
export function publicKeyOf(ring: VersionedKey): string {
  return `${ring.id}:${rawOf(createPublicKey(privateKey(ring))).toString("base64")}`;
}

/** Seals to a public key as `publicKeyOf` wrote it. Throws `RangeError` where it is none. */
export function sealBox(publicKey: string, scope: BoxScope, value: SecretFields): string {
  const [id = "", encoded = ""] = publicKey.split(":");
  const raw = Buffer.from(encoded, "base64");
  if (!/^k\d+$/.test(id) || raw.length !== RAW) throw new RangeError("not a sealing key");
  const own = generateKeyPairSync("x25519");
  const ephemeral = rawOf(own.publicKey);
  const key = sharedKey(own.privateKey, publicFrom(raw), ephemeral, raw);
  const iv = randomBytes(IV);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: TAG }).setAAD(context(scope));
  const plain = Buffer.from(
    JSON.stringify(Object.fromEntries(Object.entries(value).map(([name, secret]) => [name, secret.reveal()]))),
  );
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  plain.fill(0);
  return `v1:${id}:${Buffer.concat([ephemeral, iv, cipher.getAuthTag(), text]).toString("base64")}`;
}

/** With the key that the box names, as long as that is not retired. Throws `Unsealable`: another key, another credential, or changed text. */
export function openBox(ring: KeyRing, scope: BoxScope, box: string): SecretFields {
  const [version, id, encoded = ""] = box.split(":");
  const bytes = Buffer.from(encoded, "base64");
  const named = keyNamed(ring, id ?? "");
  if (version !== "v1" || !named || bytes.length < RAW + IV + TAG) throw new Unsealable("not a sealed value");
  const ephemeral = bytes.subarray(0, RAW);
  const own = privateKey(named);
  try {
    const key = sharedKey(own, publicFrom(ephemeral), ephemeral, rawOf(createPublicKey(own)));
    const iv = bytes.subarray(RAW, RAW + IV);
    const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG })
      .setAAD(context(scope))
      .setAuthTag(bytes.subarray(RAW + IV, RAW + IV + TAG));
    const plain = Buffer.concat([decipher.update(bytes.subarray(RAW + IV + TAG)), decipher.final()]);
    const fields: Record<string, string> = JSON.parse(plain.toString("utf8"));
    plain.fill(0);
    return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, Secret.from(text)]));
  } catch {
    throw new Unsealable("the sealed value does not open with this key for this credential");
  }
}

function privateKey(ring: VersionedKey): KeyObject {
  const seed = Buffer.from(hkdfSync("sha256", ring.encryption, "velvet", "sealing key", RAW));
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
}

function publicFrom(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: "der", type: "spki" });
}

function rawOf(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "spki" }).subarray(SPKI_HEAD.length);
}

/** Bound to both public keys, so that a box cannot be made to open as another one. */
function sharedKey(own: KeyObject, other: KeyObject, ephemeral: Uint8Array, receiver: Uint8Array): Uint8Array {
  const secret = diffieHellman({ privateKey: own, publicKey: other });
  return new Uint8Array(hkdfSync("sha256", secret, Buffer.concat([ephemeral, receiver]), "velvet box v1", RAW));
}

function context(scope: BoxScope): Buffer {
  return Buffer.from(JSON.stringify([scope.install, scope.namespace, scope.credential]));
}
