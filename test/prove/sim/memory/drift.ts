/** Looks between rotations: what is due, what was seen, and what a rotation left to be looked at. */
import { accountsOf } from "./requests.ts";
import type { AttemptRow, CorrectionRow, DriftCheckRow, FindingRow, Json, RotationRow } from "./columns.ts";
import type { Statements, Tables } from "./tables.ts";
import { compare, instant, jsonb, later, stripNulls } from "./values.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MOST_OLD = 16;
/** As the clock of the proof's own database draws it. */
const HALF = 0.5;

/** As the trigger on a new credential does. */
export function beginDrift({ drift_check, now }: Tables, credential: string): void {
  if (drift_check.has(credential)) return;
  drift_check.put(credential, {
    credential,
    state: "unchecked",
    facts: jsonb({}),
    postponed: null,
    fence: 0,
    claim: null,
    lease_until: -Infinity,
    next_check_at: later(now, MINUTE_MS),
    checked_at: null,
    changed_at: now,
  });
}

const LEFT = new Set(["working", "settled", "written", "restored"]);
const LEFT_OUT = new Set(["skipped", "inactive"]);

/** As the trigger on a rotation that ends does. */
export function endRotation(tables: Tables, { id, credential, state }: RotationRow): void {
  const { consumer, credential: credentials, drift_check, held, now } = tables;
  const attempt = credentials.get(credential)?.current_attempt ?? null;
  for (const row of consumer.where((each) => each.rotation === id)) {
    const key = `${credential} ${row.id}`;
    const isBack = row.state === "restored";
    if (LEFT.has(row.state) && (row.touched || "writtenAt" in row.facts)) {
      const version = (row.facts["version"] as string | undefined) ?? null;
      const slots_empty = state === "done" || isBack;
      held.put(key, { credential, place: row.id, version, until: now, attempt: isBack ? null : attempt, slots_empty });
    } else if (state === "done" && LEFT_OUT.has(row.state) && held.has(key)) held.delete(key);
  }
  const check = drift_check.get(credential);
  if (!check) return;
  const free = { fence: check.fence + 1, claim: null, lease_until: -Infinity };
  drift_check.put(credential, { ...check, ...free, next_check_at: later(now, MINUTE_MS * (1 + HALF)) });
}

export function isRotating({ rotation }: Tables, credential: string): boolean {
  return rotation.find((row) => row.credential === credential && row.ended_at === null) !== undefined;
}

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

  record_check: (tables, values) => {
    const [credential, fence, facts, state, postponed] = values as [string, number, string, string, string | null];
    const [nextMs, keepMs] = values.slice(5) as [number, number | null];
    const { drift_check, now } = tables;
    const row = drift_check.get(credential);
    if (row?.fence !== fence || isRotating(tables, credential)) return [];
    drift_check.put(credential, {
      ...row,
      facts: jsonb(JSON.parse(facts) as Json),
      state,
      postponed: postponed === null ? null : jsonb(JSON.parse(postponed) as Json),
      lease_until: keepMs === null ? -Infinity : later(now, keepMs),
      claim: keepMs === null ? null : row.claim,
      checked_at: now,
      next_check_at: later(now, nextMs),
      changed_at: row.state === state ? row.changed_at : now,
    });
    return [{ credential }];
  },

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
        ...{ place, kind, grade, state, message, digest },
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

  attempts_named: ({ attempt, tombstone }, values) => {
    const [ids, credential, vendorIds] = values as [string[], string, string[]];
    const isNamed = ({ id, credential: of, vendor_id }: AttemptRow): boolean =>
      ids.includes(id) || (of === credential && vendor_id !== null && vendorIds.includes(vendor_id));
    return attempt.where(isNamed).map(({ id, credential: of, state, vendor_id: vendorId }) => {
      const watched = tombstone.find((row) => row.attempt === id && row.state === "watching") !== undefined;
      return { id, credential: of, state, vendorId, watched };
    });
  },

  share_prints: ({ shared_print, object, credential }, [own, prints]) => {
    const shown = JSON.parse(String(prints)) as { readonly field: string; readonly print: string }[];
    const sharers = shown.flatMap(({ field, print }) =>
      shared_print
        .where((row) => row.print === print && row.credential !== own)
        .flatMap((row) => {
          const known = credential.get(row.credential);
          const isThere = object.find(({ uid, present }) => uid === row.credential && present) !== undefined;
          return known && isThere ? [{ field, namespace: known.namespace, name: known.name }] : [];
        }),
    );
    for (const { field, print } of shown) {
      shared_print.put(`${String(own)} ${field}`, { credential: String(own), field, print });
    }
    return sharers.slice(0, MOST_OLD);
  },
};

