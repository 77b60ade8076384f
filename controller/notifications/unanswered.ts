/** What somebody is told of a person's part that is missing for too long: names, reasons and times; nothing that a person wrote. Pure. */
import type { Need } from "../domain/need.ts";
import { type Reminded, remindedOf } from "../domain/reminder-text.ts";
import { remindersText } from "../domain/reminder.ts";
import type { RotationView } from "../ledger/views.ts";
import { fieldsOf } from "./message.ts";

export interface Unanswered {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly credential: string;
  readonly waits: readonly Reminded[];
  readonly ticket?: string;
}

/** Undefined: by now it was answered, or it is not told aloud yet. */
export function unansweredOf(view: RotationView, version: number): Unanswered | undefined {
  const waits = remindedOf(view).filter(({ reminders }) => reminders.escalatedAt !== undefined);
  if (waits.length === 0) return undefined;
  const { rotation } = view;
  const { ticket } = rotation.snapshot.request.spec;
  return {
    id: `${rotation.id}/${version}`,
    namespace: rotation.namespace,
    name: rotation.name,
    credential: rotation.credentialName,
    waits,
    ...(ticket === undefined ? {} : { ticket }),
  };
}

/** One sentence for each. */
export function unansweredText({ namespace, name, credential, waits }: Unanswered): string {
  const said = waits.map(({ need, reminders }) => `${WAITS[need.kind](need.about)} ${remindersText(reminders)}`);
  return `${namespace}/${name}, which rotates ${credential}, waits for a person: ${said.join(" ")}`;
}

const WAITS: Readonly<Record<Need["kind"], (about: string) => string>> = {
  gate: (about) => `the ${about} gate is open.`,
  confirmation: (about) => `nobody has confirmed ${about}.`,
  mint: () => "the new credential is to be made by hand.",
  revoke: () => "the old credential is to be ended by hand.",
  stalled: (about) => `it is stalled with ${about}.`,
};

export function unansweredMessage(unanswered: Unanswered): object {
  const { id, namespace, name, ticket, waits } = unanswered;
  const fields: [string, string][] = [
    ["Request", `${namespace}/${name}`],
    ["Waits for", waits.map(({ need }) => need.kind).join(", ")],
    ["Since", waits.map(({ reminders }) => reminders.since).toSorted()[0] ?? ""],
    ...(ticket === undefined ? [] : [["Ticket", ticket] satisfies [string, string]]),
    ["What to do", `velvet describe ${namespace}/${name}`],
    ["Alarm", id],
  ];
  return {
    text: `Velvet: ${unansweredText(unanswered)}`,
    attachments: [{ color: "warning", fields: fieldsOf(fields) }],
  };
}
