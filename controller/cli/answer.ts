/** Records a decision in the ledger and waits for the engine's answer. */
import { setTimeout as after } from "node:timers/promises";
import { durationMs, humanDuration } from "../domain/duration.ts";
import type { DecisionAnswer } from "../ledger/decide.ts";
import { decisionAnswer, recordDecision } from "../ledger/decide.ts";
import type { Db } from "../ledger/db.ts";
import { shownDocument } from "../sources/shown.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import type { DecisionManifest } from "./decision.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { manifestSpec } from "./manifest.ts";
import { printable } from "./output.ts";
import { remedyOf } from "./remedy.ts";

const LOOK_AGAIN_MS = 100;
const SAY_SO_MS = 1_000;
const SAY_AGAIN_MS = 5_000;
const DEFAULT_TIMEOUT = "30s";

export interface AnswerOptions {
  readonly timeout?: string;
  readonly output?: "yaml" | "json";
}

/** 0 where it was accepted. Throws `CommandFailure` with 1 where it was refused or not answered in time. */
export async function recordAndWait(
  context: CommandContext,
  db: Db,
  manifest: DecisionManifest,
  options: AnswerOptions,
): Promise<ExitCode> {
  const timeoutMs = timeoutOf("--timeout", options.timeout ?? DEFAULT_TIMEOUT);
  const namespace = manifest.namespace;
  if (namespace === undefined) throw misuse("Nobody said in which namespace.", "Say which one with -n.");
  const spec = manifestSpec(manifest);
  const shown = shownDocument({ ...manifest, namespace, spec, origin: { path: manifest.name, line: 1 } });
  if ("code" in shown) throw misuse(shown.message, "Correct the options above; nothing was written.");
  const { name } = manifest;
  const recorded = await recordDecision(db, { namespace, name, spec, specHash: shown.identity });
  if (recorded.outcome === "different") throw taken(name);
  context.out.note(recorded.outcome === "known" ? `${name} was recorded before.` : `Recorded ${name}.`);
  const answer = await answerOf(context, db, recorded.uid, timeoutMs);
  if (answer.state === "pending") throw unanswered(name, timeoutMs, context.stop.aborted);
  return sayAnswer(context, manifest, namespace, answer, options);
}

async function answerOf(
  { out, stop, clock }: CommandContext,
  db: Db,
  uid: string,
  timeoutMs: number,
): Promise<DecisionAnswer> {
  const begun = clock.monotonicMs();
  let saidAt = begun - SAY_AGAIN_MS + SAY_SO_MS;
  for (;;) {
    const answer = await decisionAnswer(db, uid);
    const now = clock.monotonicMs();
    if (answer.state !== "pending" || now - begun >= timeoutMs || stop.aborted) return answer;
    if (now - saidAt >= SAY_AGAIN_MS) {
      saidAt = now;
      out.note(`Waiting for the controller's answer, for ${humanDuration(now - begun)} now.`);
    }
    await after(LOOK_AGAIN_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** 0 where it was accepted. Throws `CommandFailure` where it was refused. */
export function sayAnswer(
  { out }: CommandContext,
  { name, spec }: DecisionManifest,
  namespace: string,
  { state, reason, message }: DecisionAnswer,
  options: AnswerOptions,
): ExitCode {
  if (options.output === "json") {
    out.json({ namespace, name, action: spec.action, state, reason, message });
    return state === "accepted" ? 0 : 1;
  }
  if (state !== "accepted") throw wasRefused(reason, message);
  out.line(`Accepted: ${printable(message)}`);
  const request = spec.requestRef?.name;
  if (request !== undefined) out.note(`Follow it with \`velvet wait ${printable(`${namespace}/${request}`)}\`.`);
  return 0;
}

/** Milliseconds of a duration option. Throws `CommandFailure`. */
export function timeoutOf(option: string, text: string): number {
  try {
    return durationMs(text);
  } catch {
    throw misuse(`${option} ${printable(text)} is no duration.`, "Write it like 30s, 10m or 2h.");
  }
}

function taken(name: string): CommandFailure {
  return misuse(
    `There is another decision ${name} already, and decisions are immutable.`,
    "Give this one another name with --name; nothing was written.",
  );
}

function wasRefused(reason: string, message: string): CommandFailure {
  return new CommandFailure({
    happened: `Refused (${reason}): ${printable(message)}`,
    stillFine: "The rotation goes on as before. The refusal is on record.",
    next: remedyOf(reason) ?? "See what is possible with `velvet describe`.",
  });
}

export function unanswered(name: string, timeoutMs: number, stopped: boolean): CommandFailure {
  return new CommandFailure({
    happened: stopped
      ? `Stopped before ${name} was answered.`
      : `No controller answered ${name} within ${humanDuration(timeoutMs)}.`,
    stillFine: "It is recorded whole, and is answered as soon as a controller looks.",
    next: "See the answer with `velvet describe`; see with `velvet doctor` whether a controller can run here.",
  });
}
