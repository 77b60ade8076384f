/** What the ledger's triggers do for looks between rotations. */
import type { ConsumerRow, HeldRow, RotationRow } from "./columns.ts";
import type { Tables } from "./tables.ts";
import { jsonb, later, momentOf, Refused } from "./values.ts";

const MINUTE_MS = 60_000;
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
    if (isWritten(row)) held.put(key, heldAt(row, { credential, attempt, now, isDone: state === "done" }));
    else if (state === "done" && LEFT_OUT.has(row.state) && held.has(key)) held.delete(key);
  }
  const check = drift_check.get(credential);
  if (!check) return;
  const free = { fence: check.fence + 1, claim: null, lease_until: -Infinity };
  drift_check.put(credential, { ...check, ...free, next_check_at: later(now, MINUTE_MS * (1 + HALF)) });
}

function isWritten({ state, touched, facts }: ConsumerRow): boolean {
  return LEFT.has(state) && (touched || "writtenAt" in facts);
}

interface Ended {
  readonly credential: string;
  readonly attempt: string | null;
  readonly now: number;
  readonly isDone: boolean;
}

function heldAt({ id, state, facts }: ConsumerRow, { credential, attempt, now, isDone }: Ended): HeldRow {
  const version = (facts["version"] as string | undefined) ?? null;
  const isBack = state === "restored";
  const slots_empty = isDone || isBack;
  return { credential, place: id, version, until: now, attempt: isBack ? null : attempt, slots_empty };
}

export function isRotating({ rotation }: Tables, credential: string): boolean {
  return rotation.find((row) => row.credential === credential && row.ended_at === null) !== undefined;
}

/** As the trigger on a new rotation does. `decided`: when what it begins with was decided. */
export function awaitCorrections({ correction, now }: Tables, credential: string, decided: string | undefined): void {
  const since = decided === undefined ? Infinity : momentOf(decided);
  const busy = correction.find(
    (row) =>
      row.credential === credential && ((row.outcome === null && row.lands_until > now) || row.intent_at > since),
  );
  if (busy) throw new Refused("23505", "a correction of this credential is under way");
}
