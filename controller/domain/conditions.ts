/** The stage conditions, in the order of the stages. Pure. */
import type { Trouble } from "./assisted.ts";
import { asksToMint, asksToRevoke, revokedBy, troubleOf } from "./assisted-text.ts";
import type { Condition, OpenGate, Summarizable } from "./status.ts";
import { camelCase } from "./status.ts";
import { revocationStages } from "./conditions-revocation.ts";
import { CUSTODY, isFinished } from "./consumers.ts";
import { durationMs, later } from "./duration.ts";
import { needsApproval } from "./gates.ts";
import { rehearsalConditions } from "./rehearsal-report.ts";
import { withReminders } from "./reminder-text.ts";
import { awaitedIds, failingIds, readyText } from "./ready-text.ts";
import { stuckAt } from "./stuck.ts";
import type { Failure, Gate, Instant } from "./world.ts";
import { ENDED, liveAttempt } from "./world.ts";

type Status = Condition["status"];

export function conditionsOf(view: Summarizable, gate: OpenGate | undefined): Condition[] {
  const stages = stagesOf(view, gate);
  const ended = ENDED.has(view.rotation.state);
  const progress: Condition[] = [];
  const failure = whatFailed(view);
  if (!ended && failure?.stalled) {
    progress.push(condition(view, "Stalled", "True", failure.reason, triedText(failure), failure.since));
  } else if (!ended) {
    const reason = failure ? "ProgressingWithRetry" : camelCase(view.rotation.state);
    progress.push(condition(view, "Reconciling", "True", reason, failure ? triedText(failure) : ""));
  }
  return rehearsalConditions(view, withReminders(view, [ready(view, gate), ...progress, ...stages]));
}

function whatFailed(view: Summarizable): Failure | Trouble | undefined {
  const { facts } = view.rotation;
  return facts.failure ?? troubleOf(facts, liveAttempt(view) !== undefined) ?? stalledFailure(view) ?? stuckAt(view);
}

/** With when it is tried again. */
function triedText(failure: Failure | Trouble): string {
  if (!("tries" in failure) || failure.nextTryAt === undefined) return failure.message;
  const times = failure.tries > 1 ? `Tried ${failure.tries} times; next try at` : "Next try at";
  return `${failure.message} ${times} ${failure.nextTryAt}.`;
}

/** What a person has to deal with at a consumer, or at a credential that a Revocation could not end. */
function stalledFailure({ consumers, rotation }: Summarizable): Failure | undefined {
  const rows = consumers.filter((row) => !isFinished(row)).map((row) => row.facts.failure);
  const ids = (rotation.facts.revocation?.ids ?? []).map(({ failure }) => failure);
  return [...rows, ...ids].find((failure) => failure?.stalled);
}

function stagesOf(view: Summarizable, gate: OpenGate | undefined): Condition[] {
  return view.rotation.facts.revocation ? inRevocation(view, gate) : inRotation(view, gate);
}

function inRotation(view: Summarizable, gate: OpenGate | undefined): Condition[] {
  return [
    verified(view),
    gateCondition(view, "Mint", gate),
    minted(view),
    distributed(view),
    validated(view),
    gateCondition(view, "Revoke", gate),
    revoked(view),
  ];
}

function inRevocation(view: Summarizable, gate: OpenGate | undefined): Condition[] {
  return revocationStages(view, gateCondition(view, "Revoke", gate), (type, status, { reason, message }, at) =>
    condition(view, type, status, reason, message, at),
  );
}

function ready(view: Summarizable, gate: OpenGate | undefined): Condition {
  const { state } = view.rotation;
  const status: Status = state === "done" || state === "rev_done" ? "True" : "False";
  return condition(view, "Ready", status, camelCase(state), readyText(view, gate));
}

function verified(view: Summarizable): Condition {
  const { verify, failure } = view.rotation.facts;
  if (verify) return condition(view, "Verified", "True", verify.reason, verify.message, verify.at);
  if (failure) return condition(view, "Verified", failedOrUnknown(failure.stalled), failure.reason, failure.message);
  return condition(view, "Verified", "Unknown", "Verifying", "");
}

function failedOrUnknown(stalled: boolean): Status {
  return stalled ? "False" : "Unknown";
}

function gateCondition(view: Summarizable, name: Gate, open: OpenGate | undefined): Condition {
  const type = `${name}Approved`;
  const approved = view.rotation.facts.gates?.[name]?.approved;
  if (approved) {
    const ticket = approved.ticket ? `, ${approved.ticket}` : "";
    return condition(view, type, "True", "Approved", `by ${approved.name}${ticket}`, approved.at);
  }
  if (open?.name === name)
    return condition(view, type, "Unknown", "AwaitingApproval", `${open.message} Digest: ${open.digest}`);
  if (!needsApproval(view, name)) return condition(view, type, "True", "Automatic", "");
  return condition(view, type, "Unknown", "NotReached", "");
}

function minted(view: Summarizable): Condition {
  const attempt = liveAttempt(view);
  if (attempt?.aliveAt) {
    const message = `${attempt.vendorId ?? "the new credential"} is accepted by the vendor`;
    return condition(view, "Minted", "True", "Minted", message, attempt.aliveAt);
  }
  return notMinted(view, attempt !== undefined);
}

function notMinted(view: Summarizable, begun: boolean): Condition {
  const { facts } = view.rotation;
  const { verify, awaitsValueSince } = facts;
  const failure = facts.failure ?? troubleOf(facts, begun);
  if (verify && failure) {
    const status = view.rotation.state === "mint_failed" ? "False" : failedOrUnknown(failure.stalled);
    return condition(view, "Minted", status, failure.reason, failure.message);
  }
  if (awaitsValueSince !== undefined && !begun) {
    return condition(view, "Minted", "Unknown", "AwaitingValue", asksToMint(facts), awaitsValueSince);
  }
  return condition(view, "Minted", "Unknown", begun ? "Minting" : "NotReached", "");
}

