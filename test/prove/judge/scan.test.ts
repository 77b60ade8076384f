import { describe, expect, it } from "vitest";
import { randomBytes } from "node:crypto";
import { formsOf, scan } from "./scan.ts";

const CANARY = "q7R-canary_/+ ü\"'%&=Zx9vLw2Tn8";
const OTHER = "another-value-of-24-chars";

describe("the search for values", () => {
  it.each([
    ["plain", (value: string) => `token=${value};`],
    ["base64", (value: string) => Buffer.from(value).toString("base64")],
    ["base64 after one byte", (value: string) => Buffer.from(`:${value}:`).toString("base64")],
    ["base64 after two bytes", (value: string) => Buffer.from(`u:${value}@host`).toString("base64")],
    ["base64url", (value: string) => Buffer.from(`Basic ${value}`).toString("base64url")],
    ["hexadecimal", (value: string) => `\\x${Buffer.from(value).toString("hex")}`],
    ["capital hexadecimal", (value: string) => Buffer.from(value).toString("hex").toUpperCase()],
    ["a URL", (value: string) => `https://u:${encodeURIComponent(value)}@host/`],
    ["a form", (value: string) => new URLSearchParams({ value }).toString().replaceAll("%27", "'")],
    ["JSON", (value: string) => JSON.stringify({ value })],
    ["JSON within JSON", (value: string) => JSON.stringify({ message: JSON.stringify({ value }) })],
  ])("finds one in %s", (_, write) => {
    expect(scan(`before ${write(CANARY)} after`, [OTHER, CANARY])).toEqual([CANARY]);
  });

  it("finds nothing in what only looks like one", () => {
    const text = `${CANARY.slice(0, -1)} ${CANARY.slice(1)} ${Buffer.from(CANARY.slice(2)).toString("base64")}`;
    expect(scan(text, [CANARY])).toEqual([]);
    expect(scan("", [CANARY])).toEqual([]);
  });

  it("finds one at the very beginning and at the very end", () => {
    expect(scan(CANARY, [CANARY])).toEqual([CANARY]);
    expect(scan(`${OTHER}${CANARY}`, [CANARY, OTHER])).toEqual([CANARY, OTHER]);
  });

  it("finds a short one too", () => {
    expect(scan("the pin is 4711.", ["4711"])).toEqual(["4711"]);
  });

  it("sees what was added to the list since", () => {
    const canaries = [OTHER];
    expect(scan(CANARY, canaries)).toEqual([]);
    canaries.push(CANARY);
    expect(scan(CANARY, canaries)).toEqual([CANARY]);
  });

  it("says the same as one search for each form", () => {
    const canaries = Array.from({ length: 20 }, () => randomBytes(24).toString("base64url"));
    for (const canary of canaries) {
      const [form = ""] = formsOf(canary).slice(-1);
      const text = `${randomBytes(500).toString("base64")}${form}${randomBytes(500).toString("hex")}`;
      const plainly = canaries.filter((each) => formsOf(each).some((needle) => text.includes(needle)));
      expect(scan(text, canaries)).toEqual(plainly);
    }
  });

  it("reads a megabyte in a moment", () => {
    const canaries = Array.from({ length: 30 }, () => randomBytes(24).toString("base64url"));
    const text = randomBytes(500_000).toString("hex");
    scan("", canaries);
    const begun = performance.now();
    expect(scan(text, canaries)).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
