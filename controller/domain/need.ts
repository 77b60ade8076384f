/** What a rotation waits for that only a person can give, since when, and until when somebody must have given it. Pure. */
import { type Asked, rhythmOf, type Step } from "./assisted.ts";
import { awaitsPerson, isFinished } from "./consumers.ts";
import { instantOf, later } from "./duration.ts";
import { unansweredGate } from "./gates.ts";
import { beginning, DAILY, dayBefore, escalatesBy, type Reminders, type Rhythm } from "./reminder.ts";
import { earliest } from "./wait.ts";
import type { AttemptRow, ConsumerRow, CredentialRow, Failure, Gate, Instant, RotationRow } from "./world.ts";
import { ENDED, liveAttempt } from "./world.ts";

/** `mint` and `revoke` are what a person does at the vendor. */
export type NeedKind = "gate" | "confirmation" | "stalled" | Step;

export interface Need {
  readonly kind: NeedKind;
  /** The same for as long as it is the same need. */
  readonly key: string;
  readonly since: Instant;
  readonly gate?: Gate;
  /** Who waits for a confirmation, or what is in the way: names and reasons, never a person's words. */
  readonly about: string;
}

/** Of what was asked by Velvet's own steps, `assisted` keeps the count; of the others this does. */
export interface Awaited extends Reminders {
  readonly key: string;
}

/** Enough of a world, or of a view. */
export interface Needy {
  readonly rotation: RotationRow;
  readonly consumers: readonly ConsumerRow[];
  readonly attempts: readonly AttemptRow[];
  readonly credential?: CredentialRow;
}

/** One of each kind at most, in the order in which a person meets them. */
export function needsOf(view: Needy): Need[] {
  if (ENDED.has(view.rotation.state)) return [];
  const found = [gateNeed(view), confirmationNeed(view), ...byHandNeeds(view), stalledNeed(view)];
  return found.filter((need) => need !== undefined);
}

function gateNeed(view: Needy): Need | undefined {
  const open = unansweredGate(view);
  if (!open) return undefined;
  const { name, digest, openedAt } = open;
  return { kind: "gate", key: `${digest} ${openedAt}`, since: openedAt, gate: name, about: name };
}

function confirmationNeed(view: Needy): Need | undefined {
  const { flow, facts, createdAt } = view.rotation;
  const attempt = liveAttempt(view);
  // Nobody is asked whether a test slot works.
  if (flow !== "Operational" || facts.abort || !attempt) return undefined;
  const rows = view.consumers.filter((row) => awaitsPerson(view, row));
  const since = earliest(...rows.map((row) => row.facts.writtenAt ?? createdAt));
  if (since === undefined) return undefined;
  return { kind: "confirmation", key: attempt.id, since, about: rows.map(({ id }) => id).join(", ") };
}

function byHandNeeds(view: Needy): (Need | undefined)[] {
  const { assisted, abort, revoked } = view.rotation.facts;
  const mint = abort || liveAttempt(view) ? undefined : assisted?.mint;
  const revoke = abort || revoked ? undefined : assisted?.revoke;
  return [asNeed("mint", mint), asNeed("revoke", revoke)];
}

function asNeed(kind: Step, asked: Asked | undefined): Need | undefined {
  return asked && { kind, key: asked.since, since: asked.since, about: kind };
}

/** Whatever only a person can lead on, the oldest of it. */
function stalledNeed(view: Needy): Need | undefined {
  const causes = [...failuresOf(view).filter(({ stalled }) => stalled), ...endedByHand(view.rotation)];
  const [first] = causes.toSorted((a, b) => (a.since < b.since ? -1 : 1));
  return first && { kind: "stalled", key: "stalled", since: first.since, about: first.reason };
}

/** That the old one was not ended by hand in time is told with that step. */
function failuresOf({ rotation: { facts }, consumers }: Needy): Failure[] {
  const own = facts.assisted?.revoke && !facts.revoked ? undefined : facts.failure;
  const rows = consumers.filter((row) => !isFinished(row)).map((row) => row.facts.failure);
  const ids = (facts.revocation?.ids ?? []).map(({ failure }) => failure);
  return [own, ...rows, ...ids].filter((failure) => failure !== undefined);
}

/** What a Revocation leaves to a person, from when it could begin. */
function endedByHand({ facts, createdAt }: RotationRow): Pick<Failure, "reason" | "since">[] {
  if (!facts.revocation?.ids?.some(({ state }) => state === "by-hand")) return [];
  return [{ reason: "AwaitingManualRevoke", since: facts.gates?.Revoke?.approved?.at ?? createdAt }];
}

/** How often somebody was reminded of it. */
export function remindersOf({ rotation }: Pick<Needy, "rotation">, need: Need): Reminders {
  const { facts } = rotation;
  if (isStep(need.kind)) return facts.assisted?.[need.kind] ?? beginning(need.since, DAILY);
  const known = facts.awaited?.[need.kind];
  return known?.key === need.key ? known : beginning(need.since, DAILY);
}

export function rhythmFor({ rotation }: Pick<Needy, "rotation">, { kind }: Need): Rhythm {
  return isStep(kind) ? rhythmOf(rotation.facts.assisted?.[kind]?.instructions) : DAILY;
}

export function isStep(kind: NeedKind): kind is Step {
  return kind === "mint" || kind === "revoke";
}

/**
 * After three days, or as long as the vendor's work usually takes twice; sooner where something is near by which it must be answered:
 * the credential in use expires, the rotation falls due, or the request's deadline ends it. Never before the first reminder.
 */
export function escalatesAt(view: Needy, need: Need): Instant {
  const rhythm = rhythmFor(view, need);
  if (need.kind === "revoke" && view.rotation.deadline < later(need.since, rhythm.firstMs))
    return view.rotation.deadline;
  return escalatesBy(need.since, rhythm, limits(view, need));
}

function limits({ rotation, credential }: Needy, need: Need): Instant[] {
  const expiries = [instantOf(credential?.expiresAt), instantOf(rotation.facts.expiresAt)];
  const due = dayBefore(credential?.dueAt);
  const found = [
    ...expiries.map(dayBefore),
    // A rotation that the schedule began is past its date from the beginning: that is no news.
    due !== undefined && due > need.since ? due : undefined,
    isEndedByDeadline(rotation, need) ? dayBefore(rotation.deadline) : undefined,
    // What a person was to end by hand is waited for beyond the deadline, and said aloud at it.
    need.kind === "revoke" ? rotation.deadline : undefined,
  ];
  return found.filter((at) => at !== undefined);
}

function isEndedByDeadline({ flow }: RotationRow, { kind, gate }: Need): boolean {
  return kind === "mint" || (kind === "gate" && (gate === "Mint" || flow === "Revocation"));
}
