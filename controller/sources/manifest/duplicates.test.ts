import { describe, expect, it } from "vitest";
import { findDuplicates } from "./duplicates.ts";

describe("duplicates", () => {
  const document = { kind: "Credential", name: "orders-db", namespace: "orders", line: 3 } as const;

  it("are said of the later one, naming the first", () => {
    const [problem, ...rest] = findDuplicates([
      { ...document, path: "a.yaml" },
      { ...document, path: "b.yaml", line: 7 },
    ]);
    expect(rest).toEqual([]);
    expect(problem).toMatchObject({ path: "b.yaml", line: 7, code: "DuplicateName" });
    expect(problem?.message).toContain("a.yaml:3");
  });

  it("are not found across kinds or namespaces", () => {
    const others = [{ ...document, namespace: "billing" }, { ...document, kind: "RotationRequest" as const }, document];
    expect(findDuplicates(others.map((each) => ({ ...each, path: "a.yaml" })))).toEqual([]);
  });
});
