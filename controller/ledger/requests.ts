import type { CredentialSpec, RotationRequestSpec } from "../../crds/kinds.gen.ts";
import type { ConsumerFacts, Instant, RotationFacts, RotationRow, Snapshot, State, Trust } from "../domain/world.ts";
import { type AuditEntry, appendInstallAudit, chainRow, type InstallEntry } from "./audit.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";
import { actorOf, type Random, wordsOf } from "./words.ts";

/** A pending request with all that decides on it. */
export interface PendingRequest {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly spec: RotationRequestSpec;
  readonly deadline: Instant;
  readonly appearedAt: Instant;
  readonly trust: Trust;
  readonly origin: { readonly [fact: string]: unknown };
  readonly now: Instant;
  readonly credentialUid: string | null;
  readonly credentialGeneration: number | null;
  readonly credentialSpec: CredentialSpec | null;
  /** The live rotation of the same credential, by its request's name. */
  readonly live: string | null;
  readonly liveFlow: RotationRow["flow"] | null;
  /** Only where a Revocation is requested: those that began within the last hour. */
  readonly revocations: { readonly ofCredential: number; readonly ofAccount: number } | null;
  /** When the rotation of the same credential before this one ended. */
  readonly lastEndedAt: Instant | null;
  /** When its vendor ends the credential in use, in the vendor's own words. */
  readonly expiresAt: string | null;
  readonly accounts: Snapshot["accounts"];
}

const PENDING = statement("pending_requests");
const START = statement("start_rotation");
const POSTPONE = statement("postpone_request");
const CLOSE = statement("close_request");
const CLOSE_LATE = statement("close_late_decisions");

export async function pendingRequests(db: Db, most: number): Promise<PendingRequest[]> {
  return db.query<PendingRequest>(PENDING, [most]);
}

export interface NewRotation {
  readonly id: string;
  readonly credential: string;
  readonly snapshot: Snapshot;
  readonly snapshotHash: string;
  readonly state: State;
  readonly facts: RotationFacts;
  /** Base64 ciphertext. */
  readonly sealedPrevious?: string;
  readonly consumers: readonly {
    readonly id: string;
    readonly state: "pending" | "inactive";
    readonly facts: ConsumerFacts;
  }[];
}

/** False when another replica was faster. Throws a unique violation (23505) when the credential has a live rotation by now. */
export async function startRotation(
  db: Db,
  request: PendingRequest,
  rotation: NewRotation,
  random: Random,
): Promise<boolean> {
  const entry = { ...(await firstEntry(db, request, random)), credential: rotation.credential };
  const head = { chain: rotation.id, seq: 0, hash: Buffer.alloc(0) };
  const first = chainRow(head, { ...entry, snapshot: rotation.snapshotHash });
  const { snapshot, snapshotHash, state, facts, sealedPrevious } = rotation;
  const rows = await db.query(START, [
    request.uid,
    rotation.id,
    rotation.credential,
    JSON.stringify({ snapshot, snapshotHash, state, facts, sealedPrevious, words: first.words }),
    JSON.stringify(rotation.consumers),
    first.seq,
    first.canonical,
    first.hash,
  ]);
  return rows.length > 0;
}

/** What was asked for stands in the chain; who asked, and in which words, beside it. The commit leads to who wrote it. */
async function firstEntry(db: Db, request: PendingRequest, random: Random): Promise<AuditEntry> {
  const { now, spec, origin, trust, namespace, name } = request;
  const { requestedBy, reason, ticket, ...asked } = spec;
  const { author: _, committer: __, ...place } = origin;
  return {
    at: now,
    event: "RotationStarted",
    request: { namespace, name, spec: asked, origin: place, trust },
    requestedBy: await actorOf(db, requestedBy, random),
    reason: wordsOf(reason, random),
    ...(ticket === undefined ? {} : { ticket: wordsOf(ticket, random) }),
  };
}

export async function postponeRequest(
  db: Db,
  uid: string,
  waitMs: number,
  reason: string,
  message: string,
): Promise<void> {
  await db.query(POSTPONE, [uid, waitMs, reason, message]);
}

/** Refuses or expires a request for good, with its audit row. */
export async function closeRequest(
  db: Db,
  request: PendingRequest,
  state: "refused" | "expired",
  reason: string,
  message: string,
): Promise<void> {
  await db.transaction(async (tx) => {
    const closed = await tx.query(CLOSE, [request.uid, state, reason, message]);
    if (closed.length === 0) return;
    const { namespace, name } = request;
    const event = state === "refused" ? "RequestRefused" : "RequestExpired";
    await appendInstallAudit(tx, [{ event, namespace, name, reason }]);
  });
}

/** Answers decisions that no rotation will ever look at. Returns how many. */
export async function closeLateDecisions(db: Db, random: Random): Promise<number> {
  return db.transaction(async (tx) => {
    const closed = await tx.query<{ decidedBy: string }>(CLOSE_LATE);
    const entries: InstallEntry[] = [];
    for (const { decidedBy, ...decision } of closed)
      entries.push({ event: "DecisionRefused", ...decision, decidedBy: await actorOf(tx, decidedBy, random) });
    await appendInstallAudit(tx, entries);
    return closed.length;
  });
}
