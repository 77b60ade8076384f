/** What a replica is given when it claims a look. */
import { accountsOf } from "./requests.ts";
import type { CorrectionRow, DriftCheckRow, FindingRow, RetiredRow } from "./columns.ts";
import type { Tables } from "./tables.ts";
import { compare, instant, jsonb, later, stripNulls } from "./values.ts";

const DAY_MS = 86_400_000;
const MOST_OLD = 16;

/** Nothing where its object or its credential is not there. */
export function claimOf(tables: Tables, row: DriftCheckRow): readonly object[] {
  const { object, credential: credentials, now } = tables;
  const { credential, fence, state, facts, postponed, checked_at } = row;
  const found = object.find(({ uid }) => uid === credential);
  const known = credentials.get(credential);
  if (!found || !known) return [];
  return [
    {
      credential,
      fence,
      state,
      facts,
      postponed,
      now: instant(now),
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

function besides(tables: Tables, credential: string): object {
  const { held, finding, retired, attempt, correction, rotation, shared_print, now } = tables;
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
    retired: retired
      .where(isOwn)
      .sort((a, b) => compare(a.changed_at, b.changed_at) || compare(a.vendor_id, b.vendor_id))
      .map((row) => retiredShown(tables, row)),
    oldPrints: old
      .sort((a, b) => compare(b.created_at, a.created_at))
      .slice(0, MOST_OLD)
      .map(({ fingerprints }) => fingerprints),
    corrections: recent.sort((a, b) => compare(a.intent_at, b.intent_at)).map(correctionShown),
    // One Credential is all that a telling has, and nobody probes its account.
    shared: Object.fromEntries(shared_print.where(isOwn).map(({ field, print }) => [field, print])),
    isShared: false,
    unready: [],
    rotatedAt: ended.length === 0 ? null : instant(Math.max(...ended)),
  };
}

function retiredShown({ rotation, consumer }: Tables, row: RetiredRow): object {
  const { vendor_id: vendorId, state, fingerprint, changed_at } = row;
  const unproven = consumer
    .where((each) => each.rotation === row.rotation && (each.state === "skipped" || each.state === "inactive"))
    .map(({ id }) => id)
    .toSorted(compare);
  const { lastReceiptAt = null } = rotation.get(row.rotation)?.facts ?? {};
  const known = { lastReceiptAt, unproven: unproven.length === 0 ? null : unproven };
  return stripNulls({ vendorId, state, fingerprint, changedAt: instant(changed_at), ...known });
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
