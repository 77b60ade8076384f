/**
 * What one rotation looks like to the code that decides: plain, immutable, read from the ledger in one statement.
 * Times are the database's, as RFC 3339 text.
 */
import type { IssuerTraits, Proof, Residual, SinkTraits } from "../../adapters/contract.ts";
import type { AssistedFacts } from "./assisted.ts";
import type { Awaited } from "./need.ts";
import type { RehearsalFacts } from "./rehearsal.ts";
import type {
  ConsumerSpec,
  CredentialSpec,
  RotationDecisionSpec,
  RotationRequestSpec,
  VendorAccountSpec,
} from "../../crds/kinds.gen.ts";
import type { Dropped, LockOut, RevocationFacts } from "./revocation.ts";

/** RFC 3339, from the database's clock. */
export type Instant = string;

/** The runbook's names; a condition's reason is the same in CamelCase. */
export type State =
  | "verifying"
  | "verified"
  | "verify_failed"
  | "minting"
  | "minted"
  | "mint_failed"
  | "distributing"
  | "distribute_partial"
  | "distribute_failed"
  | "validating"
  | "validate_partial"
  | "validate_failed"
  | "validated"
  | "revoking"
  | "revoke_failed"
  | "done"
  | "aborting"
  | "aborted"
  | "rev_init"
  | "rev_revoking"
  | "rev_revoke_failed"
  | "rev_revoked"
  | "rev_validating"
  | "rev_leaked"
  | "rev_done";

export type Gate = "Mint" | "Revoke";
export type Trust = "claimed" | "signed" | "host" | "admission";

/** What a rotation runs on from its first to its last step. Edits in mid-rotation apply to the next one. */
export interface Snapshot {
  readonly request: { readonly namespace: string; readonly name: string; readonly spec: RotationRequestSpec };
  readonly credential: {
    readonly uid: string;
    readonly namespace: string;
    readonly name: string;
    readonly generation: number;
    readonly spec: CredentialSpec;
  };
  readonly accounts: Readonly<Record<string, { readonly generation: number; readonly spec: VendorAccountSpec }>>;
  /** Only of a rehearsal: the Credential as it is, which is read and never written. `credential.spec` names its test slots instead. */
  readonly live?: CredentialSpec;
}

/** Why a step did not succeed, and when it is tried again. */
export interface Failure {
  readonly reason: string;
  readonly message: string;
  readonly remedy?: string;
  readonly tries: number;
  readonly since: Instant;
  /** Absent: only a person's act leads on. */
  readonly nextTryAt?: Instant;
  /** True when a person is needed: shown as `Stalled`, even while it is still tried now and then. */
  readonly stalled: boolean;
}

export interface Who {
  readonly name: string;
  readonly trust: Trust;
  readonly decision: string;
  readonly at: Instant;
  readonly ticket?: string;
}

export interface GateFacts {
  readonly digest: string;
  readonly openedAt: Instant;
  readonly approved?: Who;
}

export interface VerifyFacts {
  readonly at: Instant;
  readonly liveness: string;
  readonly reason: string;
  readonly message: string;
  /** The probe also refused a mutated value. */
  readonly controlled: boolean;
  /** Where the value was read: `custody`, or a consumer's id; absent for `expect: Absent`. */
  readonly readFrom?: string;
  readonly previousId?: string;
  readonly previousFingerprint?: string;
}

