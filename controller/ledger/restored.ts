/** What was really found of each Credential after a restore, as long as anything is held. */
import type { Subject } from "../domain/restored/subject.ts";
import type { Truth } from "../domain/restored/truth.ts";
import type { Instant } from "../domain/world.ts";
import { type Db, statement } from "./db.ts";

const SUBJECTS = statement("restored_subjects");
const RECORD = statement("record_restored");
const LIST = statement("list_restored");
const BEHIND = statement("sources_behind");
const FORGET = statement("forget_restored");
const SINCE = statement("held_since");

/** One Credential, and what was found of it. */
export interface RestoredView {
  readonly credential: string;
  readonly namespace: string;
  readonly name: string;
  /** Null: it was not looked at since the ledger is held. */
  readonly truth: Truth | null;
  readonly lookedAt: Instant | null;
}

/** A look must be later than this; undefined: nothing is held. */
export async function heldSince(db: Pick<Db, "query">, mostAgeMs: number): Promise<Instant | undefined> {
  const [row] = await db.query<{ since: Instant }>(SINCE, [mostAgeMs]);
  return row?.since;
}

/** Those that were not looked at since then, the longest unseen first. */
export async function restoredSubjects(db: Pick<Db, "query">, since: Instant, most: number): Promise<Subject[]> {
  return db.query<Subject>(SUBJECTS, [since, most]);
}

/** As of when the ledger was asked: what has changed since makes it stale. Nothing is written where nothing is held any more. */
export async function recordRestored(
  db: Pick<Db, "query">,
  { credential, readAt }: Pick<Subject, "credential" | "readAt">,
  truth: Truth,
): Promise<void> {
  await db.query(RECORD, [credential, JSON.stringify(truth), readAt]);
}

/** All of them, also those that were not looked at. */
export async function listRestored(db: Pick<Db, "query">): Promise<RestoredView[]> {
  return db.query<RestoredView>(LIST);
}

export async function forgetRestored(db: Pick<Db, "query">): Promise<void> {
  await db.query(FORGET);
}

/** Sources that were not read since anything is held. */
export async function sourcesBehind(db: Pick<Db, "query">): Promise<string[]> {
  const rows = await db.query<{ name: string }>(BEHIND);
  return rows.map(({ name }) => name);
}
