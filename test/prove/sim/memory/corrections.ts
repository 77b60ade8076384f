/** Writes that put a place right again, and what people decide about drift. */
import { liveOf } from "./requests.ts";
import { isRotating } from "./watch.ts";
import type { DecisionRow, FindingRow, Json } from "./columns.ts";
import type { Statements, Tables } from "./tables.ts";
import { compare, jsonb, later } from "./values.ts";

const ABOUT_DRIFT = new Set<unknown>(["CorrectDrift", "AcceptDrift"]);

export function isAboutDrift({ spec }: Pick<DecisionRow, "spec">): boolean {
  return ABOUT_DRIFT.has(spec["action"]);
}

export const CORRECTIONS: Statements = {
  lock_credential: ({ credential }, [uid]) => (credential.has(String(uid)) ? [{ uid }] : []),

  begin_correction: (tables, values) => {
    const [credential, fence, id, place, wantedBy] = values as [string, number, string, string, string | null];
    const [landsMs, digest] = values.slice(5) as [number, string];
    const { correction, drift_check, held, now } = tables;
    const isFree = drift_check.get(credential)?.fence === fence && !isRotating(tables, credential);
    const isBusy = correction.find(
      (row) => row.credential === credential && row.place === place && row.outcome === null && row.lands_until > now,
    );
    if (!isFree || isBusy) return [];
    const lands_until = later(now, landsMs);
    correction.put(id, {
      id,
      credential,
      place,
      fence,
      lands_until,
      intent_at: now,
      outcome: null,
      outcome_at: null,
      wanted_by: wantedBy === null ? null : jsonb(JSON.parse(wantedBy) as Json),
      detail: jsonb({ digest }),
    });
    const row = held.get(`${credential} ${place}`);
    if (!row) return [];
    held.put(`${credential} ${place}`, { ...row, version: null, until: lands_until });
    return [{ place }];
  },

  end_correction: ({ correction, held, now }, values) => {
    const [id, outcome, detail, version] = values as [string, string, string, string | null];
    const row = correction.get(id);
    if (!row || row.outcome !== null) return [];
    const more = JSON.parse(detail) as Json;
    correction.put(id, { ...row, outcome, detail: jsonb({ ...row.detail, ...more }), outcome_at: now });
    const key = `${row.credential} ${row.place}`;
    const own = held.get(key);
    if (own) held.put(key, { ...own, version, until: outcome === "unknown" ? row.lands_until : now });
    return [{ credential: row.credential }];
  },

  drift_decisions: (tables, values) => {
    const [most, mayCorrect] = values as [number, boolean];
    const waiting = tables.decision
      .where((row) => row.state === "pending" && isAboutDrift(row))
      .filter((row) => mayCorrect || row.spec["action"] !== "CorrectDrift")
      .sort((a, b) => compare(a.appeared_at, b.appeared_at) || compare(a.name, b.name));
    return waiting.slice(0, most).map((row) => question(tables, row));
  },

  accept_findings: (tables, values) => said(tables, values, (by) => ({ accepted_by: by, wanted_by: null })),

  want_corrections: (tables, values) => said(tables, values, (by) => ({ wanted_by: by, accepted_by: null })),

  check_now: ({ drift_check, now }, [credential]) => {
    const row = drift_check.get(String(credential));
    if (row) drift_check.put(row.credential, { ...row, next_check_at: now });
    return [];
  },
};

type Said = Pick<FindingRow, "accepted_by" | "wanted_by">;

function said({ finding }: Tables, values: readonly unknown[], change: (by: Json) => Said): readonly object[] {
  const [credential, about, who] = values as [string, string, string];
  for (const { place, kind } of JSON.parse(about) as FindingRow[]) {
    const key = `${credential} ${place} ${kind}`;
    const row = finding.get(key);
    if (row) finding.put(key, { ...row, ...change(jsonb(JSON.parse(who) as Json)) });
  }
  return [];
}

function question(tables: Tables, row: DecisionRow): object {
  const { uid, namespace, name, spec, trust, credential_name } = row;
  const found = tables.object.find(
    (each) =>
      each.kind === "Credential" && each.present && each.namespace === namespace && each.name === credential_name,
  );
  const findings = tables.finding.where(({ credential }) => credential === found?.uid);
  return {
    uid,
    namespace,
    name,
    spec,
    trust,
    credential: found?.uid ?? null,
    credentialSpec: found?.spec ?? null,
    live: found ? liveOf(tables, found.uid) : null,
    findings: findings.map(({ place, kind, state }) => ({ place, kind, state })),
    // No account of a telling about drift needs two people.
    twoPerson: false,
  };
}
