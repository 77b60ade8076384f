import { describe, expect, it } from "vitest";
import { POLICIES } from "./policies.gen.ts";
import { policiesInForce, type PolicyObject } from "./policies.ts";

const POLICY = "ValidatingAdmissionPolicy";
const BINDING = "ValidatingAdmissionPolicyBinding";

/** As much of a spec as the tests change. */
interface Spec {
  failurePolicy?: string;
  matchConstraints?: { matchPolicy?: string; objectSelector?: object; resourceRules?: { operations: string[] }[] };
  variables?: { name: string; expression: string }[];
  validations?: { expression: string; message: string }[];
  validationActions?: string[];
  matchResources?: object;
}

/** All of ours, with one of them changed. */
function installed(kind: string, name: string, change: (spec: Spec) => void = () => undefined): PolicyObject[] {
  return POLICIES.map((ours) => {
    const spec = structuredClone(ours.spec) as Spec;
    if (ours.kind === kind && ours.name === name) change(spec);
    return { kind: ours.kind, metadata: { name: ours.name }, spec };
  });
}

function setVariable(spec: Spec, name: string, expression: string): void {
  for (const variable of spec.variables ?? []) if (variable.name === name) variable.expression = expression;
}

describe("the policies", () => {
  it("are in force as the chart has them", () => {
    expect(policiesInForce(installed(POLICY, "none"))).toEqual({ inForce: true, missing: [], gitOpsFieldManagers: [] });
  });

  it("are in force with what the API server fills in, or leaves out", () => {
    const objects = installed(POLICY, "velvet-requests", (spec) => {
      delete spec.failurePolicy;
      delete spec.matchConstraints?.objectSelector;
      delete spec.matchConstraints?.matchPolicy;
    });
    expect(policiesInForce(objects).missing).toEqual([]);
  });

  it("are not in force where nothing is installed, and each is named", () => {
    const { inForce, missing } = policiesInForce([]);
    expect(inForce).toBe(false);
    expect(missing).toHaveLength(8);
    expect(missing).toContain("The ValidatingAdmissionPolicy velvet-requests is not installed.");
    expect(missing).toContain("The ValidatingAdmissionPolicyBinding velvet-decisions is not installed.");
  });

  it("are not in force while one is being deleted", () => {
    const objects = installed(POLICY, "none").map((object, index) =>
      index === 0 ? { ...object, metadata: { ...object.metadata, deletionTimestamp: "2026-11-27T00:00:00Z" } } : object,
    );
    expect(policiesInForce(objects).missing).toEqual([
      "The ValidatingAdmissionPolicy velvet-requests is being deleted.",
    ]);
  });

  it("prove the names of what was created a minute after the newest of them, and later", () => {
    const times = ["2026-11-27T08:00:00Z", "2026-11-27T09:00:00Z"];
    const objects = installed(POLICY, "none").map((object, index) => ({
      ...object,
      metadata: { ...object.metadata, creationTimestamp: times[index % 2] ?? "" },
    }));
    expect(policiesInForce(objects).provenFrom).toEqual(new Date("2026-11-27T09:01:00Z"));
    expect(policiesInForce(objects.slice(1)).provenFrom).toBeUndefined();
    const [first, ...others] = objects;
    const dateless = { ...first, metadata: { name: first?.metadata.name ?? "" } };
    expect(policiesInForce([dateless, ...others]).provenFrom).toBeUndefined();
  });

  it("say who may apply for others", () => {
    const objects = installed(POLICY, "velvet-decisions", (spec) =>
      setVariable(spec, "gitOps", '[{"fieldManager":"argocd-controller","username":"argo"}]'),
    );
    const manager = { inForce: true, missing: [], gitOpsFieldManagers: ["argocd-controller"] };
    expect(policiesInForce(objects)).toEqual(manager);
  });

  it.each<[string, string, (spec: Spec) => void, string]>([
    [POLICY, "velvet-requests", (spec) => (spec.failurePolicy = "Ignore"), "spec.failurePolicy"],
    [POLICY, "velvet-requests", (spec) => (spec.validations = []), "spec.validations"],
    [POLICY, "velvet-requests", (spec) => spec.validations?.pop(), "spec.validations"],
    [
      POLICY,
      "velvet-decisions",
      (spec) => Object.assign(spec, { matchConditions: [{ expression: "false" }] }),
      "spec.matchConditions",
    ],
    [
      POLICY,
      "velvet-decisions",
      (spec) => Object.assign(spec.validations?.[0] ?? {}, { expression: "true" }),
      "spec.validations[0].expression",
    ],
    [POLICY, "velvet-decisions", (spec) => setVariable(spec, "verb", "'get'"), "spec.variables[4].expression"],
    [
      POLICY,
      "velvet-status",
      (spec) => setVariable(spec, "controllers", "[request.userInfo.username]"),
      "spec.variables[0].expression",
    ],
    [POLICY, "velvet-requests", (spec) => setVariable(spec, "gitOps", "[{}]"), "spec.variables[0].expression"],
    [
      POLICY,
      "velvet-requests",
      (spec) => Object.assign(spec.matchConstraints ?? {}, { objectSelector: { matchLabels: { a: "b" } } }),
      "spec.matchConstraints.objectSelector",
    ],
    [BINDING, "velvet-requests", (spec) => (spec.validationActions = ["Audit"]), "spec.validationActions[0]"],
    [
      BINDING,
      "velvet-decisions",
      (spec) => (spec.matchResources = { namespaceSelector: { matchLabels: { a: "b" } } }),
      "spec.matchResources",
    ],
  ])("are not in force where a %s %s is weaker", (kind, name, change, place) => {
    expect(policiesInForce(installed(kind, name, change)).missing).toEqual([
      `The ${kind} ${name} differs from this version's chart in ${place}.`,
    ]);
  });
});
