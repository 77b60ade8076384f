/** What people are told of a rehearsal: what was tried, what was not, and that nothing is left of it. Pure. */
import { checkedByPerson, CUSTODY } from "./consumers.ts";
import type { LeftOut, RehearsalFacts, SlotResult } from "./rehearsal.ts";
import type { Condition, Summarizable } from "./status.ts";
import type { AttemptRow, ConsumerRow, Instant, Receipt, RotationRow } from "./world.ts";

export interface RehearsalReport {
  readonly slots: readonly SlotResult[];
  readonly notRehearsed: readonly LeftOut[];
  /** What stopped it before its end. */
  readonly stopped?: string;
  readonly throwaway?: {
    readonly vendorId: string;
    readonly endedAt?: Instant;
    readonly provenGoneAt?: Instant;
  };
  /** How it was found that nothing is left. */
  readonly proof?: string;
}

type Seen = Pick<Summarizable, "rotation" | "consumers" | "attempts">;

export function rehearsalReport(view: Seen): RehearsalReport | undefined {
  const { rehearsal } = view.rotation.facts;
  if (!rehearsal) return undefined;
  const { left, removal, gone } = rehearsal;
  const throwaway = throwawayIn(rehearsal, view.attempts);
  return {
    slots: removal?.results ?? slotResults(view.rotation, view.consumers),
    notRehearsed: left,
    ...(removal?.because === undefined ? {} : { stopped: removal.because }),
    ...(throwaway ? { throwaway } : {}),
    ...(gone === undefined ? {} : { proof: gone.message }),
  };
}

function throwawayIn(
  { ended, gone }: RehearsalFacts,
  attempts: readonly AttemptRow[],
): RehearsalReport["throwaway"] | undefined {
  const vendorId = ended?.vendorId ?? mintedIn(attempts)?.vendorId;
  if (vendorId === undefined) return undefined;
  return {
    vendorId,
    ...(ended === undefined ? {} : { endedAt: ended.at }),
    ...(gone === undefined ? {} : { provenGoneAt: gone.at }),
  };
}

/** How far each place has come by now. */
export function slotResults(rotation: RotationRow, rows: readonly ConsumerRow[]): readonly SlotResult[] {
  return rows.map((row) => ({ id: row.id === CUSTODY ? "custody" : row.id, ...resultOf(rotation, row) }));
}

function resultOf(rotation: RotationRow, row: ConsumerRow): Omit<SlotResult, "id"> {
  const { id, state } = row;
  const { failure, skipped } = row.facts;
  const receipt = proofOf(row);
  if (receipt) return { outcome: "proven", message: receipt.message };
  if (skipped) return { outcome: "skipped", message: `skipped by ${skipped.name}` };
  if (failure) return { outcome: "failed", message: `${failure.reason}: ${failure.message}` };
  if (state === "working" || (state === "settled" && checkedByPerson({ rotation }, id))) {
    return {
      outcome: "unproven",
      message: "written and in effect; its sink does not show values, so nothing is proven",
    };
  }
  return { outcome: "not-reached", message: "it was not come to" };
}

/** Custody in a sink that cannot be read was written, and that is all that is known. */
function proofOf({ id, state, facts }: ConsumerRow): Receipt | undefined {
  const isNone = id === CUSTODY && facts.receipt?.proves === "liveness";
  return state === "working" && !isNone ? facts.receipt : undefined;
}

function mintedIn(attempts: readonly AttemptRow[]): AttemptRow | undefined {
  return attempts.findLast(({ vendorId }) => vendorId !== undefined);
}

/** One line: for the condition Ready, and for lists. */
export function rehearsalLine(report: RehearsalReport): string {
  const named = (outcome: SlotResult["outcome"]): string[] =>
    report.slots.filter((slot) => slot.outcome === outcome).map(({ id }) => id);
  const left = report.notRehearsed.flatMap(({ part, id }) => (part === "consumer" && id !== undefined ? [id] : []));
  const without = report.notRehearsed.some(({ part }) => part === "custody") ? [...left, "custody"] : left;
  return [
    ...(report.stopped === undefined ? [] : [`Stopped: ${report.stopped}`]),
    ...listed("Proven", named("proven")),
    ...listed("Written, not proven", named("unproven")),
    ...listed("Failed", named("failed")),
    ...listed("Not rehearsed", without),
    ...(report.throwaway?.provenGoneAt === undefined ? [] : [`${report.throwaway.vendorId} is gone.`]),
  ].join(" ");
}

