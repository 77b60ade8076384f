/** What there is to tell of a rotation when its alarm is read: a leak before all else. Pure. */
import type { RotationView } from "../ledger/views.ts";
import { alarmMessage, alarmOf, alarmText } from "./alarm.ts";
import { unansweredMessage, unansweredOf, unansweredText } from "./unanswered.ts";

export interface Notice {
  readonly id: string;
  readonly text: string;
  /** For the log. */
  readonly facts: object;
  readonly message: object;
}

/** Undefined: it is over by now, and nobody need hear of it. */
export function noticeOf(view: RotationView, version: number): Notice | undefined {
  const alarm = alarmOf(view, version);
  const unanswered = unansweredOf(view, version);
  if (alarm && (alarm.consumers.length > 0 || !unanswered)) {
    const { id, consumers, namespace, name, credential } = alarm;
    const facts = { alarm: id, revocation: `${namespace}/${name}`, credential, consumers };
    return { id, text: alarmText(alarm), facts, message: alarmMessage(alarm) };
  }
  if (!unanswered) return undefined;
  const { id, namespace, name, credential, waits } = unanswered;
  const waitsFor = waits.map(({ need }) => need.kind);
  const facts = { alarm: id, request: `${namespace}/${name}`, credential, waitsFor };
  return { id, text: unansweredText(unanswered), facts, message: unansweredMessage(unanswered) };
}
