/** The ledger's side of looking between rotations: who looks at what, and what was seen. */
import type { CredentialSpec } from "../../crds/kinds.gen.ts";
import type { Finding } from "../domain/drift/kinds.ts";
import type { KnownAttempt } from "../domain/drift/vendor.ts";
import type { Memory } from "../domain/drift/memory.ts";
import type { Instant, RetiredRow, Snapshot } from "../domain/world.ts";
import { appendInstallAudit, type InstallEntry } from "./audit.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";

/** A Credential that is to be looked at now, by us, with all that is known of it. */
export interface CheckClaim {
  readonly credential: string;
  readonly fence: number;
  readonly state: "unchecked" | "clean" | "drifted" | "disabled";
  readonly facts: Memory;
  /** Of the last look. */
  readonly postponed: PutOff | null;
  readonly now: Instant;
  readonly checkedAt: Instant | null;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly spec: CredentialSpec;
  /** False: its object is gone. */
  readonly present: boolean;
  readonly currentId: string | null;
  readonly fingerprint: string | null;
  /** By field. */
  readonly fingerprints: Readonly<Record<string, string>>;
  readonly accounts: Snapshot["accounts"];
  readonly held: readonly {
    readonly place: string;
    readonly version?: string;
    readonly until: Instant;
    readonly slotsEmpty: boolean;
  }[];
  readonly findings: readonly Finding[];
  readonly retired: readonly (Pick<RetiredRow, "vendorId" | "state"> & {
    readonly fingerprint?: string;
    readonly changedAt: Instant;
    /** When the last consumer of its rotation was proven to work with the new one. */
    readonly lastReceiptAt?: Instant;
    /** Who was not, as a person had decided. */
    readonly unproven?: readonly string[];
  })[];
  /** By field, of values that Velvet minted, the one in use too. */
  readonly oldPrints: readonly Readonly<Record<string, string>>[];
  /** Of the last 24 hours, the oldest first. */
  readonly corrections: readonly {
    readonly place: string;
    readonly intentAt: Instant;
    readonly wanted: boolean;
    readonly outcome?: "done" | "refused" | "unknown";
    /** As the sink told it. */
    readonly version?: string;
    /** Of what stood there before. */
    readonly digest?: string;
  }[];
  readonly rotatedAt: Instant | null;
}

/** Why a look was not made, or not all of it. */
export interface PutOff {
  readonly reason: string;
  readonly message: string;
}

export interface CheckRecord {
  readonly facts: Memory;
  readonly state: CheckClaim["state"];
  readonly putOff: PutOff | undefined;
  readonly nextMs: number;
  /** The claim is kept for so long, because something is to be written. */
  readonly keepMs?: number;
  readonly present: readonly Finding[];
  readonly gone: readonly Finding[];
  /** What the first look after a write of ours found. */
  readonly versions: readonly { readonly place: string; readonly version: string }[];
  readonly audit: readonly InstallEntry[];
}

const CLAIM = statement("claim_checks");
const RECORD = statement("record_check");
const GIVE_UP = statement("give_up_check");
const WRITE = statement("write_findings");
const DROP = statement("drop_findings");
const VERSIONS = statement("take_down_versions");
const ATTEMPTS = statement("attempts_named");
const SHARE = statement("share_prints");

/** Any number of replicas may call this at once. */
export async function claimChecks(db: Db, most: number, leaseMs: number): Promise<CheckClaim[]> {
  return db.query<CheckClaim>(CLAIM, [most, leaseMs]);
}

/** All of it or nothing. False: somebody else looks, or a rotation has begun: what was seen says nothing any more. */
export async function recordCheck(db: Db, claim: CheckClaim, record: CheckRecord): Promise<boolean> {
  const { present, gone, versions, audit } = record;
  if (present.length + gone.length + versions.length + audit.length === 0) return write(db, claim, record);
  return db.transaction(async (tx) => {
    if (!(await write(tx, claim, record))) return false;
    const { credential } = claim;
    if (present.length > 0) await tx.query(WRITE, [credential, JSON.stringify(present)]);
    if (gone.length > 0) await tx.query(DROP, [credential, JSON.stringify(gone)]);
    if (versions.length > 0) await tx.query(VERSIONS, [credential, JSON.stringify(versions)]);
    await appendInstallAudit(tx, audit);
    return true;
  });
}

async function write(
  db: Db,
  { credential, fence }: CheckClaim,
  { facts, state, putOff, nextMs, keepMs }: CheckRecord,
): Promise<boolean> {
  const why = putOff === undefined ? null : JSON.stringify(putOff);
  const rows = await db.query(RECORD, [credential, fence, JSON.stringify(facts), state, why, nextMs, keepMs ?? null]);
  return rows.length > 0;
}

export async function giveUpCheck(
  db: Db,
  { credential, fence }: Pick<CheckClaim, "credential" | "fence">,
  why: PutOff,
  nextMs: number,
): Promise<void> {
  await db.query(GIVE_UP, [credential, fence, JSON.stringify(why), nextMs]);
}

/** The attempts with these ids, whosever they are, and those of this Credential that made these vendor ids. */
export async function attemptsNamed(
  db: Db,
  credential: string,
  ids: readonly string[],
  vendorIds: readonly string[],
): Promise<KnownAttempt[]> {
  if (ids.length + vendorIds.length === 0) return [];
  return db.query<KnownAttempt>(ATTEMPTS, [ids, credential, vendorIds]);
}

export interface Sharer {
  readonly field: string;
  readonly namespace: string;
  readonly name: string;
}

/** Takes down these fingerprints, and answers who else holds the same values. */
export async function sharePrints(
  db: Db,
  credential: string,
  prints: readonly { readonly field: string; readonly print: string }[],
): Promise<Sharer[]> {
  return prints.length === 0 ? [] : db.query<Sharer>(SHARE, [credential, JSON.stringify(prints)]);
}
