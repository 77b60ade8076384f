/** What an Event says once, as it becomes so: a new reason of an object's readiness, drift, and that a person was reminded. Pure. */
import type { Status } from "./reading.ts";
import { driftReason, type KnownSubject, readyReason, remindedIn, remindersMark } from "./subjects.ts";

export interface Announcement {
  readonly subject: KnownSubject;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly note: string;
}

type Text = Omit<Announcement, "subject">;

/** Compared with what stood there before: whoever takes over says nothing twice. */
export function announcementsOf(subject: KnownSubject, status: Status): Text[] {
  const said: Text[] = [];
  const reason = readyReason(status);
  if (reason !== undefined && reason !== subject.reason) said.push(announcementOf(status, reason));
  const drift = driftReason(status);
  if (drift !== subject.drift) said.push(driftAnnouncement(status, drift));
  const mark = remindersMark(status);
  if (mark !== undefined && mark !== subject.reminders) said.push(reminderAnnouncement(status));
  return said;
}

/** `PersonReminded`, or `PersonOverdue` from when the alarm was told. */
function reminderAnnouncement(status: Status): Text {
  const rows = remindedIn(status);
  const aloud = rows.some(({ escalatedAt }) => escalatedAt !== undefined);
  const said = rows.map(({ for: waitsFor, about, since, count }) => {
    return `${waitsFor} (${about}) since ${since}, reminded ${count === 1 ? "once" : `${count} times`}`;
  });
  const note = `A person is waited for: ${said.join("; ")}.`;
  return { type: "Warning", reason: aloud ? "PersonOverdue" : "PersonReminded", note };
}

function conditionsIn(
  status: Status,
): readonly { type?: string; status?: string; message?: string; reason?: string }[] {
  const conditions = status["conditions"];
  return Array.isArray(conditions) ? conditions : [];
}

/** `drift`: what differs most; undefined: nothing does any more. */
function driftAnnouncement(status: Status, drift: string | undefined): Text {
  const drifted = conditionsIn(status).find(({ type }) => type === "Drifted");
  const reason = drift ?? drifted?.reason ?? "NothingDrifted";
  const note = drifted?.message ?? "";
  return { type: drift === undefined ? "Normal" : "Warning", reason, note: note === "" ? reason : note };
}

function announcementOf(status: Status, reason: string): Text {
  const all = conditionsIn(status);
  const stalled = all.some(({ type, status: is }) => type === "Stalled" && is === "True");
  const failed = stalled || /(Partial|Failed|Leaked)$/.test(reason);
  const note = all.find(({ type }) => type === "Ready")?.message ?? "";
  return { type: failed ? "Warning" : "Normal", reason, note: note === "" ? reason : note };
}
