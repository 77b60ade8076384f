import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { SourceFailure } from "../failure.ts";
import { mappedRoots, namespaceOf, parseNamespaces, touchesMapping } from "./namespaces.ts";

describe("namespaceOf", () => {
  const rules = parseNamespaces("teams/*=*, teams/platform=infra, shared/keys/=keys");

  it.each([
    ["teams/orders/db.yaml", { namespace: "orders" }],
    ["teams/orders/deep/er/db.yaml", { namespace: "orders" }],
    ["teams/platform/db.yaml", { namespace: "infra" }],
    ["shared/keys/a.yaml", { namespace: "keys" }],
    ["teams/db.yaml", undefined],
    ["shared/other/a.yaml", undefined],
    ["xteams/orders/db.yaml", undefined],
    ["shared/keysx/a.yaml", undefined],
    ["a.yaml", undefined],
    ["teams/Not_A_Namespace/a.yaml", { invalid: "Not_A_Namespace" }],
  ])("maps %s to %j", (path, expected) => {
    expect(namespaceOf(rules, path)).toEqual(expected);
  });

  it("maps the whole repository with a dot", () => {
    expect(namespaceOf(parseNamespaces(".=orders"), "a.yaml")).toEqual({ namespace: "orders" });
  });

  it("lets the rule with more segments win, whatever the order", () => {
    for (const text of ["a=one,a/b=two", "a/b=two,a=one"])
      expect(namespaceOf(parseNamespaces(text), "a/b/c.yaml")).toEqual({ namespace: "two" });
  });

  it("never gives a namespace that no rule names or captures", () => {
    const segment = oneof(
      constantFrom("teams", "orders", "platform", "shared", "keys", "Bad"),
      string({ maxLength: 8 }),
    );
    const allowed = ([first, second]: readonly string[]) => {
      if (first === "teams") return second === "platform" ? "infra" : second;
      return first === "shared" && second === "keys" ? "keys" : undefined;
    };
    const check = property(array(segment, { minLength: 1, maxLength: 5 }), (parts) => {
      const path = parts.join("/");
      const mapped = namespaceOf(rules, path);
      return mapped === undefined || "invalid" in mapped || mapped.namespace === allowed(path.split("/"));
    });
    expect(() => assert(check)).not.toThrow();
  });
});

it.each([
  "",
  "teams",
  "teams=",
  "teams=*",
  "*/*=*",
  "teams/*=Orders",
  "a=b=c",
  "../x=a",
  "/x=a",
  "a//b=c",
  "te*ms=a",
  "a=b,a=c",
  ".git=a",
])("refuses the mapping %j", (text) => {
  expect(() => parseNamespaces(text)).toThrow(SourceFailure);
});

it("knows the folders that hold everything that is mapped", () => {
  expect(mappedRoots(parseNamespaces("teams/*=*,teams/platform=infra,a/b/c=d"))).toEqual(["a/b/c", "teams"]);
  expect(mappedRoots(parseNamespaces("*=*,a=b"))).toEqual([]);
});

it("sees a link that stands in for a mapped folder itself", () => {
  const rules = parseNamespaces("teams/*=*");
  expect(touchesMapping(rules, "teams/orders")).toBe(true);
  expect(touchesMapping(rules, "teams/orders/x")).toBe(true);
  expect(touchesMapping(rules, "teams")).toBe(false);
});
