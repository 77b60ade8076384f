/** Does anybody still let the old value in? Each consumer is asked in its own way, and nothing counts as proof but a clear answer. */
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure } from "../../domain/backoff.ts";
import type { LockOut } from "../../domain/revocation.ts";
import { accepts, revocationOf, revocationState } from "../../domain/revocation.ts";
import { earliest } from "../../domain/wait.ts";
import type { ConsumerRow, Failure, Instant, World } from "../../domain/world.ts";
import type { Change } from "../../ledger/record.ts";
import { rowOf, withoutFailure } from "../consumer.ts";
import type { Pass } from "../effect.ts";
import type { Live } from "../journal.ts";
import { askAcceptor } from "./ask-acceptor.ts";
import { askVendor } from "./ask-vendor.ts";
import type { Answer } from "./answer.ts";

/** A wrong value too often locks the right one out at such a vendor: there is no hurry that is worth that. */
const GENTLE_MS = 60_000;

export async function proveLockOut(pass: Pass, world: World, ids: readonly string[]): Promise<void> {
  const acceptors = ids.filter((id) => accepts(world, id));
  const callers = ids.filter((id) => !accepts(world, id));
  // All callers send one value to one vendor: one question is enough for them.
  await Promise.all([
    ...acceptors.map(async (id) => recordAnswer(pass, world, [id], await askAcceptor(pass, world, id))),
    ...(callers.length > 0 ? [provenByVendor(pass, world, callers)] : []),
  ]);
}

async function provenByVendor(pass: Pass, world: World, ids: readonly string[]): Promise<void> {
  await recordAnswer(pass, world, ids, await askVendor(pass, world));
}

async function recordAnswer(pass: Pass, world: World, ids: readonly string[], answer: Answer): Promise<void> {
  await Promise.all(
    ids.map(async (id) => pass.journal.write((live, now) => recorded(pass, world, { live, now, id }, answer))),
  );
}

interface Place {
  readonly live: Live;
  readonly now: Instant;
  readonly id: string;
}

function recorded(pass: Pass, world: World, place: Place, answer: Answer): Change {
  const row = rowOf(place.live, place.id);
  if (answer.is === "locked-out") return lockedOut(place, row, answer);
  if (answer.is === "leaking") return leaking(pass, place, row, answer);
  const failure = doubtFailure(pass, world, { row, now: place.now }, answer);
  const facts = { ...row.facts, failure };
  return {
    audit: { event: "LockOutUnproven", consumer: place.id, reason: answer.cause.reason, tries: failure.tries },
    ...withRow(place, { ...row, facts }),
  };
}

function lockedOut(place: Place, row: ConsumerRow, { by, message }: Extract<Answer, { is: "locked-out" }>): Change {
  const leakedAt = row.facts.lockOut?.leakedAt;
  const lockOut: LockOut = {
    state: "locked-out",
    at: place.now,
    by,
    message,
    ...(leakedAt === undefined ? {} : { leakedAt }),
  };
  return {
    audit: { event: "LockedOut", consumer: place.id, by, message },
    ...withRow(place, { ...row, facts: { ...withoutFailure(row.facts), lockOut } }),
  };
}

/** Told once; asked again for as long as it lasts. */
function leaking(
  pass: Pass,
  place: Place,
  row: ConsumerRow,
  { by, message }: Extract<Answer, { is: "leaking" }>,
): Change {
  const known = row.facts.lockOut?.state === "leaking" ? row.facts.lockOut : undefined;
  const cause = { reason: "OldValueAccepted", message, remedy: LEAK_REMEDY, terminal: false };
  const failure: Failure = {
    ...nextFailure(known && row.facts.failure, cause, place.now, pass.deps.jitter()),
    stalled: true,
  };
  const lockOut: LockOut = known ?? { state: "leaking", at: place.now, by, message, leakedAt: place.now };
  const change = withRow(place, { ...row, facts: { ...row.facts, failure, lockOut } });
  if (known) return { audit: { event: "StillLeaking", consumer: place.id, tries: failure.tries }, ...change };
  const revocation = revocationOf({ facts: place.live.facts });
  return {
    audit: { event: "Leaking", consumer: place.id, by, message },
    facts: { ...place.live.facts, revocation: { ...revocation, leakedAt: revocation.leakedAt ?? place.now } },
    alarm: true,
    ...change,
  };
}

const LEAK_REMEDY =
  "Make it drop the old value: restart it, empty its caches, take it off the network. Velvet goes on asking, and ends when it is locked out.";

type Doubt = Extract<Answer, { is: "doubt" }>;

interface Doubted {
  readonly row: ConsumerRow;
  readonly now: Instant;
}

/** An answer that says nothing is no proof; a person is told when the deadline is over, or where asking again cannot help. */
function doubtFailure(pass: Pass, world: World, { row, now }: Doubted, { cause, notAfter }: Doubt): Failure {
  const gentle = world.issuer.negativeControl ? 0 : GENTLE_MS;
  const patient: Cause = { ...cause, retryAfterMs: Math.max(cause.retryAfterMs ?? 0, gentle) };
  const { nextTryAt, ...failure } = nextFailure(row.facts.failure, patient, now, pass.deps.jitter());
  if (cause.terminal === true) return { ...failure, stalled: true };
  const stalled = now >= world.rotation.deadline;
  const soon = notAfter !== undefined && notAfter > now ? notAfter : undefined;
  return { ...failure, stalled, nextTryAt: earliest(nextTryAt, soon) ?? now };
}

function withRow({ live }: Place, row: ConsumerRow): Pick<Change, "consumers" | "state"> {
  const rows = [...new Map(live.consumers).set(row.id, row).values()];
  return { consumers: [row], state: revocationState(revocationOf({ facts: live.facts }).ids ?? [], rows, true) };
}
