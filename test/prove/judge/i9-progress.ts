/** I9: when faults have stopped, every rotation has ended, or stands still with something that a person can do, and says what. */
import { REASONS } from "../../../controller/domain/reasons.ts";
import { NOTHING, RETRIES } from "../../../controller/domain/reasons/reason.ts";
import { summarize } from "../../../controller/domain/summarize.ts";
import type { RotationView } from "../../../controller/ledger/views.ts";
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";

/** The last look of a reaper, and an hour for what it has to try again. */
const HORIZON_MS = 25 * 3_600_000;

export function progress(evidence: Evidence): Violation[] {
  const { ledger, quiet = true } = evidence;
  if (!quiet) return [];
  const stuck = ledger.views.filter(({ rotation }) => rotation.endedAt === undefined).flatMap(whyStuck);
  return [...stuck, ...overdue(evidence)].map((message) => ({ invariant: "I9", message }));
}

function whyStuck(view: RotationView): string[] {
  const { name, state } = view.rotation;
  const reasons = reasonsOf(view);
  const unknown = reasons.filter((reason) => !Object.hasOwn(REASONS, reason));
  if (unknown.length > 0) return [`${name} stands still for a reason without a remedy: ${unknown.join(", ")}`];
  if (reasons.some((reason) => isForPerson(REASONS[reason]?.remedy))) return [];
  return [`${name} is ${state} and names nothing that a person could do`];
}

/** What it waits for: a gate, a failure that is stalled, a consumer that only a person can confirm, a revoke by hand. */
function reasonsOf(view: RotationView): string[] {
  const { conditions, gate } = summarize(view);
  const stalled = view.consumers.flatMap(({ facts }) => (facts.failure?.stalled ? [facts.failure.reason] : []));
  const waiting = conditions.filter(({ status, reason }) => status !== "True" && reason.startsWith("Awaiting"));
  return [
    ...(gate ? ["AwaitingApproval"] : []),
    ...stalled,
    ...waiting.map(({ reason }) => reason),
    ...conditions.filter(({ type }) => type === "Stalled").map(({ reason }) => reason),
  ];
}

function isForPerson(remedy: string | undefined): boolean {
  return remedy !== undefined && remedy !== NOTHING && remedy !== RETRIES;
}

function overdue({ ledger, now }: Evidence): string[] {
  if (now === undefined) return [];
  return ledger.tombstones
    .filter(({ state, created_at }) => state === "watching" && Date.parse(created_at) + HORIZON_MS < now)
    .map(({ attempt }) => `the tombstone of ${attempt} is watched for longer than its last look`);
}
