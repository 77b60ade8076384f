/** Rotations: how they begin, and who holds them. */
import type { SaidWords } from "./audit.ts";
import { awaitCorrections, beginDrift } from "./watch.ts";
import { addAudit, addWords, touchOutbox } from "./audit.ts";
import type { Json, JsonList, RequestRow, RotationRow } from "./columns.ts";
import type { Statements, Tables } from "./tables.ts";
import { base64Lines, check, compare, jsonb, later, refers, unique } from "./values.ts";

const FLOWS = new Set<unknown>(["Operational", "Revocation", "Testing"]);
const EXPECTS = new Set<unknown>(["Alive", "Dead", "Absent"]);

export function credentialOf(spec: Json): string {
  return (spec["credentialRef"] as { readonly name: string }).name;
}

export function putRotation({ rotation }: Tables, row: RotationRow): RotationRow {
  check(row.ended_at === null || row.sealed_previous === null, "rotation_check");
  check(row.ended_at === null || row.sealed_slots === null, "rotation_slots_check");
  return rotation.put(row.id, row);
}

export const ROTATIONS: Statements = {
  claim_rotations: (tables, values) => {
    const [most, by, leaseMs] = values as [number, string, number];
    const { now } = tables;
    const due = tables.rotation
      .where((row) => row.ended_at === null && row.next_action_at <= now && row.lease_until < now)
      .sort((a, b) => compare(a.next_action_at, b.next_action_at))
      .slice(0, most);
    return due.map((row) => {
      const claim = tables.uuid();
      const held = { ...row, fence: row.fence + 1, claim, claimed_by: by, lease_until: later(now, leaseMs) };
      tables.rotation.put(row.id, held);
      return { id: row.id, fence: held.fence, claim, chainSeq: row.chain_seq, chainHash: bytes(row.chain_hash) };
    });
  },

  seize_rotation: ({ rotation, now }, values) => {
    const [credential, claim, by, leaseMs] = values as [string, string, string, number];
    const live = rotation.where(
      (row) => row.credential === credential && row.ended_at === null && row.flow !== "Revocation",
    );
    return live.map((row) => {
      const held = { ...row, fence: row.fence + 1, claim, claimed_by: by, lease_until: later(now, leaseMs) };
      rotation.put(row.id, held);
      return { id: row.id, fence: held.fence, claim, chainSeq: row.chain_seq, chainHash: bytes(row.chain_hash) };
    });
  },

  hold_current: ({ credential }, [uid]) => {
    const known = credential.get(uid as string);
    return known ? [{ currentId: known.current_id }] : [];
  },

  renew_claims: ({ rotation, now }, values) => {
    const [claims, leaseMs] = values as [readonly string[], number];
    const held = rotation.where((row) => row.ended_at === null && row.claim !== null && claims.includes(row.claim));
    for (const row of held) rotation.put(row.id, { ...row, lease_until: later(now, leaseMs) });
    return held.map(({ claim }) => ({ claim }));
  },

  claim_head: ({ rotation }, [id, fence]) => {
    const row = rotation.get(id as string);
    if (!row || row.fence !== fence) return [];
    return [{ chainSeq: row.chain_seq, chainHash: bytes(row.chain_hash) }];
  },

  start_rotation: (tables, values) => {
    const [uid, id, credential] = values as [string, string, string];
    const [parts, consumers, seq] = values.slice(3) as [string, string, number];
    const [canonical, hash] = values.slice(6) as [Buffer, Buffer];
    const request = tables.request.get(uid);
    if (request?.state !== "pending") return [];
    const { now } = tables;
    tables.request.put(uid, {
      ...request,
      state: "accepted",
      reason: "Accepted",
      message: "",
      rotation: id,
      changed_at: now,
    });
    knowCredential(tables, request, credential);
    start(tables, { ...begun(request, parts), id, credential, chain_seq: seq, chain_hash: hash.toString("hex") });
    for (const { id: consumer, state, facts } of JSON.parse(consumers) as FirstConsumer[]) {
      const key = `${id} ${consumer}`;
      unique(!tables.consumer.has(key), "consumer_pkey");
      const row = { rotation: id, id: consumer, state, touched: false, facts: jsonb(facts), changed_at: now };
      tables.consumer.put(key, row);
    }
    addAudit(tables, id, { seqs: [seq], canonicals: [canonical], hashes: [hash] });
    addWords(tables, id, (JSON.parse(parts) as { readonly words?: readonly SaidWords[] }).words);
    touchOutbox(tables, id);
    return [{ id }];
  },
};

interface FirstConsumer {
  readonly id: string;
  readonly state: string;
  readonly facts: Json;
}

const EMPTY: Json = Object.freeze({});
export const NOTHING: JsonList = Object.freeze([]);

function bytes(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}

function knowCredential(tables: Tables, { namespace, spec }: RequestRow, uid: string): void {
  const { credential, object, now } = tables;
  const name = credentialOf(spec);
  if (credential.find((row) => row.uid === uid || (row.namespace === namespace && row.name === name))) return;
  refers(object.find((row) => row.uid === uid) !== undefined, "credential_uid_fkey");
  beginDrift(tables, uid);
  const nothing = { current_id: null, current_attempt: null, fingerprint: null, fingerprints: EMPTY, issued_at: null };
  credential.put(uid, { uid, namespace, name, ...nothing, changed_at: now });
}

function enteredAt({ entered }: Json): string | undefined {
  return (entered as readonly { readonly at?: string }[] | undefined)?.[0]?.at;
}

type Begun = Pick<
  RotationRow,
  | "request"
  | "namespace"
  | "name"
  | "credential_name"
  | "flow"
  | "expect"
  | "state"
  | "snapshot"
  | "snapshot_hash"
  | "facts"
  | "sealed_previous"
>;

function begun({ uid, namespace, name, spec }: RequestRow, parts: string): Begun {
  const { snapshot, snapshotHash, state, facts, sealedPrevious } = JSON.parse(parts) as Parts;
  return {
    request: uid,
    namespace,
    name,
    credential_name: credentialOf(spec),
    flow: spec["flow"] as string,
    expect: (spec["expect"] as string | undefined) ?? "Alive",
    state,
    snapshot: jsonb(snapshot),
    snapshot_hash: snapshotHash,
    facts: jsonb(facts),
    sealed_previous: sealedPrevious === undefined ? null : base64Lines(sealedPrevious),
  };
}

interface Parts {
  readonly snapshot: Json;
  readonly snapshotHash: string;
  readonly state: string;
  readonly facts: Json;
  readonly sealedPrevious?: string;
}

function start(tables: Tables, row: Begun & Pick<RotationRow, "id" | "credential" | "chain_seq" | "chain_hash">): void {
  const { rotation, credential, now } = tables;
  check(FLOWS.has(row.flow), "rotation_flow_check");
  check(EXPECTS.has(row.expect), "rotation_expect_check");
  unique(!rotation.has(row.id), "rotation_pkey");
  const others = rotation.where((each) => each.request === row.request || each.credential === row.credential);
  unique(!others.some((each) => each.request === row.request), "rotation_request_key");
  unique(!others.some((each) => each.credential === row.credential && each.ended_at === null), "rotation_one_live");
  refers(credential.has(row.credential), "rotation_credential_fkey");
  if (row.flow !== "Revocation") awaitCorrections(tables, row.credential, enteredAt(row.facts));
  putRotation(tables, {
    ...row,
    sealed_slots: null,
    fence: 0,
    claim: null,
    claimed_by: null,
    lease_until: -Infinity,
    next_action_at: now,
    wakes: 0,
    created_at: now,
    changed_at: now,
    ended_at: null,
  });
}
