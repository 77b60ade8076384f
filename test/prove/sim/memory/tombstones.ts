/** Tombstones, and which ids have an owner. */
import type { RotationFacts } from "../../../../controller/domain/world.ts";
import type { Json, JsonList, TombstoneRow } from "./columns.ts";
import type { Statements, Tables } from "./tables.ts";
import { compare, instant, jsonb, later } from "./values.ts";

const OWNED = new Set(["minted", "current"]);
const KEPT = new Set(["quarantined", "restored", "live"]);

export const TOMBSTONES: Statements = {
  claim_tombstones: (tables, values) => {
    const [most, leaseMs] = values as [number, number];
    const { tombstone, now } = tables;
    const due = tombstone
      .where((row) => row.next_action_at !== null && row.next_action_at <= now && row.lease_until < now)
      .sort((a, b) => compare(a.next_action_at ?? 0, b.next_action_at ?? 0))
      .slice(0, most);
    return due.flatMap((row) => {
      const held = { ...row, fence: row.fence + 1, claim: tables.uuid(), lease_until: later(now, leaseMs) };
      tombstone.put(row.id, held);
      return claimed(tables, held);
    });
  },

  known_ids: ({ attempt, retired, credential, rotation }, values) => {
    const [uid, besides] = values as [string, string];
    const own = attempt.where((row) => row.credential === uid);
    const minted = own.filter((row) => row.vendor_id !== null && row.state === "minted");
    const live = minted.filter((row) => rotation.get(row.rotation)?.ended_at === null);
    const current = credential.get(uid)?.current_id ?? null;
    const used = [...live.map((row) => row.vendor_id), ...(current === null ? [] : [current])];
    const owned = own.filter((row) => row.vendor_id !== null && OWNED.has(row.state));
    const kept = retired.where((row) => row.credential === uid && KEPT.has(row.state));
    return [
      {
        used: [...new Set(used)],
        known: [...new Set([...owned, ...kept].map((row) => row.vendor_id))],
        minting: own.some((row) => row.state === "open" && row.id !== besides),
      },
    ];
  },

  tombstone_looked: (tables, values) => {
    const [id, fence, state, found] = values as [string, number, string, string];
    const [nextMs, counted] = values.slice(4) as [number | null, number];
    return held(tables, id, fence, (row) => ({
      state,
      found: jsonb([...row.found, ...(JSON.parse(found) as JsonList)]),
      looks: row.looks + counted,
      tries: 0,
      error: null,
      next_action_at: nextMs === null ? null : later(tables.now, nextMs),
    }));
  },

  tombstone_postponed: (tables, values) => {
    const [id, fence, waitMs, error, state] = values as [string, number, number, string, string];
    return held(tables, id, fence, (row) => ({
      state,
      tries: row.tries + 1,
      error: jsonb(JSON.parse(error) as Json),
      next_action_at: later(tables.now, waitMs),
    }));
  },

  used_prints: ({ rotation }, [uid]) => {
    const own = rotation.where((row) => row.credential === uid).sort((a, b) => compare(b.created_at, a.created_at));
    return own.flatMap(({ facts }) => {
      const { previousFingerprint } = (facts as unknown as RotationFacts).verify ?? {};
      return previousFingerprint === undefined ? [] : [{ fingerprint: previousFingerprint }];
    });
  },

  attempt_owner: ({ attempt }, [id]) => {
    const row = attempt.get(id as string);
    return row ? [{ state: row.state, vendorId: row.vendor_id }] : [];
  },
};

function claimed({ rotation, attempt }: Tables, row: TombstoneRow): readonly object[] {
  const [owner, tried] = [rotation.get(row.rotation), attempt.get(row.attempt)];
  if (!owner || !tried) return [];
  return [
    {
      id: row.id,
      rotation: row.rotation,
      attempt: row.attempt,
      credential: owner.credential,
      fence: row.fence,
      looks: row.looks,
      tries: row.tries,
      snapshot: owner.snapshot,
      marker: tried.marker,
      inventory: tried.inventory,
      createdAt: instant(tried.created_at),
    },
  ];
}

function held(
  { tombstone, now }: Tables,
  id: string,
  fence: number,
  change: (row: TombstoneRow) => Partial<TombstoneRow>,
): readonly object[] {
  const row = tombstone.get(id);
  if (row?.fence !== fence) return [];
  tombstone.put(id, { ...row, claim: null, lease_until: -Infinity, changed_at: now, ...change(row) });
  return [{ rotation: row.rotation }];
}
