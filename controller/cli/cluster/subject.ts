/**
 * The rotation of a request as far as its status tells, for the engine's own rules. It is what was shown, and never all that the engine knows:
 * only refusals that follow from what is shown are certain. Pure.
 */
import type { ConsumerStatus, RetiredStatus } from "../../../crds/kinds.gen.ts";
import { CUSTODY } from "../../domain/consumers.ts";
import { snapshotHash } from "../../domain/gates.ts";
import type {
  AttemptRow,
  ConsumerRow,
  ConsumerState,
  Failure,
  RetiredRow,
  RotationFacts,
  RotationRow,
  Snapshot,
  State,
  World,
} from "../../domain/world.ts";
import type { Registry } from "../command.ts";
import type { Subject } from "../desk.ts";
import { present } from "../present.ts";
import { type Seen, worldOf } from "../world.ts";
import type { AccountObject, CredentialObject, RequestObject } from "./resources.ts";
import { beginOf, conditionIn, deadlineOf, endOf, gateIn, placeOf } from "./rotation.ts";

/** What is shown decides these; everything else the controller knows better. */
const CERTAIN: ReadonlySet<string> = new Set([
  "SamePerson",
  "Aborting",
  "AlreadyApproved",
  "PastThePointOfNoReturn",
  "ConsumerUnknown",
  "ConsumerAlreadyWorks",
  "ConsumerAlreadySkipped",
  "ConfirmMismatch",
  "TicketMissing",
  "ActionNotPossible",
]);

export interface ClusterSubject extends Subject {
  /** As the rules need it; undefined where the Credential is gone, or the request has not begun. */
  readonly seen: Seen | undefined;
}

export function subjectOf(
  request: RequestObject,
  credential: CredentialObject | undefined,
  accounts: readonly AccountObject[] | undefined,
  registry: Registry,
  now: string,
): ClusterSubject {
  const stage = conditionIn(request, "Ready")?.reason ?? "Pending";
  const seen = credential && seenOf(request, credential, accountsIn(accounts ?? []));
  return {
    ...placeOf(request),
    credential: request.spec.credentialRef.name,
    credentialName: credential?.spec.credentialName ?? request.spec.credentialRef.name,
    state: stage,
    ended: request.status?.completedAt !== undefined,
    ...present({ gate: gateIn(request) }),
    now,
    seen,
    world: seen && (worldOf(seen, registry) ?? withUnknownAdapters(seen)),
    isCertain: (reason) => CERTAIN.has(reason),
  };
}

/** Accounts belong to the platform, and a team may mostly not read them: then the vendor is taken for one that can do everything. */
function withUnknownAdapters(seen: Seen): World {
  return {
    rotation: seen.rotation,
    custody: seen.consumers.find(({ id }) => id === CUSTODY),
    consumers: seen.consumers.filter(({ id }) => id !== CUSTODY),
    attempts: seen.attempts,
    decisions: [],
    retired: seen.retired,
    credential: seen.credential,
    wakes: 0,
    issuer: {
      mintClass: "client-supplied",
      fields: [],
      publicFields: [],
      breaksWhenMixed: false,
      authority: "vendor",
      negativeControl: false,
      propagation: { windowMs: 0, everyMs: 0 },
      revocation: "quarantine",
    },
    sinks: {},
  };
}

export function seenOf(
  request: RequestObject,
  credential: CredentialObject,
  accounts: Snapshot["accounts"],
): Seen | undefined {
  const state = stateOf(conditionIn(request, "Ready")?.reason);
  const { status, metadata, spec } = request;
  if (state === undefined || status === undefined) return undefined;
  const snapshot = snapshotOf(request, credential, accounts);
  const startedAt = beginOf(request);
  const rotation: RotationRow = {
    id: status.jobID ?? metadata.uid,
    ...placeOf(request),
    credential: credential.metadata.uid,
    credentialName: credential.metadata.name,
    flow: spec.flow,
    expect: spec.expect ?? "Alive",
    state,
    snapshot,
    snapshotHash: snapshotHash(snapshot),
    facts: factsOf(request, state),
    createdAt: startedAt,
    changedAt: startedAt,
    deadline: deadlineOf(request),
    ...present({ endedAt: endOf(request) }),
  };
  return {
    rotation,
    consumers: rowsOf(status.consumers ?? [], snapshot),
    attempts: attemptsOf(request, startedAt),
    retired: retiredRows(credential, status.previousId, rotation.id),
    credential: { mintsToday: 0, ...present({ currentId: credential.status?.currentId }) },
  };
}

