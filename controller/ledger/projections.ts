/** What a projection reads: what has changed, and how it stands now. Many objects with one question each. */
import type { SweepTold } from "../domain/sweep.ts";
import type { Reminders } from "../domain/reminder.ts";
import type { Instant, RetiredRow } from "../domain/world.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";
import type { RequestView, RotationView, WorldRow } from "./views.ts";
import { viewOf } from "./views.ts";

/** Something changed that is shown of `key`: a rotation's id for the topic `rotation`, else `namespace/name` of that kind. */
export interface Touched {
  readonly topic: string;
  readonly key: string;
  readonly version: number;
}

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export interface RequestState extends Place {
  readonly state: RequestView["state"];
  readonly reason: string;
  readonly message: string;
  readonly trust: string;
  readonly appearedAt: Instant;
  readonly changedAt: Instant;
  readonly deadline: Instant;
  /** How often somebody was reminded that it has not begun. */
  readonly awaited: Reminders | null;
}

export interface CredentialState extends Place {
  readonly uid: string;
  /** The ledger's count of its specs. */
  readonly generation: number;
  readonly firstSeenAt: Instant;
  readonly currentId: string | null;
  readonly fingerprint: string | null;
  readonly issuedAt: Instant | null;
  readonly retired: readonly RetiredRow[];
  /** Absent where nothing is due by itself, or where the scheduler has not looked yet. */
  readonly schedule: ScheduleState | null;
  /** How often somebody was reminded of a fight over its places. */
  readonly awaited: Reminders | null;
}

/** As the scheduler last reckoned it. */
export interface ScheduleState {
  readonly dueAt: Instant;
  readonly startsAt: Instant;
  readonly because: string;
  readonly due: boolean;
  readonly waitsFor: string;
}

export interface DecisionState extends Place {
  readonly state: "pending" | "accepted" | "refused" | "baseline";
  readonly reason: string;
  readonly message: string;
  readonly trust: string;
  readonly appearedAt: Instant;
  readonly decidedAt: Instant | null;
}

export interface AccountState {
  readonly name: string;
  readonly firstSeenAt: Instant;
  readonly ready: boolean | null;
  readonly reason: string;
  readonly message: string;
  readonly remaining: number | null;
  readonly probedAt: Instant | null;
  readonly changedAt: Instant | null;
  readonly sweep: SweepTold | null;
}

export interface ProblemState {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

const DUE = statement("due_outbox");
const DUE_ALARMS = statement("due_alarms");
const ALARMED = statement("alarmed_rotation");
const DELIVER = statement("deliver_outbox");
const NAME_ROTATIONS = statement("name_rotations");
const REQUESTS = statement("shown_requests");
const ROTATIONS = statement("shown_rotations");
const CREDENTIALS = statement("shown_credentials");
const DECISIONS = statement("shown_decisions");
const ACCOUNTS = statement("shown_accounts");
const PROBLEMS = statement("shown_problems");

/** The oldest first. */
export async function dueOutbox(db: Db, most: number): Promise<Touched[]> {
  return db.query<Touched>(DUE, [most]);
}

export async function deliverOutbox(db: Db, touched: readonly Touched[]): Promise<void> {
  if (touched.length === 0) return;
  const sorted = touched.toSorted((a, b) => (`${a.topic} ${a.key}` < `${b.topic} ${b.key}` ? -1 : 1));
  await db.query(DELIVER, [
    sorted.map(({ topic }) => topic),
    sorted.map(({ key }) => key),
    sorted.map(({ version }) => version),
  ]);
}

/** Alarms that nobody has been told of. */
export async function dueAlarms(db: Db, most: number): Promise<Touched[]> {
  return db.query<Touched>(DUE_ALARMS, [most]);
}

export async function alarmedRotation(db: Db, id: string): Promise<RotationView | undefined> {
  const [row] = await db.query<WorldRow>(ALARMED, [id]);
  return row && viewOf(row);
}

export async function nameRotations(
  db: Db,
  ids: readonly string[],
): Promise<(Place & { readonly id: string; readonly credentialName: string })[]> {
  return ids.length === 0 ? [] : db.query(NAME_ROTATIONS, [ids]);
}

export async function shownRequests(db: Db, places: readonly Place[]): Promise<RequestState[]> {
  return places.length === 0 ? [] : db.query(REQUESTS, columns(places));
}

/** Of the requests themselves, and for each Credential the live one or else the one that ended last. */
export async function shownRotations(
  db: Db,
  requests: readonly Place[],
  credentials: readonly Place[],
): Promise<RotationView[]> {
  if (requests.length + credentials.length === 0) return [];
  const rows = await db.query<WorldRow>(ROTATIONS, [...columns(requests), ...columns(credentials)]);
  return rows.map(viewOf);
}

export async function shownCredentials(db: Db, places: readonly Place[]): Promise<CredentialState[]> {
  return places.length === 0 ? [] : db.query(CREDENTIALS, columns(places));
}

export async function shownDecisions(db: Db, places: readonly Place[]): Promise<DecisionState[]> {
  return places.length === 0 ? [] : db.query(DECISIONS, columns(places));
}

export async function shownAccounts(db: Db, names: readonly string[]): Promise<AccountState[]> {
  return names.length === 0 ? [] : db.query(ACCOUNTS, [names]);
}

export async function shownProblems(db: Db, source: string, paths: readonly string[]): Promise<ProblemState[]> {
  return paths.length === 0 ? [] : db.query(PROBLEMS, [source, paths]);
}

function columns(places: readonly Place[]): [string[], string[]] {
  return [places.map(({ namespace }) => namespace), places.map(({ name }) => name)];
}
