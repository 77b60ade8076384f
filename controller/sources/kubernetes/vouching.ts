/** Whether the API server vouches for names, asked of it now and then: policies do not change often, and looks are many. */
import type { Clock } from "../../../adapters/contract.ts";
import type { ApiClient } from "../../kubernetes/client.ts";
import { isApiError } from "../../kubernetes/error.ts";
import type { ApiObject } from "../../kubernetes/object.ts";
import { pathOf, type Resource } from "../../kubernetes/resource.ts";
import { policiesInForce, POLICY_NAMES } from "./policies.ts";
import type { TrustFacts } from "./trust.ts";

const GROUP = { group: "admissionregistration.k8s.io", version: "v1", namespaced: false };
const KINDS: readonly Resource[] = [
  { ...GROUP, plural: "validatingadmissionpolicies", kind: "ValidatingAdmissionPolicy" },
  { ...GROUP, plural: "validatingadmissionpolicybindings", kind: "ValidatingAdmissionPolicyBinding" },
];
const FRESH_MS = 30_000;

export interface Vouching {
  /** Throws an ApiError where the API server does not answer. */
  facts(signal: AbortSignal): Promise<TrustFacts>;
}

/** `onChange` is told in a sentence what is missing, or nothing where all stands; at first and when it changes. */
export function openVouching(
  client: ApiClient,
  clock: Clock,
  onChange: (missing: readonly string[]) => void,
): Vouching {
  let known: TrustFacts | undefined;
  let askedAt = 0;
  let said: string | undefined;
  return {
    facts: async (signal) => {
      const now = clock.monotonicMs();
      if (known !== undefined && now - askedAt < FRESH_MS) return known;
      const found = await Promise.all(
        KINDS.flatMap((resource) => POLICY_NAMES.map(async (name) => read(client, resource, name, signal))),
      );
      const objects = found.filter((object) => object !== undefined);
      const { provenFrom, missing, gitOpsFieldManagers } = policiesInForce(objects);
      if (said !== missing.join(" ")) onChange(missing);
      said = missing.join(" ");
      known = { provenFrom, gitOpsManagers: gitOpsFieldManagers };
      askedAt = now;
      return known;
    },
  };
}

/** Undefined where it is not there, or may not be read: then nobody vouches. */
async function read(
  client: ApiClient,
  resource: Resource,
  name: string,
  signal: AbortSignal,
): Promise<ApiObject | undefined> {
  try {
    const object = await client.send<ApiObject>({ method: "GET", path: pathOf(resource, { name }) }, signal);
    return { ...object, kind: resource.kind };
  } catch (error) {
    if (isApiError(error) && (error.status === 404 || error.status === 403)) return undefined;
    throw error;
  }
}
