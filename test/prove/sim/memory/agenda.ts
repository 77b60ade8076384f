/** What there is to do, and when. */
import { isAboutDrift } from "./corrections.ts";
import { lateBecause, requestNamed } from "./requests.ts";
import type { DecisionRow, RotationRow } from "./columns.ts";
import type { Statements, Tables } from "./tables.ts";
import { compare, msOf } from "./values.ts";

export const AGENDA: Statements = {
  sim_written: ({ rotation }, [id]) => {
    const row = rotation.get(id as string);
    return row ? [{ written: row.chain_seq }] : [];
  },
  sim_agenda: (tables, [asked]) => {
    const namespace = asked as string;
    const { request, decision, rotation, tombstone } = tables;
    const waiting = request.where((row) => row.namespace === namespace && row.state === "pending");
    const undecided = decision.where((row) => row.namespace === namespace && row.state === "pending");
    const looks = tombstone.where(
      (row) => row.next_action_at !== null && rotation.get(row.rotation)?.namespace === namespace,
    );
    return [
      {
        requestAt: waiting.length === 0 ? null : msOf(Math.min(...waiting.map((row) => row.next_look_at))),
        late: undecided.filter((row) => isLate(tables, row)).length,
        retiredDecisions: undecided.filter((row) => row.request_name === null && !isAboutDrift(row)).length,
        driftDecisions: undecided.filter(isAboutDrift).length,
        drift: driftEntry(tables, namespace),
        rotations: rotation
          .where((row) => row.namespace === namespace)
          .sort((a, b) => compare(a.created_at, b.created_at) || compare(a.name, b.name))
          .map((row) => rotationEntry(tables, row)),
        retired: retiredEntries(tables, namespace),
        tombstones: looks.map((row) => ({ state: row.state, ...timed(row), looks: row.looks })),
      },
    ];
  },
};

function driftEntry({ credential, drift_check, finding }: Tables, namespace: string): object | null {
  const own = credential.find((row) => row.namespace === namespace);
  const row = own && drift_check.get(own.uid);
  if (!row) return null;
  const findings = finding
    .where((each) => each.credential === row.credential)
    .sort((a, b) => compare(a.place, b.place) || compare(a.kind, b.kind))
    .map(({ place, kind, state, accepted_by, wanted_by }) => {
      return { place, kind, state, isSettled: accepted_by !== null || wanted_by !== null };
    });
  const { state, next_check_at, lease_until, checked_at } = row;
  return { state, at: msOf(next_check_at), heldUntil: msOf(lease_until), checkedAt: msOf(checked_at), findings };
}

function isLate(tables: Tables, { namespace, request_name }: DecisionRow): boolean {
  return request_name !== null && lateBecause(tables, requestNamed(tables, namespace, request_name)) !== null;
}

function timed(row: { readonly next_action_at: number | null; readonly lease_until: number }): object {
  return { at: msOf(row.next_action_at), heldUntil: msOf(row.lease_until) };
}

function rotationEntry({ consumer }: Tables, row: RotationRow): object {
  const { id, namespace, name, state, facts } = row;
  const consumers = consumer.where((each) => each.rotation === id).sort((a, b) => compare(a.id, b.id));
  return {
    id,
    namespace,
    name,
    state,
    facts,
    ...timed(row),
    ended: row.ended_at !== null,
    consumers: consumers.map((each) => ({ id: each.id, state: each.state, facts: each.facts })),
  };
}

function retiredEntries({ credential, retired }: Tables, namespace: string): object[] {
  return retired
    .where((row) => credential.get(row.credential)?.namespace === namespace)
    .sort((a, b) => compare(a.vendor_id, b.vendor_id))
    .map((row) => ({ vendorId: row.vendor_id, state: row.state, ...timed(row), tries: row.tries }));
}
