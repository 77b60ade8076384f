/** May Velvet take a key from whoever owns it? Pure. */
import type { KubernetesSink } from "../../crds/kinds.gen.ts";
import type { ErrorFacts } from "../errors.ts";
import { Terminal } from "../errors.ts";
import { OWNER } from "./api.ts";
import type { Held } from "./held.ts";
import { otherOwners } from "./held.ts";

/** Controllers that put back what they own, and where their values come from. */
const CONTROLLERS: readonly (readonly [name: RegExp, source: string])[] = [
  [/^external-secrets/, "the store that External Secrets reads"],
  [/^(sealed-secrets|controller$)/, "the repository that holds the SealedSecret"],
  [/^(kustomize|helm)-controller/, "the repository that Flux applies"],
  [/^argocd/, "the repository that Argo CD applies"],
  [/^cert-manager/, "the issuer that cert-manager asks"],
  [/^vault-secrets-operator/, "the Vault path that the operator reads"],
];

/** A person's own tool: it writes once when it is called, and puts nothing back. The key itself is named in the Credential. */
const BY_HAND = /^kubectl(-|$)/;

/** Throws where taking these keys needs the team's word. Returns whether an apply must be forced. */
export function consentFor(held: Held, keys: readonly string[], block: KubernetesSink, facts: ErrorFacts): boolean {
  const others = otherOwners(held, keys);
  if (block.force === true) return others.length > 0;
  const controller = others.find((owner) => sourceOf(owner) !== undefined);
  if (controller !== undefined) throw controlled(controller, sourceOf(controller) ?? "its source", facts);
  if (held.madeBy !== undefined) throw controlled(held.madeBy, `what ${held.madeBy} is made from`, facts);
  const stranger = others.find((owner) => owner !== OWNER && !BY_HAND.test(owner));
  if (stranger !== undefined) throw owned(stranger, facts);
  return others.length > 0;
}

function sourceOf(owner: string): string | undefined {
  return CONTROLLERS.find(([name]) => name.test(owner))?.[1];
}

function controlled(owner: string, source: string, facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "SecretOwnedByController",
      message: `${owner} makes this Secret or one of the keys, and would put its own value back.`,
      remedy: `Let Velvet write ${source} instead; or, where it is told to leave these keys alone, set force: true.`,
    },
    facts,
  );
}

export function owned(owner: string, facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "KeyOwnedByOther",
      message: `${owner} owns one of the keys. Nothing was overwritten.`,
      remedy: "Remove the key from what it applies, and set force: true in the consumer's block to take it over.",
    },
    facts,
  );
}
