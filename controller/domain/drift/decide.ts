/** What a person's decision about drift means. Pure. */
import type { CredentialSpec, RotationDecisionSpec } from "../../../crds/kinds.gen.ts";
import type { Trust } from "../world.ts";
import { isCorrectable } from "./correct.ts";
import type { Finding } from "./kinds.ts";

export interface DriftQuestion {
  readonly spec: Pick<RotationDecisionSpec, "action" | "consumer" | "credentialRef">;
  readonly trust: Trust;
  /** Null: there is no such Credential. */
  readonly credentialSpec: CredentialSpec | null;
  readonly twoPerson: boolean;
  /** The credential's live rotation, by its request's name. */
  readonly live: string | null;
  readonly findings: readonly Pick<Finding, "place" | "kind" | "state">[];
}

export interface DriftAnswer {
  readonly state: "accepted" | "refused";
  readonly reason: string;
  readonly message: string;
  readonly act?: "correct" | "accept";
  /** What it is about. */
  readonly about: readonly Pick<Finding, "place" | "kind">[];
}

export function answerAboutDrift(question: DriftQuestion): DriftAnswer {
  const { spec, findings } = question;
  const no = refusal(question);
  if (no) return no;
  const open = findings.filter(({ state, place }) => state === "open" && isMeant(spec.consumer, place));
  if (open.length === 0) return refuse("NoDrift", `${where(spec)} does not differ from what the ledger says.`);
  if (spec.action === "AcceptDrift") return accept("accept", "It may stay so until it changes again.", open);
  const about = open.filter(isCorrectable);
  if (about.length > 0) return accept("correct", "It is written again, if custody and the vendor agree.", about);
  const kinds = open.map(({ kind }) => kind).join(", ");
  return refuse("NotCorrectable", `Writing a consumer again does not end ${kinds}.`);
}

/** `custody` is what people call consumer zero. */
function isMeant(consumer: string | undefined, place: string): boolean {
  return consumer === undefined || place === (consumer === "custody" ? "" : consumer);
}

function refusal({ spec, trust, credentialSpec, twoPerson, live }: DriftQuestion): DriftAnswer | undefined {
  if (credentialSpec === null)
    return refuse("CredentialUnknown", `There is no Credential ${spec.credentialRef?.name ?? ""}.`);
  if (twoPerson && trust === "claimed") {
    return refuse("TrustTooLow", "This account needs two people, and a name typed in a file proves neither.");
  }
  if (live !== null)
    return refuse("RotationInProgress", `${live} is rotating this credential. Decide when it has ended.`);
  return undefined;
}

function where({ consumer, credentialRef }: DriftQuestion["spec"]): string {
  const name = credentialRef?.name ?? "It";
  return consumer === undefined ? name : `${consumer} of ${name}`;
}

function refuse(reason: string, message: string): DriftAnswer {
  return { state: "refused", reason, message, about: [] };
}

function accept(act: "correct" | "accept", message: string, about: DriftAnswer["about"]): DriftAnswer {
  return {
    state: "accepted",
    reason: "Accepted",
    message,
    act,
    about: about.map(({ place, kind }) => ({ place, kind })),
  };
}