/** The part of a rotation's row that only the engine reads and writes, whole. */
export interface RotationFacts {
  readonly verify?: VerifyFacts;
  readonly gates?: Partial<Record<Gate, GateFacts>>;
  readonly failure?: Failure;
  /** `manual`: since when a person is asked to make the new credential and hand it in. */
  readonly awaitsValueSince?: Instant;
  /** What a person was asked to do at the vendor. */
  readonly assisted?: AssistedFacts;
  /** Of what else a person was reminded, as long as it is not answered. */
  readonly awaited?: Partial<Record<"gate" | "confirmation" | "stalled", Awaited>>;
  /** A person dealt with what the mint of this attempt may have left at the vendor. */
  readonly settled?: { readonly attempt: string; readonly who: Who };
  /** A person insisted on the revoke although the old credential is still in use, or after it failed. */
  readonly insist?: Who;
  readonly lastReceiptAt?: Instant;
  /** When the vendor ends the new credential by itself, in the vendor's own words. */
  readonly expiresAt?: string;
  readonly abort?: {
    readonly by: Who;
    readonly reason: string;
    readonly from: State;
    /** Why the rotation could not go on then. */
    readonly over?: string;
  };
  readonly revoked?: {
    readonly at: Instant;
    readonly by: "velvet" | "person";
    readonly who?: Who;
    /** What the vendor said, where Velvet saw that somebody had revoked it by hand. */
    readonly seen?: string;
  };
  readonly residual?: readonly Residual[];
  /** Only in the flow Revocation. */
  readonly revocation?: RevocationFacts;
  /** Only of a rehearsal. */
  readonly rehearsal?: RehearsalFacts;
  /** When each state was entered, for durations. */
  readonly entered?: readonly { readonly state: State; readonly at: Instant }[];
}

export interface RotationRow {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly credential: string;
  readonly credentialName: string;
  readonly flow: "Operational" | "Revocation" | "Testing";
  readonly expect: "Alive" | "Dead" | "Absent";
  readonly state: State;
  readonly snapshot: Snapshot;
  readonly snapshotHash: string;
  readonly facts: RotationFacts;
  /** Base64 ciphertext. */
  readonly sealedPrevious?: string;
  /** Base64 ciphertext: what stood in the test slots of a rehearsal. */
  readonly sealedSlots?: string;
  readonly createdAt: Instant;
  readonly changedAt: Instant;
  readonly deadline: Instant;
  readonly endedAt?: Instant;
}

/** `credential` and `value` are receipts; `liveness` never stands alone; `person` is a recorded confirmation. */
export interface Receipt {
  readonly at: Instant;
  readonly by: "check" | "read-back" | "person";
  readonly proves: Proof | "value";
  readonly attempt: string;
  readonly message: string;
  readonly who?: Who;
}

/** `written`, `settled` and `working` say where the new value is; `restored` that the old one is back. */
export type ConsumerState =
  | "pending"
  | "writing"
  | "written"
  | "settled"
  | "working"
  | "failed"
  | "skipped"
  | "inactive"
  | "restored";

export interface ConsumerFacts {
  readonly failure?: Failure;
  /** Which step failed last; only set together with `failure`. */
  readonly failedAt?: "write" | "settle" | "check" | "restore" | "settle-back";
  readonly writtenAt?: Instant;
  readonly version?: string;
  readonly changed?: boolean;
  readonly receipt?: Receipt;
  readonly skipped?: Who;
  /** Until when a write whose outcome is unknown may still land and undo a later one, at a sink without conditional writes. */
  readonly unsureUntil?: Instant;
  /** A write-back was begun, and has no outcome yet. */
  readonly restoring?: boolean;
  /** The old value was written back, and is not in effect yet. */
  readonly writtenBack?: { readonly changed: boolean; readonly version?: string };
  /** Revocation: whether it still lets the old value in. */
  readonly lockOut?: LockOut;
  /** Revocation: the value was taken out of its slots. */
  readonly dropped?: Dropped;
}

/** One consumer of the snapshot. Custody is the consumer with the empty id. */
export interface ConsumerRow {
  readonly id: string;
  readonly state: ConsumerState;
  /** A write of the new value was at least tried. */
  readonly touched: boolean;
  readonly facts: ConsumerFacts;
}

