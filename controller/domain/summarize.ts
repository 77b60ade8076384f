/** What people are shown of a rotation: conditions, the open gate, who is left, what remains. Pure; nothing is read back from it. */
import type { Residual } from "../../adapters/contract.ts";
import { conditionsOf } from "./conditions.ts";
import { checkedByPerson, CUSTODY, isFinished } from "./consumers.ts";
import { unansweredGate } from "./gates.ts";
import { idsOf, isProven, nameOfTarget } from "./revocation.ts";
import { rehearsalReport } from "./rehearsal-report.ts";
import type { ConsumerRow, Gate, Instant, RotationRow } from "./world.ts";
import type { ConsumerStatus, OpenGate, RotationStatus, Summarizable } from "./status.ts";
import { camelCase } from "./status.ts";
import { ENDED, liveAttempt } from "./world.ts";

export function summarize(view: Summarizable): RotationStatus {
  const { rotation } = view;
  const gate = openGate(view);
  const rehearsal = rehearsalReport(view);
  return {
    namespace: rotation.namespace,
    name: rotation.name,
    credential: rotation.credentialName,
    flow: rotation.flow,
    stage: camelCase(rotation.state),
    ready: rotation.state === "done" || rotation.state === "rev_done",
    conditions: conditionsOf(view, gate),
    ...(gate ? { gate } : {}),
    consumers: view.consumers.map((consumer) => consumerStatus(view, consumer)),
    pendingConsumers: pending(view),
    residual: [...(rotation.facts.residual ?? []), ...suspected(view)],
    ...(rehearsal ? { rehearsal } : {}),
    createdAt: rotation.createdAt,
    ...(rotation.endedAt === undefined ? {} : { endedAt: rotation.endedAt }),
    durations: durations(rotation, view.now),
    ...(rotation.endedAt === undefined && rotation.nextActionAt !== undefined
      ? { nextTryAt: rotation.nextActionAt }
      : {}),
  };
}

export function openGate(view: Summarizable): OpenGate | undefined {
  if (ENDED.has(view.rotation.state)) return undefined;
  const open = unansweredGate(view);
  return open && { name: open.name, digest: open.digest, message: gateMessage(view, open.name) };
}

function gateMessage(view: Summarizable, gate: Gate): string {
  const { rotation } = view;
  const { credential } = rotation.snapshot;
  if (rotation.flow === "Revocation") return `${idsOf(view).map(nameOfTarget).join(", ")} will be ended at once.`;
  if (rotation.flow === "Testing")
    return `A throwaway credential beside ${credential.spec.credentialName} will be minted.`;
  if (gate === "Mint") return `A new credential for ${credential.spec.credentialName} will be minted.`;
  const old = view.rotation.facts.verify?.previousId ?? "The old credential";
  if (!liveAttempt(view)) {
    return `${old} will be ended before there is a new one: its consumers are interrupted until they have that.`;
  }
  const working = view.consumers.filter((row) => row.id !== CUSTODY && row.state === "working").length;
  const left = view.consumers.filter((row) => row.state === "inactive" || row.state === "skipped").map((row) => row.id);
  const doubt = left.length > 0 ? ` Not proven: ${left.join(", ")}.` : "";
  return `${old}, the old credential of ${credential.spec.credentialName}, will be revoked. ${working} of ${view.consumers.filter((row) => row.id !== CUSTODY).length} consumers work with the new credential.${doubt}`;
}

/** What a look at the vendor found, or could not find out, after a mint whose answer may have been lost. */
function suspected(view: Summarizable): Residual[] {
  const open = (view.tombstones ?? []).filter((row) => row.state === "orphan-suspected");
  return open.map(({ found, error }) => ({
    kind: "OrphanSuspected",
    message:
      found.length > 0
        ? `${found.join(", ")} appeared after a mint whose answer was lost, and nobody can tell whose it is.`
        : `It could not be seen whether a mint left something: ${error?.message ?? "the vendor does not answer."}`,
    remedy:
      found.length > 0
        ? "Look at the vendor who made it; DestroyRetired ends it, MarkRevoked says that you have."
        : "Mend what the message names; Velvet goes on looking.",
  }));
}

