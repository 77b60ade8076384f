/** Retired ids: what becomes of them, and what people decide about them. */
import { liveOf } from "./requests.ts";
import { NOTHING } from "./rotations.ts";
import type { DecisionRow, Json, JsonList, RetiredRow } from "./columns.ts";
import type { Statements, Tables } from "./tables.ts";
import { compare, jsonb, later, refers } from "./values.ts";

const CLAIMABLE = new Set(["quarantined", "live", "restored"]);

const ABOUT_DRIFT = new Set<unknown>(["CorrectDrift", "AcceptDrift"]);

export const RETIRED: Statements = {
  claim_retired: (tables, values) => {
    const [most, leaseMs] = values as [number, number];
    const { retired, rotation, now } = tables;
    const due = retired
      .where(
        (row) =>
          row.next_action_at !== null && row.next_action_at <= now && row.lease_until < now && CLAIMABLE.has(row.state),
      )
      .sort((a, b) => compare(a.next_action_at ?? 0, b.next_action_at ?? 0))
      .slice(0, most);
    return due.map((row) => {
      const held = { ...row, fence: row.fence + 1, claim: tables.uuid(), lease_until: later(now, leaseMs) };
      retired.put(keyOf(row), held);
      return {
        credential: row.credential,
        vendorId: row.vendor_id,
        rotation: row.rotation,
        state: row.state,
        wish: row.wish,
        fence: held.fence,
        tries: row.tries,
        snapshot: rotation.get(row.rotation)?.snapshot,
      };
    });
  },

  retired_ended: (tables, values) => {
    const [credential, vendorId, fence, state, residual] = values as [string, string, number, string, string];
    return held(tables, credential, vendorId, fence, (row) => ({
      ...row,
      ...FREE,
      state,
      next_action_at: null,
      destroy_after: null,
      error: null,
      residual: jsonb([...row.residual, ...(JSON.parse(residual) as JsonList)]),
      changed_at: tables.now,
    }));
  },

  retired_postponed: (tables, values) => {
    const [credential, vendorId, fence, waitMs, error] = values as [string, string, number, number, string];
    return held(tables, credential, vendorId, fence, (row) => ({
      ...row,
      ...FREE,
      tries: row.tries + 1,
      next_action_at: later(tables.now, waitMs),
      error: jsonb(JSON.parse(error) as Json),
      changed_at: tables.now,
    }));
  },

  suspect_retired: ({ retired, rotation: rotations, now }, values) => {
    const [credential, vendor_id, rotation] = values as [string, string, string];
    const key = `${credential} ${vendor_id}`;
    if (retired.has(key)) return [];
    refers(rotations.has(rotation), "retired_rotation_fkey");
    retired.put(key, {
      ...FREE,
      credential,
      vendor_id,
      rotation,
      fingerprint: null,
      state: "live",
      destroy_after: null,
      wish: "destroy",
      residual: NOTHING,
      tries: 0,
      error: null,
      fence: 0,
      next_action_at: null,
      changed_at: now,
    });
    return [];
  },

  lock_retired: ({ retired }, values) => {
    const [credential, vendorId, state] = values as [string, string, string];
    const row = retired.get(`${credential} ${vendorId}`);
    return row?.state === state ? [{ vendorId }] : [];
  },

  wish_retired: ({ retired, now }, values) => {
    const [credential, vendorId, wish] = values as [string, string, string];
    const row = retired.get(`${credential} ${vendorId}`);
    if (row) retired.put(keyOf(row), { ...row, wish, next_action_at: now, tries: 0, error: null, changed_at: now });
    return [];
  },

  mark_retired: ({ retired, now }, [credential, vendorId]) => {
    const row = retired.get(`${String(credential)} ${String(vendorId)}`);
    const ended = { state: "manual", next_action_at: null, destroy_after: null, changed_at: now };
    if (row) retired.put(keyOf(row), { ...row, ...ended, fence: row.fence + 1 });
    return [];
  },

  retired_decisions: (tables, [most]) => {
    const waiting = tables.decision
      .where((row) => row.state === "pending" && row.request_name === null && !ABOUT_DRIFT.has(row.spec["action"]))
      .sort((a, b) => compare(a.appeared_at, b.appeared_at) || compare(a.name, b.name));
    return waiting.slice(0, most as number).map((row) => retiredDecision(tables, row));
  },

  answer_decision: ({ decision, now }, values) => {
    const [uid, state, reason, message] = values as [string, string, string, string];
    const row = decision.get(uid);
    if (row?.state !== "pending") return [];
    decision.put(uid, { ...row, state, reason, message, decided_at: now });
    return [{ uid }];
  },
};

const FREE = { claim: null, lease_until: -Infinity };

function keyOf({ credential, vendor_id }: RetiredRow): string {
  return `${credential} ${vendor_id}`;
}

function held(
  { retired }: Tables,
  credential: string,
  vendorId: string,
  fence: number,
  change: (row: RetiredRow) => RetiredRow,
): readonly object[] {
  const row = retired.get(`${credential} ${vendorId}`);
  if (row?.fence !== fence) return [];
  retired.put(keyOf(row), change(row));
  return [{ rotation: row.rotation }];
}

function retiredDecision(tables: Tables, row: DecisionRow): object {
  const credential = tables.credential.find(
    (each) => each.namespace === row.namespace && each.name === row.credential_name,
  );
  const vendorId = String(row.spec["vendorId"]);
  const known = credential && tables.retired.get(`${credential.uid} ${vendorId}`);
  return {
    uid: row.uid,
    namespace: row.namespace,
    name: row.name,
    spec: row.spec,
    trust: row.trust,
    credential: credential?.uid ?? null,
    currentId: credential?.current_id ?? null,
    live: credential ? liveOf(tables, credential.uid) : null,
    ...retiredPart(tables, known),
  };
}

function retiredPart({ rotation }: Tables, known: RetiredRow | undefined): object {
  if (!known) return { state: null, wish: null, due: false, snapshot: null };
  const { state, wish, next_action_at } = known;
  return { state, wish, due: next_action_at !== null, snapshot: rotation.get(known.rotation)?.snapshot ?? null };
}
