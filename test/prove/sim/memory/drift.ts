/** Looks between rotations: what is due, what was seen, and what a rotation left to be looked at. */
import { isRotating } from "./watch.ts";
import { claimOf } from "./drift-claim.ts";
import type { AttemptRow, FindingRow, Json, SharedPrintRow } from "./columns.ts";
import type { Statements, Tables } from "./tables.ts";
import { compare, jsonb, later } from "./values.ts";

export const DRIFT: Statements = {
  claim_checks: (tables, values) => {
    const [most, leaseMs] = values as [number, number];
    const { drift_check, now } = tables;
    const due = drift_check
      .where((row) => row.next_check_at <= now && row.lease_until < now && !isRotating(tables, row.credential))
      .sort((a, b) => compare(a.next_check_at, b.next_check_at))
      .slice(0, most);
    return due.flatMap((row) => {
      const claimed = { ...row, fence: row.fence + 1, claim: tables.uuid(), lease_until: later(now, leaseMs) };
      drift_check.put(row.credential, claimed);
      return claimOf(tables, claimed);
    });
  },

  record_checks: (tables, [looks]) =>
    (JSON.parse(String(looks)) as LookRow[]).flatMap((look) => recordLook(tables, look)),

  give_up_check: ({ drift_check, now }, values) => {
    const [credential, fence, postponed, nextMs] = values as [string, number, string, number];
    const row = drift_check.get(credential);
    if (row?.fence !== fence) return [];
    const free = { lease_until: -Infinity, claim: null, postponed: jsonb(JSON.parse(postponed) as Json) };
    drift_check.put(credential, { ...row, ...free, next_check_at: later(now, nextMs) });
    return [];
  },

  write_findings: ({ finding, now }, [credential, present]) => {
    for (const found of JSON.parse(String(present)) as FindingRow[]) {
      const { place, kind, grade, state, message, digest, details } = found;
      const key = `${String(credential)} ${place} ${kind}`;
      const known = finding.get(key);
      finding.put(key, {
        credential: String(credential),
        place,
        kind,
        grade,
        state,
        message,
        digest,
        details: jsonb(details),
        since: known?.since ?? now,
        last_seen_at: now,
        accepted_by: known?.digest === digest ? known.accepted_by : null,
        wanted_by: known?.wanted_by ?? null,
      });
    }
    return [];
  },

  drop_findings: ({ finding }, [credential, gone]) => {
    for (const { place, kind } of JSON.parse(String(gone)) as FindingRow[])
      if (finding.has(`${String(credential)} ${place} ${kind}`))
        finding.delete(`${String(credential)} ${place} ${kind}`);
    return [];
  },

  take_down_versions: ({ held }, [credential, versions]) => {
    for (const { place, version } of JSON.parse(String(versions)) as { place: string; version: string }[]) {
      const row = held.get(`${String(credential)} ${place}`);
      if (row) held.put(`${String(credential)} ${place}`, { ...row, version });
    }
    return [];
  },

  attempts_named: ({ attempt, tombstone }, [asked]) =>
    (JSON.parse(String(asked)) as Asked[]).flatMap(({ credential: asker, ids, vendorIds }) => {
      const isNamed = ({ id, credential, vendor_id }: AttemptRow): boolean =>
        ids.includes(id) || (credential === asker && vendor_id !== null && vendorIds.includes(vendor_id));
      return attempt.where(isNamed).map(({ id, credential, state, vendor_id: vendorId }) => {
        const watched = tombstone.find((row) => row.attempt === id && row.state === "watching") !== undefined;
        return { asker, id, credential, state, vendorId, watched };
      });
    }),

  share_prints: ({ shared_print, object }, [prints]) => {
    const asked = JSON.parse(String(prints)) as SharedPrintRow[];
    const told = asked.flatMap(({ credential: asker, field, print }) => {
      const written = shared_print.where(
        (row) =>
          row.print === print && !asked.some((each) => each.credential === row.credential && each.field === row.field),
      );
      const holders = new Set([...asked, ...written].flatMap((row) => (row.print === print ? [row.credential] : [])));
      holders.delete(asker);
      return object
        .where(({ uid, present }) => present && holders.has(uid))
        .map(({ namespace, name }) => ({ asker, field, namespace, name }));
    });
    for (const row of asked) shared_print.put(`${row.credential} ${row.field}`, row);
    return told;
  },
};

interface Asked {
  readonly credential: string;
  readonly ids: readonly string[];
  readonly vendorIds: readonly string[];
}

interface LookRow {
  readonly credential: string;
  readonly fence: number;
  /** Absent: as before. */
  readonly facts?: Json;
  readonly state: string;
  readonly postponed?: Json;
  readonly nextMs: number;
  readonly keepMs?: number;
}

function recordLook(tables: Tables, look: LookRow): readonly object[] {
  const { credential, fence, facts, state, postponed, nextMs, keepMs } = look;
  const { drift_check, now } = tables;
  const row = drift_check.get(credential);
  if (row?.fence !== fence || isRotating(tables, credential)) return [];
  drift_check.put(credential, {
    ...row,
    facts: facts === undefined ? row.facts : jsonb(facts),
    state,
    postponed: postponed === undefined ? null : jsonb(postponed),
    lease_until: keepMs === undefined ? -Infinity : later(now, keepMs),
    claim: keepMs === undefined ? null : row.claim,
    checked_at: now,
    next_check_at: later(now, nextMs),
    changed_at: row.state === state ? row.changed_at : now,
  });
  return [{ credential }];
}
