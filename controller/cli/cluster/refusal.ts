/** What an API server refuses of a manifest, in the form of the offline check: where it stands, a code, and what was probably meant. Pure. */
import type { ApiCause, ApiError } from "../../kubernetes/error.ts";
import type { Problem } from "../../sources/look.ts";
import type { PlacedObject } from "../../sources/manifest/placed.ts";
import { type Step, TWINS } from "../../sources/manifest/rules.ts";
import { roleFor } from "./failure.ts";

const LONGEST = 400;

type Found = Omit<Problem, "path" | "line" | "column"> & {
  readonly at: readonly Step[];
  readonly part: "key" | "value";
};

/** Empty where the error says nothing of the manifest: then it is thrown. */
export function problemsOf(error: ApiError, path: string, placed: PlacedObject): Problem[] {
  return foundIn(error, placed).map(({ at, part, message, ...rest }) => ({
    path,
    ...placed.at(at, part),
    ...rest,
    message: message.length <= LONGEST ? message : `${message.slice(0, LONGEST - 1).toWellFormed()}…`,
  }));
}

function foundIn(error: ApiError, placed: PlacedObject): Found[] {
  const { status, message } = error;
  const policy = /ValidatingAdmissionPolicy '([^']+)' with binding '[^']*' denied request: (.*)$/.exec(message);
  if (policy) return [byPolicy(policy[1] ?? "", policy[2] ?? "", placed)];
  if (status === 403) return [forbidden(message)];
  if (status === 404) return /namespaces "[^"]*" not found/.test(message) ? [namespaceMissing(message)] : [];
  const untyped = /failed to create typed patch object \([^)]*\): (.*)$/.exec(message)?.[1];
  return untyped === undefined ? byCauses(error) : [untypedField(untyped)];
}

const ABOUT_THE_OBJECT: ReadonlySet<number | undefined> = new Set([400, 409, 422]);

function byCauses({ status, message, causes }: ApiError): Found[] {
  if (!ABOUT_THE_OBJECT.has(status)) return [];
  if (causes.length > 0) return causes.map(byCause);
  return [{ code: "ServerRefused", message: said(message), at: [], part: "key" }];
}

function byCause({ field, message }: ApiCause): Found {
  const clean = message.replace(
    /^(?:Invalid value|Unsupported value|Forbidden|Required value): (?:"(?:[^"\\]|\\.)*": )?/,
    "",
  );
  const at = stepsOf(field);
  const twin = TWINS.find((each) => each.message === clean);
  if (twin) return { code: twin.code, message: clean, at, part: twin.at === undefined ? "key" : "value" };
  return { code: "ServerRefused", message: `${field === "" ? "" : `${field}: `}${clean}`, at, part: "value" };
}

/** A policy names no field: its message mostly begins with one. */
function byPolicy(policy: string, why: string, { fields }: PlacedObject): Found {
  const first = /^[A-Za-z]+/.exec(why)?.[0] ?? "";
  const spec = fields.get("spec");
  const isField = typeof spec === "object" && spec !== null && Object.hasOwn(spec, first);
  const suggestion = `it is the cluster's policy ${policy} that says so`;
  return { code: "PolicyRefused", message: why, suggestion, at: isField ? ["spec", first] : ["kind"], part: "value" };
}

function forbidden(message: string): Found {
  const [, who = "you", verb = "apply", resource = "it", place = ""] =
    /User "([^"]*)" cannot (\S+) resource "([^"]*)" in API group "[^"]*"(?: in the namespace "([^"]*)")?/.exec(
      message,
    ) ?? [];
  return {
    code: "ServerForbids",
    message: `${who} may not ${verb} ${resource}${place === "" ? "" : ` in ${place}`}`,
    suggestion: `the role ${roleFor(verb, resource)} grants it`,
    at: ["kind"],
    part: "value",
  };
}

function namespaceMissing(message: string): Found {
  const name = /namespaces "([^"]*)" not found/.exec(message)?.[1] ?? "";
  return {
    code: "NamespaceNotFound",
    message: `the cluster has no namespace ${name}`,
    at: ["metadata", "namespace"],
    part: "value",
  };
}

/** `.spec.foo: field not declared in schema`: only where its CRD is of another version than this Velvet. */
function untypedField(text: string): Found {
  const field = /^\.(\S+?):/.exec(text)?.[1] ?? "";
  return {
    code: "ServerRefused",
    message: text,
    suggestion: "the cluster's CRDs are of another version: see `velvet doctor`",
    at: stepsOf(field),
    part: "key",
  };
}

function said(message: string): string {
  return message.replace(/^[A-Z]+ \/\S+: \d{3}: /, "");
}

/** `spec.consumers[0].keys` as steps; keys of lists that are maps stand there as `[id="app"]`, and end the path. */
function stepsOf(field: string): Step[] {
  const steps: Step[] = [];
  for (const [, name, index, other] of field.matchAll(/([A-Za-z][\w-]*)|\[(\d+)\]|(\[)/g)) {
    if (other !== undefined) return steps;
    if (name !== undefined) steps.push(name);
    if (index !== undefined) steps.push(Number(index));
  }
  return steps;
}
