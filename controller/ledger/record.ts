/** The one statement that writes what a rotation's step changed. */
import type { Residual } from "../../adapters/contract.ts";
import type { AttemptRow, ConsumerRow, Instant, RetiredRow, RotationFacts, State } from "../domain/world.ts";
import type { AuditEntry, ChainHead, ChainRow } from "./audit.ts";
import { chainRow } from "./audit.ts";
import type { Claim } from "./claims.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";

export interface AttemptPatch extends Omit<AttemptRow, "createdAt"> {
  readonly mintClass: string;
  readonly fingerprints: Readonly<Record<string, string>>;
}

/** Intent when `outcome` is absent, outcome otherwise. */
export interface EffectPatch {
  readonly id: string;
  readonly label: string;
  readonly deadlineMs: number;
  readonly attempt?: string;
  readonly consumer?: string;
  readonly outcome?: "done" | "refused" | "unknown";
  readonly detail?: object;
}

export interface DecisionPatch {
  readonly uid: string;
  readonly state: "accepted" | "refused";
  readonly reason: string;
  readonly message: string;
}

export interface RetiredPatch {
  readonly vendorId: string;
  readonly state: RetiredRow["state"];
  readonly fingerprint?: string;
  /** Milliseconds from now until it is destroyed; absent: never by itself. */
  readonly destroyAfterMs?: number;
  readonly residual: readonly Residual[];
}

/** What may still come to light at the vendor, watched from now on. An attempt has one at most. */
export interface TombstonePatch {
  readonly attempt: string;
  readonly marker: string;
  /** The one copy that has an owner. */
  readonly vendorId?: string;
  /** Milliseconds until the first look. */
  readonly waitMs: number;
}

export interface CredentialPatch {
  readonly currentId?: string;
  readonly currentAttempt?: string;
  readonly fingerprint?: string;
  readonly fingerprints: Readonly<Record<string, string>>;
  readonly issuedAt?: Instant;
}

/** What one step changed. `audit` is exactly one entry: every state change has its row, in the same transaction. */
export interface Change {
  readonly audit: Omit<AuditEntry, "at">;
  readonly state?: State;
  readonly facts?: RotationFacts;
  readonly sealedPrevious?: Buffer;
  readonly sealedSlots?: Buffer;
  readonly consumers?: readonly ConsumerRow[];
  readonly attempts?: readonly AttemptPatch[];
  readonly effects?: readonly EffectPatch[];
  readonly decisions?: readonly DecisionPatch[];
  readonly retired?: readonly RetiredPatch[];
  readonly tombstones?: readonly TombstonePatch[];
  readonly credential?: CredentialPatch;
  /** The rotation ends with this change: sealed values go, the claim too. */
  readonly ended?: boolean;
  /** Only where nothing more has arrived from outside than this: before what cannot be taken back. Else `Overtaken`. */
  readonly ifWakes?: number;
  /** Somebody has to be told at once. */
  readonly alarm?: boolean;
}

/** Somebody else holds this rotation now: stop, and touch nothing. */
export class Fenced extends Error {
  override readonly name = "Fenced";
  constructor(rotation: string) {
    super(`rotation ${rotation} is held by somebody else now`);
  }
}

/** Something arrived from outside since the last look: nothing was written; look again. */
export class Overtaken extends Error {
  override readonly name = "Overtaken";
  constructor(rotation: string) {
    super(`more has arrived for rotation ${rotation} since it was read`);
  }
}

const RECORD = statement("record");
const HEAD = statement("claim_head");

/** Gives the claim back. `until` absent: only a wake leads on. `wakes` is what was last observed: what arrived since is not missed. */
export interface Release {
  readonly until?: Instant;
  readonly wakes: number;
}

/** Where the rotation's chain ends, as long as the claim holds. Undefined: somebody else holds it. */
async function headOf(
  db: Db,
  claim: Pick<Claim, "id" | "fence">,
): Promise<{ readonly chainSeq: number; readonly chainHash: Buffer } | undefined> {
  const [found] = await db.query<{ chainSeq: number; chainHash: Buffer }>(HEAD, [claim.id, claim.fence]);
  return found;
}

/**
 * Writes these changes under the claim's fence in one statement and returns the new head of the audit chain.
 * Throws `Fenced` and `Overtaken`; after any other error it is unknown whether it was written.
 */
