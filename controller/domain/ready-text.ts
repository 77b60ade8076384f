/** What `Ready` says beside its reason: the one sentence for whoever reads one line. Pure. */
import { awaitsPerson, CUSTODY } from "./consumers.ts";
import { isLeaking } from "./revocation.ts";
import type { OpenGate, Summarizable } from "./status.ts";
import type { RotationRow, State } from "./world.ts";
import { liveAttempt } from "./world.ts";

export function readyText(view: Summarizable, gate: OpenGate | undefined): string {
  const { failure } = view.rotation.facts;
  if (failure) return [failure.message, ...stillFine(view)].join(" ");
  return gateText(gate) ?? leakText(view) ?? endText(view) ?? consumersText(view);
}

/** True where nothing that Velvet did, and nothing that it was told, keeps the old credential from working. */
export function isOldValid({ rotation }: Pick<Summarizable, "rotation">): boolean {
  const { expect, facts, snapshot, state } = rotation;
  if (expect !== "Alive" || facts.revoked || isFoundDead(rotation)) return false;
  return snapshot.credential.spec.rotation?.strategy !== "Replace" && state !== "done";
}

/** The vendor refused it where it was expected to be alive. */
export function isFoundDead({ facts }: Pick<RotationRow, "facts">): boolean {
  return (facts.abort?.over ?? facts.failure?.reason) === "CredentialDead";
}

/** In place of what the catalogue says of rotations whose old credential works. */
export const OLD_IS_DEAD =
  "The old credential does not work: whoever has not been given the new one has nothing that works.";

function stillFine(view: Summarizable): string[] {
  const { state, facts } = view.rotation;
  if (state === "mint_failed" && isOldValid(view)) return ["The old credential is still valid, and in use everywhere."];
  const old = facts.verify?.previousId;
  if (state !== "revoke_failed" || old === undefined) return [];
  return [`${old}, the old credential, still lives; every consumer works with the new one.`];
}

/** Who looks at one line learns that a person is waited for. */
function gateText(gate: OpenGate | undefined): string | undefined {
  return gate && `The ${gate.name} gate waits for a person. ${gate.message}`;
}

function leakText({ rotation: { state }, consumers }: Summarizable): string | undefined {
  return state === "rev_leaked" ? (consumers.find(isLeaking)?.facts.lockOut?.message ?? "") : undefined;
}

/** What a rotation that gave way, or went back, is about. */
function endText(view: Summarizable): string | undefined {
  const { facts, state } = view.rotation;
  const preempted = facts.residual?.find(({ kind }) => kind === "Preempted")?.message;
  if (preempted !== undefined || state !== "aborted") return preempted;
  const by = facts.abort
    ? `${facts.abort.by.name} aborted it: ${facts.abort.reason}.`
    : "It was not begun before its deadline.";
  const left = facts.residual?.length ?? 0;
  return left === 0 ? `${by} Nothing of it is left.` : `${by} What remains is listed.`;
}

const BESIDE: ReadonlySet<State> = new Set<State>([
  "distribute_partial",
  "distribute_failed",
  "validate_partial",
  "validate_failed",
]);

function consumersText(view: Summarizable): string {
  const failing = failingIds(view);
  if (!BESIDE.has(view.rotation.state) || failing.length === 0) return awaitedText(view);
  const fine = isOldValid(view) ? "The old credential is still valid everywhere." : OLD_IS_DEAD;
  return `Failing: ${failing.join(", ")}. ${fine}`;
}

/** Who has failed and is tried again; not who is merely waited for. */
export function failingIds({ consumers }: Pick<Summarizable, "consumers">): string[] {
  return consumers.flatMap(({ id, state }) => (state === "failed" ? [id === CUSTODY ? "custody" : id] : []));
}

/** Whom only a person can look at, once the value is there. */
export function awaitedIds(view: Summarizable): string[] {
  if (liveAttempt(view)?.aliveAt === undefined || view.rotation.flow !== "Operational") return [];
  return view.consumers.flatMap((row) => (awaitsPerson(view, row) ? [row.id] : []));
}

function awaitedText(view: Summarizable): string {
  const ids = awaitedIds(view);
  return ids.length === 0 || view.rotation.endedAt !== undefined ? "" : `A person is to look at: ${ids.join(", ")}.`;
}
