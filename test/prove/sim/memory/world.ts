/** The view `rotation_world`: what the engine decides on and what people are shown. */
import type { AttemptRow, CredentialRow, DecisionRow, RetiredRow, RotationRow, TombstoneRow } from "./columns.ts";
import type { Statements, Tables } from "./tables.ts";
import { compare, dateOf, instant, later, stripNulls } from "./values.ts";

const DAY_MS = 24 * 3_600_000;

export const WORLD: Statements = {
  observe_rotation: (tables, values) => {
    const [id, fence, asks] = values as [string, number, boolean];
    const row = tables.rotation.get(id);
    if (row?.fence !== fence) return [];
    const sealed = tables.attempt.where((each) => each.rotation === id && each.sealed !== null);
    return worldOf(tables, row).map((world) => ({
      ...world,
      snapshot: asks ? row.snapshot : null,
      sealed_previous: row.sealed_previous,
      sealed_slots: row.sealed_slots,
      sealed_attempts: sealed.length === 0 ? null : Object.fromEntries(sealed.map((each) => [each.id, each.sealed])),
    }));
  },

  list_rotations: (tables, values) => {
    const [namespace, name, all, most] = values as [string | null, string | null, boolean, number];
    const found = tables.rotation
      .where((row) => all || row.ended_at === null)
      .filter((row) => (namespace === null || row.namespace === namespace) && (name === null || row.name === name))
      .sort((a, b) => compare(b.created_at, a.created_at));
    return found.slice(0, most).flatMap((row) => worldOf(tables, row));
  },
};

/** Nothing where its request or its credential is not there. */
function worldOf(tables: Tables, row: RotationRow): readonly object[] {
  const [request, credential] = [tables.request.get(row.request), tables.credential.get(row.credential)];
  if (!request || !credential) return [];
  const { id, namespace, name, credential_name, flow, expect, state, snapshot, snapshot_hash, facts, fence, wakes } =
    row;
  return [
    {
      id,
      namespace,
      name,
      credential: row.credential,
      credential_name,
      flow,
      expect,
      state,
      snapshot,
      snapshot_hash,
      facts,
      fence,
      wakes,
      created_at: dateOf(row.created_at),
      changed_at: dateOf(row.changed_at),
      ended_at: row.ended_at === null ? null : dateOf(row.ended_at),
      next_action_at: dateOf(row.next_action_at),
      lease_until: dateOf(row.lease_until),
      claimed_by: row.claimed_by,
      deadline: dateOf(request.deadline),
      current_id: credential.current_id,
      fingerprint: credential.fingerprint,
      expires_at: expiresAt(tables, credential),
      // The simulation has no schedules.
      due_at: null,
      ...partsOf(tables, row),
      now: dateOf(tables.now),
    },
  ];
}

/** As the mint of the one in use was told. */
function expiresAt({ attempt, rotation }: Tables, { current_attempt }: CredentialRow): unknown {
  const minted = current_attempt === null ? undefined : attempt.get(current_attempt);
  return (minted && rotation.get(minted.rotation)?.facts["expiresAt"]) ?? null;
}

function partsOf(tables: Tables, { id, namespace, name, credential }: RotationRow): object {
  const { consumer, attempt, decision, retired, tombstone, now } = tables;
  const since = later(now, -DAY_MS);
  const attempts = attempt.where((row) => row.credential === credential);
  return {
    consumers: listed(
      consumer.where((row) => row.rotation === id).sort((a, b) => compare(a.id, b.id)),
      ({ id, state, touched, facts }) => ({ id, state, touched, facts }),
    ),
    attempts: listed(
      attempts.filter((row) => row.rotation === id).sort((a, b) => a.number - b.number),
      attemptShown,
    ),
    decisions: listed(
      decision
        .where((row) => row.namespace === namespace && row.request_name === name)
        .sort((a, b) => compare(a.appeared_at, b.appeared_at) || compare(a.name, b.name)),
      decisionShown,
    ),
    retired: listed(retired.where((row) => row.credential === credential).sort(byChange), retiredShown),
    mints_today: attempts.filter((row) => row.state !== "burned" && row.created_at > since).length,
    tombstones: listed(
      tombstone.where((row) => row.rotation === id).sort((a, b) => compare(a.created_at, b.created_at)),
      tombstoneShown,
    ),
  };
}

/** An aggregate of nothing is null. */
function listed<Row>(rows: readonly Row[], shown: (row: Row) => object): readonly object[] | null {
  return rows.length === 0 ? null : rows.map(shown);
}

/** The server reads them by their key. */
function byChange(a: RetiredRow, b: RetiredRow): number {
  return compare(a.changed_at, b.changed_at) || compare(a.vendor_id, b.vendor_id);
}

function attemptShown(row: AttemptRow): object {
  return stripNulls({
    id: row.id,
    number: row.number,
    marker: row.marker,
    state: row.state,
    inventory: row.inventory,
    deadline: instant(row.deadline),
    vendorId: row.vendor_id,
    fingerprint: row.fingerprint,
    createdAt: instant(row.created_at),
    aliveAt: row.facts["aliveAt"] ?? null,
    graceUntil: row.facts["graceUntil"] ?? null,
  });
}

function decisionShown({ uid, name, spec, trust, state, reason, message, appeared_at }: DecisionRow): object {
  return { uid, name, spec, trust, state, reason, message, appearedAt: instant(appeared_at) };
}

function retiredShown({ vendor_id, rotation, state, destroy_after }: RetiredRow): object {
  const shown = { vendorId: vendor_id, rotation, state };
  return destroy_after === null ? shown : { ...shown, destroyAfter: instant(destroy_after) };
}

function tombstoneShown({ attempt, state, looks, found, error, next_action_at }: TombstoneRow): object {
  const nextLookAt = next_action_at === null ? null : instant(next_action_at);
  return stripNulls({ attempt, state, looks, found, error, nextLookAt });
}