export async function record(
  db: Db,
  claim: Pick<Claim, "id" | "fence">,
  head: ChainHead,
  changes: readonly Change[],
  at: Instant,
  release?: Release,
): Promise<ChainHead> {
  const rows = chained(head, changes, at);
  const end = endOf(head, rows);
  const written = await db.query(RECORD, [
    claim.id,
    claim.fence,
    JSON.stringify({ ...rotationPatch(head, changes, release), ...saidIn(rows) }),
    JSON.stringify(latest(changes.flatMap((change) => change.consumers ?? []))),
    JSON.stringify(latest(changes.flatMap((change) => change.attempts ?? [])).map(attemptColumns)),
    JSON.stringify(latest(changes.flatMap((change) => change.effects ?? [])).map(effectColumns)),
    JSON.stringify(changes.flatMap((change) => change.decisions ?? [])),
    JSON.stringify(changes.flatMap((change) => change.retired ?? []).map(retiredColumns)),
    JSON.stringify(changes.flatMap((change) => change.credential ?? []).map(credentialColumns)),
    rows.map((row) => row.seq),
    rows.map((row) => row.canonical),
    rows.map((row) => row.hash),
    JSON.stringify(changes.flatMap((change) => change.tombstones ?? []).map(tombstoneColumns)),
  ]);
  if (written.length > 0) return end;
  const asked = changes.some((change) => change.ifWakes !== undefined);
  const now = asked ? await headOf(db, claim) : undefined;
  throw now?.chainSeq === head.seq ? new Overtaken(claim.id) : new Fenced(claim.id);
}

/** The audit rows of these changes. The same arguments give the same rows. */
function chained(head: ChainHead, changes: readonly Change[], at: Instant): ChainRow[] {
  const rows: ChainRow[] = [];
  for (const change of changes) {
    rows.push(chainRow(endOf(head, rows), { at, ...change.audit, event: String(change.audit.event) }));
  }
  return rows;
}

/** Only where there is something: most steps say nothing of anybody. */
function saidIn(rows: readonly ChainRow[]): { readonly words?: object } {
  const words = rows.flatMap((row) => row.words);
  return words.length === 0 ? {} : { words };
}

function endOf(head: ChainHead, rows: readonly ChainRow[]): ChainHead {
  const last = rows.at(-1);
  return last ? { chain: head.chain, seq: last.seq, hash: last.hash } : head;
}

/**
 * After a `record` whose answer was lost: the new head where it was written, undefined where it was not. Throws `Fenced`, and the
 * database's errors.
 */
export async function recorded(
  db: Db,
  claim: Pick<Claim, "id" | "fence">,
  head: ChainHead,
  changes: readonly Change[],
  at: Instant,
): Promise<ChainHead | undefined> {
  const found = await headOf(db, claim);
  const end = endOf(head, chained(head, changes, at));
  if (found?.chainSeq === end.seq && found.chainHash.equals(end.hash)) return end;
  if (found?.chainSeq === head.seq) return undefined;
  throw new Fenced(claim.id);
}

/** One statement touches a row once: of several changes the last one counts. */
function latest<Row extends { readonly id: string }>(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

function rotationPatch(head: ChainHead, changes: readonly Change[], release: Release | undefined): object {
  const patch: Record<string, unknown> = { chainSeq: head.seq };
  for (const change of changes) {
    for (const plain of ["state", "facts", "ifWakes"] as const) {
      if (change[plain] !== undefined) patch[plain] = change[plain];
    }
    for (const column of ["sealedPrevious", "sealedSlots"] as const) {
      const sealed = change[column];
      if (sealed !== undefined) patch[column] = sealed.toString("base64");
    }
    if (change.ended === true) patch["ended"] = true;
    if (change.alarm === true) patch["alarm"] = true;
  }
  if (release) patch["release"] = { until: release.until ?? "infinity", wakes: release.wakes };
  return patch;
}

function attemptColumns(attempt: AttemptPatch): object {
  return {
    id: attempt.id,
    number: attempt.number,
    marker: attempt.marker,
    mint_class: attempt.mintClass,
    inventory: attempt.inventory,
    state: attempt.state,
    deadline: attempt.deadline,
    sealed: attempt.sealed,
    vendor_id: attempt.vendorId,
    fingerprint: attempt.fingerprint,
    fingerprints: attempt.fingerprints,
    facts: { aliveAt: attempt.aliveAt, graceUntil: attempt.graceUntil },
  };
}

function tombstoneColumns(tombstone: TombstonePatch): object {
  return {
    attempt: tombstone.attempt,
    marker: tombstone.marker,
    vendor_id: tombstone.vendorId,
    wait_ms: tombstone.waitMs,
  };
}

function effectColumns(effect: EffectPatch): object {
  return {
    id: effect.id,
    attempt: effect.attempt,
    consumer: effect.consumer,
    label: effect.label,
    deadline_ms: effect.deadlineMs,
    outcome: effect.outcome,
    detail: effect.detail ?? {},
  };
}

function retiredColumns(retired: RetiredPatch): object {
  return {
    vendor_id: retired.vendorId,
    fingerprint: retired.fingerprint,
    state: retired.state,
    destroy_after_ms: retired.destroyAfterMs,
    residual: retired.residual,
  };
}

function credentialColumns(credential: CredentialPatch): object {
  return {
    current_id: credential.currentId,
    current_attempt: credential.currentAttempt,
    fingerprint: credential.fingerprint,
    fingerprints: credential.fingerprints,
    issued_at: credential.issuedAt,
  };
}