/** Nothing where its object or its credential is not there. */
function claimOf(tables: Tables, row: DriftCheckRow): readonly object[] {
  const { object, credential: credentials, now } = tables;
  const { credential, fence, state, facts, postponed, checked_at } = row;
  const found = object.find(({ uid }) => uid === credential);
  const known = credentials.get(credential);
  if (!found || !known) return [];
  return [
    {
      ...{ credential, fence, state, facts, postponed, now: instant(now) },
      checkedAt: checked_at === null ? null : instant(checked_at),
      namespace: found.namespace,
      name: found.name,
      generation: found.generation,
      spec: found.spec,
      present: found.present,
      currentId: known.current_id,
      fingerprint: known.fingerprint,
      fingerprints: known.fingerprints,
      accounts: jsonb(accountsOf(tables, found.spec)),
      ...besides(tables, credential),
    },
  ];
}

function besides({ held, finding, retired, attempt, correction, rotation, now }: Tables, credential: string): object {
  const isOwn = (row: { readonly credential: string }): boolean => row.credential === credential;
  const old = attempt.where((row) => isOwn(row) && Object.keys(row.fingerprints).length > 0);
  const recent = correction.where((row) => isOwn(row) && row.intent_at > later(now, -DAY_MS));
  const ended = rotation.where(isOwn).flatMap((row) => row.ended_at ?? []);
  return {
    held: held.where(isOwn).map(({ place, version, until, slots_empty: slotsEmpty }) => {
      return stripNulls({ place, version, until: instant(until), slotsEmpty });
    }),
    findings: finding
      .where(isOwn)
      .sort((a, b) => compare(a.since, b.since) || compare(a.place, b.place) || compare(a.kind, b.kind))
      .map(findingShown),
    retired: retired.where(isOwn).map(({ vendor_id, state, fingerprint, changed_at }) => {
      return stripNulls({ vendorId: vendor_id, state, fingerprint, changedAt: instant(changed_at) });
    }),
    oldPrints: old
      .sort((a, b) => compare(b.created_at, a.created_at))
      .slice(0, MOST_OLD)
      .map(({ fingerprints }) => fingerprints),
    corrections: recent.sort((a, b) => compare(a.intent_at, b.intent_at)).map(correctionShown),
    rotatedAt: ended.length === 0 ? null : instant(Math.max(...ended)),
  };
}

function findingShown(row: FindingRow): object {
  const { place, kind, grade, state, message, digest, details, since, last_seen_at, accepted_by, wanted_by } = row;
  const when = { since: instant(since), lastSeenAt: instant(last_seen_at) };
  const by = { acceptedBy: accepted_by, wantedBy: wanted_by };
  return stripNulls({ place, kind, grade, state, message, digest, details, ...when, ...by });
}

function correctionShown({ place, intent_at, outcome, detail, wanted_by }: CorrectionRow): object {
  const told = { version: detail["version"] ?? null, digest: detail["digest"] ?? null };
  return stripNulls({ place, intentAt: instant(intent_at), outcome, ...told, wanted: wanted_by !== null });
}
