/**
 * What is wrong with the checkpoints, and with the chains behind them. Pure, and independent like `chain.ts`: hashes, root and signature
 * are worked out here, with nothing of what made them.
 */
import { createHash, createPublicKey, verify } from "node:crypto";
import { leafText, Tree } from "./tree.ts";

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
  /** What the last one names, or is signed with: whoever signs the next. */
  readonly key: string;
}

/**
 * Follows the checkpoints in the order of their sizes, each with its heads in the order of their chains. A checkpoint that names another
 * key hands over to it.
 */
export class CheckpointWalk {
  readonly #origin: string;
  #key: string;
  /** Undefined: not known, because those before are not at hand. */
  #previous: string | undefined;
  #current: { readonly size: number; readonly said: Said; readonly tree: Tree } | undefined;
  #fault: CheckpointFault | undefined;
  #count = 0;
  #last: { readonly size: number; readonly at: string } | undefined;

  /** `key`: what the first one must be signed with. `whole`: the first one follows none. */
  constructor(key: string, origin: string, whole = true) {
    this.#key = key;
    this.#origin = origin;
    this.#previous = whole ? "" : undefined;
  }

  /** Whoever signs the next one. */
  get key(): string {
    return this.#key;
  }

  /** Of checkpoints from before those that are looked at, only where one handed over to another key. */
  handOver({ size, canonical, signature }: Omit<StoredCheckpoint, "follows">): void {
    if (this.#fault !== undefined) return;
    const said = membersOf(canonical);
    if (isSigned(this.#key, canonical, signature) && said["origin"] === this.#origin) this.#learnKey(said);
    else this.#blame(size, "CheckpointForged", "it names another key, and is not signed by the one before it");
  }

  /** After the first fault nothing more is looked at. `tree`: over its heads, where they were looked at before. */
  next({ size, canonical, signature, follows }: StoredCheckpoint, tree = new Tree()): void {
    this.#finish();
    this.#count++;
    if (this.#fault !== undefined) return;
    const said = membersOf(canonical);
    if (!isSigned(this.#key, canonical, signature))
      return this.#blame(size, "CheckpointForged", "its signature is not by the key that must sign it");
    if (said["size"] !== size || said["origin"] !== this.#origin)
      return this.#blame(size, "CheckpointForged", "what is signed is another size or install than it stands for");
    if (this.#previous !== undefined && said["previous"] !== this.#previous) return this.#unlinked(size, follows);
    this.#previous = hex(sha256(canonical));
    this.#last = { size, at: String(said["at"]) };
    this.#current = { size, said, tree };
    this.#learnKey(said);
  }

  head({ size, chain, seq, hash }: StoredHead): void {
    if (this.#current?.size === size) this.#current.tree.add(leafText(chain, seq, hash));
  }

  end(): WalkEnd {
    this.#finish();
    return {
      count: this.#count,
      key: this.#key,
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
    const { size, said, tree } = current;
    if (said["heads"] === tree.count && tree.count > 0 && said["root"] === tree.root()) return;
    this.#blame(size, "HeadsChanged", "its chain heads are not those that its root was made of");
  }

  #learnKey({ nextKey }: Said): void {
    if (typeof nextKey === "string") this.#key = nextKey;
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
  /** Signed by one of the keys, for the origin. */
  readonly ours: boolean;
}

/** A published checkpoint's text. Throws where it is none. */
export function readPublished(text: string, keys: readonly string[], origin: string): PublishedCheckpoint {
  const { signature, key: _, ...said } = { ...(JSON.parse(text) as Record<string, unknown>) };
  const { size, at } = said;
  if (typeof size !== "number" || typeof at !== "string" || typeof signature !== "string")
    throw new Error("it holds no checkpoint");
  const sorted = Object.fromEntries(Object.entries(said).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const canonical = Buffer.from(JSON.stringify(sorted), "utf8");
  const bytes = Buffer.from(signature, "base64");
  const ours = said["origin"] === origin && keys.some((key) => isSigned(key, canonical, bytes));
  return { size, at, hash: sha256(canonical), ours };
}

const SPKI_ED25519 = Buffer.from("302a300506032b6570032100", "hex");

/** The key that a checkpoint hands over to. */
export function nextKeyOf(canonical: Uint8Array): string | undefined {
  const { nextKey } = membersOf(canonical);
  return typeof nextKey === "string" ? nextKey : undefined;
}

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

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
