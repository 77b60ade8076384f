/** The four kinds, as an API server names them. */
import type { Kind } from "../../../crds/kinds.gen.ts";
import type { Resource } from "../../kubernetes/resource.ts";
import { GROUP, KINDS, VERSION } from "../manifest/schema.ts";

const PLURALS: Readonly<Record<Kind, string>> = {
  VendorAccount: "vendoraccounts",
  Credential: "credentials",
  RotationRequest: "rotationrequests",
  RotationDecision: "rotationdecisions",
};

export function resourceOf(kind: Kind): Resource {
  return { group: GROUP, version: VERSION, plural: PLURALS[kind], kind, namespaced: kind !== "VendorAccount" };
}

export interface ListOrder {
  readonly name: string;
  readonly kind: Kind;
  readonly resource: Resource;
  /** Absent: all of them. */
  readonly namespace?: string;
}

/** What is to be listed and watched. `namespaces` absent: all. */
export function listsOf(namespaces: readonly string[] | undefined): ListOrder[] {
  return KINDS.flatMap((kind) => {
    const resource = resourceOf(kind);
    const everywhere = { name: resource.plural, kind, resource };
    if (!resource.namespaced || namespaces === undefined) return [everywhere];
    return namespaces.map((namespace) => ({ name: `${resource.plural}.${namespace}`, kind, resource, namespace }));
  });
}
