/**
 * What is wrong with the checkpoints, and with the chains behind them. Pure, and independent like `chain.ts`: hashes, root and signature
 * are worked out here, with nothing of what made them.
 */
import { createHash, createPublicKey, verify } from "node:crypto";

/** A checkpoint as the ledger holds it. */
export interface StoredCheckpoint {
  readonly size: number;
  readonly canonical: Uint8Array;
  readonly signature: Uint8Array;
  /** The ledger has the one that this one follows, wherever. */
  readonly follows: boolean;
}

/** A chain head of a checkpoint, and what the chain has there now. */
export interface StoredHead {
  readonly size: number;
  readonly chain: string;
  readonly seq: number;
  readonly hash: Uint8Array;
  /** The audit row of that number; none where it is gone. */
  readonly row?: Uint8Array;
  /** The chain's last row. */
  readonly last: number;
}

export type CheckpointFaultKind =
  | "CheckpointForged" // not signed by the install's key, or not what was signed
  | "CheckpointMissing" // one that another follows, or that was published, is gone
  | "CheckpointUnlinked" // it follows another one than the one before it
  | "HeadsChanged"; // the heads are not those that its root was made of

export interface CheckpointFault {
  /** Always `checkpoint`. */
  readonly chain: string;
  /** The checkpoint's size. */
  readonly seq: number;
  readonly kind: CheckpointFaultKind;
  readonly message: string;
}

export interface HeadFault {
  readonly chain: string;
  readonly seq: number;
  readonly kind: "TailCut" | "Edited";
  readonly message: string;
}

type Said = Readonly<Record<string, unknown>>;

export interface WalkEnd {
  readonly count: number;
  /** One at most. */
  readonly faults: readonly CheckpointFault[];
  readonly last?: { readonly size: number; readonly at: string };
}

/** Follows the checkpoints in the order of their sizes, each with its heads in the order of their chains. */
export class CheckpointWalk {
  readonly #key: string;
  readonly #origin: string;
  #previous = "";
  #current: { readonly size: number; readonly said: Said; readonly leaves: Uint8Array[] } | undefined;
  #fault: CheckpointFault | undefined;
  #count = 0;
  #last: { readonly size: number; readonly at: string } | undefined;

  constructor(key: string, origin: string) {
    this.#key = key;
    this.#origin = origin;
  }

  /** After the first fault nothing more is looked at. */
  next({ size, canonical, signature, follows }: StoredCheckpoint): void {
    this.#finish();
    this.#count++;
    if (this.#fault !== undefined) return;
    const said = membersOf(canonical);
    if (!isSigned(this.#key, canonical, signature))
      return this.#blame(size, "CheckpointForged", "its signature is not by this install's key");
    if (said["size"] !== size || said["origin"] !== this.#origin)
      return this.#blame(size, "CheckpointForged", "what is signed is another size or install than it stands for");
    if (said["previous"] !== this.#previous) return this.#unlinked(size, follows);
    this.#previous = hex(sha256(canonical));
    this.#last = { size, at: String(said["at"]) };
    this.#current = { size, said, leaves: [] };
  }

  head({ size, chain, seq, hash }: StoredHead): void {
    if (this.#current?.size !== size) return;
    const text = JSON.stringify({ chain, hash: hex(hash), seq });
    this.#current.leaves.push(sha256(Uint8Array.of(0), Buffer.from(text, "utf8")));
  }

  end(): WalkEnd {
    this.#finish();
    return {
      count: this.#count,
      faults: this.#fault ? [this.#fault] : [],
      ...(this.#last ? { last: this.#last } : {}),
    };
  }

  #unlinked(size: number, follows: boolean): void {
    if (follows) return this.#blame(size, "CheckpointUnlinked", "it does not follow the one that stands before it");
    this.#blame(size, "CheckpointMissing", "the one that it follows is not in the ledger any more");
  }

  #finish(): void {
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined || this.#fault !== undefined) return;
    const { size, said, leaves } = current;
    if (said["heads"] === leaves.length && leaves.length > 0 && said["root"] === hex(rootOf(leaves))) return;
    this.#blame(size, "HeadsChanged", "its chain heads are not those that its root was made of");
  }

  #blame(size: number, kind: CheckpointFaultKind, why: string): void {
    this.#fault ??= { chain: "checkpoint", seq: size, kind, message: `the checkpoint of size ${size}: ${why}` };
  }
}

/** A chain that ended further on when the checkpoint was made, or with another row. */
export function headFault({ size, chain, seq, hash, row, last }: StoredHead): HeadFault | undefined {
  if (row === undefined) {
    const message = `the checkpoint of size ${size} saw the chain end at row ${seq}, and now it ends after row ${last}`;
    return { chain, seq: Math.min(last + 1, seq), kind: "TailCut", message };
  }
  if (Buffer.compare(row, hash) === 0) return undefined;
  const message = `row ${seq}, or one before it, is not what the checkpoint of size ${size} saw`;
  return { chain, seq, kind: "Edited", message };
}

export interface PublishedCheckpoint {
  readonly size: number;
  readonly at: string;
  /** Hash of its statement. */
  readonly hash: Uint8Array;
  /** Signed by the key, for the origin. */
  readonly ours: boolean;
}

/** A published checkpoint's text. Throws where it is none. */
export function readPublished(text: string, key: string, origin: string): PublishedCheckpoint {
  const { signature, key: _, ...said } = { ...(JSON.parse(text) as Record<string, unknown>) };
  const { size, at } = said;
  if (typeof size !== "number" || typeof at !== "string" || typeof signature !== "string")
    throw new Error("it holds no checkpoint");
  const sorted = Object.fromEntries(Object.entries(said).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const canonical = Buffer.from(JSON.stringify(sorted), "utf8");
  const ours = said["origin"] === origin && isSigned(key, canonical, Buffer.from(signature, "base64"));
  return { size, at, hash: sha256(canonical), ours };
}

const SPKI_ED25519 = Buffer.from("302a300506032b6570032100", "hex");

function isSigned(key: string, canonical: Uint8Array, signature: Uint8Array): boolean {
  const raw = Buffer.from(key.slice(key.indexOf(":") + 1), "base64");
  if (raw.length !== 32) return false;
  const spki = createPublicKey({ key: Buffer.concat([SPKI_ED25519, raw]), format: "der", type: "spki" });
  return verify(null, canonical, spki, signature);
}

function membersOf(canonical: Uint8Array): Said {
  try {
    const found: unknown = JSON.parse(Buffer.from(canonical).toString("utf8"));
    return typeof found === "object" && found !== null ? { ...found } : {};
  } catch {
    return {};
  }
}

/** RFC 6962, section 2.1: pairs from the left, level by level; an odd one out goes up as it is. */
function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  let level = leaves;
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at], level[at + 1]];
      if (left !== undefined) above.push(right === undefined ? left : sha256(Uint8Array.of(1), left, right));
    }
    level = above;
  }
  return level[0] ?? new Uint8Array(0);
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
