/** What a person's decision about an old credential means. Pure. */
import type { RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import type { Snapshot, Trust } from "./world.ts";
import { needsTwoPeople } from "./world.ts";

/** How long an old credential stays restorable where the manifest does not say. */
export const DEFAULT_QUARANTINE = "24h";

export interface RetiredQuestion {
  readonly spec: RotationDecisionSpec;
  readonly trust: Trust;
  readonly currentId: string | null;
  readonly state: "quarantined" | "destroyed" | "restored" | "live" | "manual" | null;
  readonly live: string | null;
  readonly snapshot: Snapshot | null;
  readonly canRestore: boolean;
}

export interface RetiredAnswer {
  readonly state: "accepted" | "refused";
  readonly reason: string;
  readonly message: string;
  readonly act?: "destroy" | "restore" | "mark";
}

export function answerAboutRetired(question: RetiredQuestion): RetiredAnswer {
  return refusal(question) ?? ACTIONS[question.spec.action]?.(question) ?? notPossible(question);
}

function refuse(reason: string, message: string): RetiredAnswer {
  return { state: "refused", reason, message };
}

function accept(act: NonNullable<RetiredAnswer["act"]>, message: string): RetiredAnswer {
  return { state: "accepted", reason: "Accepted", message, act };
}

function notPossible({ spec }: RetiredQuestion): RetiredAnswer {
  return refuse("ActionNotPossible", `${spec.action} has no meaning for a retired credential.`);
}

function refusal(question: RetiredQuestion): RetiredAnswer | undefined {
  const { spec, state, snapshot, live, currentId } = question;
  const { vendorId = "(none)", credentialRef } = spec;
  if (state === null || snapshot === null) {
    return refuse("RetiredUnknown", `${credentialRef?.name ?? "It"} has no retired credential ${vendorId}.`);
  }
  if (needsMoreTrust(question)) {
    return refuse("TrustTooLow", "This account needs two people, and a name typed in a file proves neither.");
  }
  if (vendorId === currentId) return refuse("InUse", `${vendorId} is the credential in use.`);
  if (live !== null)
    return refuse("RotationInProgress", `${live} is rotating this credential. Decide when it has ended.`);
  if (GONE.has(state)) return refuse("RetiredGone", `${vendorId} is gone already (${state}).`);
  return undefined;
}

const GONE: ReadonlySet<string> = new Set(["destroyed", "manual"]);

function needsMoreTrust({ snapshot, trust }: RetiredQuestion): boolean {
  return trust === "claimed" && snapshot !== null && needsTwoPeople(snapshot);
}

const ACTIONS: Partial<Record<RotationDecisionSpec["action"], (question: RetiredQuestion) => RetiredAnswer>> = {
  DestroyRetired: ({ spec }) => accept("destroy", `${spec.vendorId ?? ""} is being destroyed.`),
  RestoreRetired: ({ spec, state, canRestore }) => {
    if (state !== "quarantined")
      return refuse("NotQuarantined", "Only a credential in quarantine can be brought back.");
    if (!canRestore) return refuse("CannotRestore", "This vendor cannot bring a disabled credential back.");
    return accept("restore", `${spec.vendorId ?? ""} is being brought back; nobody is given it again by that.`);
  },
  MarkRevoked: ({ spec }) => {
    if (!spec.ticket) return refuse("TicketMissing", "Marking a credential as revoked needs a ticket.");
    return accept("mark", `${spec.decidedBy} revoked ${spec.vendorId ?? ""} by hand (${spec.ticket}).`);
  },
};
