/** Offline twins of the CRDs' CEL rules: what an API server refuses is refused in a pull request already, in the same words. */
import { isDeepStrictEqual } from "node:util";
import type { Kind } from "../../../crds/kinds.gen.ts";
import { ACCOUNT_RULES } from "./rules-account.ts";
import { CREDENTIAL_RULES } from "./rules-credential.ts";
import { DECISION_RULES } from "./rules-decision.ts";
import { REQUEST_RULES } from "./rules-request.ts";
import type { Twin } from "./twin.ts";

export const TWINS: readonly Twin[] = [...ACCOUNT_RULES, ...CREDENTIAL_RULES, ...REQUEST_RULES, ...DECISION_RULES];

export type Step = string | number;

export interface BrokenRule {
  readonly twin: Twin;
  /** Where the rule is broken, from the document's root. */
  readonly path: readonly Step[];
}

/**
 * The rules that a spec breaks; with `old`, those that its change breaks as well. `unsound` says whether something at or below a
 * path is wrong by the schema: a rule that reads such a field is left out, since it would only say the same again.
 */
export function brokenRules(
  kind: Kind,
  spec: unknown,
  unsound: (path: readonly Step[]) => boolean,
  old?: unknown,
): BrokenRule[] {
  return TWINS.filter((twin) => twin.kind === kind).flatMap((twin) => brokenBy(twin, spec, unsound, old));
}

function brokenBy(twin: Twin, spec: unknown, unsound: (path: readonly Step[]) => boolean, old: unknown): BrokenRule[] {
  if (twin.transition) {
    if (old === undefined || isDeepStrictEqual(spec, old) || twin.holds(spec, old)) return [];
    return [{ twin, path: ["spec"] }];
  }
  return placesOf(twin.place.split("."), { spec }, [])
    .filter(({ path }) => !fieldsOf(twin.rule).some((field) => unsound([...path, field])))
    .filter(({ value }) => !twin.holds(value, undefined))
    .map(({ path }) => ({ twin, path: twin.at === undefined ? path : [...path, twin.at] }));
}

/** The fields of `self` that a rule reads. */
function fieldsOf(rule: string): string[] {
  return [...rule.matchAll(/self\.([A-Za-z]\w*)/g)].map((match) => match[1] ?? "");
}

interface Place {
  readonly value: object;
  readonly path: readonly Step[];
}

/** Every object that stands at a place such as `spec.consumers[].check`. */
function placesOf(rest: readonly string[], value: unknown, path: readonly Step[]): Place[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  const [head, ...tail] = rest;
  if (head === undefined) return [{ value, path }];
  const field = head.replace("[]", "");
  const child: unknown = new Map<string, unknown>(Object.entries(value)).get(field);
  if (!head.endsWith("[]")) return placesOf(tail, child, [...path, field]);
  if (!Array.isArray(child)) return [];
  return child.flatMap((item: unknown, index) => placesOf(tail, item, [...path, field, index]));
}
