/** Decisions in the flow Revocation. Pure. */
import type { DecisionAction } from "../../crds/kinds.gen.ts";
import type { LockOut, TargetId } from "./revocation.ts";
import {
  idsOf,
  isClosed,
  isLeaking,
  isProven,
  nameOfTarget,
  revocationOf,
  revocationState,
  wasProbed,
} from "./revocation.ts";
import type { Refused, Rule, Ruling } from "./ruling.ts";
import { refuse, who } from "./ruling.ts";
import type { ConsumerRow, DecisionRow, Instant, RotationFacts, World } from "./world.ts";

export const REVOCATION_RULES: Readonly<Partial<Record<DecisionAction, Rule>>> = {
  Abort: abandon,
  RetryConsumers: retry,
  ConfirmConsumer: confirm,
  SkipConsumer: skip,
  RetryRevoke: retryRevoke,
  MarkRevoked: mark,
  ConfirmLeakResolved: resolveLeak,
};

/** Only before the first credential is ended. */
export function abandon(world: World, decision: DecisionRow, now: Instant): Ruling {
  const { state, facts } = world.rotation;
  if (facts.abort) return refuse("Aborting", "This Revocation is being abandoned.");
  if (state !== "rev_init") {
    return refuse("PastThePointOfNoReturn", "Credentials are being ended. Use RetryRevoke or MarkRevoked.");
  }
  const { failure: _, ...rest } = facts;
  const by = who(decision, now);
  return {
    verdict: "accepted",
    message: `${by.name} ${decision.spec.action === "Deny" ? "denied" : "abandoned"} the Revocation: ${decision.spec.reason}`,
    facts: { ...rest, abort: { by, reason: decision.spec.reason, from: state } },
  };
}

function retry(world: World, decision: DecisionRow): Ruling {
  const wanted = decision.spec.consumer;
  const failing = world.consumers.filter((row) => row.facts.failure && (wanted === undefined || row.id === wanted));
  if (failing.length === 0 && !world.rotation.facts.failure) {
    return refuse("NothingToRetry", wanted ? `Consumer ${wanted} has not failed.` : "Nothing has failed.");
  }
  const { failure: _, ...facts } = world.rotation.facts;
  const names = failing.map(({ id }) => id).join(", ");
  return {
    verdict: "accepted",
    message: names === "" ? "Trying again now." : `Asking again now: ${names}.`,
    facts,
    consumers: failing.map(withoutFailure),
  };
}

function withoutFailure(row: ConsumerRow): ConsumerRow {
  const { failure: _, ...facts } = row.facts;
  return { ...row, facts };
}

function openRow(world: World, decision: DecisionRow): ConsumerRow | Refused {
  const row = world.consumers.find(({ id }) => id === decision.spec.consumer);
  if (!row) {
    const known = world.consumers.map(({ id }) => id).join(", ");
    return refuse("ConsumerUnknown", `This Revocation has no consumer ${decision.spec.consumer}. It has: ${known}.`);
  }
  if (row.state === "skipped") return refuse("ConsumerAlreadySkipped", `Consumer ${row.id} is already skipped.`);
  return isProven(row) ? refuse("AlreadyLockedOut", `Consumer ${row.id} is known to lock the old value out.`) : row;
}

/** A person looked, and the old value is not let in there any more. */
function confirm(world: World, decision: DecisionRow, now: Instant): Ruling {
  const row = openRow(world, decision);
  if ("verdict" in row) return row;
  if (!idsOf(world).every(isClosed) || !revocationOf(world.rotation).ids) {
    return refuse("NothingToConfirm", "Not every credential of the list has ended yet.");
  }
  const by = who(decision, now);
  return closing(world, row, {
    state: "locked-out",
    at: now,
    by: "person",
    message: `${by.name} confirmed: ${decision.spec.reason}`,
    who: by,
  });
}

function skip(world: World, decision: DecisionRow, now: Instant): Ruling {
  const row = openRow(world, decision);
  if ("verdict" in row) return row;
  if (!decision.spec.ticket) return refuse("TicketMissing", "Skipping a consumer needs a ticket.");
  const by = who(decision, now);
  const changed: ConsumerRow = { ...withoutFailure(row), state: "skipped" };
  const skipped = { ...changed, facts: { ...changed.facts, skipped: by } };
  return {
    verdict: "accepted",
    message: `${by.name} skipped ${row.id} (${by.ticket}): it may still let the old value in.`,
    ...changedBy(world, [skipped]),
  };
}

