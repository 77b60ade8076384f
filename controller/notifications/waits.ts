/** What somebody is told of a wait outside of rotations that nobody ends: names, reasons and times; nothing that a person wrote. Pure. */
import { remindersText } from "../domain/reminder.ts";
import type { Awaiting, Counted } from "../domain/waiting.ts";
import { fieldsOf } from "./message.ts";
import type { Notice } from "./notice.ts";

/** Undefined: it is over by now, or not told aloud yet. */
export function noticeOfWait(wait: (Counted & Awaiting) | undefined, version: number): Notice | undefined {
  if (wait === undefined || wait.reminders.escalatedAt === undefined) return undefined;
  const { kind, subject, namespace, name, about, since, reminders } = wait;
  const place = `${namespace}/${name}`;
  const id = `${kind}/${subject}/${version}`;
  const text = `${WAITS[kind](place, about)} ${remindersText(reminders)}`;
  const fields: [string, string][] = [
    [kind === "fight" ? "Credential" : "Request", place],
    ["Waits for", about],
    ["Since", since],
    ["What to do", kind === "fight" ? `velvet drift ${place}` : `velvet describe ${place}`],
    ["Alarm", id],
  ];
  return {
    id,
    text,
    facts: { alarm: id, [kind === "fight" ? "credential" : "request"]: place, waitsFor: [kind], about },
    message: { text: `Velvet: ${text}`, attachments: [{ color: "warning", fields: fieldsOf(fields) }] },
  };
}

const WAITS: Readonly<Record<Awaiting["kind"], (place: string, about: string) => string>> = {
  admission: (place, about) => `The request ${place} has not begun, and waits for a person: ${about}.`,
  fight: (place, about) =>
    `Somebody else writes what Velvet writes for ${place}, again and again, at ${about}: DriftFight.`,
};
