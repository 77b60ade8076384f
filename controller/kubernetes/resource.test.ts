import { describe, expect, it } from "vitest";
import { THINGS } from "./cluster.fixture.ts";
import { keyOf, objectOf } from "./object.ts";
import { apiVersionOf, pathOf } from "./resource.ts";

const NODES = { group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false };

describe("a path", () => {
  it("leads to all, to a namespace, to an object and to its subresource", () => {
    expect(pathOf(THINGS)).toBe("/apis/example.test/v1/things");
    expect(pathOf(THINGS, { namespace: "a" })).toBe("/apis/example.test/v1/namespaces/a/things");
    expect(pathOf(THINGS, { namespace: "a", name: "x", subresource: "status" })).toBe(
      "/apis/example.test/v1/namespaces/a/things/x/status",
    );
    expect(pathOf(NODES, { name: "n" })).toBe("/api/v1/nodes/n");
    expect([apiVersionOf(THINGS), apiVersionOf(NODES)]).toEqual(["example.test/v1", "v1"]);
  });

  it("encodes what is in a name", () => {
    expect(pathOf(NODES, { name: "a/b?c#d e:f" })).toBe("/api/v1/nodes/a%2Fb%3Fc%23d%20e%3Af");
  });

  it.each([
    [NODES, { name: ".." }],
    [NODES, { name: "." }],
    [NODES, { name: "" }],
    [NODES, { namespace: "a", name: "n" }],
    [THINGS, { name: "x" }],
    [THINGS, { namespace: "a", subresource: "status" }],
  ])("is refused when it can be none: %o %o", (resource, at) => {
    expect(() => pathOf(resource, at)).toThrow(RangeError);
  });
});

describe("an object", () => {
  const metadata = { name: "x", namespace: "a", uid: "u", resourceVersion: "1" };

  it("takes from its list the kind that it does not say", () => {
    const list = { kind: "Thing", apiVersion: "v1" };
    const found = objectOf({ metadata }, list);
    expect(found).toEqual({ ...list, metadata });
    expect(found && keyOf(found)).toBe("a/x");
    expect(keyOf({ metadata: { name: "n", uid: "u", resourceVersion: "1" } })).toBe("n");
  });

  it.each([
    [undefined],
    [[]],
    [{}],
    [{ metadata: { ...metadata, uid: "" } }],
    [{ metadata: { ...metadata, name: 1 } }],
  ])("is none without what every object has: %j", (value) =>
    expect(objectOf(value, { kind: "Thing", apiVersion: "v1" })).toBeUndefined(),
  );
});
