/** The ledger's side of looking between rotations: who looks at what, and what was seen. */
import type { CredentialSpec } from "../../crds/kinds.gen.ts";
import type { Finding } from "../domain/drift/kinds.ts";
import { isSameMemory, type Memory } from "../domain/drift/memory.ts";
import type { Instant, RetiredRow, Snapshot } from "../domain/world.ts";
import type { UnreadyAccount } from "./accounts.ts";
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
  /** By field, as it was taken down by the look before. */
  readonly shared: Readonly<Record<string, string>>;
  /** Another Credential had one of these, too. */
  readonly isShared: boolean;
  /** Of its accounts, in the generation that they have now, those that did not answer their last probe well. */
  readonly unready: readonly UnreadyAccount[];
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
const RECORD = statement("record_checks");
const GIVE_UP = statement("give_up_check");
const WRITE = statement("write_findings");
const DROP = statement("drop_findings");
const VERSIONS = statement("take_down_versions");

/** Any number of replicas may call this at once. */
export async function claimChecks(db: Db, most: number, leaseMs: number): Promise<CheckClaim[]> {
  return db.query<CheckClaim>(CLAIM, [most, leaseMs]);
}

/** All of it or nothing. False: somebody else looks, or a rotation has begun: what was seen says nothing any more. */
export async function recordCheck(db: Db, claim: CheckClaim, record: CheckRecord): Promise<boolean> {
  const { present, gone, versions, audit } = record;
  return db.transaction(async (tx) => {
    const [isRecorded = false] = await recordChecks(tx, [{ claim, record }]);
    if (!isRecorded) return false;
    const { credential } = claim;
    if (present.length > 0) await tx.query(WRITE, [credential, JSON.stringify(present)]);
    if (gone.length > 0) await tx.query(DROP, [credential, JSON.stringify(gone)]);
    if (versions.length > 0) await tx.query(VERSIONS, [credential, JSON.stringify(versions)]);
    await appendInstallAudit(tx, audit);
    return true;
  });
}

/** Nothing but the look itself is to be written. */
export function isQuiet({ state }: CheckClaim, record: CheckRecord): boolean {
  const { present, gone, versions, audit, keepMs } = record;
  const news = present.length + gone.length + versions.length + audit.length;
  return news === 0 && keepMs === undefined && record.state === state;
}

export interface LookRecord {
  readonly claim: CheckClaim;
  readonly record: CheckRecord;
}

/** The looks themselves, in one statement. What is remembered is written only where it is another than before. */
export async function recordChecks(db: Db, looks: readonly LookRecord[]): Promise<readonly boolean[]> {
  const rows = looks.map(({ claim, record: { facts, state, putOff, nextMs, keepMs } }) => ({
    credential: claim.credential,
    fence: claim.fence,
    ...(isSameMemory(claim.facts, facts) ? {} : { facts }),
    state,
    ...(putOff === undefined ? {} : { postponed: putOff }),
    nextMs,
    ...(keepMs === undefined ? {} : { keepMs }),
  }));
  const found = await db.query<{ credential: string }>(RECORD, [JSON.stringify(rows)]);
  const recorded = new Set(found.map(({ credential }) => credential));
  return looks.map(({ claim }) => recorded.has(claim.credential));
}

export async function giveUpCheck(
  db: Db,
  { credential, fence }: Pick<CheckClaim, "credential" | "fence">,
  why: PutOff,
  nextMs: number,
): Promise<void> {
  await db.query(GIVE_UP, [credential, fence, JSON.stringify(why), nextMs]);
}
