/** One request or credential in a plan: would it begin, would it be refused, or does it rotate already? Refusals are the engine's. Pure. */
import type { RotationRequestSpec } from "../../crds/kinds.gen.ts";
import { admit } from "../domain/admission.ts";
import type { Action } from "../domain/action.ts";
import type { Admission, AdmissionContext, Candidate } from "../domain/candidate.ts";
import { CUSTODY } from "../domain/consumers.ts";
import { snapshotHash } from "../domain/gates.ts";
import { plan } from "../domain/plan.ts";
import { camelCase } from "../domain/status.ts";
import type { ConsumerRow, Instant, RetiredRow, Snapshot } from "../domain/world.ts";
import { ENDED } from "../domain/world.ts";
import type { RotationView } from "../ledger/views.ts";
import type { Registry } from "./command.ts";
import { type PlannedSteps, plannedSteps } from "./plan-report.ts";
import { present } from "./present.ts";
import { remedyOf } from "./remedy.ts";
import { type Seen, worldOf } from "./world.ts";

export type PlanVerdict = "begins" | "waits" | "refused" | "running" | "ended";

export interface PlanItem {
  readonly namespace: string;
  readonly credential: string;
  /** Absent: as if it were requested now. */
  readonly request?: string;
  readonly flow: string;
  readonly expect: string;
  readonly verdict: PlanVerdict;
  /** Why it waits or is refused. */
  readonly reason?: string;
  readonly message?: string;
  readonly remedy?: string;
  readonly beginsAt?: Instant;
  /** Of one that runs or has ended. */
  readonly stage?: string;
  /** What the engine does next, and when at the latest it looks again. */
  readonly next?: string;
  readonly nextAt?: Instant;
  /** Whether something would change. */
  readonly changes: boolean;
  readonly steps?: PlannedSteps;
}

export interface PlanReport {
  readonly items: readonly PlanItem[];
  /** On a cluster: what this person could not read, or nobody can read there, and what was taken for so instead. */
  readonly notRead?: readonly string[];
}

/** What a plan of something that has not begun is made of. */
export interface Wanted {
  readonly namespace: string;
  readonly credential: string;
  readonly request?: string;
  readonly spec: RotationRequestSpec;
  readonly deadline: Instant;
  readonly found:
    | {
        readonly uid: string;
        readonly generation: number;
        readonly spec: Snapshot["credential"]["spec"];
        readonly accounts: Snapshot["accounts"];
        readonly live: string | undefined;
        readonly currentId: string | undefined;
        readonly retired: readonly RetiredRow[];
        readonly mintsToday: number;
      }
    | undefined;
}

/** Waiting for these ends by itself or by a merge that is expected; everything else that waits is missing something. */
const MISSING: ReadonlySet<string> = new Set(["CredentialNotFound", "AccountNotFound"]);
const HELD: ReadonlySet<string> = new Set(["RotationOff", "Suspended", "CredentialSuspended"]);

export function plannedItem(wanted: Wanted, context: AdmissionContext, now: Instant): PlanItem {
  const about = aboutOf(wanted);
  const answer = admit(candidateOf(wanted), context, now);
  if (answer.verdict === "accept" && wanted.spec.flow === "Revocation") {
    return { ...about, verdict: "begins", beginsAt: now, changes: true, message: revocationText(wanted, answer) };
  }
  if (answer.verdict === "accept") {
    const world = worldOf(imagined(answer, wanted, now), context.registry);
    const steps = world && plannedSteps(world, now, false);
    return { ...about, verdict: "begins", beginsAt: now, changes: true, ...present({ steps }) };
  }
  const { reason, message } = answer;
  const why = { reason, message, ...present({ remedy: remedyOf(reason) }) };
  if (answer.verdict !== "later" || MISSING.has(reason))
    return { ...about, verdict: "refused", ...why, changes: false };
  if (HELD.has(reason) || answer.until === undefined) return { ...about, verdict: "waits", ...why, changes: false };
  // What it would do then, unless it would be refused then.
  const then = plannedItem(wanted, context, answer.until);
  if (then.verdict !== "begins") return then;
  const both = [message, then.message].filter((part) => part !== undefined).join(" ");
  return { ...then, verdict: "waits", ...why, message: both, beginsAt: answer.until };
}

