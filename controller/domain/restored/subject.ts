/** What a restored ledger says of one Credential, and what is really there. Plain facts, never a value. */
import type { IssuedKey, IssuerTraits, KeyId, Liveness, SinkTraits } from "../../../adapters/contract.ts";
import type { CredentialSpec } from "../../../crds/kinds.gen.ts";
import type { KnownAttempt } from "../drift/vendor.ts";
import type { AttemptRow, RetiredRow, RotationRow, Snapshot, State } from "../world.ts";

/** The rotation that was under way when the backup was made. */
export interface LiveRotation {
  readonly id: string;
  readonly name: string;
  readonly state: State;
  readonly flow: RotationRow["flow"];
  /** Its newest attempt that is not spent. */
  readonly attempt: Pick<AttemptRow, "id" | "state" | "vendorId" | "sealed"> | null;
}

/** A request that the ledger takes for a new one. */
export interface WaitingRequest {
  readonly uid: string;
  readonly name: string;
  readonly flow: RotationRow["flow"];
  readonly expect: RotationRow["expect"] | null;
}

export interface Subject {
  readonly credential: string;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly spec: CredentialSpec;
  readonly accounts: Snapshot["accounts"];
  /** In use, or read by the rotation under way as the one that was. */
  readonly currentId: KeyId | null;
  readonly fingerprint: string | null;
  readonly retired: readonly Pick<RetiredRow, "vendorId" | "state">[];
  readonly live: LiveRotation | null;
  readonly waiting: readonly WaitingRequest[];
  /** When the ledger was asked, in the database's own words: finer than an `Instant`. */
  readonly readAt: string;
}

/** Whose value stands at a place. `current`: the one that custody holds, whoever made it. */
export type Holds = "current" | "ledger" | "attempt" | "other" | "nothing" | "unseen";

export interface PlaceSight {
  readonly place: string;
  readonly grade: SinkTraits["grade"];
  readonly holds: Holds;
  /** The sink's own, where it tells. */
  readonly version?: string;
  /** Of another value than custody's: whose the vendor says it is. */
  readonly id?: KeyId;
  /** Why it could not be looked at. */
  readonly why?: string;
}

/** The value in use: custody's, or that of the consumer in `readFrom`. */
export interface HeldValue {
  readonly place: string;
  /** Keyed fingerprints: of the whole, and by field. */
  readonly print: string;
  readonly prints: Readonly<Record<string, string>>;
  readonly is: "ledger" | "attempt" | "other";
  readonly liveness: Liveness;
  readonly id?: KeyId;
}

export interface Sight {
  readonly held: HeldValue | "nothing";
  readonly keys: readonly IssuedKey[];
  /** Attempts of this ledger that made one of the keys. */
  readonly attempts: readonly KnownAttempt[];
  readonly places: readonly PlaceSight[];
  /** What the vendor says of the value that the live rotation has sealed. */
  readonly attempt?: Liveness;
}

/** What could not be seen at all: then nothing is concluded. */
export interface Unseen {
  readonly unseen: string;
}

/** All that is known of one Credential. */
export interface Known {
  readonly subject: Subject;
  readonly sight: Sight;
  readonly traits: IssuerTraits;
  /** The install's id, part of every marker. */
  readonly install: string;
}

/**
 * `unchanged`: custody holds what the ledger knows. `rotated`: it holds a newer credential, which is alive. `finished`: the rotation that was
 * under way came to its end. `taken-back`: it was aborted. `goes-on`: it is where the ledger says, or can go on from there. `minted`: custody
 * holds what the ledger knows, and something was minted beside it. `ended`: what custody holds is dead. `emptied`: custody holds nothing.
 * `unseen`: nobody can tell now.
 */
export type Happened =
  | "unchanged"
  | "rotated"
  | "finished"
  | "taken-back"
  | "goes-on"
  | "minted"
  | "ended"
  | "emptied"
  | "unseen";
