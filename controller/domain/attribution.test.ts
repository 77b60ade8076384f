import { describe, expect, it } from "vitest";
import type { IssuedKey, MintClass } from "../../adapters/contract.ts";
import { attribute, type Sought } from "./attribution.ts";

const ATTEMPT = "6f1f4e0a-0a5e-4d2c-9a51-1d5b3a0c2f10";
const OTHER = "11111111-0a5e-4d2c-9a51-1d5b3a0c2f10";
const sought: Sought = {
  attempt: ATTEMPT,
  marker: `velvet/eu-1/credential/${ATTEMPT}`,
  inventory: [{ id: "old", enabled: true }],
  createdAt: "2026-01-01T00:10:00.000Z",
};
const key = (id: string, more: Partial<IssuedKey> = {}): IssuedKey => ({ id, enabled: true, ...more });
const nobody = new Set<string>();

function ours(keys: readonly IssuedKey[], mintClass: MintClass, exclusive = false, known = nobody) {
  return attribute(sought, keys, known, { mintClass, exclusive });
}

describe("what a mint made, by its marker", () => {
  it("is ours, whole or shortened from the left", () => {
    const keys = [key("a", { marker: sought.marker }), key("b", { marker: sought.marker.slice(-40) })];
    expect(ours(keys, "markable")).toEqual({ ours: ["a", "b"], doubtful: [] });
  });

  it.each([
    ["of another attempt of ours", `velvet/eu-1/credential/${OTHER}`],
    ["of another install with the same attempt", `velvet/us-1/credential/${ATTEMPT}`],
    ["cut into the attempt's id", ATTEMPT.slice(4)],
    ["of somebody else", "deploy key of ana"],
    ["that is empty", ""],
  ])("is not ours with a marker %s", (_, marker) => {
    expect(ours([key("a", { marker }), key("b")], "markable", true)).toEqual({ ours: [], doubtful: [] });
  });

  it("is not an orphan where the ledger knows an owner", () => {
    expect(ours([key("a", { marker: sought.marker })], "re-readable", false, new Set(["a"])).ours).toEqual([]);
  });
});

describe("what appeared at a vendor without markers", () => {
  const keys = [key("old"), key("new", { createdAt: "2026-01-01T00:10:01Z" })];

  it("is ours where Velvet alone mints", () => {
    expect(ours(keys, "unmarked", true)).toEqual({ ours: ["new"], doubtful: [] });
  });

  it("is for a person where others mint too", () => {
    expect(ours(keys, "unmarked")).toEqual({ ours: [], doubtful: ["new"] });
  });

  it("is not ours where it is older than our intent, whatever the inventory missed", () => {
    expect(ours([key("older", { createdAt: "2025-12-31T00:00:00Z" })], "unmarked", true).ours).toEqual([]);
  });

  it("is not ours where it has an owner in the ledger", () => {
    expect(ours(keys, "unmarked", true, new Set(["new"]))).toEqual({ ours: [], doubtful: [] });
  });
});
