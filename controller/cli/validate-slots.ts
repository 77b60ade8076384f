/** Test slots held against all manifests that were named: nobody's live place, nobody else's slot, and allowed by its account. Pure. */
import type { CredentialSpec, VendorAccountSpec } from "../../crds/kinds.gen.ts";
import { isAllowed } from "../domain/allow.ts";
import { atSlot } from "../domain/rehearsal.ts";
import { conflictOf, livePlaces, type Neighbour, slotPlaces, THIS } from "../domain/rehearsal-places.ts";
import type { Problem } from "../sources/look.ts";
import type { PlacedDocument } from "../sources/manifest/duplicates.ts";
import type { Registry } from "./command.ts";

type Found = PlacedDocument & { readonly spec: unknown };

/** One problem for each Credential and rule, where its document begins. What an account allows is known only where it is among them. */
export function findSlotProblems(documents: readonly Found[], registry: Registry): Problem[] {
  const credentials = documents.filter(({ kind }) => kind === "Credential");
  const neighbours = credentials.map(neighbourOf);
  const accounts = new Map(
    documents.flatMap(({ kind, name, spec }) => (kind === "VendorAccount" ? [[name, spec as VendorAccountSpec]] : [])),
  );
  return credentials.flatMap((document, index) => {
    const own = neighbourOf(document);
    const others = neighbours.filter((_, at) => at !== index);
    const live = [...livePlaces(own, registry, THIS), ...others.flatMap((each) => livePlaces(each, registry))];
    const taken = others.flatMap((each) => slotPlaces(each, registry));
    const conflict = conflictOf(slotPlaces(own, registry), live, taken);
    return [
      ...(conflict ? [problemAt(document, conflict.reason, conflict.message)] : []),
      ...strangers(own, accounts, registry).map((message) => problemAt(document, "NotAllowed", message)),
    ];
  });
}

function neighbourOf({ namespace = "", name, spec }: Found): Neighbour {
  return { namespace, name, spec: spec as CredentialSpec };
}

function problemAt({ path, line }: Found, code: string, message: string): Problem {
  return { path, line, column: 1, code, message };
}

function strangers(
  { namespace, name, spec }: Neighbour,
  accounts: ReadonlyMap<string, VendorAccountSpec>,
  registry: Registry,
): string[] {
  return spec.consumers.flatMap((consumer) => {
    const account = accounts.get(consumer.account);
    const adapter = account && registry[account.adapter];
    const slot = adapter && atSlot(consumer, adapter);
    if (!account || !slot) return [];
    const targets = adapter.targets("sink", slot[adapter.name]);
    if (isAllowed(withoutNamespaces(account, namespace), { namespace, credential: name }, targets)) return [];
    const told = Object.entries(targets).map(([field, value]) => `${field} ${value}`);
    return [`the account ${consumer.account} does not allow the test slot of ${consumer.id}: ${told.join(", ")}`];
  });
}

/** In git a namespace comes from the path, and which one is the operator's to say: here only what is touched is judged. */
function withoutNamespaces(account: VendorAccountSpec, namespace: string): VendorAccountSpec {
  return { ...account, allow: account.allow.map((rule) => ({ ...rule, namespaces: [namespace] })) };
}
