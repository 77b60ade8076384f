import { humanDuration } from "../domain/duration.ts";
import type { RotationStatus } from "../domain/status.ts";
import type { RequestView } from "../ledger/views.ts";
import { timeoutOf } from "./answer.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { namedBy } from "./names.ts";
import { type Output, printable } from "./output.ts";
import type { Asked, Reading } from "./reading.ts";
import { remedyOf } from "./remedy.ts";
import { unknownRequest } from "./status.ts";
import { summaryOf } from "./status-text.ts";

export const GOALS = ["done", "ended", "gate", "verified", "minted", "distributed", "validated", "revoked"] as const;
export type Goal = (typeof GOALS)[number];

export interface WaitOptions {
  readonly namespace?: string;
  readonly for: Goal;
  readonly timeout: string;
  readonly output?: "json";
}

const LOOK_AGAIN_MS = 250;
const SAY_AGAIN_MS = 15_000;

interface Look {
  readonly status?: RotationStatus;
  readonly request?: RequestView;
}

/** Longer waits than a timer can: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * `velvet wait`: 0 when it is as wanted, 1 when it cannot come to that any more or is stalled, 2 when the time is over. Each new
 * stage is told on stderr.
 */
export async function waitCommand(
  context: CommandContext,
  text: string,
  options: WaitOptions,
  reading: Reading,
): Promise<ExitCode> {
  const { out, clock, stop } = context;
  const timeoutMs = timeoutOf("--timeout", options.timeout);
  const begun = clock.monotonicMs();
  const signal = AbortSignal.any([stop, AbortSignal.timeout(Math.min(timeoutMs, LONGEST_MS))]);
  const tell = teller(context, begun);
  let look: Look = {};
  for await (const asked of reading.follow(namedBy(text, options.namespace), { everyMs: LOOK_AGAIN_MS, signal })) {
    look = lookIn(reading, text, asked, look);
    tell(look);
    const code = judge(look, options.for);
    if (code === undefined) continue;
    tellProgram(context, options, look);
    if (code === 1) throw hopeless(text, look, options.for);
    return code;
  }
  if (stop.aborted) return stopped(context, text);
  tellProgram(context, options, look);
  return timedOut(out, text, look, options.for, clock.monotonicMs() - begun);
}

function tellProgram({ out }: CommandContext, { output }: WaitOptions, { status }: Look): void {
  if (output === "json" && status) out.json(status);
}

function lookIn(reading: Reading, text: string, { rotations, requests }: Asked, before: Look): Look {
  if (rotations.length + requests.length > 1) {
    throw misuse(`${printable(text)} exists in several namespaces.`, "Say which one with -n.");
  }
  const [status, request] = [rotations[0], requests[0]];
  if (status) return { status };
  if (request) return { request };
  throw before.status || before.request ? deleted(text, before) : unknownRequest(reading, text);
}

/** Undefined: not yet. */
function judge({ status, request }: Look, goal: Goal): 0 | 1 | undefined {
  if (!status) return request?.state === "pending" ? undefined : 1;
  if (reached(status, goal)) return 0;
  return status.endedAt !== undefined || isStalled(status) ? 1 : undefined;
}

function reached(status: RotationStatus, goal: Goal): boolean {
  if (goal === "done") return status.ready;
  if (goal === "ended") return status.endedAt !== undefined;
  if (goal === "gate") return status.gate !== undefined;
  const type = `${goal.charAt(0).toUpperCase()}${goal.slice(1)}`;
  return status.conditions.some((condition) => condition.type === type && condition.status === "True");
}

function isStalled({ conditions }: RotationStatus): boolean {
  return conditions.some(({ type, status }) => type === "Stalled" && status === "True");
}

/** Says what changed, and now and then that it is still so. */
function teller({ out, clock }: CommandContext, begun: number): (look: Look) => void {
  let last = "";
  let saidAt = begun;
  return ({ status, request }) => {
    const summary = status
      ? `${status.stage}  ${summaryOf(status)}`
      : `Pending  ${request?.reason}: ${request?.message}`;
    const now = clock.monotonicMs();
    const text = printable(summary).trimEnd();
    if (text === last && now - saidAt < SAY_AGAIN_MS) return;
    const still = text === last ? "still " : "";
    out.note(`${humanDuration(now - begun)}  ${still}${text}`);
    [last, saidAt] = [text, now];
  };
}

function hopeless(text: string, { status, request }: Look, goal: Goal): CommandFailure {
  const name = printable(text);
  if (!status) {
    return new CommandFailure({
      happened: `${name} never became a rotation: it is ${request?.state}. ${printable(`${request?.reason}: ${request?.message}`)}`,
      stillFine: "The credential in use stays as it is.",
      next: remedyOf(request?.reason ?? "") ?? `See why with \`velvet describe ${name}\`.`,
    });
  }
  const stalled = status.endedAt === undefined;
  return new CommandFailure({
    happened: stalled
      ? `${name} is stalled in ${status.stage}. ${printable(summaryOf(status))}`
      : `${name} has ended as ${status.stage}, without ${goal}. ${printable(summaryOf(status))}`,
    ...(stalled ? { stillFine: "It goes on as soon as what it needs is there." } : {}),
    next: `See what you can do with \`velvet describe ${name}\`.`,
  });
}

/** On a cluster anybody who may can delete the object: what has begun goes on all the same. */
function deleted(text: string, { status }: Look): CommandFailure {
  const name = printable(text);
  if (!status) {
    return new CommandFailure({
      happened: `${name} was deleted before it began.`,
      stillFine: "The credential in use stays as it is.",
      next: "Ask for it again with `velvet request rotate`, under a new name.",
    });
  }
  return new CommandFailure({
    happened: `${name} was deleted while it was in ${status.stage}.`,
    stillFine: "That does not stop its rotation, which goes on to its end.",
    next: `Its Credential still shows it: kubectl describe credential ${printable(status.credential)} -n ${printable(status.namespace)}`,
  });
}

/** An answer, not a failure: nothing went wrong. */
function timedOut(out: Output, text: string, { status }: Look, goal: Goal, waited: number): ExitCode {
  const name = printable(text);
  out.note(`${name} was not ${goal === "gate" ? "at a gate" : goal} within ${humanDuration(waited)}.`);
  out.note(status ? `It goes on: it is in ${status.stage}.` : "It still waits to begin.");
  out.note(`See what it waits for with \`velvet describe ${name}\`.`);
  return 2;
}

function stopped({ out }: CommandContext, text: string): ExitCode {
  out.note(`Stopped waiting. ${printable(text)} goes on.`);
  return 1;
}
