/** May this request become a rotation now? Pure; the first refusal wins. */
import type { CredentialSpec } from "../../crds/kinds.gen.ts";
import { admitRehearsal } from "./admit-rehearsal.ts";
import { refuseBootstrap } from "./bootstrap.ts";
import type { Admission, AdmissionContext, Candidate, No } from "./candidate.ts";
import { later, refuse } from "./candidate.ts";
import { admitRevocation, preempts } from "./admission-revocation.ts";
import { refuseEnvironment, refuseIssuer, refusePlaces } from "./places.ts";
import type { Instant } from "./world.ts";

export function admit(candidate: Candidate, context: AdmissionContext, now: Instant): Admission {
  const { request, credential } = candidate;
  const early = notNow(candidate, context, now);
  if (early) return early;
  if (!credential) return notFound(request.spec.credentialRef.name);
  if (request.spec.flow === "Revocation") return admitRevocation(candidate, credential, context);
  const no =
    refuseShape(credential.spec, context) ??
    refuseIssuer(candidate, credential.spec, context) ??
    refuseBootstrap(candidate, credential.spec, context) ??
    refusePlaces(candidate, credential.spec, context);
  if (no) return no;
  const { namespace, name } = request;
  const snapshot = {
    request: { namespace, name, spec: request.spec },
    credential: { ...credential, namespace, name: request.spec.credentialRef.name },
    accounts: candidate.accounts,
  };
  if (request.spec.flow !== "Testing") return { verdict: "accept", snapshot };
  const rehearsal = admitRehearsal(candidate, credential.spec, context);
  if ("no" in rehearsal) return rehearsal.no;
  const { spec, left } = rehearsal;
  const rehearsed = { ...snapshot, credential: { ...snapshot.credential, spec }, live: credential.spec };
  return { verdict: "accept", snapshot: rehearsed, left };
}

function notFound(name: string): No {
  return later(
    "CredentialNotFound",
    `There is no Credential ${name} yet. A manifest of it that is refused is named beside its source.`,
  );
}

function notNow(candidate: Candidate, context: AdmissionContext, now: Instant): No | undefined {
  const { request, credential, live } = candidate;
  const { spec } = request;
  if (request.deadline <= now) {
    return {
      verdict: "expire",
      reason: "Expired",
      message: `Its deadline ${request.deadline} has passed; it was never begun.`,
    };
  }
  if (!context.rotationOn) return later("RotationOff", "This controller only observes (VELVET_ROTATION=off).");
  if (spec.suspend) return later("Suspended", "The request is suspended.");
  if (credential?.spec.suspend) return later("CredentialSuspended", "The credential is suspended.");
  if (spec.notBefore !== undefined && instant(spec.notBefore) > now) {
    return { ...later("NotBefore", `It begins at ${spec.notBefore}.`), until: instant(spec.notBefore) };
  }
  if (live !== undefined && !preempts(candidate))
    return refuse("RotationInProgress", `${live} is rotating this credential already. Wait for it, or abort it.`);
  return undefined;
}

function refuseShape(spec: CredentialSpec, context: AdmissionContext): No | undefined {
  const wrong = refuseEnvironment(spec, context);
  if (wrong) return wrong;
  if (spec.consumers.every(({ active }) => active === false)) {
    return refuse(
      "NoConsumers",
      "Nobody could prove that a new credential works. Register its consumers first, or switch one of them on.",
    );
  }
  return undefined;
}

/** In the form that the database's times have. */
function instant(text: string): Instant {
  return new Date(text).toISOString();
}
