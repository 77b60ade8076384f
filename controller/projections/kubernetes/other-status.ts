/** What a RotationDecision and a VendorAccount show. Pure. */
import type { Condition } from "../../domain/status.ts";
import { sweepCondition, type SweepTold } from "../../domain/sweep.ts";
import type { Instant } from "../../domain/world.ts";
import { acceptedCondition, type Problem, refusedConditions, shown } from "./conditions.ts";

export interface ShownDecision {
  readonly state: "pending" | "accepted" | "refused" | "baseline";
  readonly reason: string;
  readonly message: string;
  readonly trust: string;
  readonly appearedAt: Instant;
  /** Null until then. */
  readonly decidedAt: Instant | null;
}

export function decisionStatus(
  decision: ShownDecision | undefined,
  problems: readonly Problem[],
  generation: number,
  at: Instant,
): Readonly<Record<string, unknown>> {
  const conditions = decisionConditions(decision, problems, at);
  return {
    observedGeneration: generation,
    conditions: shown(conditions, generation),
    ...(decision === undefined ? {} : { trust: decision.trust }),
    ...(typeof decision?.decidedAt === "string" ? { decidedAt: decision.decidedAt } : {}),
  };
}

function decisionConditions(
  decision: ShownDecision | undefined,
  problems: readonly Problem[],
  at: Instant,
): readonly Condition[] {
  if (problems.length > 0) return refusedConditions(problems, decision?.appearedAt ?? at);
  if (decision === undefined) return [];
  const { state, reason, message, appearedAt } = decision;
  const decidedAt = decision.decidedAt ?? appearedAt;
  switch (state) {
    case "accepted":
      return [{ type: "Ready", status: "True", reason, message, lastTransitionTime: decidedAt }];
    case "pending":
      return [
        { type: "Ready", status: "Unknown", reason, message, lastTransitionTime: appearedAt },
        { type: "Reconciling", status: "True", reason, message, lastTransitionTime: appearedAt },
      ];
    default:
      return [
        { type: "Ready", status: "False", reason, message, lastTransitionTime: decidedAt },
        { type: "Stalled", status: "True", reason, message, lastTransitionTime: decidedAt },
      ];
  }
}

export interface ShownAccount {
  readonly firstSeenAt: Instant;
  /** Null until its first probe has ended. */
  readonly ready: boolean | null;
  readonly reason: string;
  readonly message: string;
  readonly remaining: number | null;
  readonly probedAt: Instant | null;
  readonly changedAt: Instant | null;
  /** Null: no credential is issued through it, or nobody has looked yet. */
  readonly sweep: SweepTold | null;
}

export function accountStatus(
  account: ShownAccount | undefined,
  problems: readonly Problem[],
  generation: number,
  at: Instant,
): Readonly<Record<string, unknown>> {
  const conditions = [
    ...accountConditions(account, problems, at),
    ...(account?.sweep && problems.length === 0 ? [sweepCondition(account.sweep)] : []),
  ];
  return {
    observedGeneration: generation,
    conditions: shown(conditions, generation),
    ...(account?.remaining === undefined || account.remaining === null ? {} : { remaining: account.remaining }),
    ...(account?.probedAt === undefined || account.probedAt === null ? {} : { lastProbeTime: account.probedAt }),
  };
}

function accountConditions(
  account: ShownAccount | undefined,
  problems: readonly Problem[],
  at: Instant,
): readonly Condition[] {
  if (problems.length > 0) return refusedConditions(problems, at);
  if (account === undefined) return [];
  const { ready, reason, message, firstSeenAt, changedAt } = account;
  const since = changedAt ?? firstSeenAt;
  const accepted = acceptedCondition(firstSeenAt);
  if (ready === null) {
    return [
      { type: "Ready", status: "Unknown", reason, message, lastTransitionTime: firstSeenAt },
      { type: "Reconciling", status: "True", reason, message, lastTransitionTime: firstSeenAt },
      accepted,
    ];
  }
  const status = ready ? "True" : "False";
  return [{ type: "Ready", status, reason, message, lastTransitionTime: since }, accepted];
}