/** There is no order to show: it ends what is there, and asks everybody. */
function revocationText(wanted: Wanted, { unreachable = [] }: Extract<Admission, { verdict: "accept" }>): string {
  const left = unreachable.map(({ id }) => id).join(", ");
  const live = wanted.found?.live;
  return [
    `It ends at once, for every consumer: ${targetsOf(wanted).join(", ") || "nothing"}.`,
    ...(live === undefined ? [] : [`It pre-empts ${live}.`]),
    ...(left === "" ? [] : [`It cannot ask ${left}.`]),
  ].join(" ");
}

function targetsOf({ spec: { target = "Current" }, found }: Wanted): string[] {
  const open = (found?.retired ?? []).filter(({ state }) => state !== "destroyed" && state !== "manual");
  return [
    ...(target === "Current" ? [] : open.map(({ vendorId }) => vendorId)),
    ...(target === "Retired" ? [] : [found?.currentId ?? "the one in use, whose id is found out first"]),
  ];
}

function aboutOf({ namespace, credential, request, spec }: Wanted) {
  return { namespace, credential, ...present({ request }), flow: spec.flow, expect: spec.expect ?? "Alive" };
}

function candidateOf({ namespace, credential, request, spec, deadline, found }: Wanted): Candidate {
  return {
    request: { namespace, name: request ?? `${credential}-now`, spec, deadline },
    credential: found,
    accounts: found?.accounts ?? {},
    live: found?.live,
  };
}

type Accepted = Extract<Admission, { verdict: "accept" }>;

/** The rotation as it is at the first look of the engine. */
function imagined({ snapshot, left }: Accepted, { deadline, found }: Wanted, now: Instant): Seen {
  const { credential, request } = snapshot;
  const rows = credential.spec.consumers.map(({ id, active }) => rowOf(id, active === false ? "inactive" : "pending"));
  const rotation = {
    id: "",
    namespace: request.namespace,
    name: request.name,
    credential: credential.uid,
    credentialName: credential.name,
    flow: request.spec.flow,
    expect: request.spec.expect ?? "Alive",
    state: "verifying" as const,
    snapshot,
    snapshotHash: snapshotHash(snapshot),
    facts: left ? { rehearsal: { left } } : {},
    createdAt: now,
    changedAt: now,
    deadline,
  };
  return {
    rotation,
    consumers: credential.spec.custody ? [rowOf(CUSTODY, "pending"), ...rows] : rows,
    attempts: [],
    retired: found?.retired ?? [],
    credential: { mintsToday: found?.mintsToday ?? 0, ...present({ currentId: found?.currentId }) },
  };
}

function rowOf(id: string, state: "pending" | "inactive"): ConsumerRow {
  return { id, state, touched: false, facts: {} };
}

/** What is left of a rotation that has begun. Decisions that nobody has answered yet are not foreseen. */
export function runningItem(view: RotationView, registry: Registry): PlanItem {
  const { rotation, now } = view;
  const about = {
    namespace: rotation.namespace,
    credential: rotation.credentialName,
    request: rotation.name,
    flow: rotation.flow,
    expect: rotation.expect,
    stage: camelCase(rotation.state),
  };
  if (ENDED.has(rotation.state)) return { ...about, verdict: "ended", changes: false };
  const world = worldOf(view, registry);
  if (!world) return { ...about, verdict: "running", changes: true };
  const action = plan(world, now);
  const next = action.do === "wait" ? `waits for ${action.for}` : nameOf(action);
  const at = action.do === "wait" ? action.until : undefined;
  return {
    ...about,
    verdict: "running",
    next,
    ...(at === undefined ? {} : { nextAt: at }),
    changes: true,
    ...(rotation.flow === "Revocation" ? {} : { steps: plannedSteps(world, now, true) }),
  };
}

function nameOf(action: Action): string {
  return action.do === "revocation" ? action.step.do : action.do;
}