export function retiredRows(
  { status }: CredentialObject,
  previousId: string | undefined,
  rotation: string,
): RetiredRow[] {
  return (status?.retired ?? []).map(({ vendorId, state }) => ({
    vendorId,
    rotation: vendorId === previousId ? rotation : "",
    state: RETIRED[state],
  }));
}

/** As the ledger calls it. */
export const RETIRED = {
  Quarantined: "quarantined",
  Destroyed: "destroyed",
  Restored: "restored",
  Live: "live",
  Manual: "manual",
} as const satisfies Record<RetiredStatus["state"], RetiredRow["state"]>;

export function snapshotOf(
  { spec, ...request }: Pick<RequestObject, "spec" | "metadata">,
  { spec: credential, metadata }: CredentialObject,
  accounts: Snapshot["accounts"],
): Snapshot {
  const namespace = metadata.namespace ?? "";
  const { uid, name, generation = 1 } = metadata;
  return {
    request: { namespace, name: request.metadata.name, spec },
    credential: { uid, namespace, name, generation, spec: credential },
    accounts,
  };
}

/** By their names, as a snapshot holds them. */
export function accountsIn(accounts: readonly AccountObject[]): Snapshot["accounts"] {
  const named = accounts.map(
    ({ metadata, spec }) => [metadata.name, { generation: metadata.generation ?? 1, spec }] as const,
  );
  return Object.fromEntries(named);
}

const STATES: ReadonlySet<string> = new Set<State>([
  "verifying",
  "verified",
  "verify_failed",
  "minting",
  "minted",
  "mint_failed",
  "distributing",
  "distribute_partial",
  "distribute_failed",
  "validating",
  "validate_partial",
  "validate_failed",
  "validated",
  "revoking",
  "revoke_failed",
  "done",
  "aborting",
  "aborted",
]);

/** `DistributePartial` → `distribute_partial`. */
function stateOf(stage: string | undefined): State | undefined {
  const state = stage?.replaceAll(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
  return state !== undefined && STATES.has(state) ? (state as State) : undefined;
}

const BY_SOMEBODY = { name: "", trust: "admission", decision: "", at: "" } as const;

function factsOf(request: RequestObject, state: State): RotationFacts {
  const { gate, previousId } = request.status ?? {};
  const failure = failureOf(request);
  const verified = conditionIn(request, "Verified");
  const gates = (["Mint", "Revoke"] as const).flatMap((name) => {
    const approved = conditionIn(request, `${name}Approved`)?.reason === "Approved";
    if (!approved && gate?.name !== name) return [];
    const digest = gate?.name === name ? gate.digest : "";
    return [[name, { digest, openedAt: "", ...(approved ? { approved: BY_SOMEBODY } : {}) }] as const];
  });
  return {
    ...(verified?.status === "True"
      ? {
          verify: {
            at: verified.lastTransitionTime,
            liveness: "alive",
            reason: verified.reason,
            message: verified.message,
            controlled: false,
            ...present({ previousId }),
          },
        }
      : {}),
    gates: Object.fromEntries(gates),
    ...present({ failure }),
    ...(state === "aborting" ? { abort: { by: BY_SOMEBODY, reason: "", from: "distributing" as const } } : {}),
  };
}

function failureOf(request: RequestObject): Failure | undefined {
  const stalled = conditionIn(request, "Stalled");
  const again = conditionIn(request, "Reconciling");
  const shown = stalled?.status === "True" ? stalled : again?.reason === "ProgressingWithRetry" ? again : undefined;
  if (!shown) return undefined;
  const { reason, message, lastTransitionTime: since } = shown;
  return { reason, message, tries: 1, since, stalled: shown === stalled };
}

function rowsOf(rows: readonly ConsumerStatus[], { credential }: Snapshot): ConsumerRow[] {
  const known = new Set(credential.spec.consumers.map(({ id }) => id));
  return rows
    .filter(({ id }) => id === "custody" || known.has(id))
    .map(({ id, state, reason, message = "", since = "", tries = 1 }): ConsumerRow => {
      const is = state.toLowerCase() as ConsumerState;
      const failure = is === "failed" && { reason: reason ?? "", message, tries, since, stalled: false };
      return {
        id: id === "custody" ? CUSTODY : id,
        state: is,
        touched: is !== "pending" && is !== "inactive",
        facts: failure ? { failure } : {},
      };
    });
}

function attemptsOf(request: RequestObject, at: string): AttemptRow[] {
  const vendorId = request.status?.currentId;
  if (vendorId === undefined) return [];
  const minted = { id: "shown", number: 1, marker: "", state: "minted", deadline: at, inventory: [] } as const;
  return [{ ...minted, vendorId, createdAt: at, aliveAt: at }];
}
