/** What a VendorAccount allows to whom. Pure. */
import type { VendorAccountSpec } from "../../crds/kinds.gen.ts";
import { matchesAny } from "./glob.ts";

/** The Credential that wants to use the account. */
export interface User {
  readonly namespace: string;
  readonly credential: string;
}

/** Closed: a rule that names a target field which this use does not have does not allow it. */
export function isAllowed(
  account: VendorAccountSpec,
  { namespace, credential }: User,
  targets: Readonly<Record<string, string>>,
): boolean {
  return account.allow.some((rule) => {
    if (!matchesAny(rule.namespaces, namespace)) return false;
    if (rule.credentials && !matchesAny(rule.credentials, credential)) return false;
    return Object.entries(rule.targets ?? {}).every(([field, globs]) => {
      const target = targets[field];
      return target !== undefined && matchesAny(globs, target);
    });
  });
}
