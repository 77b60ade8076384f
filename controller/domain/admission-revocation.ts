/** May this request end the credential now? A Revocation waits for no rotation, and for no consumer. Pure. */
import type { CredentialSpec } from "../../crds/kinds.gen.ts";
import { refuseBootstrap } from "./bootstrap.ts";
import type { Admission, AdmissionContext, Candidate } from "./candidate.ts";
import { later } from "./candidate.ts";
import { refuseConsumer, refuseCustody, refuseEnvironment, refuseIssuerPlace } from "./places.ts";
import type { Unreachable } from "./revocation.ts";

/** Within one hour. A weapon needs many; whoever ends a leak needs one, and sometimes a second. */
export const MOST_OF_CREDENTIAL = 3;
/** Within one hour, at the account of the issuer: a leak of a whole vendor concerns many credentials. */
export const MOST_OF_ACCOUNT = 30;

/** Every rotation gives way to a Revocation, but for another one. */
export function preempts({ request, revocations }: Candidate): boolean {
  return request.spec.flow === "Revocation" && revocations?.live !== true;
}

export function admitRevocation(
  candidate: Candidate,
  credential: NonNullable<Candidate["credential"]>,
  context: AdmissionContext,
): Admission {
  const { spec } = credential;
  const no =
    refuseEnvironment(spec, context) ??
    refuseIssuerPlace(candidate, spec, context) ??
    refuseBootstrap(candidate, spec, context) ??
    tooMany(candidate, spec);
  if (no) return no;
  const { request, accounts } = candidate;
  const { namespace, name } = request;
  const { reachable, unreachable } = apart(candidate, spec, context);
  return {
    verdict: "accept",
    snapshot: {
      request: { namespace, name, spec: request.spec },
      credential: { ...credential, spec: reachable, namespace, name: request.spec.credentialRef.name },
      accounts,
    },
    ...(unreachable.length > 0 ? { unreachable } : {}),
  };
}

/** What cannot be opened is left out and named: it must not hold up the revoke. */
function apart(
  candidate: Candidate,
  spec: CredentialSpec,
  context: AdmissionContext,
): { readonly reachable: CredentialSpec; readonly unreachable: readonly Unreachable[] } {
  const refused = spec.consumers.flatMap((consumer): Unreachable[] => {
    const no = refuseConsumer(candidate, consumer, context);
    return no ? [{ id: consumer.id, message: no.message }] : [];
  });
  const out = new Set(refused.map(({ id }) => id));
  const { custody, readFrom, ...rest } = spec;
  const kept = custody !== undefined && !refuseCustody(candidate, spec, context);
  const reachable: CredentialSpec = {
    ...rest,
    consumers: spec.consumers.filter(({ id }) => !out.has(id)),
    ...(kept ? { custody } : {}),
    ...(readFrom === undefined || out.has(readFrom) ? {} : { readFrom }),
  };
  return { reachable, unreachable: refused };
}

function tooMany({ request, revocations }: Candidate, spec: CredentialSpec): ReturnType<typeof later> | undefined {
  if (!revocations) return undefined;
  const { ofCredential, ofAccount } = revocations;
  if (ofCredential >= MOST_OF_CREDENTIAL) {
    return later(
      "RevocationRateLimited",
      `${ofCredential} Revocations of ${request.spec.credentialRef.name} began within an hour, and ${MOST_OF_CREDENTIAL} is the most.`,
    );
  }
  if (ofAccount < MOST_OF_ACCOUNT) return undefined;
  return later(
    "RevocationRateLimited",
    `${ofAccount} Revocations at the account ${spec.issuer.account} began within an hour, and ${MOST_OF_ACCOUNT} is the most.`,
  );
}