export interface AttemptRow {
  readonly id: string;
  readonly number: number;
  readonly marker: string;
  /**
   * `burned`: certainly not minted. `lost`: it may have been, its value is not known, and a tombstone watches for it. `revoked`: minted and
   * ended again by an abort.
   */
  readonly state: "open" | "minted" | "burned" | "lost" | "current" | "revoked";
  /** Until when its call may still take effect: what lands later is an orphan. */
  readonly deadline: Instant;
  readonly inventory: Inventory;
  readonly sealed?: string;
  readonly vendorId?: string;
  readonly fingerprint?: string;
  readonly createdAt: Instant;
  /** Set when the new value has verified alive. */
  readonly aliveAt?: Instant;
  /** `native-grace`: until when the vendor keeps the old value alive. */
  readonly graceUntil?: Instant;
}

/** What the vendor had when an intent was written. */
export type Inventory = readonly { readonly id: string; readonly enabled: boolean; readonly marker?: string }[];

export interface DecisionRow {
  readonly uid: string;
  readonly name: string;
  readonly spec: RotationDecisionSpec;
  readonly trust: Trust;
  readonly appearedAt: Instant;
}

export interface RetiredRow {
  readonly vendorId: string;
  readonly rotation: string;
  readonly state: "quarantined" | "destroyed" | "restored" | "live" | "manual";
  readonly destroyAfter?: Instant;
}

/** What may still come to light at the vendor, and what was found. */
export interface TombstoneRow {
  readonly attempt: string;
  readonly state: "watching" | "clear" | "orphan-suspected";
  readonly looks: number;
  readonly found: readonly string[];
  readonly error?: { readonly reason: string; readonly message: string };
  readonly nextLookAt?: Instant;
}

/** What the ledger knows of the credential between rotations. */
export interface CredentialRow {
  readonly currentId?: string;
  readonly fingerprint?: string;
  /** Mints of the last 24 hours. */
  readonly mintsToday: number;
  /** When the vendor ends the one in use by itself, in the vendor's own words. */
  readonly expiresAt?: string;
  /** When its schedule makes the next rotation due. */
  readonly dueAt?: Instant;
}

export interface World {
  readonly rotation: RotationRow;
  readonly custody: ConsumerRow | undefined;
  readonly consumers: readonly ConsumerRow[];
  readonly attempts: readonly AttemptRow[];
  /** Not yet judged. */
  readonly decisions: readonly DecisionRow[];
  readonly retired: readonly RetiredRow[];
  readonly credential: CredentialRow;
  /** What had arrived from outside when this was read: a point of no return is not passed where more has arrived since. */
  readonly wakes: number;
  readonly issuer: IssuerTraits;
  /** By consumer id. */
  readonly sinks: Readonly<Record<string, SinkTraits>>;
}

const SPENT: ReadonlySet<AttemptRow["state"]> = new Set<AttemptRow["state"]>(["burned", "lost", "revoked"]);

/** The attempt that counts: the newest one that was not spent. */
export function liveAttempt(world: Pick<World, "attempts">): AttemptRow | undefined {
  return world.attempts.findLast((attempt) => !SPENT.has(attempt.state));
}

/** One of its accounts asks that the one who decides is not the one who requested. */
export function needsTwoPeople(snapshot: Snapshot): boolean {
  return Object.values(snapshot.accounts).some(({ spec }) => spec.twoPerson === true);
}

/** Custody and all consumers. */
export function everybody(world: Pick<World, "custody" | "consumers">): readonly ConsumerRow[] {
  return world.custody ? [world.custody, ...world.consumers] : world.consumers;
}

export function specOf(world: Pick<World, "rotation">, id: string): ConsumerSpec {
  const found = world.rotation.snapshot.credential.spec.consumers.find((consumer) => consumer.id === id);
  if (!found) throw new Error(`the snapshot has no consumer ${id}`);
  return found;
}

export const ENDED: ReadonlySet<State> = new Set<State>(["done", "aborted", "mint_failed", "rev_done"]);