function resolveLeak(world: World, decision: DecisionRow, now: Instant): Ruling {
  const wanted = decision.spec.consumer;
  if (!decision.spec.ticket) return refuse("TicketMissing", "Saying that a leak is over needs a ticket.");
  const leaking = world.consumers.filter((row) => isLeaking(row) && (wanted === undefined || row.id === wanted));
  if (leaking.length === 0) return refuse("NothingLeaks", "No consumer is known to let the old value in.");
  const by = who(decision, now);
  const message = `${by.name} resolved it (${by.ticket}): ${decision.spec.reason}`;
  const lockOut: LockOut = { state: "resolved", at: now, by: "person", message, who: by };
  const rows = leaking.map((row) => withLockOut(row, lockOut));
  return {
    verdict: "accepted",
    message: `${by.name} says that the leak is over at ${leaking.map(({ id }) => id).join(", ")} (${by.ticket}).`,
    ...changedBy(world, rows),
  };
}

function closing(world: World, row: ConsumerRow, lockOut: LockOut): Ruling {
  return {
    verdict: "accepted",
    message: `${lockOut.who?.name ?? "A person"} confirmed that ${row.id} does not let the old value in.`,
    ...changedBy(world, [withLockOut(row, lockOut)]),
  };
}

function withLockOut(row: ConsumerRow, lockOut: LockOut): ConsumerRow {
  const bare = withoutFailure(row);
  return { ...bare, facts: { ...bare.facts, lockOut } };
}

function changedBy(world: World, changed: readonly ConsumerRow[]) {
  const rows = world.consumers.map((row) => changed.find(({ id }) => id === row.id) ?? row);
  if (world.rotation.state === "rev_init") return { consumers: changed };
  return { consumers: changed, state: revocationState(idsOf(world), rows, true) };
}

function retryRevoke(world: World, decision: DecisionRow, now: Instant): Ruling {
  const failed = idsOf(world).filter(({ state }) => state === "failed");
  if (failed.length === 0) return refuse("NothingToRetry", "No revoke has failed.");
  const ids = idsOf(world).map((each) => (each.state === "failed" ? withoutIdFailure(each) : each));
  return {
    verdict: "accepted",
    message: `${who(decision, now).name} has it tried again now: ${failed.map(nameOfTarget).join(", ")}.`,
    facts: withIds(world, ids),
  };
}

function withoutIdFailure(target: TargetId): TargetId {
  const { failure: _, ...each } = target;
  return each;
}

/** A person ended them at the vendor: the one that is named, or all that wait for a person or have failed. */
function mark(world: World, decision: DecisionRow, now: Instant): Ruling {
  const { ticket, vendorId } = decision.spec;
  if (!ticket) return refuse("TicketMissing", "Marking a credential as revoked needs a ticket.");
  if (world.rotation.state === "rev_init") return refuse("NotAtRevoke", "Nothing was to be revoked by hand yet.");
  const open = idsOf(world).filter(
    ({ id, state }) => (state === "failed" || state === "by-hand") && (vendorId === undefined || id === vendorId),
  );
  if (open.length === 0) return refuse("NotAtRevoke", "No credential of this Revocation waits to be revoked by hand.");
  const by = who(decision, now);
  const ids = idsOf(world).map((each): TargetId => {
    return open.includes(each) ? { ...withoutIdFailure(each), state: "marked", at: now, who: by } : each;
  });
  return {
    verdict: "accepted",
    message: `${by.name} revoked by hand (${by.ticket}): ${open.map(nameOfTarget).join(", ")}.`,
    facts: withIds(world, ids),
    state: revocationState(ids, world.consumers, wasProbed(world.consumers)),
    retired: open.flatMap(({ id }) => (id === undefined ? [] : [{ vendorId: id, state: "manual", residual: [] }])),
    ...(open.some(({ id }) => id !== undefined && id === world.credential.currentId) ? { forgets: true } : {}),
  };
}

function withIds(world: World, ids: readonly TargetId[]): RotationFacts {
  const { failure: _, ...facts } = world.rotation.facts;
  return { ...facts, revocation: { ...revocationOf(world.rotation), ids } };
}
