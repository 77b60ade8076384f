/** SSH key pairs in OpenSSH's own formats (RFC 4251 and 8709; the private file is described in OpenSSH's PROTOCOL.key). Pure. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

export interface SshPair {
  /** A file as `ssh-keygen -t ed25519 -N ''` makes it, with the line end that OpenSSH insists on. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly publicKey: string;
}

const TYPE = "ssh-ed25519";
const MAGIC = Buffer.from("openssh-key-v1\0");
const SEED_BYTES = 32;
/** What stands before a seed in PKCS #8 (RFC 8410). */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");
const BLOCK = 8;
const LINE = 70;

/** From 36 random bytes, which are filled with zeros. */
export function newPair(random: Buffer): SshPair {
  const seed = random.subarray(0, SEED_BYTES);
  const pair = pairOf(seed, random.subarray(SEED_BYTES, SEED_BYTES + 4));
  random.fill(0);
  return pair;
}

export const PAIR_BYTES = SEED_BYTES + 4;

/** Another pair, always the same one for the same key: certainly wrong, and like it in form. */
export function wrongPair(privateKey: string): SshPair {
  const bytes = createHash("sha512").update("velvet: a key that is certainly wrong\n").update(privateKey).digest();
  return newPair(bytes.subarray(0, PAIR_BYTES));
}

function pairOf(seed: Buffer, check: Buffer): SshPair {
  const point = pointOf(seed);
  const blob = Buffer.concat([field(TYPE), field(point)]);
  const secret = Buffer.concat([
    check,
    check,
    field(TYPE),
    field(point),
    field(Buffer.concat([seed, point])),
    field(""),
  ]);
  const padding = Buffer.from(
    Array.from({ length: (BLOCK - (secret.length % BLOCK)) % BLOCK }, (_, index) => index + 1),
  );
  const one = Buffer.from([0, 0, 0, 1]);
  const head = Buffer.concat([MAGIC, field("none"), field("none"), field(""), one, field(blob)]);
  const file = Buffer.concat([head, field(Buffer.concat([secret, padding]))]);
  return { privateKey: armoured(file), publicKey: lineOf(TYPE, blob) };
}

function pointOf(seed: Buffer): Buffer {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: "der", type: "pkcs8" });
  return coordinate(createPublicKey(key), "x");
}

function coordinate(key: KeyObject, name: "x" | "n" | "e"): Buffer {
  return Buffer.from(key.export({ format: "jwk" })[name] ?? "", "base64url");
}

function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function armoured(file: Buffer): string {
  const lines = file.toString("base64").match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
}

function lineOf(type: string, blob: Buffer): string {
  return `${type} ${blob.toString("base64")}`;
}

/**
 * The public half, worked out from the private one: Ed25519 and RSA, in OpenSSH's format or in PEM. Of other keys in OpenSSH's format,
 * and of those with a passphrase, the public half that stands in the file. Undefined where it is no private key.
 */
export function publicOf(privateKey: string): string | undefined {
  try {
    return /BEGIN OPENSSH PRIVATE KEY/.test(privateKey) ? publicOfOpenSsh(privateKey) : publicOfPem(privateKey);
  } catch {
    return undefined;
  }
}

function publicOfOpenSsh(text: string): string | undefined {
  const inner = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]+)-----END OPENSSH PRIVATE KEY-----/.exec(text)?.[1] ?? "";
  const file = Buffer.from(inner, "base64");
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const reader = new Reader(file.subarray(MAGIC.length));
  const cipher = reader.field().toString("latin1");
  reader.field();
  reader.field();
  if (reader.number() !== 1) return undefined;
  const blob = reader.field();
  const type = new Reader(blob).field().toString("latin1");
  if (cipher !== "none" || type !== TYPE) return lineOf(type, blob);
  const seed = seedIn(new Reader(reader.field()));
  return seed && pairOf(seed, Buffer.alloc(4)).publicKey;
}

/** The head of the file says whose key it is, but only the secret part is what signs. */
function seedIn(secret: Reader): Buffer | undefined {
  if (secret.number() !== secret.number()) return undefined;
  secret.field();
  secret.field();
  const both = secret.field();
  return both.length === SEED_BYTES * 2 ? both.subarray(0, SEED_BYTES) : undefined;
}

class Reader {
  #rest: Buffer;

  constructor(bytes: Buffer) {
    this.#rest = bytes;
  }

  number(): number {
    const value = this.#rest.readUInt32BE(0);
    this.#rest = this.#rest.subarray(4);
    return value;
  }

  field(): Buffer {
    const length = this.number();
    if (length > this.#rest.length) throw new Error("cut short");
    const value = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return value;
  }
}

function publicOfPem(text: string): string | undefined {
  const key = createPublicKey(createPrivateKey(text));
  if (key.asymmetricKeyType === "ed25519") {
    return lineOf(TYPE, Buffer.concat([field(TYPE), field(coordinate(key, "x"))]));
  }
  if (key.asymmetricKeyType !== "rsa") return undefined;
  const numbers = [coordinate(key, "e"), coordinate(key, "n")].map((bytes) => field(positive(bytes)));
  return lineOf("ssh-rsa", Buffer.concat([field("ssh-rsa"), ...numbers]));
}

/** A number whose first bit is set would be read as a negative one. */
function positive(bytes: Buffer): Buffer {
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
}

/** The same key, whatever comment stands behind it. */
export function sameKey(one: string, other: string): boolean {
  return bare(one) === bare(other);
}

function bare(line: string): string {
  return line.trim().split(/\s+/, 2).join(" ");
}
