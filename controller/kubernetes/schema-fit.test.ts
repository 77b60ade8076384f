import { describe, expect, it } from "vitest";
import { fitted, lackingFields, type Shape } from "./schema-fit.ts";

const TEXT: Shape = {};
const WANTED: Shape = {
  properties: {
    name: TEXT,
    rows: { items: { properties: { id: TEXT, since: TEXT } } },
    place: { properties: { city: { properties: { street: TEXT } } } },
    labels: { additionalProperties: TEXT },
  },
};
const OLDER: Shape = {
  properties: {
    rows: { items: { properties: { id: TEXT } } },
    place: { properties: {} },
    labels: { additionalProperties: TEXT },
  },
};

describe("a kind that is compared with an older one", () => {
  it("lacks nothing that the other one has", () => {
    expect(lackingFields(WANTED, WANTED)).toEqual([]);
    expect(lackingFields(OLDER, WANTED)).toEqual([]);
  });

  it("names each field that is not there, within lists too, and none within one that is not there", () => {
    expect(lackingFields(WANTED, OLDER, "spec")).toEqual(["spec.name", "spec.rows[].since", "spec.place.city"]);
    expect(lackingFields(WANTED, undefined, "status")).toEqual(["status"]);
  });

  it("lacks nothing where it takes whatever comes", () => {
    expect(lackingFields(WANTED, { "x-kubernetes-preserve-unknown-fields": true })).toEqual([]);
    expect(lackingFields({ properties: { name: TEXT } }, { additionalProperties: true })).toEqual([]);
  });

  it("keeps of a value what it has fields for", () => {
    const value = {
      name: "x",
      rows: [{ id: "1", since: "2" }, { id: "3" }],
      place: { city: { street: "s" } },
      labels: { any: "thing" },
    };
    expect(fitted(value, OLDER)).toEqual({ rows: [{ id: "1" }, { id: "3" }], place: {}, labels: { any: "thing" } });
    expect(fitted(value, WANTED)).toEqual(value);
  });

  it("does not take what every object of a program has for a field", () => {
    expect(lackingFields({ properties: { constructor: TEXT } }, OLDER)).toEqual(["constructor"]);
    expect(fitted({ toString: "x" }, OLDER)).toEqual({});
  });
});