function listed(title: string, ids: readonly string[]): string[] {
  return ids.length === 0 ? [] : [`${title}: ${ids.join(", ")}.`];
}

/** The conditions of a rotation as those of a rehearsal: once everything is taken back, the places say nothing of it any more. */
export function rehearsalConditions(view: Summarizable, conditions: readonly Condition[]): Condition[] {
  const report = rehearsalReport(view);
  if (!report) return [...conditions];
  return conditions.map((condition) => ({ ...condition, ...SAID[condition.type]?.(view, report, condition) }));
}

type Said = (view: Summarizable, report: RehearsalReport, condition: Condition) => Partial<Condition>;

const SAID: Readonly<Record<string, Said>> = {
  Ready: (_, report, { message }) => ({ message: message === "" ? rehearsalLine(report) : message }),
  Minted: ({ rotation, attempts }, _, { status }) => {
    const minted = mintedIn(attempts);
    if (status === "True" || minted?.aliveAt === undefined || !rotation.facts.rehearsal?.removal) return {};
    const message = `${minted.vendorId ?? "the throwaway"} was accepted by the vendor`;
    return { status: "True", reason: "Minted", message, lastTransitionTime: minted.aliveAt };
  },
  Distributed: ({ rotation }, { slots }, condition) => {
    const removal = rotation.facts.rehearsal?.removal;
    if (!removal) return {};
    const reached = slots.filter(({ outcome }) => outcome === "proven" || outcome === "unproven");
    return atRemoval(condition, removal, slots, reached);
  },
  Validated: ({ rotation }, { slots }, condition) => {
    const removal = rotation.facts.rehearsal?.removal;
    if (!removal) return condition.reason === "AwaitingConfirmation" ? { reason: "NotProven" } : {};
    const proven = slots.filter(({ outcome }) => outcome === "proven");
    return atRemoval(condition, removal, slots, proven);
  },
  // The credential in use is not revoked: there is nothing to be approved.
  RevokeApproved: ({ rotation }) => ({
    status: "True",
    reason: "Automatic",
    message: "Only the throwaway is ended.",
    lastTransitionTime: rotation.createdAt,
  }),
  Revoked: ({ rotation }, { throwaway, proof }) => {
    const { ended, gone } = rotation.facts.rehearsal ?? {};
    if (gone && throwaway) {
      return { status: "True", reason: "ThrowawayGone", message: proof ?? "", lastTransitionTime: gone.at };
    }
    const failure = rotation.facts.rehearsal?.removal ? rotation.facts.failure : undefined;
    const at = { lastTransitionTime: rotation.createdAt };
    if (failure) return { status: "Unknown", reason: failure.reason, message: failure.message, ...at };
    const message = ended ? `${ended.vendorId} was ended, and is looked for` : "";
    return { status: "Unknown", reason: ended ? "Revoking" : "NotReached", message, ...at };
  },
};

function atRemoval(
  { type }: Condition,
  { at }: { readonly at: Instant },
  slots: readonly SlotResult[],
  reached: readonly SlotResult[],
): Partial<Condition> {
  const message = `${reached.length} of ${slots.length} places`;
  if (reached.length === slots.length) return { status: "True", reason: type, message, lastTransitionTime: at };
  // Nobody knows of what could not be seen; what failed is known.
  const status = slots.some(({ outcome }) => outcome === "failed") ? "False" : "Unknown";
  return { status, reason: "NotProven", message, lastTransitionTime: at };
}

/** `check of app: its endpoint asks the live consumer`. */
export function leftOutText({ part, id, why }: LeftOut): string {
  const what = id === undefined ? part : part === "consumer" ? `consumer ${id}` : `${part} of ${id}`;
  return `Not rehearsed: ${what}: ${why}.`;
}
