import { expect, it } from "vitest";
import { isSameMemory, type Memory } from "./memory.ts";

const BEFORE: Memory = {
  generation: 3,
  others: 1,
  places: { app: { grade: "value", state: "in-place", digest: "d" }, "": { grade: "value", state: "in-place" } },
};

it("is the same memory in whatever order its fields come back from the ledger", () => {
  const { app, "": custody } = BEFORE.places ?? {};
  const places = { "": { ...custody }, app: { digest: "d", state: "in-place", grade: "value", ...app } };
  expect(isSameMemory(BEFORE, { places, others: 1, generation: 3 } as Memory)).toBe(true);
});

it.each<[string, Memory]>([
  ["another generation", { ...BEFORE, generation: 4 }],
  ["another count of strangers", { ...BEFORE, others: 2 }],
  ["a failed look at the vendor", { ...BEFORE, vendorFailures: 1 }],
  ["a place less", { ...BEFORE, places: { app: { grade: "value", state: "in-place", digest: "d" } } }],
  [
    "another digest",
    { ...BEFORE, places: { ...BEFORE.places, app: { grade: "value", state: "in-place", digest: "e" } } },
  ],
  [
    "a change by another hand",
    {
      ...BEFORE,
      places: {
        ...BEFORE.places,
        app: { grade: "value", state: "in-place", digest: "d", changes: ["2026-11-27T00:00:00Z"] },
      },
    },
  ],
  [
    "the time of a look that was put off",
    {
      ...BEFORE,
      places: { ...BEFORE.places, app: { grade: "value", state: "in-place", digest: "d", at: "2026-11-27T00:00:00Z" } },
    },
  ],
])("is another memory with %s", (_, now) => {
  expect(isSameMemory(BEFORE, now)).toBe(false);
});
