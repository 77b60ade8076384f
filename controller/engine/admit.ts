/** Pending requests become rotations, or are told why not. */
import { isAdapterError } from "../../adapters/errors.ts";
import type { AdmissionContext, Candidate } from "../domain/candidate.ts";
import { admit } from "../domain/admission.ts";
import { CUSTODY } from "../domain/consumers.ts";
import { instantOf, later } from "../domain/duration.ts";
import { snapshotHash } from "../domain/gates.ts";
import type { LeftOut } from "../domain/rehearsal.ts";
import { waitsForWindow } from "../domain/schedule/shut.ts";
import type { ConsumerFacts, Instant, Snapshot } from "../domain/world.ts";
import { readNeighbours } from "../ledger/live-places.ts";
import { unreadyAccounts } from "../ledger/accounts.ts";
import type { NewRotation, PendingRequest } from "../ledger/requests.ts";
import {
  closeLateDecisions,
  closeRequest,
  pendingRequests,
  postponeRequest,
  startRotation,
} from "../ledger/requests.ts";
import { isOutage } from "../ledger/outage.ts";
import { type Deps, within } from "./deps.ts";
import { landingMs } from "./effect.ts";
import { startRevocation } from "./revocation/preempt.ts";

/** Few at once: what is running already needs the connections more. */
const BATCH = 16;
const LOOK_AGAIN_MS = 2_000;
const FAULT_AGAIN_MS = 15_000;
const LOOK_AGAIN_LATEST_MS = 60_000;
const UNIQUE_VIOLATION = "23505";

/** One look at everything that waits. Returns how many rotations were started. Any number of replicas may do this at once. */
export async function admitRequests(deps: Deps, context: AdmissionContext): Promise<number> {
  const pending = await pendingRequests(deps.db, BATCH);
  const started = await Promise.all(
    pending.map(async (request) => {
      const place = `${request.namespace}/${request.name}`;
      return within(deps, { request: place }, async () => apart(deps, context, request));
    }),
  );
  await closeLateDecisions(deps.db, deps.random);
  return started.filter(Boolean).length;
}

/** What breaks over one request holds up no other: that one says so, and is tried again. */
async function apart(deps: Deps, context: AdmissionContext, request: PendingRequest): Promise<boolean> {
  try {
    return await admitOne(deps, context, request);
  } catch (error) {
    if (isOutage(error)) throw error;
    const { uid, namespace, name } = request;
    const [fault, stack] = error instanceof Error ? [error.name, error.stack] : [typeof error, undefined];
    deps.log.error({ request: `${namespace}/${name}`, error: fault, stack }, "a request could not be looked at");
    const wait = Math.min(Math.max(FAULT_AGAIN_MS, lookAgainMs(request)), LOOK_AGAIN_LATEST_MS);
    const message = `Looking at this request broke (${fault}); nothing was begun, and it is tried again.`;
    await postponeRequest(deps.db, uid, wait, "InternalFault", message);
    return false;
  }
}

async function admitOne(deps: Deps, context: AdmissionContext, request: PendingRequest): Promise<boolean> {
  const { uid, namespace, name, spec, deadline, now, accounts } = request;
  const answer = admit(
    {
      request: { namespace, name, spec, deadline },
      credential: credentialOf(request),
      accounts,
      live: request.live ?? undefined,
      ...revocationsOf(request),
    },
    spec.flow === "Testing" ? { ...context, neighbours: await readNeighbours(deps.db, adaptersOf(request)) } : context,
    now,
  );
  if (answer.verdict === "accept" && spec.flow === "Revocation") {
    return start(deps, request, async () => startRevocation(deps, { request, ...answer }));
  }
  if (answer.verdict === "accept") {
    const wait = await notYet(deps, request, answer.snapshot);
    if (!wait) return start(deps, request, async () => startOperational(deps, request, answer));
    await postponeRequest(deps.db, uid, waitMs(request, wait.until), wait.reason, wait.message);
    return false;
  }
  if (answer.verdict === "later") {
    await postponeRequest(deps.db, uid, waitMs(request, answer.until), answer.reason, answer.message);
    return false;
  }
  const state = answer.verdict === "refuse" ? "refused" : "expired";
  await closeRequest(deps.db, request, state, answer.reason, answer.message);
  deps.log.warn({ request: `${namespace}/${name}`, reason: answer.reason }, answer.message);
  return false;
}

interface Wait {
  readonly reason: string;
  readonly message: string;
  readonly until?: Instant;
}

