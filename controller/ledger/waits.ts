/** What a person is waited for outside of rotations: where it is counted. */
import type { Awaiting, Counted, Told } from "../domain/waiting.ts";
import { BY_THEMSELVES } from "../domain/waiting.ts";
import type { Instant } from "../domain/world.ts";
import { appendInstallAudit, type InstallEntry } from "./audit.ts";
import { type Db, statement } from "./db.ts";

const LIST = statement("list_waits");
const RECORD = statement("record_waits");
const ALARMED = statement("alarmed_wait");

interface WaitRow extends Omit<Awaiting, "known" | "expiresAt" | "dueAt" | "deadline"> {
  readonly counted: boolean;
  readonly reminders: number;
  readonly remindAt: Instant | null;
  readonly remindedAt: Instant | null;
  readonly escalatedAt: Instant | null;
  readonly deadline: Instant | null;
  readonly expiresAt: string | null;
  readonly dueAt: Instant | null;
}

export interface Wait extends Awaiting {
  readonly now: Instant;
}

export async function listWaits(db: Db, most: number): Promise<Wait[]> {
  const rows = await db.query<WaitRow & { readonly now: Instant }>(LIST, [BY_THEMSELVES, most]);
  return rows.map(({ counted, reminders, remindAt, remindedAt, escalatedAt, deadline, expiresAt, dueAt, ...wait }) => ({
    ...wait,
    ...(deadline === null ? {} : { deadline }),
    ...(expiresAt === null ? {} : { expiresAt }),
    ...(dueAt === null ? {} : { dueAt }),
    ...(counted ? { known: remindersIn({ since: wait.since, reminders, remindAt, remindedAt, escalatedAt }) } : {}),
  }));
}

type CountedRow = Pick<WaitRow, "since" | "reminders" | "remindAt" | "remindedAt" | "escalatedAt">;

function remindersIn({ since, reminders, remindAt, remindedAt, escalatedAt }: CountedRow): Counted["reminders"] {
  return {
    since,
    reminders,
    remindAt: remindAt ?? since,
    ...(remindedAt === null ? {} : { remindedAt }),
    ...(escalatedAt === null ? {} : { escalatedAt }),
  };
}

/** One transaction: what is counted is told, and what is told is counted. */
export async function recordWaits(db: Db, told: readonly Told[]): Promise<void> {
  if (told.length === 0) return;
  await db.transaction(async (tx) => {
    const over = told.filter(({ act }) => act === "over");
    const counted = told.flatMap(({ wait, reminders }) => (reminders === undefined ? [] : [{ wait, reminders }]));
    await tx.query(RECORD, [
      JSON.stringify(counted.map(rowOf)),
      over.map(({ wait }) => wait.kind),
      over.map(({ wait }) => wait.subject),
      told.filter(({ aloud }) => aloud).map(({ wait }) => alarmKey(wait)),
    ]);
    await appendInstallAudit(tx, told.flatMap(entriesOf));
  });
}

function rowOf({ wait, reminders }: Pick<Told, "wait"> & Counted): object {
  const { kind, subject, namespace, name, about } = wait;
  const { since, reminders: count, remindAt, remindedAt, escalatedAt } = reminders;
  const place = { kind, subject, namespace, name, about };
  return { ...place, since, reminders: count, remind_at: remindAt, reminded_at: remindedAt, escalated_at: escalatedAt };
}

function entriesOf({ act, wait, reminders }: Told): InstallEntry[] {
  const { kind, namespace, name, about, since, known } = wait;
  if (act === "begin") return [];
  if (act === "over") return known?.reminders ? [{ event: "PersonAnswered", kinds: [kind], namespace, name }] : [];
  const event = act === "remind" ? "PersonReminded" : "PersonOverdue";
  return [{ event, kind, about, namespace, name, since, reminders: reminders?.reminders ?? 0 }];
}

function alarmKey({ kind, subject }: Pick<Awaiting, "kind" | "subject">): string {
  return `${kind}/${subject}`;
}

/** Undefined: it is over, or the alarm is about a rotation. */
export async function alarmedWait(db: Db, key: string): Promise<(Counted & Awaiting) | undefined> {
  const [kind, subject] = key.split("/");
  if (subject === undefined) return undefined;
  const [row] = await db.query<WaitRow>(ALARMED, [kind, subject]);
  if (row === undefined) return undefined;
  const { namespace, name, about, since } = row;
  return { kind: row.kind, subject, namespace, name, about, since, waits: true, reminders: remindersIn(row) };
}
