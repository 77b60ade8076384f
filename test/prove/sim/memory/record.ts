/** The one statement that writes what a rotation's step changed. */
import type { SaidWords } from "./audit.ts";
import { endRotation } from "./watch.ts";
import { addAudit, addWords, touchOutbox } from "./audit.ts";
import type { AttemptPatch, ConsumerPatch, EffectPatch, RetiredPatch } from "./parts.ts";
import { writeAttempts, writeConsumers, writeEffects, writeRetired } from "./parts.ts";
import { NOTHING, putRotation } from "./rotations.ts";
import type { Json, RotationRow } from "./columns.ts";
import type { Run, Statements, Tables } from "./tables.ts";
import { base64Lines, jsonb, later, momentOf, unique, whole } from "./values.ts";

interface Patch {
  readonly chainSeq: number;
  readonly state?: string;
  readonly facts?: Json;
  readonly sealedPrevious?: string;
  readonly sealedSlots?: string;
  readonly ended?: boolean;
  readonly alarm?: boolean;
  readonly ifWakes?: number;
  readonly words?: readonly SaidWords[];
  readonly release?: { readonly until: string; readonly wakes: number };
}

const record: Run = (tables, values) => {
  const [id, fence, patch] = values as [string, number, string];
  const [seqs, canonicals, hashes] = values.slice(9) as [readonly number[], readonly Buffer[], readonly Buffer[]];
  const found = tables.rotation.get(id);
  const wanted = JSON.parse(patch) as Patch;
  if (!found || found.fence !== fence || !isAsExpected(found, wanted)) return [];
  const held = putRotation(tables, changed(tables, found, wanted, seqs.length, hashes.at(-1)));
  writeConsumers(tables, held, listOf(values[3]) as ConsumerPatch[]);
  writeAttempts(tables, held, listOf(values[4]) as AttemptPatch[]);
  writeEffects(tables, held, listOf(values[5]) as EffectPatch[]);
  answerDecisions(tables, held, listOf(values[6]) as DecisionPatch[]);
  writeRetired(tables, held, listOf(values[7]) as RetiredPatch[]);
  writeCredential(tables, held, listOf(values[8]) as CredentialPatch[]);
  addTombstones(tables, held, listOf(values[12]) as TombstonePatch[]);
  addAudit(tables, id, { seqs, canonicals, hashes });
  addWords(tables, id, wanted.words);
  touchOutbox(tables, id);
  if (wanted.alarm === true) touchOutbox(tables, id, "alarm");
  if (found.ended_at === null && held.ended_at !== null) endRotation(tables, held);
  return [{ id }];
};

export const RECORD: Statements = { record };

function listOf(text: unknown): unknown[] {
  return text === "[]" ? [] : (JSON.parse(text as string) as unknown[]);
}

/** A claim that was lost is not the only thing that can have come in between. */
function isAsExpected({ chain_seq, wakes }: RotationRow, { chainSeq, ifWakes }: Patch): boolean {
  return chain_seq === chainSeq && (ifWakes === undefined || wakes === ifWakes);
}

function changed(
  { now }: Tables,
  row: RotationRow,
  patch: Patch,
  entries: number,
  hash: Buffer | undefined,
): RotationRow {
  const isLeft = "release" in patch || "ended" in patch;
  return {
    ...row,
    state: patch.state ?? row.state,
    facts: patch.facts === undefined ? row.facts : jsonb(patch.facts),
    sealed_previous: sealedOf(row.sealed_previous, patch.sealedPrevious, patch),
    sealed_slots: sealedOf(row.sealed_slots, patch.sealedSlots, patch),
    ended_at: "ended" in patch ? now : null,
    next_action_at: nextActionAt(row, patch, now),
    lease_until: isLeft ? -Infinity : row.lease_until,
    claim: isLeft ? null : row.claim,
    chain_seq: row.chain_seq + entries,
    chain_hash: hash?.toString("hex") ?? row.chain_hash,
    changed_at: now,
  };
}

function sealedOf(before: string | null, sealed: string | undefined, patch: Patch): string | null {
  if ("ended" in patch) return null;
  return sealed === undefined ? before : base64Lines(sealed);
}

/** What arrived from outside since the last look is not missed. */
function nextActionAt(row: RotationRow, { release }: Patch, now: number): number {
  if (!release) return row.next_action_at;
  return row.wakes === release.wakes ? momentOf(release.until) : now;
}

interface DecisionPatch {
  readonly uid: string;
  readonly state: string;
  readonly reason: string;
  readonly message: string;
}

function answerDecisions({ decision, now }: Tables, held: RotationRow, patches: readonly DecisionPatch[]): void {
  for (const { uid, state, reason, message } of patches) {
    const found = decision.get(uid);
    if (found?.state !== "pending") continue;
    decision.put(uid, { ...found, state, reason, message, rotation: held.id, decided_at: now });
  }
}

interface CredentialPatch {
  readonly current_id?: string;
  readonly current_attempt?: string;
  readonly fingerprint?: string;
  readonly fingerprints: Json;
  readonly issued_at?: string;
}

/** Of several the first one counts: one statement changes a row once. */
function writeCredential({ credential, now }: Tables, held: RotationRow, [patch]: readonly CredentialPatch[]): void {
  const known = credential.get(held.credential);
  if (!patch || !known) return;
  credential.put(known.uid, {
    ...known,
    current_id: patch.current_id ?? null,
    current_attempt: patch.current_attempt ?? null,
    fingerprint: patch.fingerprint ?? null,
    fingerprints: jsonb(patch.fingerprints),
    issued_at: patch.issued_at === undefined ? known.issued_at : momentOf(patch.issued_at),
    changed_at: now,
  });
}

interface TombstonePatch {
  readonly attempt: string;
  readonly marker: string;
  readonly vendor_id?: string;
  readonly wait_ms: number;
}

function addTombstones(tables: Tables, held: RotationRow, patches: readonly TombstonePatch[]): void {
  const { tombstone, now } = tables;
  for (const { attempt, marker, vendor_id, wait_ms } of patches) {
    // Drawn before it is known whether it is needed.
    const id = tables.uuid();
    if (tombstone.find((row) => row.attempt === attempt)) continue;
    unique(!tombstone.has(id), "tombstone_pkey");
    tombstone.put(id, {
      id,
      rotation: held.id,
      attempt,
      marker,
      vendor_id: vendor_id ?? null,
      looks: 0,
      state: "watching",
      next_action_at: later(now, whole(wait_ms)),
      fence: 0,
      claim: null,
      lease_until: -Infinity,
      created_at: now,
      changed_at: now,
      tries: 0,
      error: null,
      found: NOTHING,
    });
  }
}