function distributed(view: Summarizable): Condition {
  const required = requiredConsumers(view);
  const open = required.filter((row) => !["settled", "working"].includes(row.state) && row.facts.failedAt !== "check");
  if (!liveAttempt(view)?.aliveAt) return condition(view, "Distributed", "Unknown", "NotReached", "");
  if (open.length === 0)
    return condition(view, "Distributed", "True", "Distributed", count(required.length, required.length));
  const failing = open.filter((row) => row.facts.failure);
  const status = failing.length > 0 ? "False" : "Unknown";
  return condition(
    view,
    "Distributed",
    status,
    camelCase(view.rotation.state),
    count(required.length - open.length, required.length, failingIds({ consumers: open })),
  );
}

function validated(view: Summarizable): Condition {
  const required = requiredConsumers(view);
  const open = required.filter((row) => row.state !== "working");
  if (!liveAttempt(view)?.aliveAt) return condition(view, "Validated", "Unknown", "NotReached", "");
  if (open.length === 0 && required.length > 0) {
    return condition(view, "Validated", "True", "Validated", count(required.length, required.length));
  }
  const waiting = open.filter((row) => row.state === "settled" && !row.facts.failure);
  const failing = open.some((row) => row.facts.failedAt === "check");
  const reason = waiting.length > 0 && !failing ? "AwaitingConfirmation" : camelCase(view.rotation.state);
  const said = count(required.length - open.length, required.length, failingIds({ consumers: open }));
  return condition(view, "Validated", failing ? "False" : "Unknown", reason, said + confirmText(view));
}

function requiredConsumers(view: Summarizable): Summarizable["consumers"] {
  return view.consumers.filter((row) => row.id !== CUSTODY && row.state !== "inactive" && row.state !== "skipped");
}

function count(done: number, all: number, failing: readonly string[] = []): string {
  return `${done} of ${all} consumers${failing.length === 0 ? "" : `; failing: ${failing.join(", ")}`}`;
}

function confirmText(view: Summarizable): string {
  const [first, ...others] = awaitedIds(view);
  if (first === undefined) return "";
  const { namespace, name } = view.rotation;
  const command = `velvet confirm ${namespace}/${name} ${first} --reason <why>`;
  return `; a person is to look at ${[first, ...others].join(", ")}, then: ${command}`;
}

function revoked(view: Summarizable): Condition {
  const { revoked: fact, failure, verify } = view.rotation.facts;
  const { state, expect } = view.rotation;
  if (fact) {
    const by = revokedBy(fact, verify?.previousId ?? "");
    return condition(view, "Revoked", "True", "Revoked", by, fact.at);
  }
  if (state === "done") return condition(view, "Revoked", "True", "NothingToRevoke", `expect: ${expect}`);
  if (state === "revoke_failed" && failure) {
    return condition(view, "Revoked", "False", failure.reason, failure.message);
  }
  if (state === "revoking") return condition(view, "Revoked", "Unknown", "Revoking", "");
  return condition(view, "Revoked", "Unknown", ...whyNotRevoked(view));
}

/** What the revoke waits for, once it may begin. */
function whyNotRevoked(view: Summarizable): [reason: string, message: string] {
  const { facts } = view.rotation;
  if (!mayRevoke(view)) return ["NotReached", ""];
  const failure = facts.failure ?? facts.assisted?.revoke?.trouble;
  if (failure) return [failure.reason, failure.message];
  const until = overlapEnds(view);
  if (until > view.now) return ["Overlap", `Both credentials work until ${until}.`];
  const asked = asksToRevoke(facts);
  return asked === undefined ? ["NotReached", ""] : ["AwaitingManualRevoke", asked];
}

function mayRevoke(view: Summarizable): boolean {
  if (view.rotation.state !== "validated") return false;
  return !needsApproval(view, "Revoke") || view.rotation.facts.gates?.Revoke?.approved !== undefined;
}

function overlapEnds(view: Summarizable): Instant {
  const { facts, snapshot } = view.rotation;
  return later(facts.lastReceiptAt ?? view.now, durationMs(snapshot.credential.spec.rotation?.overlap ?? "0s"));
}

function condition(
  view: Summarizable,
  type: string,
  status: Status,
  reason: string,
  message: string,
  at?: Instant,
): Condition {
  return { type, status, reason, message, lastTransitionTime: at ?? since(view, type, status) };
}

/** It moves when `status` does, and not with every reason: what is not known yet has been so from the beginning. */
function since({ rotation, consumers }: Summarizable, type: string, status: Status): Instant {
  const { createdAt, endedAt, facts } = rotation;
  if (type === "Ready") return status === "True" ? (endedAt ?? createdAt) : createdAt;
  if (type === "Reconciling" || status === "Unknown") return createdAt;
  const at = status === "True" ? reachedAt(facts) : failedAt(facts.failure?.since, consumers);
  return at ?? createdAt;
}

function reachedAt({ lastReceiptAt, entered }: Summarizable["rotation"]["facts"]): Instant | undefined {
  return lastReceiptAt ?? entered?.at(-1)?.at;
}

function failedAt(own: Instant | undefined, consumers: Summarizable["consumers"]): Instant | undefined {
  return own ?? consumers.flatMap((row) => row.facts.failure?.since ?? []).toSorted()[0];
}