function pending(view: Summarizable): string[] {
  if (view.rotation.endedAt !== undefined) return [];
  const isOpen = view.rotation.flow === "Revocation" ? (row: ConsumerRow) => !isProven(row) : isUnfinished;
  return view.consumers.filter(isOpen).map((row) => row.id);
}

function isUnfinished(row: ConsumerRow): boolean {
  return row.id !== CUSTODY && !isFinished(row);
}

function consumerStatus(view: Summarizable, row: ConsumerRow): ConsumerStatus {
  const next = row.facts.failure?.nextTryAt;
  return {
    id: row.id === CUSTODY ? "custody" : row.id,
    ...(view.rotation.flow === "Revocation"
      ? lockOutStatus(row)
      : { state: row.state, message: consumerMessage(view, row) }),
    ...(next === undefined || view.rotation.endedAt !== undefined ? {} : { nextTryAt: next }),
  };
}

function consumerMessage(view: Summarizable, row: ConsumerRow): string {
  const { failure, skipped, receipt } = row.facts;
  if (failure && !isFinished(row)) {
    const tried = failure.tries > 1 ? ` (tried ${failure.tries} times)` : "";
    return `${IN_EFFECT[row.facts.failedAt ?? "write"] ?? ""}${failure.reason}: ${failure.message}${tried}`;
  }
  if (skipped) return `skipped by ${skipped.name}, ${skipped.ticket ?? "no ticket"}`;
  if (receipt && row.state === "working") return receipt.message;
  return plainly(view, row);
}

function plainly(view: Summarizable, { id, state }: ConsumerRow): string {
  if (view.rotation.flow === "Testing") return IN_SLOT[state] ?? PLAIN[state];
  if (state === "pending" && view.rotation.facts.abort) return "was not written: holds the old credential";
  return state === "settled" && checkedByPerson(view, id)
    ? "in effect; waits for a person's confirmation"
    : PLAIN[state];
}

/** Whether what was written has taken effect by now, by the step that failed. */
const IN_EFFECT: Readonly<Partial<Record<NonNullable<ConsumerRow["facts"]["failedAt"]>, string>>> = {
  settle: "written, not in effect yet; ",
  check: "in effect; ",
};

/** `locked_out`, `leaking`, `skipped`, or `unproven`. */
function lockOutStatus({ state, facts }: ConsumerRow): Pick<ConsumerStatus, "state" | "message"> {
  const { lockOut, failure, skipped } = facts;
  if (skipped) return { state, message: `skipped by ${skipped.name}, ${skipped.ticket ?? "no ticket"}` };
  if (lockOut?.state === "locked-out" || lockOut?.state === "resolved") {
    return { state: "locked_out", message: lockOut.message };
  }
  if (lockOut) return { state: "leaking", message: lockOut.message };
  if (failure) return { state: "unproven", message: `${failure.reason}: ${failure.message}` };
  return { state: "unproven", message: "not asked yet" };
}

const PLAIN: Readonly<Record<ConsumerRow["state"], string>> = {
  pending: "not written yet",
  writing: "being written",
  written: "written, not in effect yet",
  settled: "in effect, not checked yet",
  working: "works with the new credential",
  failed: "failed",
  skipped: "skipped",
  inactive: "inactive: not written, and may still hold the old credential",
  restored: "holds the old credential again",
};

/** Of a test slot. */
const IN_SLOT: Readonly<Partial<Record<ConsumerRow["state"], string>>> = {
  settled: "written and in effect; nothing can tell whether it works",
  restored: "put back as it was",
};

function durations(rotation: RotationRow, now: Instant): { stage: string; ms: number }[] {
  const entered = rotation.facts.entered ?? [];
  return entered.map(({ state, at }, index) => {
    const until = entered[index + 1]?.at ?? (ENDED.has(state) ? at : now);
    return { stage: camelCase(state), ms: Date.parse(until) - Date.parse(at) };
  });
}
