/** May this be rehearsed? Pure; the first refusal wins. */
import type { IssuerTraits, MintClass } from "../../adapters/contract.ts";
import type { CredentialSpec } from "../../crds/kinds.gen.ts";
import type { AdmissionContext, Candidate, No } from "./candidate.ts";
import { refuse } from "./candidate.ts";
import { refusePlaces } from "./places.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { rehearsalOf, slotIn } from "./rehearsal.ts";
import { conflictOf, livePlaces, rehearsedPlaces, slotPlaces, THIS } from "./rehearsal-places.ts";

/** What a rehearsal of this Credential runs on, or why there is none. */
export function admitRehearsal(
  candidate: Candidate,
  live: CredentialSpec,
  context: AdmissionContext,
): Rehearsal | { readonly no: No } {
  const { accounts } = candidate;
  const wrong = refuseMint(candidate, live, context) ?? refuseWords(live);
  if (wrong) return { no: wrong };
  const rehearsal = rehearsalOf(live, accounts, context.registry);
  if (rehearsal.spec.consumers.length === 0) {
    const why = "No active consumer has a testSlot, so there is no place where a throwaway credential could be tried.";
    return { no: refuse("NothingToRehearse", why) };
  }
  const no = refusePlaces(candidate, rehearsal.spec, context) ?? refuseTaken(candidate, live, rehearsal.spec, context);
  return no ? { no } : rehearsal;
}

/** Velvet itself must be able to make it beside the one in use, and to end it again at once. */
function refuseMint({ accounts }: Candidate, { issuer }: CredentialSpec, context: AdmissionContext): No | undefined {
  const adapter = context.registry[accounts[issuer.account]?.spec.adapter ?? ""];
  const traits = adapter?.issuerTraits?.(issuer[adapter.name] ?? {});
  const why = traits && whyNot(traits);
  return why === undefined ? undefined : refuse("MintNotRehearsable", why);
}

function whyNot({ mintClass, revocation, maxLive }: IssuerTraits): string | undefined {
  const why = BY_CLASS[mintClass];
  if (why !== undefined) return why;
  if (revocation === "manual") {
    return "Velvet cannot end a credential at this vendor, so a throwaway would stay alive until somebody does.";
  }
  return maxLive === 1 ? "The vendor allows one credential at once, and that one is in use." : undefined;
}

const BY_CLASS: Readonly<Partial<Record<MintClass, string>>> = {
  "roll-in-place": "This vendor ends the credential in use as it makes another one.",
  "native-grace":
    "This vendor puts an end date on the value in use as it makes another one, and ends the newest only with all of them.",
  "vendor-distributed": "This vendor writes what it makes into the live consumers by itself.",
  manual: "A person makes this credential by hand, and would have to end a throwaway by hand too.",
};

function refuseWords({ consumers }: CredentialSpec): No | undefined {
  for (const consumer of consumers) {
    const slot = slotIn(consumer);
    if (slot && "problem" in slot)
      return refuse("TestSlotInvalid", `The test slot of ${consumer.id}: ${slot.problem}.`);
  }
  return undefined;
}

function refuseTaken(
  { request }: Candidate,
  live: CredentialSpec,
  rehearsed: CredentialSpec,
  { registry, neighbours = [] }: AdmissionContext,
): No | undefined {
  const own = { namespace: request.namespace, name: request.spec.credentialRef.name };
  const others = neighbours.filter(({ namespace, name }) => namespace !== own.namespace || name !== own.name);
  const conflict = conflictOf(
    rehearsedPlaces({ ...own, spec: rehearsed }, registry),
    [...livePlaces({ ...own, spec: live }, registry, THIS), ...others.flatMap((each) => livePlaces(each, registry))],
    others.flatMap((each) => slotPlaces(each, registry)),
  );
  return conflict && refuse(conflict.reason, conflict.message);
}
