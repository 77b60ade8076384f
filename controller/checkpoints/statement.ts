/** What a checkpoint says, and how it is published. Pure. */
import canonicalize from "canonicalize";
import { createHash } from "node:crypto";
import { type CheckpointKey, derivedKey, isSigned } from "../custody/checkpoint-key.ts";
import type { KeyRing } from "../custody/key.ts";

/** The signed statement. Hashes are hexadecimal. */
export interface Statement {
  /** The install that made it. */
  readonly origin: string;
  /** Audit rows below all heads so far. Grows with every checkpoint. */
  readonly size: number;
  /** Over the chain heads that changed since the one before. */
  readonly root: string;
  /** How many those are. */
  readonly heads: number;
  /** Hash of the statement before; empty for the first. */
  readonly previous: string;
  /** RFC 3339, by the database's clock. */
  readonly at: string;
  /** Hashes of published ones that the ledger lacked when a person accepted that. */
  readonly replaces?: readonly string[];
  /** The public key that the next one is signed with, where it is another. */
  readonly nextKey?: string;
}

export interface Checkpoint {
  readonly statement: Statement;
  /** The bytes that are signed and hashed. */
  readonly canonical: Buffer;
  readonly hash: string;
  readonly signature: Buffer;
}

/** A checkpoint as it stands outside of the ledger, with the key that it says it is signed with. */
export interface Published extends Checkpoint {
  readonly key: string;
}

/** Who signs: a public key, and what signs with it. */
export interface Signer extends CheckpointKey {
  readonly origin: string;
  /** Keys that this install had, or may have had, before this one. */
  readonly before: readonly CheckpointKey[];
}

/** Keys of the operator's. Without `key` the one that follows from the key-encryption key signs. */
export interface GivenKeys {
  readonly key?: CheckpointKey;
  readonly previous?: CheckpointKey;
}

export function signerOf(install: string, ring: KeyRing, { key, previous }: GivenKeys = {}): Signer {
  const derived = derivedKey(ring);
  const signs = key ?? derived;
  const before = [previous, derived, ...ring.previous.map(derivedKey)]
    .filter((each) => each !== undefined)
    .filter((each) => each.key !== signs.key);
  return { origin: install, key: signs.key, sign: (statement) => signs.sign(statement), before };
}

export function signed(statement: Statement, signer: Pick<Signer, "sign">): Checkpoint {
  const canonical = Buffer.from(canonicalize(statement) ?? "", "utf8");
  return { statement, canonical, hash: hashOf(canonical), signature: signer.sign(canonical) };
}

/** From the columns of the ledger, whose bytes are what was signed. Its signature is another question, as with what was published. */
export function storedCheckpoint(canonical: Buffer, signature: Buffer): Checkpoint {
  const found = membersOf(canonical.toString("utf8")) ?? {};
  const statement = isStatement(found) ? found : NO_STATEMENT;
  return { statement, canonical, hash: hashOf(canonical), signature };
}

/** What a row says whose bytes were changed: nothing. No key has signed it. */
const NO_STATEMENT: Statement = { origin: "", size: 0, root: "", heads: 0, previous: "", at: "" };

export function isSignedBy(key: string, { canonical, signature }: Checkpoint): boolean {
  return isSigned(key, canonical, signature);
}

/** The file's text: the statement's members, its signature and the key, for people and programs. */
export function publishedText({ statement, signature }: Checkpoint, key: string): string {
  return `${JSON.stringify({ ...statement, key, signature: signature.toString("base64") }, undefined, 2)}\n`;
}

/** For people. */
export function chainHeads(count: number): string {
  return count === 1 ? "1 chain head" : `${count} chain heads`;
}

const HASH = /^[0-9a-f]{64}$/;

/** Undefined where the text holds no checkpoint. Whether the signature is right is another question. */
export function parsePublished(text: string): Published | undefined {
  const found = membersOf(text);
  if (found === undefined) return undefined;
  const { key, signature, ...statement } = found;
  if (typeof key !== "string" || typeof signature !== "string" || !isStatement(statement)) return undefined;
  const canonical = canonicalOf(statement);
  if (canonical === undefined) return undefined;
  return { statement, canonical, hash: hashOf(canonical), signature: Buffer.from(signature, "base64"), key };
}

/** Undefined where it is no JSON that can be written in one way: a lone surrogate. */
function canonicalOf(statement: object): Buffer | undefined {
  try {
    return Buffer.from(canonicalize(statement) ?? "", "utf8");
  } catch {
    return undefined;
  }
}

function membersOf(text: string): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null ? { ...found } : undefined;
  } catch {
    return undefined;
  }
}

function isStatement(found: Record<string, unknown>): found is Record<string, unknown> & Statement {
  const { origin, size, root, heads, previous, at } = found;
  return (
    typeof origin === "string" &&
    Number.isSafeInteger(size) &&
    Number.isSafeInteger(heads) &&
    typeof root === "string" &&
    HASH.test(root) &&
    typeof previous === "string" &&
    (previous === "" || HASH.test(previous)) &&
    typeof at === "string" &&
    !Number.isNaN(Date.parse(at))
  );
}

export function hashOf(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