/** It may become a rotation, but for an account that does not work, or a window that is closed by now. */
async function notYet(deps: Deps, request: PendingRequest, snapshot: Snapshot): Promise<Wait | undefined> {
  const [unready] = await unreadyAccounts(deps.db, generationsOf(snapshot));
  if (unready) {
    const message = `Account ${unready.account} does not work: ${unready.reason}. ${unready.message}`;
    return { reason: "AccountNotReady", message };
  }
  const { origin, expiresAt, now } = request;
  if (origin["kind"] !== "schedule") return undefined;
  const until = waitsForWindow(snapshot.credential.spec.rotation, instantOf(expiresAt), now);
  if (until === undefined) return undefined;
  const message = `Its window has closed; it begins when that opens, at ${until}.`;
  return { reason: "OutsideWindow", message, until };
}

function waitMs(request: PendingRequest, until: Instant | undefined): number {
  const wait = until === undefined ? lookAgainMs(request) : Date.parse(until) - Date.parse(request.now);
  return Math.min(wait, LOOK_AGAIN_LATEST_MS);
}

function generationsOf({ accounts }: Snapshot): { readonly name: string; readonly generation: number }[] {
  return Object.entries(accounts).map(([name, { generation }]) => ({ name, generation }));
}

/** The longer it has waited, the less often it is looked at; what changes in its source wakes it. */
function lookAgainMs({ appearedAt, now }: PendingRequest): number {
  return Math.max(LOOK_AGAIN_MS, (Date.parse(now) - Date.parse(appearedAt)) / 4);
}

function credentialOf(request: PendingRequest) {
  const { credentialUid: uid, credentialGeneration: generation, credentialSpec: spec } = request;
  return uid === null || generation === null || spec === null ? undefined : { uid, generation, spec };
}

function revocationsOf({ revocations, liveFlow }: PendingRequest): Pick<Candidate, "revocations"> {
  return revocations === null ? {} : { revocations: { ...revocations, live: liveFlow === "Revocation" } };
}

/** In earnest, or as a rehearsal. */
async function startOperational(
  deps: Deps,
  request: PendingRequest,
  { snapshot, left }: { readonly snapshot: Snapshot; readonly left?: readonly LeftOut[] },
): Promise<boolean> {
  return startRotation(deps.db, request, newRotation(deps, request, snapshot, left), deps.random);
}

async function start(deps: Deps, request: PendingRequest, begin: () => Promise<boolean>): Promise<boolean> {
  try {
    return await begin();
  } catch (error) {
    if (isAdapterError(error)) {
      await postponeRequest(deps.db, request.uid, LOOK_AGAIN_MS, error.reason, error.message);
      return false;
    }
    if (!isUniqueViolation(error)) throw error;
    const { waitMs, reason, message } = error.message.startsWith("a correction") ? CORRECTING : FASTER;
    await postponeRequest(deps.db, request.uid, waitMs, reason, message);
    return false;
  }
}

function adaptersOf({ accounts }: PendingRequest): readonly string[] {
  return [...new Set(Object.values(accounts).map(({ spec }) => spec.adapter))];
}

/** At the next look this one is refused with the other's name. */
const FASTER = { waitMs: 0, reason: "RotationInProgress", message: "Another rotation of this credential began." };
/** It begins soon after the correction has its outcome, or cannot land any more: that may take two leases, and no look ends it sooner. */
const CORRECTING = {
  waitMs: LOOK_AGAIN_MS,
  reason: "CorrectionInProgress",
  message: "A consumer of this credential is being put right just now.",
};

function newRotation(
  deps: Deps,
  request: PendingRequest,
  snapshot: Snapshot,
  left: readonly LeftOut[] | undefined,
): NewRotation {
  const { spec } = snapshot.credential;
  const facts = lastWrites(deps, request);
  const consumers = spec.consumers.map(({ id, active }) => ({
    id,
    state: active === false ? ("inactive" as const) : ("pending" as const),
    facts,
  }));
  return {
    id: deps.uuid(),
    credential: snapshot.credential.uid,
    snapshot,
    snapshotHash: snapshotHash(snapshot),
    state: "verifying",
    facts: { entered: [{ state: "verifying", at: request.now }], ...(left ? { rehearsal: { left } } : {}) },
    consumers: spec.custody ? [{ id: CUSTODY, state: "pending", facts }, ...consumers] : consumers,
  };
}

/** A write of the rotation before may be on its way a second time, by something between us and the vendor: it could undo ours. */
function lastWrites({ leaseMs }: Deps, { lastEndedAt, now }: PendingRequest): ConsumerFacts {
  const until = lastEndedAt === null ? undefined : later(lastEndedAt, landingMs(leaseMs));
  return until === undefined || until <= now ? {} : { unsureUntil: until };
}

function isUniqueViolation(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === UNIQUE_VIOLATION;
}
