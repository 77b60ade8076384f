/** The one statement that writes what a rotation's step changed. */
import type { Residual } from "../../adapters/contract.ts";
import type { AttemptRow, ConsumerRow, Instant, RetiredRow, RotationFacts, State } from "../domain/world.ts";
import type { AuditEntry, ChainHead } from "./audit.ts";
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
  readonly consumers?: readonly ConsumerRow[];
  readonly attempts?: readonly AttemptPatch[];
  readonly effects?: readonly EffectPatch[];
  readonly decisions?: readonly DecisionPatch[];
  readonly retired?: readonly RetiredPatch[];
  readonly credential?: CredentialPatch;
  /** The rotation ends with this change: sealed values go, the claim too. */
  readonly ended?: boolean;
}

/** Somebody else holds this rotation now: stop, and touch nothing. */
export class Fenced extends Error {
  override readonly name = "Fenced";
  constructor(rotation: string) {
    super(`rotation ${rotation} is held by somebody else now`);
  }
}

const RECORD = statement("record");

/** Gives the claim back. `until` absent: only a wake leads on. `wakes` is what was last observed: what arrived since is not missed. */
export interface Release {
  readonly until?: Instant;
  readonly wakes: number;
}

/**
 * Writes these changes under the claim's fence in one statement and returns the new head of the audit chain.
 * Throws `Fenced`; after any other error it is unknown whether it was written.
 */
export async function record(
  db: Db,
  claim: Pick<Claim, "id" | "fence">,
  head: ChainHead,
  changes: readonly Change[],
  at: Instant,
  release?: Release,
): Promise<ChainHead> {
  const rows = [];
  let end = head;
  for (const change of changes) {
    const row = chainRow(end, { at, ...change.audit, event: String(change.audit.event) });
    rows.push(row);
    end = { chain: head.chain, seq: row.seq, hash: row.hash };
  }
  const written = await db.query(RECORD, [
    claim.id,
    claim.fence,
    JSON.stringify(rotationPatch(head, changes, release)),
    JSON.stringify(latest(changes.flatMap((change) => change.consumers ?? []))),
    JSON.stringify(latest(changes.flatMap((change) => change.attempts ?? [])).map(attemptColumns)),
    JSON.stringify(latest(changes.flatMap((change) => change.effects ?? [])).map(effectColumns)),
    JSON.stringify(changes.flatMap((change) => change.decisions ?? [])),
    JSON.stringify(changes.flatMap((change) => change.retired ?? []).map(retiredColumns)),
    JSON.stringify(changes.flatMap((change) => change.credential ?? []).map(credentialColumns)),
    rows.map((row) => row.seq),
    rows.map((row) => row.canonical),
    rows.map((row) => row.hash),
  ]);
  if (written.length === 0) throw new Fenced(claim.id);
  return end;
}

/** One statement touches a row once: of several changes the last one counts. */
function latest<Row extends { readonly id: string }>(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

function rotationPatch(head: ChainHead, changes: readonly Change[], release: Release | undefined): object {
  const patch: Record<string, unknown> = { chainSeq: head.seq };
  for (const change of changes) {
    if (change.state !== undefined) patch["state"] = change.state;
    if (change.facts !== undefined) patch["facts"] = change.facts;
    if (change.sealedPrevious !== undefined) patch["sealedPrevious"] = change.sealedPrevious.toString("base64");
    if (change.ended === true) patch["ended"] = true;
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
    facts: attempt.aliveAt === undefined ? {} : { aliveAt: attempt.aliveAt },
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
