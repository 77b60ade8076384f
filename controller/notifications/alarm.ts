/** What somebody is told of a leak: for a log, and as JSON that Slack's incoming webhooks take. Pure; holds no value. */
import { isLeaking, nameOfTarget, revocationOf } from "../domain/revocation.ts";
import type { Instant } from "../domain/world.ts";
import type { RotationView } from "../ledger/views.ts";
import { fieldsOf } from "./message.ts";

export interface Alarm {
  /** The same whenever it is told again: whoever hears it twice can tell. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly credential: string;
  /** Those that let the old value in now; empty where that is over by now. */
  readonly consumers: readonly string[];
  /** Those that did. */
  readonly leaked: readonly string[];
  readonly ended: readonly string[];
  readonly at: Instant;
  readonly ticket?: string;
}

/** Undefined: it is about nothing that leaks, or ever did. */
export function alarmOf({ rotation, consumers }: RotationView, version: number): Alarm | undefined {
  if (!rotation.facts.revocation) return undefined;
  const { leakedAt, ids = [] } = revocationOf(rotation);
  if (leakedAt === undefined) return undefined;
  const { ticket } = rotation.snapshot.request.spec;
  return {
    id: `${rotation.id}/${version}`,
    namespace: rotation.namespace,
    name: rotation.name,
    credential: rotation.credentialName,
    consumers: consumers.filter(isLeaking).map(({ id }) => id),
    leaked: consumers.filter(({ facts }) => facts.lockOut?.leakedAt !== undefined).map(({ id }) => id),
    ended: ids.map(nameOfTarget),
    at: leakedAt,
    ...(ticket === undefined ? {} : { ticket }),
  };
}

/** One sentence. */
export function alarmText({ namespace, credential, consumers, leaked }: Alarm): string {
  const what = `the leaked credential ${namespace}/${credential}`;
  if (consumers.length === 0) return `${leaked.join(", ")} let ${what} in after it was ended; that is over by now.`;
  return `${consumers.join(", ")} still ${consumers.length === 1 ? "lets" : "let"} ${what} in, although it has ended.`;
}

/** As Slack's incoming webhooks take it; others read `text`. */
export function alarmMessage(alarm: Alarm): object {
  const { id, namespace, name, ended, at, ticket, consumers } = alarm;
  const fields: [string, string][] = [
    ["Revocation", `${namespace}/${name}`],
    ["Ended", ended.join(", ")],
    ["Since", at],
    ...(ticket === undefined ? [] : [["Ticket", ticket] satisfies [string, string]]),
    ["What to do", `velvet describe ${namespace}/${name}`],
    ["Alarm", id],
  ];
  return {
    text: `Velvet: ${alarmText(alarm)}`,
    attachments: [
      {
        color: consumers.length === 0 ? "good" : "danger",
        fields: fieldsOf(fields),
      },
    ],
  };
}
